"""The protocol of a move between sites (转入, 转出), and which sites it gives a child's case to.

Everything is derived from the case itself, so that whoever has the same events sees the same
state, whatever came first and whichever side was offline:

- the new clinic asks for the child: `requested`;
- the managing clinic lets it go: `released`, to one site or, with none named, to whoever asks;
- the new clinic takes over: `received`, which settles (`answers`) every step that it knows of,
  and makes it the managing site (`facts.site`).

A step counts while its `from_site` manages the child and no receipt answers it; a step that comes
late finds another managing site and is moot. `pwa/src/case/moving.ts` is the same;
both are held against `tests/vectors/moves.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from miaopu.case.events import standing, value

Json = dict[str, Any]
Phase = Literal["none", "requested", "released"]

MOVED_OUT = "2"
"""在册情况: 迁出."""
TEMPORARY = "9"
"""在册情况: 临时接种."""
MOVED_IN = "10"
"""在册情况: 外地转来."""


@dataclass(frozen=True, slots=True)
class MoveState:
    """Where a child's move stands."""

    phase: Phase
    from_site: str | None
    """The managing site (管理单位)."""
    to_sites: tuple[str, ...]
    """Who asks, or to whom the child was released; empty for a release to whoever asks."""
    steps: tuple[str, ...]
    """ULIDs of the steps that make this phase."""


def holders(child: Json) -> set[str]:
    """The sites that have had a part in the case, for ever: it only grows, so that what a late
    device of an old site writes still flows, and comes back.

    To have a part gives nobody a right to the record: that is `entitled`.
    """
    found = {value(child, "site")}
    for event in child["events"].values():
        found.add(event["site"])
        if event["kind"] == "move":
            found.update((event.get("from_site"), event.get("to_site")))
    return {site for site in found if site is not None}


def entitled(child: Json, is_sealed: Callable[[str, Json], bool]) -> set[str]:
    """The sites to which the protocol has given the case: to these alone it is handed over.

    - who manages the child, and who has managed it: whoever received it names that site's release;
    - to whom one of these released it, by name;
    - to whom a server gave it, for a visit or to ask for it: its event bears the server's seal.

    `is_sealed` tells of an event with its ULID whether a server vouches for it. What a site says of
    itself gives it nothing. Voided steps count: what was handed over is not taken back.
    """
    events = child["events"]
    moves = [event for event in events.values() if event["kind"] == "move"]
    managers = {site for site in (value(child, "site"),) if site is not None}
    while True:
        answered = {
            ulid
            for event in moves
            if event["step"] == "received" and event["site"] in managers
            for ulid in event.get("answers", ())
        }
        before = {
            step["site"]
            for ulid in answered
            if (step := events.get(ulid, {})).get("step") == "released"
        }
        if before <= managers:
            break
        managers |= before
    released = {
        event["to_site"]
        for event in moves
        if event["step"] == "released" and event["site"] in managers and "to_site" in event
    }
    given = {
        event["site"]
        for ulid, event in events.items()
        if event["kind"] in ("visit", "move") and is_sealed(ulid, event)
    }
    return managers | released | given


def unanswered(child: Json) -> list[str]:
    """ULIDs of the requests and releases that no receipt answers: what one must name.

    A receipt answers for ever, also when it is taken back: an old release never serves again.
    """
    answered = {
        ulid
        for event in child["events"].values()
        if event["kind"] == "move" and event["step"] == "received"
        for ulid in event.get("answers", ())
    }
    return [
        ulid
        for ulid, event in standing(child, "move")
        if event["step"] != "received" and ulid not in answered
    ]


def move_state(child: Json) -> MoveState:
    """What is open of a child's moves."""
    manager = value(child, "site")
    steps = [(ulid, child["events"][ulid]) for ulid in unanswered(child)]
    live = [
        (ulid, event)
        for ulid, event in steps
        if event.get("from_site", event["site"] if event["step"] == "released" else None) == manager
        and event.get("to_site") != manager
    ]
    for phase, step in (("released", "released"), ("requested", "requested")):
        found = [(ulid, event) for ulid, event in live if event["step"] == step]
        if found:
            sites = {event.get("to_site") for _, event in found}
            to_sites = () if None in sites else tuple(sorted(s for s in sites if s is not None))
            return MoveState(phase, manager, to_sites, tuple(ulid for ulid, _ in found))  # type: ignore[arg-type]  # the two phases
    return MoveState("none", manager, (), ())


def may(child: Json, site: str) -> set[str]:
    """The steps that `site` may take now: `requested`, `released`, `received`."""
    state = move_state(child)
    if state.from_site == site:
        return set() if state.phase == "released" else {"released"}
    if state.phase == "released" and (not state.to_sites or site in state.to_sites):
        return {"received"}
    if state.phase == "requested" and site in state.to_sites:
        return set()
    return {"requested"} if state.from_site is not None else set()


def has_left(child: Json, site: str) -> bool:
    """Whether the child was managed by `site` and another site has received it since."""
    return value(child, "site") != site and any(
        event["step"] == "received" and event.get("from_site") == site
        for _, event in standing(child, "move")
    )


def register_status(child: Json, site: str) -> str | None:
    """在册情况 as `site` sees it: one child is 外地转来 at the new clinic and 迁出 at the old."""
    if value(child, "site") in (site, None):
        status = value(child, "register_status")
        return None if status is None else str(status)
    if has_left(child, site):
        return MOVED_OUT
    return TEMPORARY if any(e["site"] == site for _, e in standing(child, "visit")) else None
