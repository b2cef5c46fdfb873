"""Children of the demo county that fit a story, found in the county itself."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from miaopu.demo import County, build
from miaopu.demo.calendar import add_months
from miaopu.serve.demo_note import Note

Json = dict[str, Any]
# What falls due at an age: months, vaccine group, vaccine, its doses before.
Due = tuple[int, str, str, int]
_PAIRS: tuple[tuple[Due, Due], ...] = (
    ((8, "MMR", "1201", 0), (8, "JE", "1801", 0)),
    ((18, "MMR", "1201", 1), (18, "HepA", "1902", 0)),
)
_ANY: tuple[Due, ...] = (
    *(due for pair in _PAIRS for due in pair),
    (24, "JE", "1801", 1),
    (36, "MPSV", "1701", 0),
    (48, "Polio", "0311", 1),
    (72, "DTaP", "0402", 4),
)
_LATEST_DAYS = 150
_PLAIN = frozenset(
    ("dose", "card", "certificate", "pin", "precheck", "registration", "consent", "stay")
)
_QUIET_DAYS = 28


@dataclass(frozen=True)
class Candidate:
    """A child with a card, a phone and a plain history, for whom something is due."""

    id: str
    name: str
    card: str
    phone: str
    due: tuple[tuple[str, str], ...]
    """Group and vaccine, each in stock and not due for too long."""
    document: Json

    @property
    def first(self) -> tuple[str, str]:
        return self.due[0]

    @property
    def second(self) -> tuple[str, str]:
        return self.due[1]


def county_of(note: Note) -> County:
    """The demo county that the note tells of."""
    return build(note.sites, note.children_per_site, note.seed, dt.date.fromisoformat(note.today))


def candidates(note: Note, site: int = 0) -> Iterator[Candidate]:
    """Children of a clinic who wait for MMR and another live vaccine due at the same age."""
    return _found(note, site, _PAIRS)


def waiting(note: Note, site: int = 0) -> list[Candidate]:
    """Children of a clinic who wait for one vaccine of several kinds; each child once.

    None of them is among `candidates`: what one test registers for a child is open in the next.
    """
    others = {one.id for one in candidates(note, site)}
    found = {one.id: one for one in _found(note, site, tuple((due,) for due in _ANY))}
    return [one for one in found.values() if one.id not in others]


def _found(note: Note, site: int, wanted: tuple[tuple[Due, ...], ...]) -> Iterator[Candidate]:
    county = county_of(note)
    day = dt.date.fromisoformat(note.today)
    for document in county.documents(county.databases[site]):
        if document["type"] == "child":
            yield from _fitting(document, day, wanted)


def _fitting(
    document: Json, day: dt.date, wanted: tuple[tuple[Due, ...], ...]
) -> Iterator[Candidate]:
    facts = {name: fact["value"] for name, fact in document["facts"].items()}
    events = list(document["events"].values())
    doses = [event for event in events if event["kind"] == "dose"]
    cards = [event for event in events if event["kind"] == "card"]
    quiet = (day - dt.timedelta(days=_QUIET_DAYS)).isoformat()
    plain = all(event["kind"] in _PLAIN for event in events)
    if (
        not plain
        or len(cards) != 1
        or "phone" not in facts
        or facts["mother_hbsag"] != "2"
        or facts["gestation_weeks"] < 37
        or any(dose["date"] > quiet for dose in doses)
    ):
        return
    born = dt.date.fromisoformat(facts["birth_date"])
    for dues in wanted:
        if all(_waits(doses, born, day, due) for due in dues):
            yield Candidate(
                document["_id"],
                facts["name"],
                cards[0]["number"],
                facts["phone"],
                tuple((group, vaccine) for _, group, vaccine, _ in dues),
                document,
            )


def _waits(doses: list[Json], born: dt.date, day: dt.date, due: Due) -> bool:
    months, _, vaccine, before = due
    at = add_months(born, months)
    given = [dose["date"] for dose in doses if dose["vaccine"] == vaccine]
    # A year since the dose before suffices for every interval of these.
    long_ago = (day - dt.timedelta(days=366)).isoformat()
    interval = vaccine != "1801" or all(one < long_ago for one in given)
    return at <= day <= at + dt.timedelta(days=_LATEST_DAYS) and len(given) == before and interval
