"""When a family comes: from what falls due to the days on which it was given."""

from dataclasses import dataclass
from random import Random

from miaopu.demo.calendar import Opening
from miaopu.demo.programme import LIVE_INJECTED, PRODUCTS, Target

_MOST_INJECTIONS = 3
_LIVE_GAP = 28


@dataclass(frozen=True, slots=True)
class Visit:
    """The doses of one day (an ordinal)."""

    day: int
    targets: list[Target]


def place(
    rng: Random,
    due: list[tuple[int, Target]],
    birth: int,
    until: int,
    opening: Opening,
    slack: float,
    hasty: int | None = None,
) -> list[Visit]:
    """Doses on clinic days up to `until`, the later the more `slack` (about 1) a family has.

    What is due when the family is there anyway is given with it. With `hasty`, the dose of that
    place in `due` is given some days before it may be: a mistake that clinics make.
    """
    visits: list[Visit] = []
    last: dict[str, int] = {}
    visit, injections, live_day = birth, 0, -1000
    for index, (day_due, target) in enumerate(due):
        previous = last.get(target.series)
        ready = day_due if previous is None else max(day_due, previous + target.interval)
        live = target.vaccine in LIVE_INJECTED
        if live and live_day != visit:
            ready = max(ready, live_day + _LIVE_GAP)
        oral = PRODUCTS[target.vaccine].oral
        if index == hasty and previous is not None:
            day = opening.on_or_after(max(visit + 1, ready - 16 + int(rng.random() * 8)))
        elif ready <= visit and (oral or injections < _MOST_INJECTIONS or visit == birth):
            day = visit
        elif ready <= visit:
            wait = _LIVE_GAP if live else 7 + int(rng.random() * 21)
            day = opening.on_or_after(visit + wait)
        else:
            day = opening.on_or_after(ready + _delay(rng, slack))
        if target.latest is not None and (
            day > birth + target.latest or (target.number > 1 and previous is None)
        ):
            continue
        if day > until:
            break
        if day != visit or not visits:
            visits.append(Visit(day, []))
            visit, injections = day, 0
        visits[-1].targets.append(target)
        last[target.series] = day
        injections += not oral
        if live:
            live_day = day
    return visits


def _delay(rng: Random, slack: float) -> int:
    drawn = rng.random()
    if drawn < 0.74:
        return int(drawn * 9 * slack)
    if drawn < 0.94:
        return 6 + int(rng.random() * 25 * slack)
    if drawn < 0.99:
        return 30 + int(rng.random() * 90 * slack)
    return 120 + int(rng.random() * 250)
