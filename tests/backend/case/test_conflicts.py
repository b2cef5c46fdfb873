"""Resolving a conflict: everybody writes the same, and nothing is lost."""

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miaopu.case.conflicts import merge_on_winner, merged, tombstones, winner
from miaopu.case.merge import body, merge_all

ULIDS = [f"01K0000000000000000000000{n}" for n in "ABC"]


def child(rev: str, *ulids: str) -> dict[str, Any]:
    events = {ulid: {"kind": "dose", "lot": ulid} for ulid in ulids}
    return {"_id": "child:A", "_rev": rev, "type": "child", "facts": {}, "events": events}


LEAVES = [child("2-b", ULIDS[0]), child("2-a", ULIDS[1]), child("10-0", ULIDS[2])]


def test_the_winner_is_the_longest_history_and_then_the_greater_hash() -> None:
    assert winner(["2-b", "2-a", "10-0"]) == "10-0"
    assert winner(["2-a", "2-b"]) == "2-b"


def test_whoever_resolves_it_writes_the_same() -> None:
    results = [(merge_on_winner(order), tombstones(order)) for order in permutations(LEAVES)]
    assert all(result == results[0] for result in results)


def test_the_merge_goes_on_top_of_the_winner() -> None:
    written = merge_on_winner(LEAVES)
    assert written is not None
    assert written["_rev"].startswith("11-")
    assert written["_revisions"] == {"start": 11, "ids": [written["_rev"][3:], "0"]}
    assert written["events"].keys() == set(ULIDS)


def test_the_losing_leaves_end_with_all_that_they_held() -> None:
    ended = tombstones(LEAVES)
    assert [stone["_revisions"]["ids"][1] for stone in ended] == ["a", "b"]
    assert all(stone["_deleted"] is True for stone in ended)
    assert [list(stone["events"]) for stone in ended] == [[ULIDS[1]], [ULIDS[0]]]


def test_a_tombstone_depends_on_its_own_leaf_alone() -> None:
    (of_two,) = tombstones(LEAVES[1:])
    assert of_two in tombstones(LEAVES)


def test_a_winner_that_holds_everything_gets_nothing_on_top() -> None:
    assert merge_on_winner([child("2-b", *ULIDS), child("2-a", ULIDS[0])]) is None


@given(st.lists(st.sets(st.sampled_from(ULIDS)), min_size=2, max_size=4))
def test_resolving_what_others_resolved_comes_to_the_same_child(parts: list[set[str]]) -> None:
    leaves = [child(f"2-{n}", *sorted(part)) for n, part in enumerate(parts)]
    # Two servers see different conflicts of one document, then each other's answer.
    halves = [leaves[:-1], leaves[1:]]
    answers = []
    for seen in halves:
        top = merge_on_winner(seen) if len(seen) > 1 else None
        answers.append(top or max(seen, key=lambda leaf: leaf["_rev"]))
    everything = merge_all(body(leaf) for leaf in leaves)
    assert (
        merged(body(answer) | {"_id": "child:A"} for answer in [*answers, *leaves])["events"]
        == everything["events"]
    )


def test_of_a_document_edited_in_place_the_later_stands() -> None:
    old = {"_id": "settings:1", "_rev": "2-a", "type": "settings", "updated_at": "2026-01-01"}
    new = {**old, "_rev": "2-0", "updated_at": "2026-01-02"}
    assert merged([old, new]) == merged([new, old]) == body(new)


def test_of_two_claims_the_earlier_stands() -> None:
    first = {"_id": "numbers:1", "_rev": "1-a", "type": "numbers", "at": "2026-01-01", "by": "a"}
    second = {**first, "_rev": "1-b", "at": "2026-01-02", "by": "b"}
    assert merged([first, second]) == merged([second, first]) == body(first)
