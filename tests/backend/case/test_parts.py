"""A record that a server refuses is taken apart."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.case.merge import merge_all
from miaopu.case.parts import Held, Part, divide, nothing_of, parts_of

Json = dict[str, Any]
ID = f"child:{'0' * 26}"
AT = "2026-01-01T00:00:00.000Z"


def ulid(number: int) -> str:
    return f"01K{number:023d}"


def dose(number: int, **more: Any) -> Json:
    return {"kind": "dose", "vaccine": "0101", "lot": f"L{number}", "by": "nurse", **more}


def void(target: str) -> Json:
    return {"kind": "void", "target": target, "reason": "mistake", "by": "nurse"}


def fact(value: str, at: str = AT) -> Json:
    return {"value": value, "at": at, "by": "nurse"}


def child(events: Json | None = None, facts: Json | None = None) -> Json:
    return {**nothing_of(ID), "events": events or {}, "facts": facts or {}}


class Server:
    """Refuses events with a field `bad`, and facts whose value is "bad", by name or without; a void
    without its target is never tried."""

    def __init__(self, named: bool, base: Json | None = None) -> None:
        self.named = named
        self.record = base or nothing_of(ID)
        self.trials = 0

    async def take(self, trial: Json) -> str | None:
        self.trials += 1
        for one, event in trial["events"].items():
            assert event["kind"] != "void" or event["target"] in trial["events"]
            if "bad" in event:
                return f"[unknown-field] field events.{one}.bad" if self.named else "no"
        for name, value in trial["facts"].items():
            if value["value"] == "bad":
                return f"[wrong-form] field facts.{name}.value" if self.named else "no"
        self.record = trial
        return None

    def divide(self, record: Json, known: tuple[Held, ...] = ()) -> list[str]:
        base = self.record
        held = asyncio.run(divide(base, parts_of(base, record), self.take, known))
        return [one.part.name for one in held]


def names(base: Json, record: Json) -> list[str]:
    return [part.name for part in parts_of(base, record)]


def test_what_the_server_has_or_has_later_is_no_part() -> None:
    base = child({ulid(1): dose(1)}, {"name": fact("a"), "phone": fact("2", "2027")})
    mine = child(
        {ulid(1): dose(1), ulid(3): dose(3), ulid(2): dose(2)},
        {"name": fact("a"), "phone": fact("1"), "remark": fact("x")},
    )
    assert names(base, mine) == [f"event {ulid(2)}", f"event {ulid(3)}", f"fact remark {AT}"]


def test_a_void_comes_after_its_target_though_the_clock_was_set_back_between() -> None:
    mine = child({ulid(1): void(ulid(5)), ulid(5): dose(5)})
    assert names(nothing_of(ID), mine) == [f"event {ulid(5)}", f"event {ulid(1)}"]


def test_a_managing_site_comes_with_the_receipt_that_gives_it() -> None:
    released = {"kind": "move", "step": "released", "from_site": "A"}
    received = {"kind": "move", "step": "received", "to_site": "B", "answers": [ulid(1)]}
    facts = {"site": fact("B"), "register_status": fact("10")}
    mine = child({ulid(1): released, ulid(2): received}, facts)
    assert parts_of(child(facts={"site": fact("A", "2025")}), mine) == [
        Part(f"event {ulid(1)}", {ulid(1): released}, {}),
        Part(f"event {ulid(2)}", {ulid(2): received}, {"site": fact("B")}, (f"event {ulid(1)}",)),
        Part(f"fact register_status {AT}", {}, {"register_status": fact("10")}),
    ]


def test_all_at_once_where_nothing_is_refused() -> None:
    server = Server(True)
    assert server.divide(child({ulid(1): dose(1), ulid(2): dose(2)})) == []
    assert server.trials == 1


def test_what_a_denial_names_is_set_aside_within_three_trials() -> None:
    server = Server(True)
    record = child({ulid(n): dose(n, **({"bad": 1} if n == 7 else {})) for n in range(20)})
    assert server.divide(record) == [f"event {ulid(7)}"]
    assert len(server.record["events"]) == 19
    assert server.trials == 3


@pytest.mark.parametrize("named", [True, False])
def test_a_void_whose_target_is_refused_is_held_untried(named: bool) -> None:
    events = {ulid(1): dose(1, bad=1), ulid(2): void(ulid(1)), ulid(3): void(ulid(2))}
    server = Server(named)
    held = server.divide(child({**events, ulid(4): dose(4)}))
    assert sorted(held) == [f"event {ulid(n)}" for n in (1, 2, 3)]
    assert list(server.record["events"]) == [ulid(4)]


def test_what_is_known_to_be_refused_is_not_tried_again() -> None:
    server = Server(True)
    record = child({ulid(1): dose(1, bad=1), ulid(2): void(ulid(1)), ulid(3): dose(3)})
    known = Held(parts_of(nothing_of(ID), record)[0], "as before")
    assert server.divide(record, (known,)) == [f"event {ulid(1)}", f"event {ulid(2)}"]
    assert server.trials == 1


@st.composite
def records(draw: st.DrawFn) -> tuple[Json, Json, bool]:
    """What a server has, what a record holds, and whether denials name what they mean."""
    count = draw(st.integers(0, 12))
    events: Json = {}
    for number in range(count):
        if events and draw(st.booleans()):
            events[ulid(number)] = void(draw(st.sampled_from(sorted(events))))
        else:
            events[ulid(number)] = dose(number, **({"bad": 1} if draw(st.booleans()) else {}))
    values = st.sampled_from(["bad", "good"])
    facts = draw(st.dictionaries(st.sampled_from(["phone", "phone_2", "name"]), values))
    there = {
        one: event
        for one, event in events.items()
        if event["kind"] == "dose" and "bad" not in event and draw(st.booleans())
    }
    record = child(events, {name: fact(value) for name, value in facts.items()})
    return child(there), record, draw(st.booleans())


@given(records())
def test_all_that_may_be_taken_is_and_nothing_else(drawn: tuple[Json, Json, bool]) -> None:
    base, record, named = drawn
    server = Server(named, base)
    held = set(server.divide(record))
    bad = {one for one, event in record["events"].items() if "bad" in event}
    while True:
        more = {one for one, e in record["events"].items() if e.get("target") in bad} - bad
        if not more:
            break
        bad |= more
    bad_facts = {name for name, value in record["facts"].items() if value["value"] == "bad"}
    assert held == {f"event {one}" for one in bad} | {f"fact {name} {AT}" for name in bad_facts}
    whole = merge_all([base, record])
    assert server.record["events"] == {o: e for o, e in whole["events"].items() if o not in bad}
    assert server.record["facts"] == {
        name: value for name, value in whole["facts"].items() if name not in bad_facts
    }
