"""Coverage (接种率) of children whose history lies in several joined cases (合并个案).

The region's views `coverage/children` and `coverage/doses` see one document at a time: they leave a
joined case out, and with it the doses that stand in it alone. What they miss is made up for by
rows of the same keys, to be added to theirs: what the cases count for as one child, less what the
views count of each. Pure: no clock and no I/O.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miaopu.case.events import standing, value
from miaopu.case.joined import links, union

Json = dict[str, Any]
Key = tuple[str | int | None, ...]


@dataclass(slots=True)
class Counts:
    """Rows of both views: key → number.

    `children`: (site, year and month of birth, residence, register status). `doses`: (site, year
    and month of birth, vaccine group, n), the nth dose of the group that counts.
    """

    children: Counter[Key] = field(default_factory=Counter)
    doses: Counter[Key] = field(default_factory=Counter)

    def add(self, other: "Counts", times: int = 1) -> None:
        """Adds `other`, so many times."""
        for mine, theirs in ((self.children, other.children), (self.doses, other.doses)):
            for key, number in theirs.items():
                mine[key] += times * number

    def without_zeros(self) -> "Counts":
        """The rows that say something."""
        return Counts(
            *(
                Counter({key: number for key, number in rows.items() if number != 0})
                for rows in (self.children, self.doses)
            )
        )


def counted(child: Json, vaccine_groups: Mapping[str, Sequence[str]]) -> Counts:
    """What a case that is joined to no other counts for; the maps of the views are the same."""
    # An adult at the same desk (成人) is in no rate of children.
    if value(child, "person") == "adult":
        return Counts()
    birth = value(child, "birth_date")
    born: Key = (None, None) if birth is None else (int(birth[:4]), int(birth[5:7]))
    place: Key = (value(child, "site"), *born)
    days: dict[str, set[str]] = {}
    for _, dose in standing(child, "dose"):
        # A vaccine that no dictionary knows is counted under its own code.
        for group in vaccine_groups.get(dose["vaccine"], [dose["vaccine"]]):
            days.setdefault(group, set()).add(dose["date"])
    return Counts(
        Counter([(*place, value(child, "residence"), value(child, "register_status"))]),
        Counter(
            (*place, group, n) for group, dates in days.items() for n in range(1, len(dates) + 1)
        ),
    )


def correction(group: Sequence[Json], vaccine_groups: Mapping[str, Sequence[str]]) -> Counts:
    """What is to be added to the views' rows for the cases of one child."""
    found = counted(union(group), vaccine_groups)
    for child in group:
        if not links(child):
            found.add(counted(child, vaccine_groups), -1)
    return found.without_zeros()
