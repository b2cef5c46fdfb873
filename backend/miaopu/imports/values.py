"""What single cells say beside days (单元格取值). Pure; what cannot be trusted raises CellError."""

import re
from collections.abc import Callable
from functools import cache

from miaopu.catalog import code_tables
from miaopu.imports.dates import plain
from miaopu.imports.faults import CellError
from miaopu.imports.tables import Cell

_SCIENTIFIC = re.compile(r"^[+-]?\d+(?:\.\d+)?E[+]?\d+$", re.IGNORECASE)
_EXACT = 10**15
"""Above this a number of a spreadsheet has lost its last digits."""
_GARBLED = re.compile(
    "[0-9\ufffd□■◆?？*\u0080-\u009f\ue000-\uf8ff]|锟斤拷|烫烫|屯屯|[À-ÿ]{2}|[\x00-\x1f]"
)
_SEXES = {
    **dict.fromkeys(("男", "男性", "1", "M", "MALE"), "M"),
    **dict.fromkeys(("女", "女性", "2", "F", "FEMALE"), "F"),
    **dict.fromkeys(("未知", "不详", "0", "9", "U"), "U"),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def is_garbled(name: str) -> bool:
    """Whether a name came out as garbage, as of a character that the old system did not have."""
    return _GARBLED.search(name) is not None


def text(cell: Cell, most: int = 200) -> str | None:
    """A text. Raises CellError for what a spreadsheet broke, or what is too long."""
    found = plain(cell) if not isinstance(cell, str) else cell.strip()
    if isinstance(cell, str):
        found = "" if not plain(found) else found
    if found.startswith("#") and found.endswith(("!", "?", "A")) and found[1:2].isupper():
        raise CellError("broken-cell")
    if len(found) > most:
        raise CellError("too-long")
    return found or None


def digits(cell: Cell, *, length: int | None = None) -> str | None:
    """A long number as a text. Raises CellError where a spreadsheet may have changed it."""
    if isinstance(cell, bool):
        raise CellError("not-understood")
    if isinstance(cell, int | float) and (abs(cell) >= _EXACT or not float(cell).is_integer()):
        raise CellError("scientific")
    found = re.sub(r"[\s'\"]", "", plain(cell)).upper()
    if not found:
        return None
    if _SCIENTIFIC.match(found):
        raise CellError("scientific")
    if length is not None:
        if len(found) < length and found.rstrip("X").isdigit():
            raise CellError("lost-zero")
        if len(found) == length and found.endswith("000"):
            raise CellError("rounded")
    return found


def id_number(cell: Cell) -> str | None:
    """公民身份号码. Raises CellError."""
    found = digits(cell, length=18)
    if found is None:
        return None
    if not re.fullmatch(r"\d{17}[\dX]", found):
        raise CellError("wrong-check-digit")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, found, strict=False))
    if _CHECKS[total % 11] != found[17]:
        raise CellError("wrong-check-digit")
    return found


def child_code(cell: Cell) -> str | None:
    """儿童编码 of 18 digits. Raises CellError."""
    found = digits(cell, length=18)
    if found is not None and not re.fullmatch(r"\d{18}", found):
        raise CellError("not-understood")
    return found


def card(cell: Cell) -> str | None:
    """The number of a card. Raises CellError."""
    found = digits(cell)
    if found is not None and not re.fullmatch(r"\d{6,37}", found):
        raise CellError("not-understood")
    return found


def lot(cell: Cell) -> str | None:
    """批号. Raises CellError for one that a spreadsheet took for a number."""
    found = digits(cell) if isinstance(cell, int | float) else text(cell)
    if found is not None and _SCIENTIFIC.match(found):
        raise CellError("scientific")
    return found


def sex(cell: Cell) -> str | None:
    """M, F or U. Raises CellError."""
    found = plain(cell).upper()
    if not found:
        return None
    if found not in _SEXES:
        raise CellError("not-understood")
    return _SEXES[found]


def phone(cell: Cell) -> str | None:
    """The first telephone of a cell. Raises CellError."""
    if isinstance(cell, int | float):
        digits(cell)
    found = re.split(r"[,，;；/、]", plain(cell))[0].strip()
    if not found:
        return None
    if _SCIENTIFIC.match(found):
        raise CellError("scientific")
    if not re.fullmatch(r"[0-9+ -]{5,20}", found):
        raise CellError("not-understood")
    return found


def number(cell: Cell) -> int | None:
    """剂次. Raises CellError."""
    found = plain(cell)
    if not found:
        return None
    match = re.fullmatch(r"第?(\d{1,2}|[一二三四五六七八九])(?:剂次|剂|针次|针|次)?", found)
    if match is None:
        raise CellError("not-understood")
    value = "零一二三四五六七八九".find(match[1])
    value = value if value > 0 else int(match[1])
    if not 1 <= value <= 20:
        raise CellError("not-understood")
    return value


def weight(cell: Cell) -> int | None:
    """出生体重 in grams; in kilograms where it is below 20. Raises CellError."""
    found = re.sub(r"(?i)(kg|g|千克|公斤|克)$", "", plain(cell))
    if not found:
        return None
    try:
        grams = float(found)
    except ValueError:
        raise CellError("not-understood") from None
    grams = grams * 1000 if grams < 20 else grams
    if not 200 <= grams <= 9000:
        raise CellError("not-understood")
    return round(grams)


def trace_code(cell: Cell) -> str | None:
    """疫苗追溯码 of 20 digits. Raises CellError."""
    found = digits(cell, length=20)
    if found is not None and not re.fullmatch(r"\d{20}", found):
        raise CellError("not-understood")
    return found


def coded(table: str) -> Callable[[Cell], str | None]:
    """Reads a word of a code table; another word, or a platform's own number, says nothing."""

    def read(cell: Cell) -> str | None:
        return _words(table).get(plain(cell).lower())

    return read


@cache
def _words(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, entry in code_tables()[table].items():
        found |= {entry.zh.lower(): code, entry.en.lower(): code}
    return found | {word.lower(): code for word, code in _MORE.get(table, {}).items()}


_MORE: dict[str, dict[str, str]] = {
    "residence": {"常住": "1", "本地常住": "1", "流动人口": "2", "外来": "2"},
    "household": {"本地": "1", "本县": "1", "外地": "2", "外县": "2", "外省": "2", "外市": "2"},
    "register-status": {"在册": "1", "正常": "1", "转入": "10", "迁入": "10", "转出": "2"},
    "mother-hbsag": {"阴性(-)": "2", "阳性(+)": "1", "不详": "3", "未查": "3"},
    "body-site": {
        "左上臂三角肌": "left_upper_arm",
        "右上臂三角肌": "right_upper_arm",
        "左臀": "left_buttock",
        "右臀": "right_buttock",
        "大腿左侧": "left_thigh",
        "大腿右侧": "right_thigh",
        "口腔": "mouth",
    },
    "route": {
        "肌内": "im",
        "肌肉": "im",
        "肌肉注射": "im",
        "肌注": "im",
        "皮下": "sc",
        "皮内": "id",
        "口服": "oral",
    },
    "campaign": {"基础": "routine", "加强": "routine", "强化": "mass", "应急": "emergency"},
    "ethnic-group": {"汉": "01"},
}
