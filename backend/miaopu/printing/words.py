"""The words of the printed forms, Chinese and English, from `words.json`."""

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = "Mon Tue Wed Thu Fri Sat Sun".split()  # noqa: SIM905


@cache
def words(lang: Lang) -> Mapping[str, str]:
    """All words of one language, by key."""
    text = files(__package__).joinpath("words.json").read_text("utf-8")
    return {key: str(both[lang]) for key, both in json.loads(text).items()}


def long_date(date: dt.date, lang: Lang, *, weekday: bool = False) -> str:
    """2026年11月23日（星期一） or Mon 23 Nov 2026."""
    if lang == "zh":
        day = f"（星期{_WEEKDAYS_ZH[date.weekday()]}）" if weekday else ""
        return f"{date.year}年{date.month}月{date.day}日{day}"
    day = f"{_WEEKDAYS_EN[date.weekday()]} " if weekday else ""
    return f"{day}{date.day} {_MONTHS[date.month - 1]} {date.year}"
