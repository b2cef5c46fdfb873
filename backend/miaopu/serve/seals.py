"""What this server recorded itself and lost, as tablets bring it back: pure.

A server that was restored from a backup lacks what it has recorded since. A clinic whose tablets
hold that cannot vouch for it; its seal (`miaopu.moves.stamp`) does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from miaopu.children.merge import body, tablet_revision
from miaopu.moves.stamp import Stamp
from miaopu.serve.conflicts import winner

Json = dict[str, Any]

MOST = 1000
"""Seals that are looked at in one request: tablets come again with what was refused."""

_FIELDS = 30
_LONGEST = 500


def sealed_events(stamp: Stamp, documents: Iterable[Json]) -> dict[str, dict[str, Json]]:
    """Child → the events in these documents that this server recorded."""
    found: dict[str, dict[str, Json]] = {}
    for doc_id, ulid, event in islice(_claimed(stamp.station, documents), MOST):
        if stamp.is_own(doc_id, ulid, event):
            found.setdefault(doc_id, {})[ulid] = event
    return found


def _claimed(station: str, documents: Iterable[Json]) -> Iterator[tuple[str, str, Json]]:
    """Events that name this server, and look like its own."""
    for document in documents:
        doc_id, events = document.get("_id"), document.get("events")
        if not isinstance(doc_id, str) or len(doc_id) > _LONGEST or not isinstance(events, dict):
            continue
        for ulid, event in events.items():
            if isinstance(event, dict) and event.get("station") == station and _is_short(event):
                yield doc_id, ulid, event


def _is_short(event: Json) -> bool:
    """Whether an event is flat and small, as all are that the server records: so that whoever makes
    one up keeps nobody waiting."""
    return len(event) <= _FIELDS and all(
        isinstance(value, str | int) and len(f"{name}{value}") <= _LONGEST
        for name, value in event.items()
    )


def lacking(leaves: Sequence[Json], events: Mapping[str, Json]) -> dict[str, Json]:
    """Those of a child's events that none of its living leaves has; none where no leaf lives."""
    alive = _alive(leaves)
    known = {ulid for leaf in alive for ulid in leaf["events"]}
    return {ulid: event for ulid, event in events.items() if alive and ulid not in known}


def with_events(leaves: Sequence[Json], events: Mapping[str, Json]) -> Json:
    """The winner of a child's living leaves with these events, as a revision on top of it.

    A tablet tries what was refused upon the record that it finds here (`pwa/src/sync/salvage.ts`):
    where it tries just these events, this is its very revision, and it finds it taken.
    """
    alive = _alive(leaves)
    rev = winner(leaf["_rev"] for leaf in alive)
    top = next(leaf for leaf in alive if leaf["_rev"] == rev)
    document = {**body(top), "events": {**top["events"], **events}}
    start, _, digest = tablet_revision(document, rev).partition("-")
    ids = [digest, rev.partition("-")[2]]
    return {
        **document,
        "_rev": f"{start}-{digest}",
        "_revisions": {"start": int(start), "ids": ids},
    }


def _alive(leaves: Iterable[Json]) -> list[Json]:
    return [leaf for leaf in leaves if not leaf.get("_deleted")]
