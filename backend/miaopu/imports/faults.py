"""Why a row is not brought in, or waits for a person (导入问题): codes, and the words for them."""

from dataclasses import dataclass
from typing import NamedTuple


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


FILES: dict[str, Words] = {
    "file-empty": Words("文件里没有数据", "The file holds no rows."),
    "file-old-excel": Words(
        "旧版 Excel（.xls）：请另存为 .xlsx 或 CSV",
        "An old Excel file (.xls): save it as .xlsx or CSV.",
    ),
    "file-damaged": Words("文件已损坏，无法读取", "The file is damaged and cannot be read."),
    "file-encoding": Words(
        "无法识别文字编码：请指定", "The encoding of the text cannot be told: name it."
    ),
    "file-quotes": Words(
        "引号不成对，后面的行会丢失：请重新导出",
        "A quotation mark is not closed, and rows after it would be lost: export it anew.",
    ),
    "file-too-large": Words("文件太大：请分成几份", "The file is too large: split it."),
    "file-no-header": Words(
        "没有找到表头行：请指定第几行是表头", "No row of headers was found: name its number."
    ),
    "file-no-sheet": Words("没有这个工作表", "There is no such sheet."),
}
"""What is wrong with a whole file."""

ERRORS: dict[str, Words] = {
    "not-a-date": Words("不是日期", "Not a date."),
    "two-digit-year": Words("年份只有两位", "The year has two digits."),
    "day-or-month": Words("日和月分不清", "Day and month cannot be told apart."),
    "which-epoch": Words(
        "Excel 序号日期：请选 1900 或 1904 起算",
        "A serial date of Excel: choose whether it counts from 1900 or 1904.",
    ),
    "shifted-time": Words(
        "时间为 23:59:17 一类：导出程序算错了时区，日期可能差一天",
        "A time just before midnight as of a wrong time zone: the day may be one too early.",
    ),
    "same-day": Words("同一天有两剂同种疫苗", "Two doses of one vaccine on the same day."),
    "before-birth": Words("早于出生日期", "Before the birth."),
    "scientific": Words(
        "长号码被表格软件写成了科学计数",
        "A spreadsheet wrote a long number as a power.",
    ),
    "rounded": Words(
        "长号码末位可能被表格软件改成了 000",
        "A spreadsheet may have turned the last digits of a long number into 000.",
    ),
    "lost-zero": Words("号码少了位数，前面的 0 可能丢了", "Digits are missing: zeros may be lost."),
    "broken-cell": Words("单元格是错误值", "The cell holds an error of the spreadsheet."),
    "wrong-check-digit": Words("身份证号校验不符", "The check digit of the ID number is wrong."),
    "id-other-birth": Words("身份证号与出生日期不符", "The ID number says another birth date."),
    "id-other-sex": Words("身份证号与性别不符", "The ID number says another sex."),
    "not-understood": Words("看不懂这个值", "The value is not understood."),
    "too-long": Words("文字太长", "The text is too long."),
    "unknown-vaccine": Words("不认识的疫苗：请在对照表里指定", "An unknown vaccine: name it."),
    "no-vaccine": Words("有接种日期，没有疫苗", "A date of vaccination without a vaccine."),
    "no-name": Words("没有姓名", "No name."),
    "no-birth-date": Words("没有出生日期", "No birth date."),
    "nobody": Words("没有姓名、编码或证件号，不知道是谁", "Nothing says whose row it is."),
    "refused-by-rule": Words("登记规则不允许", "The rules of recording refuse it."),
}
"""Why a row is refused."""

DOUBTS: dict[str, Words] = {
    "several": Words("符合的个案不止一个", "Several cases fit."),
    "other-birth": Words("号码相同，出生日期不同", "The number agrees, the birth date does not."),
    "other-sex": Words("号码相同，性别不同", "The number agrees, the sex does not."),
    "other-name": Words("号码相同，姓名不同", "The number agrees, the name does not."),
    "other-id-number": Words("身份证号不同", "The ID numbers differ."),
    "person": Words("姓名、出生日期相同", "Name and birth date agree."),
    "family": Words("同一天出生，母亲或电话相同", "Born on one day, with one mother or telephone."),
    "garbled-name": Words("姓名是乱码", "The name came out as garbage."),
    "rows-disagree": Words("同一儿童的几行互相矛盾", "Rows of one child contradict each other."),
    "other-day": Words(
        "这一剂在个案里是另一天", "The case has this dose of the vaccine on another day."
    ),
    "voided-here": Words("这一剂在个案里已作废", "The case has this dose, and it was voided."),
    "elsewhere": Words(
        "其他单位有这个儿童：先调取或转入", "Another clinic has the child: fetch it first."
    ),
    "in-file": Words("与文件里另一行可能是同一儿童", "Another row may be the same child."),
    "changed": Words("预览之后个案变了：请重新查看", "The case has changed since: look again."),
}
"""Why a row waits for a person."""

WORDS = FILES | ERRORS | DOUBTS


class FileError(Exception):
    """The file cannot be read; `code` is of `FILES`."""

    def __init__(self, code: str) -> None:
        super().__init__(FILES[code].en)
        self.code = code


class CellError(Exception):
    """A cell cannot be read; `code` is of `ERRORS`."""

    def __init__(self, code: str) -> None:
        super().__init__(ERRORS[code].en)
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """What is said of a row: a code of `WORDS`, the column, and what the rules said."""

    code: str
    column: str | None = None
    denial: str | None = None
