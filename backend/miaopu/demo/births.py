"""When the children of a clinic were born."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from miaopu.demo.identity import generator, mix

# Births by month against the mean: autumn children are commoner than spring ones.
_SEASON = (0.98, 0.88, 0.93, 0.90, 0.92, 0.93, 0.99, 1.06, 1.08, 1.13, 1.10, 1.10)
_YEARLY_DECLINE = 0.95
BIRTH_DAYS = 2282
"""Six years and three months, so that some children are due for the doses of six years."""


def birth_days(seed: int, clinic: int, count: int, today: int) -> Iterator[int]:
    """`count` days of birth (ordinals) up to yesterday, ascending, with seasons."""
    first = today - BIRTH_DAYS
    weights = []
    for day in range(first, today):
        date = dt.date.fromordinal(day)
        weights.append(_SEASON[date.month - 1] * _YEARLY_DECLINE ** ((day - first) / 365))
    steps = list(accumulate(weights))
    rng = generator(mix(seed, clinic, 0))
    for index in range(count):
        yield first + bisect_left(steps, (index + rng.random()) / count * steps[-1])
