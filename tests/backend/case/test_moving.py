"""The protocol of a move: the vectors, and every order of events at two sites."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.case.canonical import canonical
from miaopu.case.merge import merge
from miaopu.case.moving import holders, may, move_state, register_status, unanswered
from miaopu.models import Child

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "moves.json").read_text("utf-8"))
OLD, NEW, THIRD = "3301020001", "3301020002", "3301030001"
CHILD = "child:01K9A3Q6Z0000000000000000A"


@pytest.mark.parametrize("case", VECTORS["moves"], ids=[v["title"] for v in VECTORS["moves"]])
def test_the_vectors(case: Any) -> None:
    child = case["child"]
    Child.model_validate({name: child[name] for name in ("type", "facts", "events")})
    assert sorted(holders(child)) == case["holders"]
    state = move_state(child)
    assert {
        "phase": state.phase,
        "from": state.from_site,
        "to": list(state.to_sites),
        "steps": list(state.steps),
    } == case["state"]
    for site, steps in case["may"].items():
        assert sorted(may(child, site)) == steps
    for site, status in case["status"].items():
        assert register_status(child, site) == status


class Clinic:
    """A replica of one child at one site, whose clock is off by whole hours."""

    def __init__(self, site: str, child: Any, hours: int, numbers: Any) -> None:
        self.site, self.child, self.hours, self.numbers = site, child, hours, numbers

    def _add(self, event: Any, **facts: Any) -> None:
        number = next(self.numbers)
        # The clinic's own clock, but never before what it edits.
        at = f"2026-11-23T{12 + self.hours:02d}:{number:02d}:00.000Z"
        written = {}
        for name, value in facts.items():
            before = self.child["facts"].get(name, {"at": ""})["at"]
            written[name] = {"value": value, "at": max(at, before[:-1] + "1Z"), "by": self.site}
        added = {"kind": "move", "date": "2026-11-23", "at": at, "by": "n", "site": self.site}
        self.child = merge(
            self.child,
            {
                "_id": CHILD,
                "facts": written,
                "events": {f"01K9A3Q6Z0000000000000E{number:03d}": {**added, **event}},
            },
        )

    def act(self, step: str) -> None:
        """Takes a step if it may; a dose it may always give."""
        if step == "dose":
            self._add({"kind": "dose", "vaccine": "0101"})
            return
        if step not in may(self.child, self.site):
            return
        state = move_state(self.child)
        if step == "released":
            to = state.to_sites[0] if state.to_sites else (NEW if self.site != NEW else OLD)
            self._add({"step": step, "from_site": self.site, "to_site": to})
        elif step == "requested":
            self._add({"step": step, "from_site": state.from_site, "to_site": self.site})
        else:
            event = {"step": step, "from_site": state.from_site, "to_site": self.site}
            answers = {"answers": unanswered(self.child)}
            self._add({**event, **answers}, site=self.site, register_status="10")


SITES = [OLD, NEW, THIRD]
steps = st.tuples(
    st.sampled_from(SITES), st.sampled_from(["requested", "released", "received", "dose"])
)
meetings = st.tuples(st.sampled_from(SITES), st.sampled_from(SITES))


@given(
    st.lists(st.one_of(steps, meetings.map(lambda pair: (*pair, "meet"))), max_size=14),
    st.lists(st.integers(-9, 9), min_size=3, max_size=3),
)
def test_whatever_the_order_all_end_alike_and_nothing_is_lost(
    history: list[Any], hours: list[int]
) -> None:
    start = {
        "_id": CHILD,
        "type": "child",
        "facts": {
            "site": {"value": OLD, "at": "2026-11-20T00:00:00.000Z", "by": "n"},
            "register_status": {"value": "1", "at": "2026-11-20T00:00:00.000Z", "by": "n"},
        },
        "events": {},
    }
    numbers = count()
    clinics = {s: Clinic(s, start, h, numbers) for s, h in zip(SITES, hours, strict=True)}

    def meet(a: Clinic, b: Clinic) -> None:
        a.child = b.child = merge(a.child, b.child)

    written: set[str] = set()
    for entry in history:
        if len(entry) == 3:
            meet(clinics[entry[0]], clinics[entry[1]])
        else:
            clinics[entry[0]].act(entry[1])
        written |= {u for c in clinics.values() for u in c.child["events"]}
    for _ in range(2):
        for other in (NEW, THIRD):
            meet(clinics[OLD], clinics[other])

    ends = {canonical(clinic.child) for clinic in clinics.values()}
    assert len(ends) == 1
    child = clinics[OLD].child
    assert set(child["events"]) == written
    manager = child["facts"]["site"]["value"]
    receipts = [e for e in child["events"].values() if e.get("step") == "received"]
    # The child belongs to its first clinic or to one that has received it.
    assert manager in ({e["site"] for e in receipts} or {OLD})
    assert {e["site"] for e in child["events"].values()} <= holders(child)
    # Whatever is open can be carried to its end.
    state = move_state(child)
    if state.phase == "requested":
        clinics[manager].act("released")
        clinics[state.to_sites[0]].child = clinics[manager].child
        state = move_state(clinics[manager].child)
    if state.phase == "released":
        new = clinics[state.to_sites[0]]
        new.act("received")
        assert move_state(new.child).phase == "none"
        assert new.child["facts"]["site"]["value"] == new.site
        assert register_status(new.child, new.site) == "10"
        assert register_status(new.child, manager) == "2"
