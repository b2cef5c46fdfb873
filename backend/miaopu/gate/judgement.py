"""What a write would do to all that the server knows of a document: pure.

A validator is shown the revision that a write stands on. A write may stand on none, or on one that
was left behind, and what comes of it is settled by the merge (`miaopu.case.conflicts`): so a
write is judged by what the merge would make of it, against what the merge of the known leaves is.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from miaopu.accounts.actor import Actor
from miaopu.case.canonical import canonical
from miaopu.case.conflicts import is_edited, merged
from miaopu.case.merge import body, generation
from miaopu.couch.place import clinic_database
from miaopu.gate.requests import Write
from miaopu.models.denials import deny, part_of

Json = dict[str, Any]

GENERATIONS = 10_000
"""How far a written revision may be ahead of those known. No document sees that many in its life;
a revision with a great number would be shown for ever instead of all that come after it."""

_OWN = "_local/miaopu-"
"""Where the program keeps its own places."""

AHEAD = dt.timedelta(days=3650)
"""How far a fact may be dated ahead of the server. Wrong clocks are a device's to notice, and a
later edit comes after whatever it knows of (`repository.ts`); after the year 9999 nothing comes."""


class DeniedError(Exception):
    """The write would be wrong whoever sent it; the message is a denial."""


@dataclass(slots=True)
class Known:
    """The leaves of a document, in the clinic's own database or else in the regions above it."""

    leaves: list[Json]
    is_here: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Events of a child that this server recorded, and that none of its living leaves has."""

    events: dict[str, Json]
    leaves: list[Json]


@dataclass(slots=True)
class Judging:
    """One write on its way through the gate: as it was read, what was gathered about it, and what
    it came to. Documents are named by their number in the request."""

    write: Write
    actor: Actor
    given: Json
    """The body."""
    documents: list[Json]
    is_replicated: bool
    """Written with `new_edits=false`."""
    now: dt.datetime
    new: set[str] = field(default_factory=set)
    """Ids of documents that the database does not have."""
    known: dict[str, Known] = field(default_factory=dict)
    """By id, of the documents that are judged and known."""
    lost: dict[int, Lost] = field(default_factory=dict)
    """What this server recorded itself and lost, of what an account of the clinic brings."""
    denied: dict[int, str] = field(default_factory=dict)
    """Why a document goes no further."""
    written: set[int] = field(default_factory=set)
    """Documents that the server's own account has written as they are."""

    @property
    def left(self) -> list[Json]:
        """The documents that the database is to have the word on."""
        return [
            one
            for number, one in enumerate(self.documents)
            if number not in self.denied and number not in self.written
        ]

    @property
    def taken_new(self) -> list[str]:
        """Ids of the documents that would be new in the database, of those that are not denied."""
        ids = [one.get("_id") for one in self.left]
        return [one for one in ids if one in self.new]

    def row(self, number: int) -> Json | None:
        """The row of a denied document in the answer to `_bulk_docs`."""
        why = self.denied.get(number)
        if why is None:
            return None
        document = self.documents[number]
        row = {"id": document.get("_id"), "error": "forbidden", "reason": why}
        try:
            rev = path_of(document, True)[:1]
        except DeniedError:
            rev = []
        return {**row, "rev": rev[0]} if rev else row


@dataclass(frozen=True, slots=True)
class Change:
    """A document as it is known, and as it would be with what is written."""

    before: Json
    after: Json


def path_of(document: Json, replicated: bool) -> list[str]:
    """The revision that is written, if it has one already, and those before it, the newest first.

    `replicated`: written with `new_edits=false`. Raises DeniedError when it cannot be read.
    """
    history = document.get("_revisions")
    if not replicated or history is None:
        rev = document.get("_rev")
        if rev is None:
            return []
        return [_revision(rev)]
    if not isinstance(history, dict):
        raise DeniedError(deny("wrong-revision", "field _revisions"))
    start, ids = history.get("start"), history.get("ids")
    if not isinstance(start, int) or not isinstance(ids, list) or not ids or start < len(ids):
        raise DeniedError(deny("wrong-revision", "field _revisions"))
    return [_revision(f"{start - back}-{one}") for back, one in enumerate(ids)]


def _revision(rev: object) -> str:
    number, dash, digest = str(rev).partition("-")
    if not dash or not digest or not number.isascii() or not number.isdigit() or len(number) > 16:
        raise DeniedError(deny("wrong-revision", "field _rev"))
    return str(rev)


def check_path(path: Sequence[str], known: Sequence[Json]) -> None:
    """Raises DeniedError for a revision whose number nobody could have counted to."""
    highest = max((generation(leaf["_rev"]) for leaf in known), default=0)
    if path and generation(path[0]) > highest + GENERATIONS:
        raise DeniedError(deny("revision-ahead", "field _rev"))


def check_dates(document: Json, known: Sequence[Json], now: dt.datetime) -> None:
    """Raises DeniedError for a fact that would outlast all honest ones."""
    facts = document.get("facts")
    if document.get("type") != "child" or not isinstance(facts, dict):
        return
    latest = (now + AHEAD).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.999Z")
    for name, fact in facts.items():
        if not isinstance(fact, dict) or not str(fact.get("at", "")) > latest:
            continue
        if not any(leaf.get("facts", {}).get(name) == fact for leaf in known):
            raise DeniedError(deny("dated-ahead", part_of("fact", name)))


def standing(leaves: Sequence[Json]) -> list[Json]:
    """The leaves that count: those alive, or all where none is."""
    return [leaf for leaf in leaves if not leaf.get("_deleted")] or list(leaves)


def is_plain(path: Sequence[str], leaves: Sequence[Json], replicated: bool) -> bool:
    """Whether the database judges the write by all that is known, as it stands on the only leaf; or
    will not do it, as it is known or stands on nothing that may be written on."""
    alive = standing(leaves)
    if replicated and path and path[0] in {leaf["_rev"] for leaf in leaves}:
        return True
    if not replicated and path and path[0] not in {leaf["_rev"] for leaf in leaves}:
        return True
    if not replicated and not path and alive and not alive[0].get("_deleted"):
        return True  # a conflict, says the database: a claim of numbers that came second goes on
    return len(alive) == 1 and not alive[0].get("_deleted") and alive[0]["_rev"] in path


def takes_a_side(path: Sequence[str], leaves: Sequence[Json]) -> bool:
    """Whether a write takes the place of one of several living leaves. What it leaves out of that
    one, the merge with the others does not show."""
    alive = standing(leaves)
    return len(alive) > 1 and any(leaf["_rev"] in path for leaf in alive)


def change(
    document: Json,
    leaves: Sequence[Json],
    lost: Mapping[str, Json] = MappingProxyType({}),
    *,
    replaces: bool = False,
) -> Change | None:
    """What a write would change of what is known; None: nothing.

    `leaves` are those of one document, at least one; of a child, `lost` are events that are known
    though no leaf has them. `replaces`: the write stands on the only living leaf, so that nothing
    is merged. Raises DeniedError when the document is none of its kind.
    """
    known = [_bare(leaf) for leaf in standing(leaves)]
    kind = known[0].get("type")
    if document.get("type") != kind:
        raise DeniedError(deny("other-type", "field type"))
    try:
        before = merged(known)
        if lost:
            before = {**before, "events": {**lost, **before["events"]}}
        # Beside what is never edited another version is wrong, also where the merge would drop it:
        # the database shows whichever has the greater revision, and lets nobody mend that.
        is_alone = replaces or not is_edited(kind)
        after = _bare(document) if is_alone else merged([before, _bare(document)])
        if canonical(after) == canonical(before):
            return None
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise DeniedError(deny("not-mergeable")) from None
    return Change(before, after)


def is_judged(document: Json) -> bool:
    """Whether it is a document of the clinic's, and none of the database's own."""
    doc_id = document.get("_id")
    return isinstance(doc_id, str) and doc_id != "" and not doc_id.startswith("_")


def is_claim(document: Json) -> bool:
    """Whether it claims a block of numbers (号段)."""
    return str(document.get("_id")).startswith("numbers:") and "_rev" not in document


def is_settled(judging: Judging, document: Json, leaves: Sequence[Json]) -> bool:
    """Whether the database has the word on a write, as its leaves alone show, without what they
    hold."""
    try:
        path = path_of(document, judging.is_replicated)
        check_path(path, leaves)
        check_dates(document, [], judging.now)
    except DeniedError:
        return False
    return bool(leaves) and is_plain(path, leaves, judging.is_replicated)


def is_whole(document: Json, lost: Lost) -> bool:
    """Whether a document with what was lost may be written by the server's own account. It was
    found right with that, and the database, which is not told of it, would refuse it to whoever
    brings it: a hub, which does not take documents apart as tablets do, would bring it for ever."""
    return not takes_a_side(path_of(document, True), lost.leaves)


def check_local(database: str, name: str, actor: Actor) -> None:
    """A hub writes where it stands in its clinic's database, as an administrator of the clinic.
    Raises DeniedError."""
    own = actor.site and clinic_database(actor.site)
    is_hub = actor.grade == "admin" and database == own
    if not is_hub or name.startswith(_OWN):
        raise DeniedError(deny("server-only"))


def judged(judging: Judging) -> dict[int, Change]:
    """Enters in `denied` what is wrong whoever sent it; returns what the clinics' own validator is
    still to say, by the document."""
    changes: dict[int, Change] = {}
    for number, document in enumerate(judging.documents):
        try:
            if str(document.get("_id")).startswith("_local/"):
                check_local(judging.write.database, document["_id"], judging.actor)
            found = _changed(judging, document, judging.lost.get(number))
        except DeniedError as error:
            judging.denied[number] = str(error)
            continue
        if found is not None:
            changes[number] = found
    return changes


def _changed(judging: Judging, document: Json, lost: Lost | None) -> Change | None:
    """What is to be judged of a write; None: nothing, or the database does so by itself."""
    if not is_judged(document) or document.get("_deleted"):
        return None  # only the servers delete, says the database
    there = judging.known.get(document["_id"], Known([], True))
    if lost is not None:
        there = Known(lost.leaves, True)
    path = path_of(document, judging.is_replicated)
    check_path(path, there.leaves)
    check_dates(document, there.leaves, judging.now)
    is_next = there.is_here and is_plain(path, there.leaves, judging.is_replicated)
    if lost is not None:
        return change(document, there.leaves, lost.events, replaces=is_next)
    return change(document, there.leaves) if there.leaves and not is_next else None


def _bare(document: Mapping[str, Any]) -> Json:
    return {name: value for name, value in body(dict(document)).items() if name != "_deleted"}
