"""Which events of a child stand (作废 taken into account), and what its facts say."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def value(child: Json, name: str) -> Any:
    """The value of one fact; None when nobody has entered it."""
    fact = child.get("facts", {}).get(name)
    return fact["value"] if fact is not None else None


def voided(child: Json) -> set[str]:
    """ULIDs of the events that were voided. A void that was itself voided has no effect, and in a
    circle of voids, which no honest device writes, none has.

    `pwa/src/case/document.ts` and `design-docs/lib/child.js` have the same rule; all three are
    held against `tests/vectors/voids.json`.
    """
    events = child["events"]
    targets = {ulid: e["target"] for ulid, e in events.items() if e["kind"] == "void"}
    voids: dict[str, list[str]] = {}
    for ulid, target in targets.items():
        voids.setdefault(target, []).append(ulid)
    gone: set[str] = set()
    while True:
        # A void stands once all that void it are gone.
        standing = (u for u in targets if all(by in gone for by in voids.get(u, ())))
        more = {targets[ulid] for ulid in standing}
        if more == gone:
            return {ulid for ulid in gone if ulid in events}
        gone = more


def standing(child: Json, *kinds: str) -> Iterator[tuple[str, Json]]:
    """The events of these kinds that stand, with their ULIDs, in the order of the ULIDs."""
    gone = voided(child)
    for ulid in sorted(child["events"]):
        event = child["events"][ulid]
        if ulid not in gone and event["kind"] in kinds:
            yield ulid, event


def cards(child: Json) -> set[str]:
    """Numbers of the cards that the child holds: issued, and not lost or returned since."""
    last: dict[str, Json] = {}
    for _, event in standing(child, "card"):
        before = last.get(event["number"])
        if before is None or event["at"] >= before["at"]:
            last[event["number"]] = event
    return {number for number, event in last.items() if event["state"] == "issued"}
