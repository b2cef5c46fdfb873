"""What this server recorded itself and lost, as tablets bring it back: pure.

A server that was restored from a backup lacks what it has recorded since. A clinic whose tablets
hold that cannot vouch for it; its seal (`miaopu.case.seal`) does.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from miaopu.case.seal import Stamp

Json = dict[str, Any]

MOST = 1000
"""Seals that are looked at in one request: tablets come again with what was refused."""

_FIELDS = 30
_LONGEST = 500


def sealed_events(stamp: Stamp, documents: Sequence[Json]) -> dict[int, dict[str, Json]]:
    """Which of these documents hold events that this server recorded, by their number."""
    found: dict[int, dict[str, Json]] = {}
    for number, ulid, event in islice(_claimed(stamp.station, documents), MOST):
        if stamp.is_own(documents[number]["_id"], ulid, event):
            found.setdefault(number, {})[ulid] = event
    return found


def _claimed(station: str, documents: Sequence[Json]) -> Iterator[tuple[int, str, Json]]:
    """Events that name this server, and look like its own."""
    for number, document in enumerate(documents):
        doc_id, events = document.get("_id"), document.get("events")
        if not isinstance(doc_id, str) or len(doc_id) > _LONGEST or not isinstance(events, dict):
            continue
        if "_deleted" in document:
            continue  # only the servers delete
        for ulid, event in events.items():
            if isinstance(event, dict) and event.get("station") == station and _is_short(event):
                yield number, ulid, event


def _is_short(event: Json) -> bool:
    """Whether an event is flat and small, as all are that the server records: so that whoever makes
    one up keeps nobody waiting."""
    return len(event) <= _FIELDS and all(
        isinstance(value, str | int) and len(f"{name}{value}") <= _LONGEST
        for name, value in event.items()
    )


def lacking(leaves: Sequence[Json], events: Mapping[str, Json]) -> dict[str, Json]:
    """Those of a child's events that none of its living leaves has; none where no leaf lives."""
    alive = [leaf for leaf in leaves if not leaf.get("_deleted")]
    known = {ulid for leaf in alive for ulid in leaf["events"]}
    return {ulid: event for ulid, event in events.items() if alive and ulid not in known}
