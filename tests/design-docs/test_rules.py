"""What may be recorded, asked of V8 as the server asks it, and of the databases' validators."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from miaopu.case.rules import Rules
from miaopu.models.denials import WARNINGS, Denial
from miaopu.provision.catalog import routes

AT = "2026-11-23T01:00:00.000Z"
E1, E2 = "01K9A3Q6Z00000000000000E1A", "01K9A3Q6Z00000000000000E2A"
DOSE = {
    "kind": "dose", "origin": "given", "date": "2026-11-23", "vaccine": "0201", "at": AT,
    "by": "nurse", "lot": "A1", "maker": "甲", "expiry": "2027-06-30",
}  # fmt: skip


def fact(value: Any, at: str = AT) -> dict[str, Any]:
    return {"value": value, "at": at, "by": "nurse"}


def child(event: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    given = {"name": "苗苗", "birth_date": "2026-01-05", **facts}
    shown = {name: one if isinstance(one, dict) else fact(one) for name, one in given.items()}
    return {
        "_id": "child:A",
        "type": "child",
        "facts": shown,
        "events": {E1: event} if event else {},
    }


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with Rules(routes()) as rules:
        yield rules


def dose(**more: Any) -> dict[str, Any]:
    return child({name: value for name, value in {**DOSE, **more}.items() if value is not None})


EVENT = f"event {E1}"


def field(name: str) -> str:
    return f"field events.{E1}.{name}"


DENIED = {
    "a dose of next year": (dose(date="2031-01-01"), "future-date", field("date")),
    "a dose of two days on": (dose(date="2026-11-25"), "future-date", field("date")),
    "a dose before birth": (dose(date="2026-01-04"), "before-birth", field("date")),
    "no day": (dose(date="2026-02-30"), "wrong-date", field("date")),
    "no lot": (dose(lot=None), "no-lot", EVENT),
    "a blank lot": (dose(lot=" "), "no-lot", EVENT),
    "an expired lot": (dose(expiry="2026-11-22"), "lot-expired", EVENT),
    "a past dose from a lot that had expired": (
        dose(date="2026-05-01", expiry="2026-04-30"),
        "lot-expired",
        EVENT,
    ),
    "an expiry of another century": (
        dose(expiry="2126-06-30"),
        "impossible-expiry",
        field("expiry"),
    ),
    "another route": (dose(route="oral"), "other-route", field("route")),
    "no vaccine": (dose(vaccine="9999"), "unknown-vaccine", field("vaccine")),
    "a note that turns round": (dose(place="a\u202eb"), "unprintable", EVENT),
    "a name with a control": (child(name="苗\u0000苗"), "unprintable", "fact name"),
    "a name with an escape": (child(name="\u001b[2J"), "unprintable", "fact name"),
    "a name in private use": (child(name="王\ue863"), "unprintable", "fact name"),
    "a name in two lines": (child(name="王\n五"), "unprintable", "fact name"),
    "a birth to come": (child(birth_date="2099-01-01"), "impossible-birth-date", "fact birth_date"),
    "a birth too long ago": (
        child(birth_date="1899-12-31"),
        "impossible-birth-date",
        "fact birth_date",
    ),
    "an ID number of a wrong check digit": (
        child(id_number="110101202401010011"),
        "wrong-check-digit",
        "fact id_number",
    ),
    "a dose after death": (
        {**dose(), "facts": child(register_status=fact("4", "2026-11-01T00:00:00.000Z"))["facts"]},
        "after-death",
        EVENT,
    ),
}
TAKEN = {
    "a dose": dose(),
    "a dose of the day that has begun further east": dose(date="2026-11-24"),
    "on the day on which the lot expires": dose(expiry="2026-11-23"),
    "a dose of a certificate without a lot": dose(origin="history", lot=None),
    "an expired lot with a reason": dose(
        expiry="2026-11-22", override={"warnings": ["lot-expired"], "reason": "found later"}
    ),
    "another route with a reason": dose(
        route="oral", override={"warnings": ["other-route"], "reason": "by order"}
    ),
    "a long remark in lines": child(remark="a\nb"),
    "a rare character": child(name="𪚥"),
    "a birth abroad, where it is tomorrow": child(birth_date="2026-11-24"),
}


@pytest.mark.parametrize("case", DENIED.values(), ids=DENIED)
def test_what_cannot_be_is_denied(rules: Rules, designs: Callable[[str], Any], case: Any) -> None:
    document, code, part = case
    assert rules.denial(document) == Denial(code, part)
    nurse = {"db": "site-3301020001", "name": "nurse", "roles": ["site:3301020001"]}
    for kind in ("site", "region"):
        assert designs(kind).validate("rules", document, None, nurse) == f"[{code}] {part}"
    # What stands was judged when it came, and what is added beside it is taken.
    later = {**document, "facts": {**document["facts"], "phone": fact("12345")}}
    assert rules.denial(later, document) is None


@pytest.mark.parametrize("document", TAKEN.values(), ids=TAKEN)
def test_what_may_be_is_taken(rules: Rules, designs: Callable[[str], Any], document: Any) -> None:
    assert rules.denial(document) is None
    assert designs("site").validate("rules", document, None, {"roles": []}) is None


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_warning_needs_its_own_code_and_a_reason(rules: Rules, reason: str) -> None:
    bare = dose(expiry="2026-11-22", override={"warnings": ["lot-expired"], "reason": reason})
    other = dose(expiry="2026-11-22", override={"warnings": ["visit.fever"], "reason": "why"})
    assert rules.denial(bare) == rules.denial(other) == Denial("lot-expired", EVENT)


def test_a_birth_date_is_not_set_after_a_dose(rules: Rules) -> None:
    before = dose()
    after = {**before, "facts": {**before["facts"], "birth_date": fact("2026-11-24")}}
    assert rules.denial(after, before) == Denial("before-birth", "fact birth_date")
    void = {"kind": "void", "target": E1, "at": AT, "by": "nurse", "reason": "1"}
    voided = {**before, "events": {**before["events"], E2: void}}
    assert rules.denial({**voided, "facts": after["facts"]}, voided) is None


def test_the_server_joins_what_two_tablets_recorded_each_by_what_it_knew(
    designs: Callable[[str], Any],
) -> None:
    joined = dose(date="2026-01-04")
    server = {"name": "miaopu", "roles": ["server"]}
    assert designs("region").validate("rules", joined, None, server) is None
    assert designs("site").validate("rules", joined, child(), server) is None
    # What one record alone contradicts is nobody's to bring.
    assert designs("site").validate("rules", dose(date="2031-01-01"), child(), server) is not None


def move(**more: Any) -> dict[str, Any]:
    lot = {"vaccine": "0201", "lot": "A1", "maker": "甲", "expiry": "2027-06-30"}
    base = {"_id": "stock:A", "type": "stock", "kind": "receive", "date": "2026-11-23", "at": AT}
    return {**base, **lot, "doses": 10, **more}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (move(), None),
        (move(kind="issue", doses=-3), None),
        (move(kind="issue", doses=3), Denial("out-of-range", "field doses")),
        (move(doses=0), Denial("out-of-range", "field doses")),
        (move(maker=" "), Denial("missing-field", "field maker")),
        (move(expiry="2127-01-01"), Denial("impossible-expiry", "field expiry")),
        (move(date="2027-01-01"), Denial("future-date", "field date")),
        (move(vaccine="9999"), Denial("unknown-vaccine", "field vaccine")),
        (move(lot="A\u202e1"), Denial("unprintable", "field lot")),
        (move(kind="count"), Denial("wrong-count", "field count")),
        (move(count={"counted": 1, "seen": [], "given": 0}), Denial("wrong-count", "field count")),
        (
            {"_id": "device:A", "type": "device", "name": "a\u001b"},
            Denial("unprintable", "field name"),
        ),
    ],
)
def test_moves_and_other_documents(rules: Rules, document: Any, said: Denial | None) -> None:
    assert rules.denial(document) == said


def test_warnings_are_told_before(rules: Rules) -> None:
    wrong = {**DOSE, "route": "oral", "expiry": "2026-11-22"}
    said = rules.warnings(wrong, child())
    assert set(said) == {"lot-expired", "other-route"} <= WARNINGS


def test_a_vaccine_of_a_region_is_known_by_its_class_to_a_database(
    rules: Rules, designs: Callable[[str], Any]
) -> None:
    added = dose(vaccine="0299")
    assert rules.denial(added) == Denial("unknown-vaccine", field("vaccine"))
    assert designs("site").validate("rules", added, None, {"roles": []}) is None
