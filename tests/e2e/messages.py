"""The texts of the screen in both languages, from the application's own catalogues."""

import json
import re
from functools import cache
from typing import Any, Literal

from harness import ROOT

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@cache
def _catalogue(lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in (ROOT / "pwa" / "src").glob(f"*/words.{lang}.json"):
        found |= json.loads(file.read_text("utf-8"))
    return found


def text(lang: Lang, key: str) -> str:
    """The text of a key like `fault.LotExpired.what`."""
    found: Any = _catalogue(lang)
    for part in key.split("."):
        found = found[part]
    assert isinstance(found, str)
    return found


def pattern(lang: Lang, key: str) -> re.Pattern[str]:
    """What that text looks like on the screen, whatever stands in its gaps."""
    parts = re.split(r"\{\w+\}", text(lang, key))
    return re.compile(".*?".join(re.escape(part.strip()) for part in parts), re.DOTALL)
