"""What the demo's clinics gave and when: the national programme by edition, and what parents paid.

This table only makes histories that look true. What is due is for the schedule engine to say.
Ages and intervals: 国家免疫规划疫苗儿童免疫程序, 2021; DTaP as 国疾控卫免发〔2024〕20号 changed it
from 2025-01-01. The edition of 2026 changed nothing that a child below 7 would have had by then.
"""

import datetime as dt
from dataclasses import dataclass

from miaopu.demo.calendar import ages

DTAP_CHANGE = dt.date(2025, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Product:
    """A vaccine as the clinic stocks it; `shelf_months` is how long a lot keeps."""

    code: str
    shelf_months: int
    route: str = "im"
    doses_per_unit: int = 1
    self_paid: bool = False

    @property
    def oral(self) -> bool:
        return self.route == "oral"


_PRODUCTS = (
    Product("0101", 24, "id", doses_per_unit=5),
    Product("0202", 36),
    Product("0306", 24),
    Product("0311", 24, "oral"),
    Product("0402", 24),
    Product("0601", 36),
    Product("1201", 24, "sc"),
    Product("1601", 24, "sc", doses_per_unit=5),
    Product("1701", 24, "sc"),
    Product("1801", 24, "sc"),
    Product("1902", 24, "sc"),
    Product("3901", 36),
    Product("2102", 15, self_paid=True),
    Product("2201", 24, "sc", self_paid=True),
    Product("2301", 36, self_paid=True),
    Product("2402", 24, "oral", self_paid=True),
    Product("2503", 36, self_paid=True),
    Product("5001", 36, self_paid=True),
    Product("5402", 36, self_paid=True),
)
PRODUCTS = {product.code: product for product in _PRODUCTS}
LIVE_INJECTED = frozenset({"0101", "1201", "1801", "1902", "2201"})
"""注射减毒活疫苗: on one day, or at least 28 days apart."""


@dataclass(frozen=True, slots=True)
class Target:
    """A dose of a series to be given; the minimum interval and the latest age are in days."""

    series: str
    number: int
    vaccine: str
    interval: int = 0
    latest: int | None = None


_NATIONAL: list[tuple[int, Target]] = [
    (0, Target("hepb", 1, "0202")),
    (0, Target("bcg", 1, "0101")),
    (1, Target("hepb", 2, "0202", 28)),
    (6, Target("hepb", 3, "0202", 60)),
    (6, Target("men", 1, "1601")),
    (8, Target("mmr", 1, "1201")),
    (8, Target("je", 1, "1801")),
    (9, Target("men", 2, "1601", 92)),
    (18, Target("mmr", 2, "1201", 28)),
    (18, Target("hepa", 1, "1902")),
    (24, Target("je", 2, "1801", 365)),
    (36, Target("men", 3, "1701", 366)),
    (72, Target("men", 4, "1701", 1096)),
]
_POLIO: list[tuple[int, Target]] = [
    (2, Target("polio", 1, "0306")),
    (3, Target("polio", 2, "0306", 28)),
    (4, Target("polio", 3, "0311", 28)),
    (48, Target("polio", 4, "0311", 28)),
]
_DTAP = (Target("dtap", 1, "0402"), Target("dtap", 2, "0402", 28), Target("dtap", 3, "0402", 28))
_DTAP_AGES_OLD, _DTAP_AGES_NEW = (3, 4, 5), (2, 4, 6)
_PENTA: list[tuple[int, Target]] = [
    (2, Target("dtap", 1, "5001")),
    (3, Target("dtap", 2, "5001", 28)),
    (4, Target("dtap", 3, "5001", 28)),
    (18, Target("dtap", 4, "5001", 184)),
]
_PAID: dict[str, list[tuple[int, Target]]] = {
    "hib": [
        (3, Target("hib", 1, "2301")),
        (4, Target("hib", 2, "2301", 28)),
        (5, Target("hib", 3, "2301", 28)),
        (18, Target("hib", 4, "2301", 60)),
    ],
    "pcv": [
        (2, Target("pcv", 1, "2503")),
        (4, Target("pcv", 2, "2503", 28)),
        (6, Target("pcv", 3, "2503", 28)),
        (13, Target("pcv", 4, "2503", 60)),
    ],
    "rota": [
        (2, Target("rota", 1, "2402", 0, 84)),
        (3, Target("rota", 2, "2402", 28, 180)),
        (4, Target("rota", 3, "2402", 28, 224)),
    ],
    "ev71": [(7, Target("ev71", 1, "5402")), (8, Target("ev71", 2, "5402", 28))],
    "varicella": [(12, Target("varicella", 1, "2201")), (48, Target("varicella", 2, "2201", 92))],
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the parents chose beside the programme (非免疫规划疫苗)."""

    penta: bool = False
    paid: tuple[str, ...] = ()
    influenza: bool = False
    mother_hbsag_positive: bool = False
    small: bool = False
    """Born below 2,000 g to a mother with HBsAg: the dose at birth is one extra."""


def plan(birth: int, choices: Choices, until: int) -> list[tuple[int, Target]]:
    """The doses due up to `until` for a child born on `birth`: (day due, target), by day."""
    months = ages(birth)
    due = [(months[age], target) for age, target in _NATIONAL]
    if choices.penta:
        due += [(months[age], target) for age, target in _PENTA]
    else:
        due += [(months[age], target) for age, target in _POLIO]
        for target, old, new in zip(_DTAP, _DTAP_AGES_OLD, _DTAP_AGES_NEW, strict=True):
            before = months[old] < DTAP_CHANGE
            due.append((months[old] if before else max(months[new], DTAP_CHANGE), target))
        due.append((months[18], Target("dtap", 4, "0402", 184)))
    last = "0402" if months[72] >= DTAP_CHANGE else "0601"
    due.append((months[72], Target("dtap", 5, last, 366)))
    if choices.mother_hbsag_positive:
        due.append((birth, Target("hbig", 1, "3901")))
    if choices.small:
        due.append((months[2], Target("hepb", 3, "0202", 28)))
        due.remove((months[6], Target("hepb", 3, "0202", 60)))
        due.append((months[7], Target("hepb", 4, "0202", 60)))
    for name in choices.paid:
        due += [(months[age], target) for age, target in _PAID[name]]
    if choices.influenza:
        due += _influenza(months[6], until)
    due = [item for item in due if item[0] <= until]
    due.sort(key=_day)
    return due


def _influenza(first: int, until: int) -> list[tuple[int, Target]]:
    """A dose each autumn from six months of age on, in the first season two."""
    due: list[tuple[int, Target]] = []
    year = dt.date.fromordinal(first).year
    while (autumn := dt.date(year, 10, 10).toordinal()) <= until:
        start = max(autumn, first)
        if start < autumn + 90:
            due.append((start, Target("influenza", len(due) + 1, "2102", 28)))
            if len(due) == 1:
                due.append((start + 28, Target("influenza", 2, "2102", 28)))
        year += 1
    return due


def _day(item: tuple[int, Target]) -> int:
    return item[0]
