"""What a write is judged by when the revision that it stands on does not say all that is known."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.gate.judgement import (
    GENERATIONS,
    change,
    check_path,
    is_plain,
    path_of,
    takes_a_side,
)
from miaopu.gate.rules import DeniedError

Json = dict[str, Any]
CHILD = "child:01K00000000000000000000000"
NOW = dt.datetime(2026, 11, 27, tzinfo=dt.UTC)


def fact(value: Any, at: str = "2026-11-20T00:00:00.000Z") -> Json:
    return {"value": value, "at": at, "by": "nurse"}


def child(rev: str, facts: Json | None = None, **lots: Any) -> Json:
    events = {ulid: {"kind": "dose", "lot": lot} for ulid, lot in lots.items()}
    return {"_id": CHILD, "_rev": rev, "type": "child", "facts": facts or {}, "events": events}


def pushed(start: int, *ids: str, **more: Any) -> Json:
    return {**child(f"{start}-{ids[0]}"), "_revisions": {"start": start, "ids": list(ids)}, **more}


def test_the_path_of_a_replicated_revision_is_what_its_history_says() -> None:
    document = pushed(3, "c", "b", "a", _rev="9-z")
    assert path_of(document, True) == ["3-c", "2-b", "1-a"]
    assert path_of(document, False) == ["9-z"]
    assert path_of({"_id": CHILD}, True) == []


@pytest.mark.parametrize(
    "history",
    [[], {"start": "3", "ids": ["c"]}, {"start": 1, "ids": ["b", "a"]}, {"start": 1, "ids": []}],
)
def test_a_history_that_cannot_be_read_is_refused(history: Any) -> None:
    with pytest.raises(DeniedError):
        path_of({**child("1-a"), "_revisions": history}, True)


def test_a_revision_that_nobody_could_have_counted_to_is_refused() -> None:
    known = [child("5-a")]
    check_path([f"{5 + GENERATIONS}-b"], known)
    with pytest.raises(DeniedError):
        check_path([f"{6 + GENERATIONS}-b"], known)
    with pytest.raises(DeniedError):
        check_path([f"{2**53}-b"], [])


def test_a_write_on_the_only_leaf_is_the_databases_to_judge() -> None:
    leaves = [child("2-b"), {**child("2-c"), "_deleted": True}]
    assert is_plain(["3-d", "2-b", "1-a"], leaves, True)
    assert is_plain(["2-b"], leaves, False)


def test_a_write_beside_what_is_known_is_judged_by_all_of_it() -> None:
    leaves = [child("2-b"), {**child("2-c"), "_deleted": True}]
    for path in (["1-x"], ["3-d", "2-c", "1-a"], ["3-d", "2-x"], ["10-d", "9-b"]):
        assert not is_plain(path, leaves, True)
    assert not is_plain(["2-c"], leaves, False)
    both = [child("2-b"), child("2-c")]
    assert not is_plain(["3-d", "2-b"], both, True)


def test_what_is_known_or_no_leaf_changes_nothing() -> None:
    leaves = [child("2-b"), child("2-c")]
    assert is_plain(["2-b", "1-a"], leaves, True)
    assert is_plain(["1-a"], leaves, False)


def test_a_changed_event_shows_though_it_comes_by_another_branch() -> None:
    known = [child("2-b", E1="lot 2"), {**child("2-c"), "_deleted": True}]
    found = change(child("1-x", E1="lot 1"), known)
    assert found.before["events"]["E1"]["lot"] == "lot 2"
    assert found.after["events"]["E1"]["lot"] == "lot 1"
    # The merge would not keep this one.
    assert not change(child("1-x", E1="lot 3"), known).changes


def test_what_another_branch_lacks_is_not_dropped() -> None:
    found = change(child("1-x", E2="x"), [child("3-b", E1="a"), child("2-c", E3="b")])
    assert found.after["events"].keys() == {"E1", "E2", "E3"}


def test_what_is_no_child_cannot_take_a_childs_place() -> None:
    with pytest.raises(DeniedError):
        change({"_id": CHILD, "type": "stock"}, [child("2-b")])
    with pytest.raises(DeniedError):
        change({"_id": CHILD, "type": "child", "facts": 1, "events": {}}, [child("2-b")])


def test_an_earlier_claim_to_a_stock_move_shows() -> None:
    move = {"_id": "stock:1", "type": "stock", "at": "2026-11-02", "doses": 3}
    found = change({**move, "at": "2026-11-01"}, [{**move, "_rev": "1-a"}])
    assert found.after["at"] == "2026-11-01"
    # A later one, which a merge would drop, would be shown where its revision is the greater.
    later = change({**move, "at": "2026-11-03"}, [{**move, "_rev": "1-a"}])
    assert later.after["at"] == "2026-11-03"
    assert not change(move, [{**move, "_rev": "1-a"}]).changes


@given(st.lists(st.dictionaries(st.sampled_from("ABC"), st.sampled_from("xyz")), min_size=1))
def test_whatever_is_known_changes_nothing(versions: list[dict[str, str]]) -> None:
    leaves = [child(f"2-{number}", **lots) for number, lots in enumerate(versions)]
    assert not any(change(leaf, leaves).changes for leaf in leaves)


def test_what_was_lost_is_known_where_a_write_is_judged() -> None:
    there = child("1-a", X="1")
    brought = child("2-b", X="1", Y="2", Z="3")
    lost = {"Y": brought["events"]["Y"]}
    found = change(brought, [there], lost, replaces=True)
    assert set(found.before["events"]) == {"X", "Y"}
    assert set(found.after["events"]) == {"X", "Y", "Z"}
    assert not change(child("2-b", X="1", Y="2"), [there], lost, replaces=True).changes


def test_what_takes_the_place_of_a_version_is_not_merged_with_it() -> None:
    there = child("1-a", facts={"name": fact("b")}, X="1")
    less = child("2-b", facts={"name": fact("a")}, Y="2")
    lost = {"Y": less["events"]["Y"]}
    merged = change(less, [there], lost)
    replaced = change(less, [there], lost, replaces=True)
    assert not merged.changes
    assert replaced.before["facts"] == there["facts"]
    assert (replaced.after["facts"], replaced.after["events"]) == (less["facts"], less["events"])


def test_a_write_takes_a_side_when_it_stands_on_one_of_several_versions() -> None:
    one, other, ended = child("2-b"), child("2-c"), {**child("3-d"), "_deleted": True}
    assert takes_a_side(["3-x", "2-b", "1-a"], [one, other])
    assert not takes_a_side(["3-x", "1-a"], [one, other])
    assert not takes_a_side(["3-x", "2-b"], [one, ended])
    assert not takes_a_side(["4-x", "3-d"], [one, other, ended])
