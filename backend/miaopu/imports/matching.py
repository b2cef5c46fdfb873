"""Whose rows they are (身份识别): a new child, one that the clinic has, or a person's to say.

The rules are those of suspected duplicates (`miaopu.case.joined`): what suspects two cases to be
one child never makes a second case of it here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from miaopu.case.events import cards, value, voided
from miaopu.case.joined import groups, links, representative, suspicion
from miaopu.case.name import comparable_name
from miaopu.imports.values import is_garbled

Json = dict[str, Any]
Kind = Literal["new", "match", "doubt"]

IDENTITY = (
    "name",
    "sex",
    "birth_date",
    "id_number",
    "child_code",
    "mother_name",
    "father_name",
    "phone",
    "register_status",
)
"""Facts by which a child is known."""
_KINDS = frozenset({"card", "same_as"})
_MOST = 5
"""Candidates that are shown."""


@dataclass(frozen=True, slots=True)
class Given:
    """A dose of a case, or a reason why there is none."""

    date: str
    vaccine: str
    number: int | None
    reason: str | None
    """Of what was not given."""
    voided: bool
    """A person took it back. What the undoing of an import took back is not here."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an import needs to know of a case; `slim` has its identity alone."""

    id: str
    rev: str
    slim: Json
    filled: frozenset[str]
    """Facts that have a value."""
    given: tuple[Given, ...]


@cache
def _names(names: frozenset[str]) -> frozenset[str]:
    return names


def known_of(child: Json) -> Known:
    """What is needed of a case as its database has it."""
    events = child["events"]
    gone = voided(child)
    undone = {
        event["target"]
        for event in events.values()
        if event["kind"] == "void"
        and event.get("batch") is not None
        and events.get(event["target"], {}).get("batch") == event["batch"]
    }
    given = tuple(
        Given(
            event["date"],
            event["vaccine"],
            event.get("number"),
            event.get("reason"),
            ulid in gone,
        )
        for ulid, event in events.items()
        if event["kind"] in ("dose", "not_given") and not (ulid in gone and ulid in undone)
    )
    kept = {
        ulid: event
        for ulid, event in events.items()
        if event["kind"] in _KINDS and ulid not in gone
    }
    facts = child["facts"]
    slim = {
        "_id": child["_id"],
        "facts": {
            name: {"value": facts[name]["value"]}
            for name in IDENTITY
            if name in facts and facts[name]["value"] is not None
        },
        "events": kept,
    }
    filled = frozenset(name for name, fact in facts.items() if fact["value"] is not None)
    return Known(child["_id"], child["_rev"], slim, _names(filled), given)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose a record is. `ids` are the case that it is (`match`), or those that it may be."""

    kind: Kind
    reason: str | None = None
    ids: tuple[str, ...] = ()


def keys_of(slim: Json) -> Iterator[tuple[str, ...]]:
    """What a case is found by."""
    for name in ("child_code", "id_number"):
        found = value(slim, name)
        if found is not None:
            yield name, found
    for number in cards(slim):
        yield "card", number
    born = value(slim, "birth_date")
    if born is None:
        return
    for name in ("name", "mother_name", "phone"):
        found = value(slim, name)
        if found is not None:
            yield name, born, comparable_name(found)


class Index:
    """The cases of a clinic, found by what identifies them."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.known: dict[str, Known] = {}
        self._by_key: dict[tuple[str, ...], list[str]] = {}
        self._group: dict[str, tuple[str, ...]] = {}
        for one in known:
            self.put(one)
        self.join()

    def put(self, one: Known) -> None:
        """Adds a case, or takes it as it is now."""
        before = self.known.get(one.id)
        if before is not None:
            for key in keys_of(before.slim):
                self._by_key[key].remove(one.id)
        self.known[one.id] = one
        for key in keys_of(one.slim):
            self._by_key.setdefault(key, []).append(one.id)

    def join(self) -> None:
        """Finds out anew which cases are joined."""
        linked = {id_: links(one.slim) for id_, one in self.known.items() if one.slim["events"]}
        together = groups({id_: others for id_, others in linked.items() if others})
        self._group = {member: group for group in together for member in group}

    def group(self, doc_id: str) -> list[Known]:
        """The case and those that are joined to it."""
        return [self.known[it] for it in self._group.get(doc_id, (doc_id,)) if it in self.known]

    def shown(self, doc_id: str) -> str:
        """The case under which a joined one is shown."""
        group = self._group.get(doc_id)
        if group is None:
            return doc_id
        return representative(self.known[it].slim for it in group if it in self.known)

    def verdict(self, slim: Json) -> Verdict:
        """Whose a record is."""
        return _verdict(slim, self)

    def found(self, keys: Iterable[tuple[str, ...]]) -> dict[str, None]:
        """The cases that have one of these keys, as they are shown."""
        return {self.shown(id_): None for key in keys for id_ in self._by_key.get(key, ())}


def _verdict(slim: Json, index: Index) -> Verdict:
    name = value(slim, "name")
    garbled = name is not None and is_garbled(name)
    keys = list(keys_of(slim))
    sure = index.found(key for key in keys if len(key) == 2)
    if len(sure) > 1:
        return Verdict("doubt", "several", tuple(sure)[:_MOST])
    for doc_id in sure:
        reason = _contradiction(slim, index.known[doc_id].slim, garbled)
        return Verdict("doubt", reason, (doc_id,)) if reason else Verdict("match", None, (doc_id,))
    near = list(index.found(key for key in keys if len(key) == 3))
    if garbled:
        return Verdict("doubt", "garbled-name", tuple(near)[:_MOST])
    same = [it for it in near if _same_person(slim, index.known[it].slim)]
    if len(same) == 1:
        return Verdict("match", None, (same[0],))
    if len(same) > 1:
        return Verdict("doubt", "several", tuple(same)[:_MOST])
    reasons = {it: _near(slim, index.known[it].slim) for it in near}
    doubtful = [it for it in near if reasons[it] is not None]
    if doubtful:
        return Verdict("doubt", reasons[doubtful[0]], tuple(doubtful)[:_MOST])
    return Verdict("new")


def _differ(a: Json, b: Json, name: str) -> bool:
    one, other = value(a, name), value(b, name)
    return one is not None and other is not None and one != other


def _differ_in_sex(a: Json, b: Json) -> bool:
    return len({value(a, "sex"), value(b, "sex")} & {"M", "F"}) > 1


def _contradiction(slim: Json, known: Json, garbled: bool) -> str | None:
    """What a record says against the case whose number it bears."""
    if _differ(slim, known, "birth_date"):
        return "other-birth"
    if _differ_in_sex(slim, known):
        return "other-sex"
    if _differ(slim, known, "id_number"):
        return "other-id-number"
    one, other = value(slim, "name"), value(known, "name")
    if one is None or other is None or garbled:
        return None
    return "other-name" if comparable_name(one) != comparable_name(other) else None


def _same_person(slim: Json, known: Json) -> bool:
    """Name, birth date, sex and mother, all of them known and equal, and no number against it."""
    for name in ("name", "mother_name"):
        one, other = value(slim, name), value(known, name)
        if one is None or other is None or comparable_name(one) != comparable_name(other):
            return False
    if value(slim, "sex") not in ("M", "F") or value(slim, "sex") != value(known, "sex"):
        return False
    return not any(_differ(slim, known, it) for it in ("birth_date", "id_number", "child_code"))


def _near(slim: Json, known: Json) -> str | None:
    """Why a record that bears no number of a case may be it all the same."""
    if suspicion(slim, known) is not None:
        return str(suspicion(slim, known))
    one, other = value(slim, "name"), value(known, "name")
    if one is None or other is None or comparable_name(one) != comparable_name(other):
        return None
    mothers = [value(slim, "mother_name"), value(known, "mother_name")]
    apart = None not in mothers and len({comparable_name(it) for it in mothers}) > 1
    return None if apart or _differ(slim, known, "id_number") else "person"


def slim_of(doc_id: str, facts: Mapping[str, Any], card: str | None) -> Json:
    """A record of a file, as a case is compared."""
    events = {}
    if card is not None:
        event = {"kind": "card", "number": card, "state": "issued", "at": ""}
        events["0" * 26] = event
    found = {it: {"value": facts[it]} for it in IDENTITY if facts.get(it) is not None}
    return {"_id": doc_id, "facts": found, "events": events}
