"""Children of the demo county that fit a story, found in the county itself."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from miaopu.demo import County, build
from miaopu.demo.calendar import add_months
from miaopu.demo.note import Note

Json = dict[str, Any]
# A pair of vaccine groups that fall due together: age in months, (group, vaccine, doses before).
_PAIRS = (
    (8, ("MMR", "1201", 0), ("JE", "1801", 0)),
    (18, ("MMR", "1201", 1), ("HepA", "1902", 0)),
)
_LATEST_DAYS = 150
_QUIET_DAYS = 28


@dataclass(frozen=True)
class Candidate:
    """A child with a card for whom two live vaccines are due, both in stock."""

    id: str
    name: str
    card: str
    phone: str
    first: tuple[str, str]
    """Group and vaccine."""
    second: tuple[str, str]
    document: Json


def county_of(note: Note) -> County:
    """The demo county that the note tells of."""
    return build(note.sites, note.children_per_site, note.seed, dt.date.fromisoformat(note.today))


def candidates(note: Note, site: int = 0) -> Iterator[Candidate]:
    """Children of a clinic who wait for two vaccines that are due at one age."""
    county = county_of(note)
    day = dt.date.fromisoformat(note.today)
    for document in county.documents(county.databases[site]):
        if document["type"] == "child":
            yield from _fitting(document, day)


def _fitting(document: Json, day: dt.date) -> Iterator[Candidate]:
    facts = {name: fact["value"] for name, fact in document["facts"].items()}
    events = list(document["events"].values())
    doses = [event for event in events if event["kind"] == "dose"]
    cards = [event for event in events if event["kind"] == "card"]
    quiet = (day - dt.timedelta(days=_QUIET_DAYS)).isoformat()
    plain = all(event["kind"] in ("dose", "card", "precheck", "consent") for event in events)
    if (
        not plain
        or len(cards) != 1
        or "phone" not in facts
        or facts["mother_hbsag"] != "2"
        or facts["gestation_weeks"] < 37
        or any(dose["date"] > quiet for dose in doses)
    ):
        return
    for months, first, second in _PAIRS:
        due = add_months(dt.date.fromisoformat(facts["birth_date"]), months)
        if not due <= day <= due + dt.timedelta(days=_LATEST_DAYS):
            continue
        if all(
            sum(dose["vaccine"] == vaccine for dose in doses) == before
            for _, vaccine, before in (first, second)
        ):
            yield Candidate(
                document["_id"],
                facts["name"],
                cards[0]["number"],
                facts["phone"],
                first[:2],
                second[:2],
                document,
            )
