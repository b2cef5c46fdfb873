"""The merge's laws: commutative, associative, idempotent, and nothing is dropped."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from miaopu.case.canonical import canonical
from miaopu.case.merge import body, computed_revision, merge, merge_all

VECTORS = Path(__file__).parents[2] / "vectors" / "merge.json"
V8 = MiniRacer()
CHILD = "child:01K00000000000000000000000"

values = st.none() | st.integers(0, 3) | st.sampled_from(["", "甲", "乙", "a", "😀", "\uffff"])
# Few names and moments, so that versions collide in every way.
facts = st.dictionaries(
    st.sampled_from(["name", "sex", "phone"]),
    st.fixed_dictionaries(
        {
            "value": values,
            "at": st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"]),
            "by": st.sampled_from(["a", "b"]),
        }
    ),
)
ulids = st.sampled_from([f"01K0000000000000000000000{n}" for n in "ABCD"])
events = st.dictionaries(
    ulids, st.fixed_dictionaries({"kind": st.sampled_from(["dose", "void"]), "note": values})
)
children = st.builds(
    lambda facts, events: {"_id": CHILD, "type": "child", "facts": facts, "events": events},
    facts,
    events,
)


@given(children, children)
def test_the_order_of_two_versions_does_not_matter(a: Any, b: Any) -> None:
    assert merge(a, b) == merge(b, a)


@given(children, children, children)
def test_the_grouping_of_three_versions_does_not_matter(a: Any, b: Any, c: Any) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c)) == merge_all([c, a, b])


@given(children)
def test_a_version_merged_with_itself_is_itself(a: Any) -> None:
    assert merge(a, a) == a


@given(children, children)
def test_merging_again_changes_nothing(a: Any, b: Any) -> None:
    once = merge(a, b)
    assert merge(once, b) == once


@given(children, children)
def test_no_event_and_no_fact_is_dropped(a: Any, b: Any) -> None:
    merged = merge(a, b)
    for part in ("events", "facts"):
        assert merged[part].keys() == a[part].keys() | b[part].keys()
        for key, value in merged[part].items():
            assert value in (a[part].get(key), b[part].get(key))


@given(children, children)
def test_the_arguments_are_left_alone(a: Any, b: Any) -> None:
    before = copy.deepcopy((a, b))
    merge(a, b)
    assert (a, b) == before


def test_two_children_are_not_merged() -> None:
    a = {"_id": "child:A", "type": "child", "facts": {}, "events": {}}
    with pytest.raises(ValueError, match="two children"):
        merge(a, {**a, "_id": "child:B"})


@given(children, st.lists(st.sampled_from(["2-a", "2-b", "3-c"]), min_size=1))
def test_a_computed_revision_depends_on_the_set_alone(document: Any, leaves: list[str]) -> None:
    expected = computed_revision(document, "3-c", leaves)
    assert expected.startswith("4-")
    with_bookkeeping = {**document, "_rev": "9-x", "_conflicts": ["2-a"]}
    assert computed_revision(with_bookkeeping, "3-c", reversed(leaves)) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_canonical_json_says_the_same_value(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no NaN"):
        canonical(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_as_javascript_writes_them(value: float) -> None:
    assert canonical(value) == V8.eval(f"String({value!r})")


def test_the_shared_vectors_hold() -> None:
    vectors = json.loads(VECTORS.read_text())
    for case in vectors["merge"]:
        assert merge_all(case["versions"]) == case["merged"], case["title"]
        assert canonical(body(merge_all(case["versions"]))) == case["canonical"], case["title"]
    for case in vectors["canonical"]:
        assert canonical(case["value"]) == case["text"]
    for case in vectors["revision"]:
        revision = computed_revision(case["body"], case["parent"], case["leaves"])
        assert revision == case["revision"]
