"""Which events were voided: the vectors that the PWA and the views are held against too."""

import json
from pathlib import Path
from typing import Any

import pytest

from miaopu.case.events import standing, voided

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "voids.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[c["title"] for c in VECTORS["cases"]])
def test_voids(case: Any) -> None:
    events = {"E1": {"kind": "dose"}, "E2": {"kind": "dose"}}
    events |= {id_: {"kind": "void", "target": target} for id_, target in case["voids"].items()}
    for order in (events.items(), reversed(events.items())):
        child = {"_id": "child:A", "events": dict(order)}
        assert sorted(voided(child)) == case["voided"]
        doses = [ulid for ulid, _ in standing(child, "dose")]
        assert doses == sorted({"E1", "E2"} - set(case["voided"]))
