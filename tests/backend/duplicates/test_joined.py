"""Which cases are one child: the vectors that the PWA is held against too."""

import json
from pathlib import Path
from typing import Any

import pytest

from miaopu.duplicates.joined import (
    group_of,
    joins_by_itself,
    links,
    representative,
    suspicion,
    told_apart,
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
