"""Takes apart a child's record that a server refuses (拆分被拒的档案).

A server's validators look at a whole document, so one bad event keeps out the good ones beside it.
What the refused record holds beyond the server's is cut into parts; all of them are tried on top of
the server's record, those that a denial names are set aside, and a denial that names none is
halved. A tablet does the same with its own server (`pwa/src/case/parts.ts`).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from miaopu.case.canonical import canonical
from miaopu.case.merge import merge, merge_all
from miaopu.models.denials import Denial, read_denial

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken or refused as one: an event, or a fact (一条内容)."""

    name: str
    """`event <ULID>`, or `fact <field> <at>`: a later value of the field is another part."""
    events: Json
    facts: Json
    needs: tuple[str, ...] = ()
    """Names of the parts without which this one means nothing: a void's target."""


@dataclass(frozen=True, slots=True)
class Held:
    """A part that stays refused, and why, in the server's words."""

    part: Part
    reason: str


def nothing_of(doc_id: str) -> Json:
    """A child of which nothing is known."""
    return {"_id": doc_id, "type": "child", "facts": {}, "events": {}}


def parts_of(base: Json, record: Json) -> list[Part]:
    """What `record` holds beyond `base`, each part after those that it needs.

    A managing site comes together with the receipt that gives it (转入接收): the database takes
    neither alone.
    """
    whole = merge_all([base, record])
    events = _differing(base["events"], whole["events"])
    facts = _differing(base["facts"], whole["facts"])
    manager = whole["facts"]["site"]["value"] if "site" in facts else None
    receipts = [
        ulid
        for ulid in events
        if _is_receipt(whole["events"][ulid]) and whole["events"][ulid].get("to_site") == manager
    ]
    receipt = receipts[-1] if receipts else None
    parts = []
    for ulid in events:
        event = whole["events"][ulid]
        needs = tuple(f"event {one}" for one in _named(event) if one != ulid and one in events)
        given = {"site": whole["facts"]["site"]} if ulid == receipt else {}
        parts.append(Part(f"event {ulid}", {ulid: event}, given, needs))
    for field in facts:
        if field == "site" and receipt is not None:
            continue
        fact = whole["facts"][field]
        parts.append(Part(f"fact {field} {fact['at']}", {}, {field: fact}))
    return _in_order(parts)


def _differing(before: Json, after: Json) -> list[str]:
    return sorted(
        name
        for name, value in after.items()
        if name not in before or canonical(before[name]) != canonical(value)
    )


def _is_receipt(event: Json) -> bool:
    return event["kind"] == "move" and event.get("step") == "received"


def _named(event: Json) -> Sequence[str]:
    if event["kind"] == "void":
        return (event["target"],)
    return event.get("answers", ()) if _is_receipt(event) else ()


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """Each after what it needs; what needs itself round a circle keeps its place."""
    by_name = {part.name: part for part in parts}
    ordered: dict[str, Part] = {}
    for part in parts:
        path = [part]
        visiting = {part.name}
        while path:
            needed = next(
                (one for one in path[-1].needs if one not in ordered and one not in visiting), None
            )
            if needed is None:
                done = path.pop()
                ordered[done.name] = done
            else:
                visiting.add(needed)
                path.append(by_name[needed])
    return list(ordered.values())


async def divide(
    base: Json,
    parts: Sequence[Part],
    take: Callable[[Json], Awaitable[str | None]],
    known: Sequence[Held] = (),
) -> list[Held]:
    """Has a server take all of `parts` that it does take, on top of its record `base`.

    `take` is given a record and answers why it is refused; None: it stands, and what comes next is
    built upon it. `known` holds parts that were refused before: they are not tried. Returns what
    stays refused, those first; what needs one of them is held for its reason, untried.
    """
    held = {one.part.name: one for one in known}
    queue = [[part for part in parts if part.name not in held]]
    while queue:
        group = _without_bereft(queue.pop(0), held)
        if not group:
            continue
        trial = base
        for part in group:
            trial = merge(
                trial, {**nothing_of(base["_id"]), "events": part.events, "facts": part.facts}
            )
        reason = await take(trial)
        if reason is None:
            base = trial
        elif len(group) == 1:
            held[group[0].name] = Held(group[0], reason)
        else:
            queue[:0] = _split(group, reason)
    return list(held.values())


def _without_bereft(group: Iterable[Part], held: dict[str, Held]) -> list[Part]:
    """Without the parts that need one that is held; those are held too."""
    left = []
    for part in group:
        needed = next((held[name] for name in part.needs if name in held), None)
        if needed is None:
            left.append(part)
        else:
            held[part.name] = Held(part, needed.reason)
    return left


def _speaks_of(denial: Denial | None, part: Part) -> bool:
    return denial is not None and (denial.event in part.events or denial.fact in part.facts)


def _split(group: Sequence[Part], reason: str) -> list[list[Part]]:
    """Smaller groups of a refused one of several parts."""
    denial = read_denial(reason)
    out = {part.name for part in group if _speaks_of(denial, part)}
    for part in group:
        # Parts stand after what they need, so one pass finds all that hang on these.
        if any(name in out for name in part.needs):
            out.add(part.name)
    rest = [part for part in group if part.name not in out]
    if out and rest:
        return [rest, [part for part in group if part.name in out]]
    # A void and its target pass together where the void alone would not: they part last.
    clusters = _clusters(group)
    if len(clusters) == 1:
        return [[part] for part in group]
    half = (len(clusters) + 1) // 2
    return [[*chain(*clusters[:half])], [*chain(*clusters[half:])]]


def _clusters(group: Sequence[Part]) -> list[list[Part]]:
    """Parts that hang together by what they need."""
    clusters: list[list[Part]] = []
    for part in group:
        near = [
            cluster
            for cluster in clusters
            if any(one.name in part.needs or part.name in one.needs for one in cluster)
        ]
        clusters = [cluster for cluster in clusters if cluster not in near]
        clusters.append([*chain(*near), part])
    return clusters
