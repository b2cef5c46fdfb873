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
from miaopu.case.conflicts import is_edited, merged, on_top, winner
from miaopu.case.merge import body, generation
from miaopu.couch.place import clinic_database
from miaopu.gate.requests import Write
from miaopu.gate.rules import (
    Clinic,
    Codes,
    DeniedError,
    Known,
    check_added,
    check_claim,
    check_dated,
    check_held,
    check_targets,
    is_evident,
    standing,
)
from miaopu.models.denials import deny

Json = dict[str, Any]

GENERATIONS = 10_000
"""How far a written revision may be ahead of those known. No document sees that many in its life;
a revision with a great number would be shown for ever instead of all that come after it."""

_OWN = "_local/miaopu-"
"""Where the program keeps its own places."""


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
    accounts: frozenset[str] = frozenset()
    """Of the authors that are named, those who are accounts of the clinic."""
    known: dict[str, Known] = field(default_factory=dict)
    """By id, of the documents that are judged and known, and of the cases that they name."""
    settled: set[int] = field(default_factory=set)
    """Documents of which the database has the word, without being told what was gathered."""
    codes: dict[int, Codes] = field(default_factory=dict)
    """Of the years of birth of which codes are claimed."""
    sealed: dict[int, dict[str, Json]] = field(default_factory=dict)
    """Events that this server recorded itself, by the document that brings them."""
    lost: dict[int, Lost] = field(default_factory=dict)
    """What this server recorded itself and lost, of what an account of the clinic brings."""
    denied: dict[int, str] = field(default_factory=dict)
    """Why a document goes no further."""
    conflicts: set[int] = field(default_factory=set)
    """Of those denied, the ones that may be written again on what is known by then."""
    joined: dict[int, Json] = field(default_factory=dict)
    """What the server's own account writes upon a version, in its place."""
    written: set[int] = field(default_factory=set)
    """Documents that the server's own account has written."""

    @property
    def clinic(self) -> Clinic:
        """The clinic in whose database is written."""
        site = self.write.clinic or ""
        is_own_admin = self.actor.grade == "admin" and self.actor.site == site
        return Clinic(site, self.accounts | {self.actor.name}, is_own_admin)

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
        error = "conflict" if number in self.conflicts else "forbidden"
        row = {"id": document.get("_id"), "error": error, "reason": why}
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

    @property
    def changes(self) -> bool:
        """Whether anything is changed."""
        return self.after is not self.before


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
) -> Change:
    """What a write would change of what is known; where it changes nothing, both are equal.

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
            after = before
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
    except DeniedError:
        return False
    is_next = bool(leaves) and is_plain(path, leaves, judging.is_replicated)
    return is_next and is_evident(document, judging.clinic, judging.now)


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
            found = _changed(judging, number, document)
        except DeniedError as error:
            judging.denied[number] = str(error)
            continue
        if found is not None:
            changes[number] = found
    return changes


def _changed(judging: Judging, number: int, document: Json) -> Change | None:
    """What is to be judged of a write; None: nothing, or the database does so by itself."""
    if not is_judged(document) or document.get("_deleted"):
        return None  # only the servers delete, says the database
    lost = judging.lost.get(number)
    if number in judging.settled and lost is None:
        return None
    there = judging.known.get(document["_id"], Known([], True))
    if lost is not None:
        there = Known(lost.leaves, True)
    path = path_of(document, judging.is_replicated)
    check_path(path, there.leaves)
    if not judging.write.is_clinics:
        return None
    _check_rules(judging, number, document, there)
    is_next = there.is_here and is_plain(path, there.leaves, judging.is_replicated)
    if not there.leaves or (lost is None and is_next):
        return None
    events = lost.events if lost is not None else {}
    found = change(document, there.leaves, events, replaces=is_next)
    if there.is_here and not is_next and document["type"] == "child":
        _join(judging, number, document, path, there.leaves, found.after)
    return found if found.changes else None


def _check_rules(judging: Judging, number: int, document: Json, there: Known) -> None:
    """Raises DeniedError for what the database cannot see to be wrong."""
    clinic = judging.clinic
    if document.get("type") == "numbers" and not there.leaves:
        year = document.get("year")
        codes = judging.codes.get(year, Codes((), {})) if isinstance(year, int) else Codes((), {})
        check_claim(document, codes, judging.now.year, is_known=judging.is_replicated)
        judging.codes[int(document["year"])] = Codes([*codes.blocks, document], codes.used)
    if document.get("type") != "child":
        check_dated(document, judging.now)
        return
    leaves = [_bare(leaf) for leaf in standing(there.leaves)]
    before = merged(leaves) if leaves else {"facts": {}, "events": {}}
    sealed = judging.sealed.get(number, {})
    check_held(clinic, there, sealed)
    check_added(document, before, clinic, sealed.keys(), judging.now)
    along = {one["_id"] for one in judging.documents if isinstance(one.get("_id"), str)}
    check_targets(document, before, clinic.site, judging.known, along)


def _join(
    judging: Judging,
    number: int,
    document: Json,
    path: Sequence[str],
    leaves: Sequence[Json],
    whole: Json,
) -> None:
    """Sees to it that no version is shown without what is known, which is `whole` with it.

    A version that stands beside others and would win over them is written together with all that
    they hold, as one revision upon it: it is the merge that a server would make a moment later, and
    nobody reads the version alone. Whoever asks finds it there, in the history of that. One without
    a revision of its own is to be written again, on what is known then.
    """
    if canonical(_bare(document)) == canonical(whole):
        return
    rest = [leaf["_rev"] for leaf in leaves if not leaf.get("_deleted")]
    rest = [rev for rev in rest if rev not in path]
    if not judging.is_replicated:
        if rest:
            judging.denied[number] = "Document update conflict."
            judging.conflicts.add(number)
    elif path and winner([path[0], *rest]) == path[0]:
        ids = [rev.partition("-")[2] for rev in path]
        judging.joined[number] = on_top(whole, path[0], [path[0], *rest], ids)


def _bare(document: Mapping[str, Any]) -> Json:
    return {name: value for name, value in body(dict(document)).items() if name != "_deleted"}
