"""Lots of vaccine (批号) as the county's centre delivers them: the same lots to every clinic."""

import datetime as dt
from dataclasses import dataclass

from miaopu.demo.calendar import add_months, iso
from miaopu.demo.identity import generator
from miaopu.demo.programme import PRODUCTS

PERIOD = 150
"""Days for which the clinics are given one lot of a vaccine before the next comes."""
_MAKERS = (
    ("禾川生物", "H"),
    ("云岭疫苗", "Y"),
    ("青岚生物", "Q"),
    ("沐原制药", "M"),
)


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot; `start` is the first day on which clinics give it (an ordinal)."""

    vaccine: str
    lot: str
    expiry: str
    maker: str
    start: int
    drug: str
    """The first 7 digits of its trace codes: the product's own."""


class Lots:
    """All lots, drawn from the seed as they are asked for."""

    def __init__(self, seed: int, today: int) -> None:
        self._seed = seed
        self.today = today
        self._offsets = {code: index * 37 % PERIOD for index, code in enumerate(PRODUCTS)}
        self._lots: dict[tuple[str, int], Lot] = {}

    def period(self, vaccine: str, day: int) -> int:
        """Which of the vaccine's lots is in use on that day."""
        return (day + self._offsets[vaccine]) // PERIOD

    def get(self, vaccine: str, period: int) -> Lot:
        """The lot of a vaccine in a period."""
        key = (vaccine, period)
        lot = self._lots.get(key)
        if lot is None:
            lot = self._lots[key] = self._draw(vaccine, period)
        return lot

    def expired(self, vaccine: str) -> Lot:
        """A lot that expired 18 days ago, of which some is left."""
        expiry = dt.date.fromordinal(self.today - 18)
        made = add_months(expiry, -PRODUCTS[vaccine].shelf_months)
        number = f"{made:%Y%m}H{made.day:02d}9"
        start = made.toordinal() + 120
        return Lot(vaccine, number, expiry.isoformat(), _MAKERS[0][0], start, _drug(vaccine, 0))

    def _draw(self, vaccine: str, period: int) -> Lot:
        rng = generator(f"{self._seed}/{vaccine}/{period}")
        start = period * PERIOD - self._offsets[vaccine]
        made = dt.date.fromordinal(start - 60 - rng.randrange(90))
        which = (rng.randrange(3) + int(vaccine)) % len(_MAKERS)
        maker, letter = _MAKERS[which]
        number = f"{made:%Y%m}{letter}{rng.randrange(1, 99):03d}"
        until = add_months(made, PRODUCTS[vaccine].shelf_months).toordinal() - 1
        return Lot(vaccine, number, iso(until), maker, start, _drug(vaccine, which))


def _drug(vaccine: str, maker: int) -> str:
    return f"89{maker}{vaccine}"
