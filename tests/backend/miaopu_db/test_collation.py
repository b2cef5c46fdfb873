"""The order of keys in views."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from miaopu_db.collation import raw_key, sort_key

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)

# The order that CouchDB's documentation gives, with what its server does beyond it.
ORDERED: list[Any] = [
    None,
    False,
    True,
    -math.inf,
    -10,
    -1.5,
    0,
    1,
    2.0,
    10,
    10**12,
    "",
    " ",
    "_",
    "-",
    "!",
    "~",
    "$",
    "0",
    "9",
    "a",
    "A",
    "aa",
    "ab",
    "b",
    "B",
    "ba",
    "e",
    "é",
    "ea",
    "z",
    "张",
    [],
    ["a"],
    ["b"],
    ["b", "c"],
    ["b", "c", "a"],
    ["b", "d"],
    ["b", "d", "e"],
    {},
    {"a": 1},
    {"a": 2},
    {"b": 1},
    {"b": 2},
    {"b": 2, "c": 2},
]


def test_the_documented_order() -> None:
    keys = [sort_key(value) for value in ORDERED]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


@given(values, values)
def test_arrays_sort_by_their_members(one: Any, other: Any) -> None:
    below = sort_key(one) < sort_key(other)
    assert (sort_key([one, 1]) < sort_key([other, 0])) == below
    assert sort_key([one]) < sort_key([one, other])


@given(values)
def test_nothing_lies_above_an_open_object(value: Any) -> None:
    """`[x]` to `[x, {}]` is how a client asks for all keys that begin with x."""
    if not isinstance(value, dict):
        assert sort_key(["x"]) < sort_key(["x", value]) < sort_key(["x", {}])


@given(st.integers(-(2**50), 2**50), st.floats(-1e15, 1e15))
def test_numbers_compare_as_numbers(one: int, other: float) -> None:
    assert (sort_key(one) < sort_key(other)) == (float(one) < other)
    assert sort_key(one) == sort_key(float(one))


@given(st.text(), st.text())
def test_strings_are_told_apart(one: str, other: str) -> None:
    assert (sort_key(one) == sort_key(other)) == (one == other)


def test_raw_collation_is_by_bytes() -> None:
    ordered: list[Any] = [1, False, None, True, {"a": 1}, ["a"], "B", "a", "é"]
    keys = [raw_key(value) for value in ordered]
    assert keys == sorted(keys)
