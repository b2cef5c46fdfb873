"""Days as ordinals, and the days on which a clinic is open."""

import datetime as dt
from calendar import monthrange
from functools import cache

from miaopu.models.site import ClinicDay, Session

EPOCH = dt.date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000
_SPRING_FESTIVALS = (
    "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22",
    "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13",
    "2030-02-03", "2031-01-23", "2032-02-11",
)  # fmt: skip
"""农历正月初一; the clinics close for a week from it on."""


@cache
def iso(ordinal: int) -> str:
    """`YYYY-MM-DD` of a proleptic Gregorian ordinal."""
    return dt.date.fromordinal(ordinal).isoformat()


def add_months(day: dt.date, months: int) -> dt.date:
    """Calendar months later, clamped to the end of the month as the national programme does."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, monthrange(year, month)[1]))


@cache
def ages(birth: int, count: int = 97) -> tuple[int, ...]:
    """Ordinals at which a child born on `birth` is 0, 1, … `count` − 1 months old."""
    day = dt.date.fromordinal(birth)
    return tuple(add_months(day, months).toordinal() for months in range(count))


def closed(ordinal: int) -> bool:
    """Whether every clinic is closed: New Year, Spring Festival, 1 May, the week of 1 October."""
    text = iso(ordinal)
    if text[5:] in ("01-01", "05-01") or "10-01" <= text[5:] <= "10-07":
        return True
    return any(iso(ordinal - days) in _SPRING_FESTIVALS for days in range(7))


class Opening:
    """The clinic days (门诊日) of one site; `next` has the first open day from each day on."""

    def __init__(self, weekdays: tuple[int, ...], first: int, last: int) -> None:
        self.weekdays = weekdays
        self.first = first
        self.next: list[int] = []
        following = last + 40
        for day in range(last + 39, first - 1, -1):
            if dt.date.fromordinal(day).isoweekday() in weekdays and not closed(day):
                following = day
            self.next.append(following)
        self.next.reverse()

    def on_or_after(self, day: int) -> int:
        """The first open day from `day` on; `day` itself where the table does not reach."""
        index = day - self.first
        return self.next[index] if 0 <= index < len(self.next) else day

    def as_settings(self) -> list[dict[str, object]]:
        """The rule as the clinic's settings hold it."""
        halves = [Session(part="am", capacity=80), Session(part="pm", capacity=60)]
        rule = ClinicDay(weekdays=list(self.weekdays), sessions=halves)
        return [rule.model_dump(exclude_defaults=True)]

    def closed_days(self, first: int, last: int) -> list[str]:
        """The holidays in a span of days, both ends inclusive."""
        return [iso(day) for day in range(first, last + 1) if closed(day)]
