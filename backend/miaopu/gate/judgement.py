"""What a write would do to all that the server knows of a document: pure.

A validator is shown the revision that a write stands on. A write may stand on none, or on one that
was left behind, and what comes of it is settled by the merge (`miaopu.case.conflicts`): so a
write is judged by what the merge would make of it, against what the merge of the known leaves is.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from miaopu.case.canonical import canonical
from miaopu.case.conflicts import merged
from miaopu.case.merge import body, generation
from miaopu.models.denials import deny, part_of

Json = dict[str, Any]

GENERATIONS = 10_000
"""How far a written revision may be ahead of those known. No document sees that many in its life;
a revision with a great number would be shown for ever instead of all that come after it."""

AHEAD = dt.timedelta(days=3650)
"""How far a fact may be dated ahead of the server. Wrong clocks are a device's to notice, and a
later edit comes after whatever it knows of (`repository.ts`); after the year 9999 nothing comes."""


class RefusedError(Exception):
    """The write would be wrong whoever sent it; the message is a denial."""


@dataclass(frozen=True, slots=True)
class Change:
    """A document as it is known, and as it would be with what is written."""

    before: Json
    after: Json


def path_of(document: Json, replicated: bool) -> list[str]:
    """The revision that is written, if it has one already, and those before it, the newest first.

    `replicated`: written with `new_edits=false`. Raises RefusedError when it cannot be read.
    """
    history = document.get("_revisions")
    if not replicated or history is None:
        rev = document.get("_rev")
        if rev is None:
            return []
        return [_revision(rev)]
    if not isinstance(history, dict):
        raise RefusedError(deny("wrong-revision", "field _revisions"))
    start, ids = history.get("start"), history.get("ids")
    if not isinstance(start, int) or not isinstance(ids, list) or not ids or start < len(ids):
        raise RefusedError(deny("wrong-revision", "field _revisions"))
    return [_revision(f"{start - back}-{one}") for back, one in enumerate(ids)]


def _revision(rev: object) -> str:
    number, dash, digest = str(rev).partition("-")
    if not dash or not digest or not number.isascii() or not number.isdigit() or len(number) > 16:
        raise RefusedError(deny("wrong-revision", "field _rev"))
    return str(rev)


def check_path(path: Sequence[str], known: Sequence[Json]) -> None:
    """Raises RefusedError for a revision whose number nobody could have counted to."""
    highest = max((generation(leaf["_rev"]) for leaf in known), default=0)
    if path and generation(path[0]) > highest + GENERATIONS:
        raise RefusedError(deny("revision-ahead", "field _rev"))


def check_dates(document: Json, known: Sequence[Json], now: dt.datetime) -> None:
    """Raises RefusedError for a fact that would outlast all honest ones."""
    facts = document.get("facts")
    if document.get("type") != "child" or not isinstance(facts, dict):
        return
    latest = (now + AHEAD).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.999Z")
    for name, fact in facts.items():
        if not isinstance(fact, dict) or not str(fact.get("at", "")) > latest:
            continue
        if not any(leaf.get("facts", {}).get(name) == fact for leaf in known):
            raise RefusedError(deny("dated-ahead", part_of("fact", name)))


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
    is merged. Raises RefusedError when the document is none of its kind.
    """
    known = [_bare(leaf) for leaf in standing(leaves)]
    kind = known[0].get("type")
    if document.get("type") != kind:
        raise RefusedError(deny("other-type", "field type"))
    try:
        before = merged(known)
        if lost:
            before = {**before, "events": {**lost, **before["events"]}}
        after = _bare(document) if replaces else merged([before, _bare(document)])
        if canonical(after) == canonical(before):
            return None
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise RefusedError(deny("not-mergeable")) from None
    return Change(before, after)


def _bare(document: Mapping[str, Any]) -> Json:
    return {name: value for name, value in body(dict(document)).items() if name != "_deleted"}
