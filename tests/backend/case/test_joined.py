"""Which cases are one child: the vectors that the PWA is held against too."""

import json
from pathlib import Path
from typing import Any

import pytest

from miaopu.case.events import value
from miaopu.case.joined import (
    group_of,
    groups,
    joins_by_itself,
    links,
    representative,
    suspicion,
    told_apart,
    union,
)
from miaopu.models import Child

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "moves.json").read_text("utf-8"))


@pytest.mark.parametrize("pair", VECTORS["pairs"], ids=[v["title"] for v in VECTORS["pairs"]])
def test_pairs(pair: Any) -> None:
    a, b = pair["a"], pair["b"]
    for child in (a, b):
        Child.model_validate({name: child[name] for name in ("type", "facts", "events")})
    assert suspicion(a, b) == suspicion(b, a) == pair["suspicion"]
    assert told_apart(a, b) == told_apart(b, a) == pair["told_apart"]
    assert joins_by_itself(a, b) == pair["joins_by_itself"]


@pytest.mark.parametrize("group", VECTORS["groups"], ids=[v["title"] for v in VECTORS["groups"]])
def test_groups(group: Any) -> None:
    members = group["members"]
    assert representative(members) == representative(members[::-1]) == group["shown"]
    linked = {child["_id"]: links(child) for child in members}
    for child in members:
        assert group_of(child["_id"], linked) == set(linked)
    assert groups(linked) == ([tuple(sorted(linked))] if len(linked) > 1 else [])
    for order in (members, members[::-1]):
        one = union(order)
        assert one["_id"] == group["shown"]
        assert sorted(one["events"]) == group["events"]
        for name, expected in group["facts"].items():
            assert value(one, name) == expected


def test_groups_are_apart() -> None:
    linked = {"a": {"b"}, "c": {"b"}, "d": {"e"}, "f": set[str]()}
    assert groups(linked) == [("a", "b", "c"), ("d", "e")]
