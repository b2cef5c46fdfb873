"""Days as people and programs write them (日期的各种写法). What can be read two ways is refused."""

import datetime as dt
import re
import unicodedata
from typing import Literal

from miaopu.imports.faults import CellError
from miaopu.imports.tables import Cell

Epoch = Literal[1900, 1904]

_CHINA = dt.timezone(dt.timedelta(hours=8))
_FIRST, _LAST = 1900, 2199
_TIME = (
    r"(?:[T\s]*(?P<h>\d{1,2})[:时](?P<min>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:\.\d+)?)?[秒分]?"
    r"(?:\s*(?P<zone>Z|[+-]\d{2}:?\d{2}))?)?"
)
_DAY = re.compile(
    r"^(?P<y>\d{4})\s*(?:年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日?"
    r"|(?P<mark>[-/.])\s*(?P<m2>\d{1,2})\s*(?P=mark)\s*(?P<d2>\d{1,2}))" + _TIME + "$",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:T?(?P<h>\d{2})(?P<min>\d{2})(?P<s>\d{2}))?$",
    re.IGNORECASE,
)
_SHORT = re.compile(r"^\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?" + _TIME + "$")
_YEAR_LAST = re.compile(r"^(?P<a>\d{1,2})([-/.])(?P<b>\d{1,2})\2(?P<y>\d{4})" + _TIME + "$")
_YEAR_LAST_SHORT = re.compile(r"^\d{1,2}([-/.])\d{1,2}\1\d{2}$")
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")

NOTHING = frozenset({"", "/", "\\", "-", "--", "—", "——", "无", "未种", "未接种", "null", "none"})
"""What stands in a cell that says nothing."""

_BASE = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}


def plain(cell: Cell) -> str:
    """A cell as a text without full-width forms and outer spaces; empty where it says nothing."""
    if cell is None:
        return ""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    text = unicodedata.normalize("NFKC", text).strip()
    return "" if text.lower() in NOTHING else text


def read_date(cell: Cell, epoch: Epoch | None) -> str | None:
    """The day `YYYY-MM-DD` in a cell; None where it says nothing. Raises CellError.

    `epoch`: from where serial numbers count, where that is known.
    """
    if isinstance(cell, dt.datetime):
        return _moment(cell)
    if isinstance(cell, dt.date):
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, bool | dt.time):
        raise CellError("not-a-date")
    if isinstance(cell, int | float):
        return _number(cell, epoch)
    return _text(plain(cell), epoch)


def _day(year: int, month: int, day: int) -> str:
    if not _FIRST <= year <= _LAST:
        raise CellError("not-a-date")
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        raise CellError("not-a-date") from None


def _moment(moment: dt.datetime) -> str:
    # A library that takes Shanghai's time of 1900 (8:05:43) for today's writes the day before.
    if moment.hour == 23 and moment.minute == 59 and moment.second > 0:
        raise CellError("shifted-time")
    if moment.tzinfo is not None:
        moment = moment.astimezone(_CHINA)
    return _day(moment.year, moment.month, moment.day)


def _number(number: int | float, epoch: Epoch | None) -> str:
    if 19_000_000 < number < 100_000_000 and float(number).is_integer():
        text = str(int(number))
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]))
    if not 10_000 <= number < 110_000:
        raise CellError("two-digit-year" if 110_000 <= number < 1_000_000 else "not-a-date")
    if epoch is None:
        raise CellError("which-epoch")
    seconds = round((number % 1) * 86_400)
    if 86_340 < seconds < 86_400:
        raise CellError("shifted-time")
    return (_BASE[epoch] + dt.timedelta(days=int(number))).isoformat()


def _text(text: str, epoch: Epoch | None) -> str | None:
    if not text:
        return None
    if text.startswith("#"):
        raise CellError("broken-cell")
    found = _DAY.match(text) or _COMPACT.match(text)
    if found:
        parts = found.groupdict()
        month = parts["m"] or parts.get("m2")
        day = parts["d"] or parts.get("d2")
        return _with_time(parts, int(parts["y"]), int(month or 0), int(day or 0))
    found = _YEAR_LAST.match(text)
    if found:
        a, b = int(found["a"]), int(found["b"])
        if a <= 12 and b <= 12 and a != b:
            raise CellError("day-or-month")
        month_, day_ = (a, b) if b > 12 or a == b else (b, a)
        return _with_time(found.groupdict(), int(found["y"]), month_, day_)
    if _SHORT.match(text) or _YEAR_LAST_SHORT.match(text) or re.fullmatch(r"\d{6}", text):
        raise CellError("two-digit-year")
    if _SERIAL.match(text):
        return _number(float(text), epoch)
    raise CellError("not-a-date")


def _with_time(parts: dict[str, str | None], year: int, month: int, day: int) -> str:
    date = _day(year, month, day)
    if parts.get("h") is None:
        return date
    hour, minute, second = (int(parts.get(it) or 0) for it in ("h", "min", "s"))
    zone = parts.get("zone")
    try:
        moment = dt.datetime(year, month, day, hour, minute, second)
        if zone:
            offset = "+00:00" if zone in "Zz" else zone
            moment = dt.datetime.fromisoformat(moment.isoformat() + offset)
        return _moment(moment)
    except ValueError:
        raise CellError("not-a-date") from None
