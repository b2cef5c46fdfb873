"""What an import would write (导入方案): every row comes to one outcome, and none is lost."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from miaopu.case.name import comparable_name
from miaopu.case.rules import Rules
from miaopu.catalog import vaccines
from miaopu.ids import new_ulid
from miaopu.imports import columns
from miaopu.imports.faults import Problem
from miaopu.imports.matching import Given, Index, Known, Verdict, slim_of
from miaopu.imports.rows import DoseCell, Reader, Row
from miaopu.imports.tables import Table
from miaopu.imports.vaccines import reason_of_year, same_dose
from miaopu.imports.values import is_garbled
from miaopu.models.denials import Denial, deny

Json = dict[str, Any]
Outcome = Literal["new", "matched", "doubt", "error"]
Decisions = Mapping[int, str]
"""Row → the case that it is, or `new`, as a person has said."""
NEW = "new"

_ASKED = 100
"""Children about whom the rules are asked at once."""
_IDENTITY = ("birth_date", "sex", "id_number", "child_code")


@dataclass(slots=True)
class Result:
    """What becomes of one row."""

    row: int
    outcome: Outcome
    first: int
    """The first row of the same child."""
    problems: list[Problem] = field(default_factory=list)
    ids: tuple[str, ...] = ()
    """The case that it is, or those that it may be; `row:<n>` is another row of the file."""
    adds: int = 0
    """Events that it adds."""


@dataclass(slots=True)
class Write:
    """What is written of one child: to the case `target`, or to a new one."""

    target: Known | None
    facts: dict[str, Any]
    events: list[tuple[int, Json]]
    """The row that each comes from, and the event without who recorded it."""
    rows: list[int]


@dataclass(slots=True)
class Plan:
    """What a file comes to."""

    read: columns.Read
    results: list[Result]
    writes: list[Write]
    ignored: Counter[str]
    """By column, values that are not taken over."""
    words: dict[str, tuple[str | None, bool]]
    """Words for vaccines in the file: the product, and whether that is sure."""
    people: dict[int, Row]
    """The rows as they were read."""
    by_row: dict[int, Result] = field(default_factory=dict)

    def counts(self) -> Counter[str]:
        """Rows by outcome; their sum is the number of rows."""
        return Counter(one.outcome for one in self.results)


@dataclass(slots=True)
class _Draft:
    """The rows of one child."""

    rows: list[Row]
    facts: dict[str, Any]
    card: str | None

    @property
    def first(self) -> int:
        return self.rows[0].number


def make_plan(
    table: Table,
    mapping: columns.Mapping,
    index: Index,
    today: str,
    decisions: Decisions | None = None,
    elsewhere: Index | None = None,
) -> Plan:
    """What the rows of a file come to, before the rules have been asked. Raises FileError.

    `elsewhere`: cases that other clinics hold, as far as they may be meant.
    """
    read = columns.read_columns(table, mapping)
    reader = Reader(table, read, mapping)
    plan = Plan(read, [], [], Counter(), reader.words.met, {})
    good: list[Row] = []
    for row in reader.rows():
        plan.people[row.number] = row
        plan.ignored.update(row.ignored)
        if row.problems:
            plan.results.append(Result(row.number, "error", row.number, row.problems))
        else:
            good.append(row)
    whose = _Whose(index, elsewhere or Index(()), Index(()), decisions or {})
    for draft in _drafts(good, plan):
        _decide(draft, plan, whose, today)
    plan.results.sort(key=lambda one: one.row)
    plan.by_row = {one.row: one for one in plan.results}
    return plan


def _drafts(rows: list[Row], plan: Plan) -> Iterator[_Draft]:
    """The rows of each child together, in the order of their first. Who has nothing that tells
    who it is goes to the errors."""
    parent: dict[int, int] = {}

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    owner: dict[tuple[str, ...], int] = {}
    by_number: dict[int, Row] = {}
    for row in rows:
        keys = list(_row_keys(row))
        if not keys:
            nobody = Problem("nobody")
            plan.results.append(Result(row.number, "error", row.number, [nobody]))
            continue
        parent[row.number] = row.number
        by_number[row.number] = row
        for key in keys:
            other = owner.setdefault(key, row.number)
            a, b = sorted((root(other), root(row.number)))
            parent[b] = a
    together: dict[int, list[Row]] = {}
    for number, row in by_number.items():
        together.setdefault(root(number), []).append(row)
    for group in together.values():
        yield _Draft(group, _facts(group), next((it.card for it in group if it.card), None))


def _row_keys(row: Row) -> Iterator[tuple[str, ...]]:
    facts = row.facts
    for name in ("child_code", "id_number"):
        if facts.get(name):
            yield name, facts[name]
    if row.card:
        yield "card", row.card
    if facts.get("name") and facts.get("birth_date"):
        mother = comparable_name(facts.get("mother_name") or "")
        name = comparable_name(facts["name"])
        yield "person", name, facts["birth_date"], facts.get("sex") or "", mother


def _facts(rows: list[Row]) -> dict[str, Any]:
    """The facts of a child: what the first row says that says anything."""
    found: dict[str, Any] = {}
    for row in rows:
        for name, value in row.facts.items():
            found.setdefault(name, value)
    return found


def _disagree(rows: list[Row]) -> bool:
    """Whether rows of one child say different things about who it is."""
    for name in _IDENTITY:
        if len({row.facts[name] for row in rows if row.facts.get(name)}) > 1:
            return True
    names = {comparable_name(row.facts["name"]) for row in rows if row.facts.get("name")}
    return len(names) > 1


@dataclass(frozen=True, slots=True)
class _Whose:
    """What says whose a record is."""

    index: Index
    elsewhere: Index
    fresh: Index
    """Of the new children of the file."""
    decisions: Decisions

    def verdict(self, draft: _Draft, slim: Json) -> Verdict:
        """Whose a draft is; what is in doubt, a person may have said."""
        if _disagree(draft.rows):
            return Verdict("doubt", "rows-disagree")
        verdict = self._undecided(slim)
        said = self.decisions.get(draft.first)
        if verdict.kind != "doubt" or said is None:
            return verdict
        if said in self.index.known:
            return Verdict("match", None, (self.index.shown(said),))
        is_open = said == NEW and not is_garbled(draft.facts.get("name") or "")
        return Verdict("new") if is_open and verdict.reason != "elsewhere" else verdict

    def _undecided(self, slim: Json) -> Verdict:
        verdict = self.index.verdict(slim)
        if verdict.kind != "new":
            return verdict
        if self.elsewhere.verdict(slim).kind != "new":
            return Verdict("doubt", "elsewhere")
        twin = self.fresh.verdict(slim)
        return verdict if twin.kind == "new" else Verdict("doubt", "in-file", twin.ids)


def _decide(draft: _Draft, plan: Plan, whose: _Whose, today: str) -> None:
    """Finds out whose rows these are, and enters what becomes of them."""
    slim = slim_of(f"row:{draft.first}", draft.facts, draft.card)
    verdict = whose.verdict(draft, slim)
    if verdict.kind == "doubt":
        _all(draft, plan, "doubt", verdict.reason or "", verdict.ids)
    elif verdict.kind == "match":
        target = whose.index.known[verdict.ids[0]]
        _enter(draft, target, whose.index.group(target.id), plan, today, whose.decisions)
    elif not draft.facts.get("name"):
        _all(draft, plan, "error", "no-name")
    elif not draft.facts.get("birth_date"):
        _all(draft, plan, "error", "no-birth-date")
    else:
        _enter(draft, None, [], plan, today, whose.decisions)
        whose.fresh.put(Known(slim["_id"], "", slim, frozenset(), ()))


def _all(draft: _Draft, plan: Plan, outcome: Outcome, code: str, ids: tuple[str, ...] = ()) -> None:
    """Enters one outcome for all rows of a child."""
    for row in draft.rows:
        plan.results.append(Result(row.number, outcome, draft.first, [Problem(code)], ids))


def _enter(
    draft: _Draft,
    target: Known | None,
    group: list[Known],
    plan: Plan,
    today: str,
    decisions: Decisions,
) -> None:
    """Enters the rows of a child that is known to be new, or to be `target`."""
    given = [one for known in group for one in known.given]
    births = [it.slim["facts"]["birth_date"]["value"] for it in group if _has_birth(it)]
    birth = next(iter(births), None) or draft.facts.get("birth_date")
    outcome: Outcome = "matched" if target else "new"
    ids = (target.id,) if target else ()
    doses = _Doses(given, birth, today)
    kept: list[Row] = []
    results: dict[int, Result] = {}
    for row in draft.rows:
        problem = doses.take(row, decided=row.number in decisions)
        result = Result(row.number, outcome, draft.first, [], ids)
        if problem is not None:
            result.problems = [problem]
            result.outcome = "doubt" if problem.code in ("other-day", "voided-here") else "error"
        else:
            kept.append(row)
        results[row.number] = result
    plan.results += results.values()
    if not kept:
        return
    facts = _facts(kept)
    filled = {name for known in group for name in known.filled}
    facts = {name: it for name, it in facts.items() if name not in filled}
    if is_garbled(str(facts.get("name", ""))):
        del facts["name"]
    events = doses.events()
    held = {e["number"] for known in group for e in known.slim["events"].values() if "number" in e}
    if draft.card is not None and draft.card not in held:
        events.append((kept[0].number, {"kind": "card", "number": draft.card, "state": "issued"}))
    for number, _ in events:
        results[number].adds += 1
    if facts or events:
        plan.writes.append(Write(target, facts, events, [row.number for row in kept]))


def _has_birth(known: Known) -> bool:
    return "birth_date" in known.slim["facts"]


class _Doses:
    """Gathers the doses of one child's rows, without those that are known."""

    def __init__(self, given: list[Given], birth: str | None, today: str) -> None:
        self.given, self.birth, self.today = given, birth, today
        self.taken: list[tuple[int, DoseCell]] = []
        self.reasons: list[tuple[int, DoseCell]] = []

    def take(self, row: Row, *, decided: bool) -> Problem | None:
        """Takes the doses of a row, or says why it cannot be taken."""
        taken: list[tuple[int, DoseCell]] = []
        reasons: list[tuple[int, DoseCell]] = []
        for dose in row.doses:
            date = dose.date
            if date is not None:
                fake = reason_of_year(date, self.birth)
                if fake is not None:
                    dose = DoseCell(dose.column, dose.vaccine, dose.number, None, fake)
                elif self.birth is not None and date < self.birth:
                    return Problem("before-birth", dose.column)
            if dose.date is None:
                reasons.append((row.number, dose))
                continue
            code = self._clash(dose, taken) or self._against(dose, decided)
            if code is not None:
                return Problem(code, dose.column)
            taken.append((row.number, dose))
        self.taken += taken
        self.reasons += reasons
        return None

    def _clash(self, dose: DoseCell, taken: list[tuple[int, DoseCell]]) -> str | None:
        """Two doses of one vaccine and day that bear different numbers are not one."""
        for _, other in (*self.taken, *taken):
            if other.date != dose.date or other.vaccine[:2] != dose.vaccine[:2]:
                continue
            if None not in (other.number, dose.number) and other.number != dose.number:
                return "same-day"
        return None

    def _against(self, dose: DoseCell, decided: bool) -> str | None:
        """What the case says against a dose."""
        same = [
            it for it in self.given if it.reason is None and same_dose(it.vaccine, dose.vaccine)
        ]
        there = [it for it in same if it.date == dose.date]
        if decided or any(not it.voided for it in there):
            return None
        if there:
            return "voided-here"
        counted = [it for it in same if not it.voided and it.number is not None]
        if any(it.number == dose.number and it.vaccine[:2] == dose.vaccine[:2] for it in counted):
            return "other-day"
        return None

    def _is_known(self, dose: DoseCell) -> bool:
        return any(
            not it.voided
            and it.reason is None
            and it.date == dose.date
            and same_dose(it.vaccine, dose.vaccine)
            for it in self.given
        )

    def events(self) -> list[tuple[int, Json]]:
        """The events that are new, each with its row. A combined product stands for its parts."""
        doses: list[tuple[int, DoseCell]] = []
        wide_first = sorted(self.taken, key=lambda it: -len(vaccines()[it[1].vaccine].groups))
        for row, dose in wide_first:
            same = (it for _, it in doses if it.date == dose.date)
            if self._is_known(dose) or any(same_dose(it.vaccine, dose.vaccine) for it in same):
                continue
            doses.append((row, dose))
        found = [(row, _dose(dose)) for row, dose in sorted(doses, key=lambda it: it[1].date or "")]
        said = {(it.vaccine[:2], it.number, it.reason) for it in self.given}
        done = {(it.vaccine[:2], it.number) for it in self.given if not it.voided and not it.reason}
        done |= {(dose.vaccine[:2], dose.number) for _, dose in doses}
        for row, dose in self.reasons:
            key = (dose.vaccine[:2], dose.number, dose.reason)
            if key in said or key[:2] in done:
                continue
            said.add(key)
            event = {"kind": "not_given", "date": self.today, "vaccine": dose.vaccine}
            found.append((row, event | _number(dose) | {"reason": dose.reason}))
        return found


def _number(dose: DoseCell) -> Json:
    return {} if dose.number is None else {"number": dose.number}


def _dose(dose: DoseCell) -> Json:
    base = {"kind": "dose", "date": dose.date, "vaccine": dose.vaccine, "origin": "history"}
    return base | _number(dose) | dose.more


@dataclass(frozen=True, slots=True)
class Author:
    """Who brings the records in, and when: `provenance` has the batch."""

    provenance: Json
    site: str

    def fact(self, value: Any) -> Json:
        """A field of the card as the import sets it."""
        return {"value": value, "at": self.provenance["at"], "by": self.provenance["by"]}


Made = tuple[Json, dict[str, int]]
"""A document, and the row that each of its new events comes from."""


def document(write: Write, before: Json | None, author: Author) -> Made:
    """The document of a child with what is written. `before` is the case as it stands."""
    child = before or {
        "_id": f"child:{new_ulid()}",
        "type": "child",
        "facts": {"site": author.fact(author.site)},
        "events": {},
    }
    facts = {name: author.fact(value) for name, value in write.facts.items()}
    ms = round(dt.datetime.fromisoformat(author.provenance["at"]).timestamp() * 1000)
    rows: dict[str, int] = {}
    events: Json = {}
    for row, event in write.events:
        ulid = new_ulid(ms)
        rows[ulid] = row
        events[ulid] = {**author.provenance, **event}
    both = {"facts": {**child["facts"], **facts}, "events": {**child["events"], **events}}
    return {**child, **both}, rows


def judge(
    plan: Plan, rules: Rules, author: Author, today: str, tick: Callable[[int], None] | None = None
) -> None:
    """Asks the rules about every child; what they refuse becomes an error of its row."""
    kept: list[Write] = []
    for at in range(0, len(plan.writes), _ASKED):
        left = plan.writes[at : at + _ASKED]
        while left:
            befores = [_before(write, author) for write in left]
            made = [document(it, before, author) for it, before in zip(left, befores, strict=True)]
            asked = [(after, before) for (after, _), before in zip(made, befores, strict=True)]
            again: list[Write] = []
            said = rules.denials(asked, today)
            for write, (_, rows), denial in zip(left, made, said, strict=True):
                if denial is None:
                    kept.append(write)
                elif refuse(plan, write, denial, rows):
                    again.append(write)
            left = again
        if tick is not None:
            tick(at)
    plan.writes = kept


def _before(write: Write, author: Author) -> Json | None:
    """A case as the rules need it: its birth date, its status; what it holds stands already."""
    if write.target is None:
        return None
    known = write.target.slim["facts"]
    facts = {name: author.fact(fact["value"]) for name, fact in known.items()}
    return {"_id": write.target.id, "type": "child", "facts": facts, "events": {}}


def refuse(plan: Plan, write: Write, denial: Denial, rows: dict[str, int]) -> bool:
    """Takes out of a write what was refused, with the whole of its rows. False: nothing is left."""
    by_row = plan.by_row
    row = rows.get(denial.event or "")
    wrong = [row] if row is not None else list(write.rows)
    for number in wrong:
        problem = Problem("refused-by-rule", None, deny(denial.code, _part(denial)))
        by_row[number].outcome = "error"
        by_row[number].problems.append(problem)
        by_row[number].adds = 0
    write.rows = [it for it in write.rows if it not in wrong]
    write.events = [(number, event) for number, event in write.events if number not in wrong]
    said = _facts([plan.people[it] for it in write.rows])
    write.facts = {name: said[name] for name in write.facts if name in said}
    return bool(write.facts or write.events)


def _part(denial: Denial) -> str:
    return f"fact {denial.fact}" if denial.fact else "document"
