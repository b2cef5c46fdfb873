"""One clinic of the demo county: its places, people and devices, and who writes what and when."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from miaopu import __version__
from miaopu.demo.calendar import DAY_MS, EPOCH, Opening, iso
from miaopu.demo.identity import ulid
from miaopu.demo.lots import Lot, Lots

Json = dict[str, Any]
APP = f"miaopu {__version__}"
_CLOCK = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60)]


def instant(day: int, millisecond: int) -> str:
    """A moment as the models write it: a day and the milliseconds of it in UTC."""
    minute, rest = divmod(millisecond, 60_000)
    second, rest = divmod(rest, 1000)
    return f"{iso(day)}{_CLOCK[minute]}{second:02d}.{rest:03d}Z"


def new_ulid(rng: Random, day: int, millisecond: int) -> str:
    """A ULID of that moment."""
    return ulid((day - EPOCH) * DAY_MS + millisecond, rng.getrandbits(80))


@dataclass(slots=True)
class Clinic:
    """A clinic and what was counted while its children were made."""

    index: int
    code: str
    name: str
    town: str
    address: str
    phone: str
    opening: Opening
    stations: tuple[str, str]
    committees: tuple[str, ...]
    lots: Lots
    nurse: str
    senior: str
    lateness: float
    """How late its families come, against the mean of 1."""
    used: dict[tuple[str, int], int] = field(default_factory=dict)
    """(vaccine, period of the lot) → doses given of it."""
    blocks: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """(year of birth, block of serials) → (day, ms) of its first use."""

    def provenance(
        self, day: int, millisecond: int, station: int, offset: int | None, by: str | None = None
    ) -> Json:
        """Who recorded an event, where and when."""
        return {
            "at": instant(day, millisecond),
            "by": by or self.nurse,
            "station": self.stations[station],
            "site": self.code,
            "offset_ms": offset,
            "app": APP,
        }

    def take(self, vaccine: str, day: int) -> Lot:
        """The lot that is given that day, and one dose less of it."""
        period = self.lots.period(vaccine, day)
        key = (vaccine, period)
        self.used[key] = self.used.get(key, 0) + 1
        return self.lots.get(vaccine, period)
