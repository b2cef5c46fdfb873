"""Rows that were edited, and rows that are brought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.provision.merge import marks, merge

ROWS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2))


@pytest.mark.parametrize(
    ("last", "there", "ours", "merged", "kept"),
    [
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}, ()),
        ({"a": 1}, {"a": 3}, {"a": 1}, {"a": 3}, ()),
        ({"a": 1}, {"a": 3}, {"a": 2}, {"a": 3}, ("a",)),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, ()),
        ({"a": 1}, {"a": 1}, {}, {}, ()),
        ({"a": 1}, {"a": 3}, {}, {"a": 3}, ("a",)),
        ({"a": 1}, {}, {"a": 1}, {}, ()),
        ({"a": 1}, {}, {"a": 2}, {}, ("a",)),
        ({}, {"x": 1}, {}, {"x": 1}, ()),
        ({}, {}, {"a": 1}, {"a": 1}, ()),
        # Nobody knows what was brought: what stands may be a person's.
        (None, {"a": 3, "x": 1}, {"a": 1, "b": 2}, {"a": 3, "b": 2, "x": 1}, ("a",)),
    ],
)
def test_rows_are_merged(
    last: dict[str, int] | None,
    there: dict[str, int],
    ours: dict[str, int],
    merged: dict[str, int],
    kept: tuple[str, ...],
) -> None:
    found = merge(None if last is None else marks(last), there, ours)
    assert (found.rows, found.kept) == (merged, kept)


@given(ROWS, ROWS, ROWS)
def test_no_edited_row_is_lost_and_no_untouched_row_is_frozen(
    last: dict[str, int], there: dict[str, int], ours: dict[str, int]
) -> None:
    found = merge(marks(last), there, ours)
    for name in "abcd":
        edited = there.get(name) != last.get(name)
        assert found.rows.get(name) == (there if edited else ours).get(name)
    again = merge(marks(ours), found.rows, ours)
    assert (again.rows, again.kept) == (found.rows, ())
