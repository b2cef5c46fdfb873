"""What of a write the server recorded itself, and what of that its database lacks."""

from typing import Any

import pytest

from miaopu.case.seal import Stamp
from miaopu.gate.lost import MOST, lacking, sealed_events

Json = dict[str, Any]
STAMP = Stamp("01K9A3Q6Z0000000000000000S", b"a key")
CHILD = "child:01K9A3Q6Z0000000000000000A"
OTHER = "child:01K9A3Q6Z0000000000000000B"
AT = "2026-11-23T01:02:03.004Z"


def visit(day: int = 23) -> Json:
    more = {"station": STAMP.station, "site": "3301020002", "at": AT, "by": "miaopu"}
    return {"kind": "visit", "date": f"2026-11-{day}", **more}


def sealed(*events: Json, child: str = CHILD) -> dict[str, Json]:
    return {STAMP.sealed(child, event): event for event in events}


def child(rev: str, events: Any, doc_id: str = CHILD, **more: Any) -> Json:
    return {"_id": doc_id, "_rev": rev, "type": "child", "facts": {}, "events": events, **more}


def test_the_servers_own_events_are_found_by_document() -> None:
    dose = {"01K9A3Q6Z00000000000000E1A": {**visit(), "kind": "dose", "station": "another"}}
    first, second, third = sealed(visit(1)), sealed(visit(2)), sealed(visit(3), child=OTHER)
    documents = [
        child("3-c", dose | first),
        child("3-d", second),
        child("1-a", third, OTHER),
        child("1-a", dose, "child:01K9A3Q6Z0000000000000000C"),
    ]
    assert sealed_events(STAMP, documents) == {0: first, 1: second, 2: third}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"_id": None, "events": sealed(visit())},
        {"_id": "c" * 1_000_000, "events": sealed(visit(), child="c" * 1_000_000)},
        child("1-a", None),
        child("1-a", [visit()]),
        child("1-a", dict.fromkeys(sealed(visit()))),
        child("1-a", sealed(visit()), OTHER),
        child("1-a", sealed(visit()), _deleted=True),
        child("1-a", sealed(visit()), _deleted="yes"),
        child("1-a", sealed(visit() | {"more": ["nested"]})),
        child("1-a", sealed(visit() | {"more": "long" * 1000})),
        child("1-a", sealed(visit() | {f"field{n}": n for n in range(100)})),
    ],
)
def test_nothing_else_is_one(document: Json) -> None:
    assert sealed_events(STAMP, [document]) == {}


def test_whoever_makes_up_many_is_heard_only_for_so_long() -> None:
    forged = {f"{n:026d}": visit() for n in range(MOST)}
    assert sealed_events(STAMP, [child("1-a", forged | sealed(visit()))]) == {}
    del forged[f"{0:026d}"]
    assert sealed_events(STAMP, [child("1-a", forged | sealed(visit()))]) == {0: sealed(visit())}


def test_what_a_living_leaf_has_is_not_lacking() -> None:
    first, second, third = sealed(visit(1)), sealed(visit(2)), sealed(visit(3))
    leaves = [
        child("3-c", first),
        child("3-b", second),
        child("4-d", third, _deleted=True),
    ]
    assert lacking(leaves, first | second | third) == third
    assert lacking(leaves[2:], first) == {}
    assert lacking([], first) == {}
