"""What the gate alone can tell of a write, which sees more than one document: pure.

Whose child it is about, whether its authors are accounts of the clinic, whether its times are past,
and whether more child codes are needed. What is known already is not asked about again.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from miaopu.case.merge import merge_all
from miaopu.case.moving import holders
from miaopu.models.denials import deny, part_of

Json = dict[str, Any]

AHEAD = dt.timedelta(minutes=10)
"""How far a time may be ahead of the server's. Devices correct theirs by the offset that they have
measured (`pwa/src/clock`); what is ahead of that would win over all that is written after it."""
AFTER = dt.timedelta(minutes=1)
"""How far a fact may be dated after the one that it replaces, if that is ahead itself: such a one
is from before this rule, or of a server whose clock was wrong, and can be corrected so."""
_NAMING = ("same_as", "not_same_as")
"""Kinds of events that name another case."""
YEARS = 20
"""How far back the years of birth go for which codes are given: of whoever is still a child."""
BLOCK = 100
"""Codes of a block (号段)."""
USED = 50
"""How many codes of a station's block are used when it may have the next. Tablets ask when fewer
than 30 are left, and the server may not know all of their children yet."""
MOST_UNUSED = 12
"""Blocks of a year that one account may have claimed and that are unused still."""


class DeniedError(Exception):
    """The write would be wrong; the message is a denial."""


@dataclass(slots=True)
class Known:
    """The leaves of a document, in the clinic's own database or else in the regions above it."""

    leaves: list[Json]
    is_here: bool


@dataclass(frozen=True, slots=True)
class Clinic:
    """The clinic in whose database is written."""

    site: str
    accounts: Collection[str]
    """Of the authors that are named, those who are accounts of the clinic, at work or not."""
    vouches: bool
    """Whether one of its administrators writes, such as its hub: the accounts there are not all
    known here, and whoever makes accounts could write by any of them."""


def standing(leaves: Sequence[Json]) -> list[Json]:
    """The leaves that count: those alive, or all where none is."""
    return [leaf for leaf in leaves if not leaf.get("_deleted")] or list(leaves)


def entries(document: Json, name: str) -> Iterator[tuple[str, Json]]:
    """The events or facts of a document, as far as they have the shape of one: what has not is
    refused by the database."""
    found = document.get(name)
    for key, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, dict):
            yield key, value


def authors(documents: Iterable[Json], site: str) -> set[str]:
    """The accounts that children's documents name as authors at a site."""
    found: set[str] = set()
    for document in documents:
        if document.get("type") != "child":
            continue
        found.update(str(fact.get("by")) for _, fact in entries(document, "facts"))
        found.update(
            str(event.get("by"))
            for _, event in entries(document, "events")
            if event.get("site") == site
        )
    return found


def targets(documents: Iterable[Json]) -> set[str]:
    """The cases that the events of children name: joined to, or told apart from."""
    return {
        str(event.get("target"))
        for document in documents
        for _, event in entries(document, "events")
        if event.get("kind") in _NAMING
    }


def is_evident(document: Json, clinic: Clinic, now: dt.datetime) -> bool:
    """Whether nothing of a document that stands on what the clinic has is left to these rules."""
    latest = _latest(now)
    if document.get("type") != "child":
        return str(document.get("updated_at", "")) <= latest
    anybody = clinic.vouches
    for _, fact in entries(document, "facts"):
        if str(fact.get("at")) > latest:
            return False
        if not (anybody or str(fact.get("by")) in clinic.accounts):
            return False
    for _, event in entries(document, "events"):
        if str(event.get("at")) > latest or event.get("kind") in _NAMING:
            return False
        is_own = event.get("site") == clinic.site
        if is_own and not (anybody or str(event.get("by")) in clinic.accounts):
            return False
    return True


def holds(site: str, known: Known | None) -> bool:
    """Whether a clinic holds a case: its database has it, or has had it before it was lost, as the
    regions above know of a part that the clinic has had in it."""
    if known is None or not known.leaves:
        return False
    return known.is_here or site in holders(merge_all(standing(known.leaves)))


def check_held(clinic: Clinic, known: Known | None, sealed: Mapping[str, Json]) -> None:
    """Raises DeniedError for a write about another clinic's child, by a clinic to which nothing has
    given the case. `sealed`: events of the document that this server vouches for."""
    if known is None or not known.leaves or holds(clinic.site, known):
        return
    if not any(event.get("site") == clinic.site for event in sealed.values()):
        raise DeniedError(deny("not-held"))


def check_added(
    document: Json, before: Json, clinic: Clinic, vouched: Collection[str], now: dt.datetime
) -> None:
    """Raises DeniedError where the author or the time of what a write adds to a child is wrong.

    `before` is what is known of the child; `vouched`, ULIDs of events that a server vouches for.
    """
    latest = _latest(now)
    for ulid, event in entries(document, "events"):
        if before["events"].get(ulid) == event or ulid in vouched:
            continue
        part = part_of("event", ulid)
        if str(event.get("at", "")) > latest:
            raise DeniedError(deny("dated-ahead", part))
        # One in another clinic's name is refused by the database.
        if event.get("site") == clinic.site:
            _check_author(event, clinic, part)
    for name, fact in entries(document, "facts"):
        known = before["facts"].get(name)
        if known == fact:
            continue
        part = part_of("fact", name)
        if str(fact.get("at", "")) > latest and not _follows(fact, known):
            raise DeniedError(deny("dated-ahead", part))
        _check_author(fact, clinic, part)


def check_targets(
    document: Json, before: Json, site: str, known: Mapping[str, Known], along: Collection[str]
) -> None:
    """Raises DeniedError where a case is joined to one, or told apart from one, that the clinic
    does not hold. `along`: the cases that come with the same request."""
    for ulid, event in entries(document, "events"):
        if event.get("kind") not in _NAMING or ulid in before["events"]:
            continue
        target = str(event.get("target"))
        if target not in along and not holds(site, known.get(target)):
            raise DeniedError(deny("target-not-held", part_of("event", ulid)))


def check_dated(document: Json, now: dt.datetime) -> None:
    """Raises DeniedError for settings that no later ones would replace.

    A move of stock dated ahead is taken: it wins over nothing, and no tablet amends what it wrote.
    """
    if str(document.get("updated_at", "")) > _latest(now):
        raise DeniedError(deny("dated-ahead"))


@dataclass(frozen=True, slots=True)
class Codes:
    """The child codes (儿童编码) of a clinic and a year of birth."""

    blocks: Sequence[Json]
    """Those given so far."""
    used: Mapping[int, int]
    """By block, how many of its codes children have."""


def check_claim(block: Json, codes: Codes, year: int, *, is_known: bool) -> None:
    """Raises DeniedError for a block that is not needed: codes are given no faster than they are
    used, so that nobody uses up the ten thousand of a year.

    `year`: the present one. `is_known`: the block has a revision already, as one that a tablet
    gives back to a server that has lost it, perhaps before the children who have its codes.
    """
    if not year - YEARS <= _number(block.get("year")) <= year + 1:
        raise DeniedError(deny("numbers-year", "field year"))
    unused = [one for one in codes.blocks if codes.used.get(one["block"], 0) < USED]
    if not is_known and any(one["station"] == block.get("station") for one in unused):
        raise DeniedError(deny("numbers-unused"))
    if sum(one["by"] == block.get("by") for one in unused) >= MOST_UNUSED:
        raise DeniedError(deny("numbers-many"))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _latest(now: dt.datetime) -> str:
    """The last instant that is not ahead, as documents write it: those compare as texts."""
    utc = (now + AHEAD).astimezone(dt.UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def _follows(fact: Json, known: Json | None) -> bool:
    """Whether a fact comes just after the one that it replaces."""
    try:
        before = dt.datetime.fromisoformat(str((known or {})["at"]))
        return before <= dt.datetime.fromisoformat(str(fact["at"])) <= before + AFTER
    except (KeyError, OverflowError, TypeError, ValueError):
        return False


def _check_author(entry: Json, clinic: Clinic, part: str) -> None:
    if not clinic.vouches and str(entry.get("by")) not in clinic.accounts:
        raise DeniedError(deny("not-a-colleague", part))
