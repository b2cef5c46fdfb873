"""Revision trees: whatever the order in which revisions arrive, every server agrees."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_db import revtree
from miaopu_db.errors import CouchError
from miaopu_db.revtree import Tree

Edit = tuple[list[str], bool]


@st.composite
def histories(draw: st.DrawFn) -> list[Edit]:
    """Edits of one document on servers that do not see each other: each is a path, newest
    first, and whether it deletes."""
    edits: list[Edit] = []
    paths: list[list[str]] = []
    for number in range(draw(st.integers(1, 12))):
        base = draw(st.sampled_from([[], *paths]))
        generation = len(base) + 1
        path = [f"{generation}-{number:x}", *base]
        paths.append(path)
        edits.append((path, draw(st.booleans())))
    return edits


def build(edits: list[Edit]) -> Tree:
    tree: Tree = {}
    for number, (path, deleted) in enumerate(edits):
        tree, _ = revtree.merge_path(tree, path, number + 1, deleted)
    return tree


def shape(tree: Tree) -> dict[str, tuple[str | None, bool, bool]]:
    """A tree without the numbers of its rows, which differ between servers."""
    return {rev: (node.parent, node.body > 0, node.deleted) for rev, node in tree.items()}


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(edits: list[Edit], rng: random.Random) -> None:
    shuffled = list(edits)
    rng.shuffle(shuffled)
    one, other = build(edits), build(shuffled)
    assert shape(one) == shape(other)
    assert revtree.leaves(one) == revtree.leaves(other)
    assert revtree.winner(one) == revtree.winner(other)


@given(histories())
def test_merging_twice_changes_nothing(edits: list[Edit]) -> None:
    tree = build(edits)
    for path, deleted in edits:
        again, fresh = revtree.merge_path(tree, path, 999, deleted)
        assert not fresh
        assert again == tree


@given(histories(), st.data())
def test_trees_merge_commutatively_and_idempotently(edits: list[Edit], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(edits)))
    one, other = build(edits[:cut]), build(edits[cut:])
    both = revtree.merge(one, other)
    assert shape(both) == shape(revtree.merge(other, one)) == shape(build(edits))
    assert shape(revtree.merge(both, one)) == shape(both)


@given(histories())
def test_the_winner_lives_if_anything_does(edits: list[Edit]) -> None:
    tree = build(edits)
    ends = revtree.leaves(tree)
    living = [rev for rev in ends if not tree[rev].deleted]
    best = max(living or ends, key=revtree.order)
    assert revtree.winner(tree) == ends[0] == best


@given(histories(), st.integers(1, 6))
def test_stemming_keeps_the_leaves_and_is_idempotent(edits: list[Edit], limit: int) -> None:
    tree = build(edits)
    stemmed = revtree.stem(tree, limit)
    assert revtree.leaves(stemmed) == revtree.leaves(tree)
    assert revtree.stem(stemmed, limit) == stemmed
    for leaf in revtree.leaves(stemmed):
        # A branch keeps what another, longer one still needs, and never less than its own part.
        assert revtree.path(stemmed, leaf)[:limit] == revtree.path(tree, leaf)[:limit]


@given(histories())
def test_what_is_stored_is_what_is_read(edits: list[Edit]) -> None:
    tree = build(edits)
    assert revtree.load(revtree.dump(tree)) == tree


@given(histories(), st.data())
def test_purging_leaves_removes_just_their_branches(edits: list[Edit], data: st.DataObject) -> None:
    tree = build(edits)
    ends = revtree.leaves(tree)
    gone = data.draw(st.lists(st.sampled_from(ends), unique=True))
    rest, removed = revtree.purge(tree, gone)
    assert removed == gone
    assert revtree.leaves(rest) == [leaf for leaf in ends if leaf not in gone]


def test_the_winner_follows_couchdb() -> None:
    tree = build([(["1-a"], False), (["2-b", "1-a"], False), (["2-c", "1-a"], False)])
    assert revtree.leaves(tree) == ["2-c", "2-b"]
    tree = build([(["1-a"], False), (["3-x", "2-b", "1-a"], True), (["2-c", "1-a"], False)])
    assert revtree.leaves(tree) == ["2-c", "3-x"]


def test_a_revision_cannot_have_two_parents() -> None:
    one = build([(["2-x", "1-a"], False), (["2-x", "1-b"], False)])
    other = build([(["2-x", "1-b"], False), (["2-x", "1-a"], False)])
    assert shape(one) == shape(other)
    assert revtree.leaves(one) == ["2-x"]


def test_latest_follows_a_revision_to_its_leaves() -> None:
    tree = build([(["1-a"], False), (["2-b", "1-a"], False), (["2-c", "1-a"], False)])
    assert revtree.latest(tree, "1-a") == ["2-c", "2-b"]
    assert revtree.latest(tree, "2-b") == ["2-b"]


def test_possible_ancestors_are_older_leaves() -> None:
    tree = build([(["1-a"], False), (["2-b", "1-a"], False)])
    assert revtree.missing(tree, ["3-z", "2-b"]) == ["3-z"]
    assert revtree.possible_ancestors(tree, ["3-z"]) == ["2-b"]
    assert revtree.possible_ancestors(tree, ["2-z"]) == []


@pytest.mark.parametrize(
    "text", ["", "1", "x-y", "-1-a", '1-"', "1-\\", "1" * 17 + "-a", "1-é\x00"]
)
def test_what_is_no_revision_is_refused(text: str) -> None:
    with pytest.raises(CouchError) as caught:
        revtree.parse(text)
    assert caught.value.status == 400


def test_hexadecimal_revisions_have_one_spelling() -> None:
    assert revtree.parse("1-" + "AB" * 16) == "1-" + "ab" * 16
    assert revtree.parse("1-A") == "1-A"
    with pytest.raises(CouchError):
        revtree.parse("1-" + "zz" * 16)
