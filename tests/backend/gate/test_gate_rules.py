"""Whose child a write is about, who recorded it, when, and whether codes are needed."""

import datetime as dt
from typing import Any

import pytest

from miaopu.gate.rules import (
    AHEAD,
    MOST_UNUSED,
    USED,
    Clinic,
    Codes,
    DeniedError,
    Known,
    check_added,
    check_claim,
    check_dated,
    check_held,
    check_targets,
    holds,
    is_evident,
)

Json = dict[str, Any]
HERE, HOME = "3301020001", "3301020002"
CHILD, OTHER = "child:01M82YS7QR000000000000000A", "child:01M82YS7QR000000000000000B"
NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
AT = "2026-11-27T11:00:00.000Z"
CLINIC = Clinic(HERE, frozenset({"nurse", "colleague"}), vouches=False)
HUB = Clinic(HERE, frozenset({"hub"}), vouches=True)
NOTHING: Json = {"facts": {}, "events": {}}


def event(site: str = HERE, by: str = "nurse", at: str = AT, **more: Any) -> Json:
    return {"kind": "dose", "site": site, "by": by, "at": at, **more}


def fact(value: Any, by: str = "nurse", at: str = AT) -> Json:
    return {"value": value, "at": at, "by": by}


def child(site: str | None = None, doc_id: str = CHILD, **events: Json) -> Json:
    facts = {"site": fact(site)} if site else {}
    return {"_id": doc_id, "type": "child", "facts": facts, "events": events}


def after(**delta: float) -> str:
    return (NOW + dt.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def added(document: Json, before: Json = NOTHING, clinic: Clinic = CLINIC, *vouched: str) -> None:
    check_added(document, before, clinic, vouched, NOW)


def test_a_clinic_writes_about_whom_it_holds() -> None:
    theirs = Known([child(HOME)], False)
    with pytest.raises(DeniedError, match=r"^\[not-held\] document$"):
        check_held(CLINIC, theirs, {})
    # A registration; what is in its database; what the regions know it has a part in.
    check_held(CLINIC, None, {})
    check_held(CLINIC, Known([child(HOME)], True), {})
    check_held(CLINIC, Known([child(HOME, E=event())], False), {})
    check_held(CLINIC, Known([{**child(HOME), "_deleted": True}, child(HERE)], False), {})
    # What the server gave it, and has lost; not what it gave to another.
    check_held(CLINIC, theirs, {"E": event(kind="visit")})
    with pytest.raises(DeniedError):
        check_held(CLINIC, theirs, {"E": event(HOME, kind="visit")})
    assert not holds(HERE, None)


def test_authors_are_accounts_of_the_clinic() -> None:
    added({**child(HERE), "events": {"E": event(by="colleague")}})
    for document in (
        child(E=event(by="stranger")),
        {**child(), "facts": {"name": fact("苗", by="stranger")}},
    ):
        with pytest.raises(DeniedError, match="not-a-colleague"):
            added(document)
        # What stands already, whoever brings it; what comes from the clinic's own hub.
        added(document, document)
        added(document, NOTHING, HUB)
    # What the server recorded itself; what another clinic did is the database's to refuse.
    added(child(S=event(by="miaopu")), NOTHING, CLINIC, "S")
    added(child(E=event(HOME, by="stranger")))


def test_a_time_ahead_of_the_server_s_never_wins() -> None:
    soon, late = after(minutes=9), after(minutes=11)
    added({**child(E=event(at=soon)), "facts": {"name": fact("苗", at=soon)}})
    with pytest.raises(DeniedError, match=r"^\[dated-ahead\] event E$"):
        added(child(E=event(at=late)))
    ahead = {**child(), "facts": {"name": fact("苗", at=late)}}
    with pytest.raises(DeniedError, match=r"^\[dated-ahead\] fact name$"):
        added(ahead)
    added(ahead, ahead)
    check_dated({"type": "settings", "updated_at": soon}, NOW)
    with pytest.raises(DeniedError, match=r"^\[dated-ahead\] document$"):
        check_dated({"type": "settings", "updated_at": late}, NOW)
    assert after(minutes=10) == (NOW + AHEAD).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_fact_that_is_ahead_already_can_be_corrected() -> None:
    wrong = {**child(), "facts": {"name": fact("错", at="2035-02-15T00:00:00.000Z")}}

    def corrected(at: str) -> None:
        added({**child(), "facts": {"name": fact("苗", at=at)}}, wrong)

    corrected("2035-02-15T00:00:00.001Z")
    for at in ("2035-02-15T00:02:00.000Z", "2035-02-14T23:59:59.999Z", "2099-13-01", "x"):
        with pytest.raises(DeniedError):
            corrected(at)


def test_a_case_is_joined_to_one_that_the_clinic_holds() -> None:
    def joined(*along: str, x: Known | None = None) -> None:
        document = child(HERE, E=event(kind="same_as", target=OTHER))
        check_targets(document, NOTHING, HERE, {OTHER: x} if x else {}, along)

    joined(OTHER)
    joined(x=Known([child(HOME, OTHER)], True))
    joined(x=Known([child(HOME, OTHER, V=event(kind="visit"))], False))
    for unheld in (None, Known([child(HOME, OTHER)], False)):
        with pytest.raises(DeniedError, match=r"^\[target-not-held\] event E$"):
            joined(x=unheld)
    there = child(HERE, E=event(kind="same_as", target=OTHER))
    check_targets(there, there, HERE, {}, ())


def test_most_writes_need_no_more_to_be_known() -> None:
    assert is_evident({**child(HERE, E=event(by="colleague"))}, CLINIC, NOW)
    assert is_evident(child(E=event(by="another")), HUB, NOW)
    for document in (
        child(E=event(by="stranger")),
        child(E=event(at=after(days=1))),
        child(E=event(kind="same_as", target=OTHER)),
        {**child(), "facts": {"name": fact("苗", by="stranger")}},
        {**child(), "facts": {"name": fact("苗", at=after(days=1))}},
        {"type": "settings", "updated_at": after(days=1)},
    ):
        assert not is_evident(document, CLINIC, NOW)


@pytest.mark.parametrize("events", [None, 1, [], {"E": None}, {"E": []}, {"E": {}}])
def test_what_has_no_shape_is_the_database_s_to_refuse(events: Any) -> None:
    document = {"_id": CHILD, "type": "child", "facts": events, "events": events}
    check_targets(document, NOTHING, HERE, {}, ())
    if events == {"E": {}}:
        with pytest.raises(DeniedError):
            added(document)
    else:
        added(document)
    is_evident(document, CLINIC, NOW)


def block(number: int, station: str, by: str = "nurse", year: int = 2026) -> Json:
    return {"type": "numbers", "year": year, "block": number, "station": station, "by": by}


def test_codes_are_given_no_faster_than_they_are_used() -> None:
    first = Codes([block(0, "S")], {0: USED - 1})
    check_claim(block(1, "T"), first, 2026, is_known=False)
    with pytest.raises(DeniedError, match="numbers-unused"):
        check_claim(block(1, "S"), first, 2026, is_known=False)
    check_claim(block(1, "S"), Codes(first.blocks, {0: USED}), 2026, is_known=False)
    # A server that was restored gets back what it gave.
    check_claim(block(1, "S"), first, 2026, is_known=True)
    many = Codes([block(n, f"S{n}") for n in range(MOST_UNUSED)], {})
    for is_known in (True, False):
        with pytest.raises(DeniedError, match="numbers-many"):
            check_claim(block(50, "T"), many, 2026, is_known=is_known)
    check_claim(block(50, "T", "colleague"), many, 2026, is_known=False)


@pytest.mark.parametrize(("year", "is_given"), [(2027, True), (2006, True), (2028, False)])
def test_codes_are_given_for_the_years_of_children(year: int, is_given: bool) -> None:
    if is_given:
        return check_claim(block(0, "S", year=year), Codes((), {}), 2026, is_known=False)
    for wrong in (year, 1900, 2999, "2026", None):
        with pytest.raises(DeniedError, match=r"^\[numbers-year\] field year$"):
            check_claim({**block(0, "S"), "year": wrong}, Codes((), {}), 2026, is_known=False)
    return None
