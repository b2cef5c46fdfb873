"""How a conflict is resolved: pure, and the same on every server (docs/data-flow.md)."""

from collections.abc import Iterable, Sequence
from typing import Any

from miaopu.case.canonical import canonical
from miaopu.case.merge import body, computed_revision, generation, merge_all

Json = dict[str, Any]

# A document that is edited in place: the later edit stands. One that is never changed, whose id two
# devices claimed: the earlier claim stands.
_LATER: dict[str, str] = {
    "settings": "updated_at",
    "device": "synced_at",
    "problem": "resolved_at",
    "batch": "updated_at",
    "rating": "at",
    "schedule": "effective",
}


def is_edited(kind: object) -> bool:
    """Whether documents of a type are edited; others stand as they were first written."""
    return kind == "child" or kind in _LATER


def _one_of(leaves: Sequence[Json]) -> Json:
    kind = leaves[0].get("type")
    if kind in _LATER:
        return max(leaves, key=lambda leaf: (str(leaf.get(_LATER[kind], "")), canonical(leaf)))
    return min(leaves, key=lambda leaf: (str(leaf.get("at", "")), canonical(leaf)))


def merged(leaves: Iterable[Json]) -> Json:
    """The one document that the leaves of a conflict become, without `_rev`."""
    bodies = [body(leaf) for leaf in leaves]
    if bodies[0].get("type") == "child":
        return merge_all(bodies)
    return _one_of(bodies)


def winner(revisions: Iterable[str]) -> str:
    """The leaf that every CouchDB shows: the greatest (generation, hash)."""
    return max(revisions, key=_order)


def _order(revision: str) -> tuple[int, str]:
    return generation(revision), revision.partition("-")[2]


def on_top(
    document: Json, parent: str, leaves: Iterable[str], history: Sequence[str] | None = None
) -> Json:
    """A document as the computed revision upon `parent`, in answer to `leaves`. `history` are the
    hashes of the parent and of what it stands on, where the database does not know them."""
    revision = computed_revision(document, parent, leaves)
    start, _, digest = revision.partition("-")
    return {
        **document,
        "_rev": revision,
        "_revisions": {
            "start": int(start),
            "ids": [digest, *(history or [parent.partition("-")[2]])],
        },
    }


def merge_on_winner(leaves: Sequence[Json]) -> Json | None:
    """What to write on top of the winner with `new_edits=false`; None when it says it all already.

    `leaves` are the live leaves of one document, each with its `_rev`.
    """
    revisions = [leaf["_rev"] for leaf in leaves]
    top = winner(revisions)
    document = merged(leaves)
    there = next(leaf for leaf in leaves if leaf["_rev"] == top)
    if canonical(document) == canonical(body(there)):
        return None
    return on_top(document, top, revisions)


def tombstones(leaves: Sequence[Json]) -> list[Json]:
    """What ends the losing leaves, once the merge stands. Each keeps what its leaf held.

    A tombstone answers to its own leaf alone, so that servers which saw different sets of leaves
    still write the same one.
    """
    top = winner(leaf["_rev"] for leaf in leaves)
    return [
        on_top({**body(leaf), "_deleted": True}, leaf["_rev"], [leaf["_rev"]])
        for leaf in sorted(leaves, key=lambda leaf: _order(leaf["_rev"]))
        if leaf["_rev"] != top
    ]
