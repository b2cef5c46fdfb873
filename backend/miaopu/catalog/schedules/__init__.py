"""The Chinese schedules (免疫程序) as data.

`source/*.toml` is what a domain expert reads and edits, one file a vaccine; `build` writes from it
the engine's JSON, one file a schedule, which the package carries beside this module.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent


def schedule_names() -> list[str]:
    """The schedules that come with the program: `cn-nip-2026` and so on."""
    return sorted(path.stem for path in FOLDER.glob("cn-*.json"))


@cache
def schedule_text(name: str) -> str:
    """The JSON of a schedule, as `pwa/src/schedule/types.ts` describes `Schedule`.

    :raises LookupError: there is no schedule of that name.
    """
    if name not in schedule_names():
        raise LookupError(f"no schedule {name!r}; there are {', '.join(schedule_names())}")
    return (FOLDER / f"{name}.json").read_text(encoding="utf-8")


@cache
def editions() -> list[dict[str, Any]]:
    """The editions of the national programme, oldest first: name, days in force, what changed."""
    table: list[dict[str, Any]] = orjson.loads((FOLDER / "editions" / "cn-nip.json").read_bytes())
    return table


def edition_on(day: str) -> str | None:
    """Name of the edition in force on a day, `YYYY-MM-DD`; None before the first."""
    for edition in reversed(editions()):
        if edition["effective"] <= day:
            return str(edition["name"])
    return None
