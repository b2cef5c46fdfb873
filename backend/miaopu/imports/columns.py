"""What each column of a table holds (列对照): fields, and what headers of old exports mean."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from miaopu.imports.dates import plain
from miaopu.imports.faults import FileError
from miaopu.imports.tables import Cell, Encoding, Table
from miaopu.imports.vaccines import Guess, vaccine_of
from miaopu.models.base import VaccineCode

CHILD_FIELDS: dict[str, tuple[str, ...]] = {
    "child_code": (
        "儿童编码",
        "受种者编码",
        "编码",
        "childcode",
        "儿童编号",
        "接种编码",
        "chilcode",
    ),
    "name": ("姓名", "儿童姓名", "受种者姓名", "name", "学生姓名", "宝宝姓名", "chilname"),
    "sex": ("性别", "sex", "gender", "chilsex"),
    "birth_date": (
        "出生日期",
        "出生时间",
        "生日",
        "出生年月日",
        "birthdate",
        "birthday",
        "chilbirthday",
    ),
    "id_number": (
        "身份证号",
        "身份证",
        "身份证号码",
        "公民身份号码",
        "证件号",
        "证件号码",
        "儿童身份证号",
    ),
    "card": ("免疫卡号", "卡号", "接种卡号", "ic卡号", "磁卡号", "接种证号"),
    "birth_certificate": ("出生证号", "出生医学证明", "出生证", "出生医学证明编号", "出生证编号"),
    "birth_weight_g": ("出生体重", "出生体重g", "出生体重克", "出生体重kg", "体重"),
    "mother_name": ("母亲姓名", "母亲", "妈妈姓名", "母亲名字", "mother"),
    "mother_id_number": ("母亲身份证号", "母亲身份证", "母亲证件号"),
    "father_name": ("父亲姓名", "父亲", "爸爸姓名", "father"),
    "parents": ("父/母姓名", "父母姓名", "父母", "父亲/母亲姓名", "家长姓名"),
    "phone": ("手机", "联系电话", "手机号", "手机号码", "联系方式", "母亲手机", "phone", "mobile"),
    "phone_2": ("电话", "家庭电话", "固定电话", "父亲手机", "备用电话"),
    "address": (
        "通讯地址",
        "现住址",
        "家庭住址",
        "家庭地址",
        "居住地址",
        "联系地址",
        "地址",
        "address",
    ),
    "household_address": ("户籍地址", "户口地址", "户籍住址"),
    "committee": (
        "居委会",
        "居委",
        "行政村",
        "村",
        "村居",
        "区域划分",
        "所属村居",
        "社区",
        "居委/村",
    ),
    "household": ("户籍属性", "户口属性", "户籍类型"),
    "residence": ("居住属性", "居住类型", "流动属性"),
    "register_status": ("在册情况", "在册状态", "在册"),
    "mother_hbsag": ("母亲hbsag", "母亲乙肝表面抗原", "母亲乙肝"),
    "birth_hospital": ("出生医院", "分娩医院", "出生单位", "助产机构"),
    "school": ("学校", "幼儿园", "托幼机构", "就读学校"),
    "occupation": ("职业",),
    "ethnic_group": ("民族",),
    "remark": ("备注", "remark"),
}
"""Fields of the card → headers that mean them, as `bare` writes them."""

DOSE_FIELDS: dict[str, tuple[str, ...]] = {
    "vaccine": (
        "接种疫苗",
        "疫苗",
        "疫苗名称",
        "疫苗编码",
        "疫苗代码",
        "制品名称",
        "vaccine",
        "bactcode",
    ),
    "vaccine_class": ("疫苗大类", "大类名称", "疫苗种类"),
    "number": ("剂次", "针次", "接种剂次", "第几剂", "doseno", "inoctime"),
    "date": ("接种日期", "接种时间", "日期", "vaccinationdate", "inocdate"),
    "lot": ("批号", "疫苗批号", "生产批号", "batchno", "lot", "batchnumber", "inocbatchno"),
    "expiry": ("失效期", "效期", "有效期", "失效日期", "有效期至", "validdate", "inocvaliddate"),
    "maker": ("生产企业", "厂家", "生产厂家", "企业", "厂商", "上市许可持有人", "manufacturer"),
    "trace_code": ("监管码", "追溯码", "电子监管码", "疫苗追溯码", "regulatorycode"),
    "spec": ("规格",),
    "amount": ("剂量", "接种剂量"),
    "body_site": ("部位", "接种部位"),
    "route": ("途径", "接种途径"),
    "paid": ("免费", "收费", "是否免费", "收费状态", "费用"),
    "campaign": ("接种属性", "接种组织形式"),
    "place": ("地点", "接种地点", "接种单位", "接种门诊", "接种机构"),
}
"""Fields of one dose → headers, where a row is a dose."""

_PARTS = {
    "date": ("日期", "时间"),
    "expiry": ("失效期", "效期", "有效期"),
    "lot": ("批号",),
    "maker": ("厂家", "企业", "厂商"),
    "place": ("单位", "地点", "门诊"),
}
_NUMERALS = {mark: at + 1 for at, mark in enumerate("一二三四五六七八九")}
_WIDE = re.compile(
    r"^(?P<vaccine>.+?)(?:第?(?P<number>[1-9一二三四五六七八九])(?:剂次|剂|针次|针|次)?)?"
    r"(?:接种)?(?P<part>生产企业|生产厂家|疫苗批号|失效期|有效期|效期|批号|厂家|企业|厂商|单位|地点|门诊|日期|时间)?$"
)

FIELD = re.compile(
    r"^(?:child\.[a-z_0-9]+|dose\.[a-z_]+|wide\.[0-9]{4}\.[0-9]{1,2}\.(?:date|lot|maker|place|expiry))$"
)
FieldName = Annotated[str, Field(pattern=FIELD.pattern)]
"""`child.<field>`, `dose.<field>` where a row is a dose, `wide.<vaccine>.<number>.<part>` where a
column is one; the number is 0 where the header names none."""
Header = Annotated[str, Field(max_length=200)]


class Mapping(BaseModel):
    """How a table is read (对照); what is absent is proposed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    encoding: Encoding | None = None
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] | None = None
    epoch: Literal[1900, 1904] | None = None
    columns: dict[Header, FieldName] | None = Field(default=None, max_length=400)
    """Header → field; what is not named is left out. A header that comes again has ` #2` behind."""
    vaccines: dict[Header, VaccineCode] = Field(default={}, max_length=1000)
    """Word in the column of vaccines → vaccine."""


class Read(BaseModel):
    """A mapping with nothing left open, as the file is read by it."""

    header_row: int
    headers: list[str]
    columns: dict[str, str]
    presumed: list[str]
    """Headers and words whose product is presumed: only the class of vaccine is named."""
    kind: Literal["child", "dose"]
    """A row is a child with columns for doses, or a dose."""


def bare(header: str) -> str:
    """A header without width, case, spaces, brackets and signs."""
    text = unicodedata.normalize("NFKC", header).lower()
    return re.sub(r"[\s()\[\]【】<>《》_*:：.\-]+", "", text)


_MEANS = {
    bare(word): field
    for kind, fields in (("child", CHILD_FIELDS), ("dose", DOSE_FIELDS))
    for field, words in ((f"{kind}.{name}", words) for name, words in fields.items())
    for word in words
}


def field_of(header: str) -> tuple[str, bool] | None:
    """The field that a header names, and whether that is sure; None: none that is known."""
    word = bare(header)
    known = _MEANS.get(word)
    if known is not None:
        return known, True
    whole = vaccine_of(header)
    if whole is not None:
        return _wide(whole, None, "date"), whole.sure
    found = _WIDE.match(word)
    if found is None:
        return None
    guess = vaccine_of(found["vaccine"])
    if guess is None:
        return None
    number = found["number"]
    digit = None if number is None else _NUMERALS.get(number) or int(number)
    return _wide(guess, digit, _part_of(found["part"])), guess.sure


def _part_of(text: str | None) -> str:
    if not text:
        return "date"
    return next(name for name, ends in _PARTS.items() if text.endswith(ends))


def _wide(guess: Guess, number: int | None, part: str) -> str:
    return f"wide.{guess.vaccine}.{guess.number or number or 0}.{part}"


def headers_of(row: Sequence[Cell]) -> list[str]:
    """The headers of a row, each once: one that comes again has ` #2` behind it."""
    seen: Counter[str] = Counter()
    found = []
    for at, cell in enumerate(row):
        text = " ".join(plain(cell).split())[:190] or f"#{at + 1}"
        seen[text] += 1
        found.append(text if seen[text] == 1 else f"{text} #{seen[text]}")
    return found


def header_row_of(table: Table) -> int:
    """The row with the most headers that are known, among the first. Raises FileError."""
    best, score = 0, 1
    for at, row in enumerate(table.rows[:20]):
        known = sum(field_of(plain(cell)) is not None for cell in row if isinstance(cell, str))
        if known > score:
            best, score = at + 1, known
    if not best:
        raise FileError("file-no-header")
    return best


def read_columns(table: Table, mapping: Mapping) -> Read:
    """How the columns are read by a mapping. Raises FileError where no headers are found."""
    row = mapping.header_row or header_row_of(table)
    if row > len(table.rows):
        raise FileError("file-no-header")
    headers = headers_of(table.rows[row - 1])
    presumed: list[str] = []
    if mapping.columns is not None:
        columns = {header: it for header, it in mapping.columns.items() if header in headers}
    else:
        columns = {}
        for header in headers:
            found = field_of(re.sub(r" #\d+$", "", header))
            # Of two columns that say the same, the first: a platform repeats some.
            if found is None or found[0] in columns.values():
                continue
            columns[header] = found[0]
            if not found[1]:
                presumed.append(header)
        columns = _settled(columns)
    is_dose = any(it in ("dose.date", "dose.vaccine") for it in columns.values())
    return Read(
        header_row=row,
        headers=headers,
        columns=columns,
        presumed=presumed,
        kind="dose" if is_dose else "child",
    )


def _settled(columns: dict[str, str]) -> dict[str, str]:
    """Without what means nothing by itself: a lot where no column is a dose."""
    fields = set(columns.values())
    if "dose.date" in fields and not fields & {"dose.vaccine", "dose.vaccine_class"}:
        return {header: it for header, it in columns.items() if not it.startswith("dose.")}
    if "dose.date" not in fields:
        return {header: it for header, it in columns.items() if not it.startswith("dose.")}
    return columns


def fingerprint(headers: Sequence[str]) -> str:
    """What a mapping is remembered by: the headers, in their order."""
    return hashlib.sha256("\x1f".join(bare(one) for one in headers).encode()).hexdigest()
