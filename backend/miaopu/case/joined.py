"""Cases of one child (合并个案), joined by events `same_as`.

Neither document is changed by being joined: they are read together. Voiding the event parts them.
`pwa/src/case/joined.ts` is the same; both are held against `tests/vectors/moves.json`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from miaopu.case.events import cards, standing, value
from miaopu.case.merge import body, merge, merge_all
from miaopu.case.name import comparable_name

Json = dict[str, Any]
Reason = Literal["id_number", "card", "person", "family"]


def links(child: Json) -> set[str]:
    """The cases that this one is joined to by its own standing events."""
    return {e["target"] for _, e in standing(child, "same_as") if e["target"] != child["_id"]}


def ever_linked(child: Json) -> set[str]:
    """The cases that this one was ever joined to: those travel with it, also once they are parted.

    So every copy of either stays the same everywhere.
    """
    return {e["target"] for e in child["events"].values() if e["kind"] == "same_as"} - {
        child["_id"]
    }


def group_of(start: str, linked: Mapping[str, Iterable[str]]) -> set[str]:
    """Every case joined to `start`, by whatever way round; `linked` maps a case to its links."""
    return _reached(start, _neighbours(linked))


def groups(linked: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """The groups of cases that `linked` joins, each sorted."""
    neighbours = _neighbours(linked)
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in sorted(neighbours):
        if start not in seen:
            group = _reached(start, neighbours)
            seen |= group
            found.append(tuple(sorted(group)))
    return found


def _neighbours(linked: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    neighbours: dict[str, set[str]] = {}
    for source, targets in linked.items():
        for target in targets:
            neighbours.setdefault(source, set()).add(target)
            neighbours.setdefault(target, set()).add(source)
    return neighbours


def _reached(start: str, neighbours: Mapping[str, set[str]]) -> set[str]:
    found = {start}
    todo = [start]
    while todo:
        for other in neighbours.get(todo.pop(), set()) - found:
            found.add(other)
            todo.append(other)
    return found


def representative(group: Iterable[Json]) -> str:
    """The case under which a group is shown: one that is joined to no other, else the oldest."""
    members = sorted(group, key=lambda child: str(child["_id"]))
    roots = [child for child in members if not links(child)] or members
    return str(roots[0]["_id"])


def union(group: Sequence[Json]) -> Json:
    """A group as one child: the events of all; of the facts, the representative's, and what it
    lacks from the others. What was cleared there after the others had it, it does not lack.
    Without `_rev`."""
    shown_id = representative(group)
    shown = next(body(child) for child in group if child["_id"] == shown_id)
    rest = [body(child) | {"_id": shown_id} for child in group if child["_id"] != shown_id]
    if not rest:
        return shown
    others = merge_all(rest)
    facts = dict(shown["facts"])
    for name, fact in others["facts"].items():
        own = facts.get(name)
        if own is None or (own["value"] is None and own["at"] < fact["at"]):
            facts[name] = fact
    return {**shown, "facts": facts, "events": merge(shown, others | {"facts": {}})["events"]}


def is_provisional(child: Json) -> bool:
    """Whether the case was opened without the true one at hand (临时建案)."""
    return any(event.get("provisional", False) for _, event in standing(child, "visit"))


def told_apart(a: Json, b: Json) -> bool:
    """Whether a person has said that these are two children, or has parted them."""

    def says(one: Json, other: Json) -> bool:
        apart = any(e["target"] == other["_id"] for _, e in standing(one, "not_same_as"))
        joined = other["_id"] in links(one)
        was_joined = any(
            event["kind"] == "same_as" and event["target"] == other["_id"]
            for event in one["events"].values()
        )
        return apart or (was_joined and not joined)

    return says(a, b) or says(b, a)


def suspicion(a: Json, b: Json) -> Reason | None:
    """Why two cases may be one child (疑似重复); None when there is no reason.

    The same ID number; the same card; the same name, birth date and mother's name; or one family.
    """
    number = value(a, "id_number")
    if number is not None and number == value(b, "id_number"):
        return "id_number"
    if cards(a) & cards(b):
        return "card"
    person = _person(a)
    if person is not None and person == _person(b):
        return "person"
    return "family" if _same_family(a, b) else None


def _same_family(a: Json, b: Json) -> bool:
    """Whether both are born on one day to one mother, or with one telephone.

    A newborn without a name (陈某之子) that gets one later is the usual duplicate. Not where the
    sex or both ID numbers tell them apart, as of twins.
    """
    born = value(a, "birth_date")
    if born is None or born != value(b, "birth_date"):
        return False
    numbers = {value(a, "id_number"), value(b, "id_number")}
    sexes = {value(a, "sex"), value(b, "sex")} & {"M", "F"}
    if (None not in numbers and len(numbers) > 1) or len(sexes) > 1:
        return False
    return any(
        one is not None and other is not None and comparable_name(one) == comparable_name(other)
        for one, other in ((value(a, it), value(b, it)) for it in ("mother_name", "phone"))
    )


def _person(child: Json) -> tuple[str, str, str] | None:
    """Name, birth date and mother's name as they are compared; None when one is not known."""
    name, born, mother = (value(child, it) for it in ("name", "birth_date", "mother_name"))
    if name is None or born is None or mother is None:
        return None
    return comparable_name(name), born, comparable_name(mother)


def joins_by_itself(provisional: Json, other: Json) -> bool:
    """Whether the server joins a provisional case to `other` without asking a person.

    The same card with the same birth date, or the same ID number with the same birth date; never
    once a person has told them apart.
    """
    if not is_provisional(provisional) or told_apart(provisional, other):
        return False
    birth = value(provisional, "birth_date")
    if birth is None or birth != value(other, "birth_date"):
        return False
    return suspicion(provisional, other) in ("id_number", "card")
