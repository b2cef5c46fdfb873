"""The revision tree of one document, as a pure value.

A revision is `N-hash`: its generation and an opaque id. A tree is a mapping from each known
revision to its `Node`. Because a revision names one state of a document, two trees merge by the
union of their nodes, and that makes merging commutative, associative and idempotent. The shapes
and the winner are CouchDB's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from .errors import bad_request

MAX_GENERATION = 2**53
_NAME = re.compile(r'[^\x00-\x1f"\\\x7f-\x9f\ud800-\udfff]*')


class Node(NamedTuple):
    """One revision: its parent (None at a root or where the tree was cut), the row that holds
    its body (0: not held), whether it deletes the document, and the bytes of its body and of
    what is attached to it."""

    parent: str | None
    body: int
    deleted: bool
    size: int = 0
    attached: int = 0


Tree = dict[str, Node]


def parse(rev: object) -> str:
    """A revision in its one spelling (32 hexadecimal digits become lower case), or 400."""
    if not isinstance(rev, str):
        raise bad_request("Invalid rev format")
    number, dash, name = rev.partition("-")
    if not dash or not number.isascii() or not number.isdigit() or len(number) > 16:
        raise bad_request("Invalid rev format")
    position = int(number)
    if position > MAX_GENERATION or len(name) > 256 or not _NAME.fullmatch(name):
        raise bad_request("Invalid rev format")
    if len(name) == 32:
        try:
            name = bytes.fromhex(name).hex()
        except ValueError:
            raise bad_request("Invalid rev format") from None
    return f"{position}-{name}"


def generation(rev: str) -> int:
    return int(rev.partition("-")[0])


def order(rev: str) -> tuple[int, bytes]:
    """CouchDB's order of revisions: by generation, then by the bytes of the id."""
    number, _, name = rev.partition("-")
    if len(name) == 32:
        try:
            return int(number), bytes.fromhex(name)
        except ValueError:
            pass
    return int(number), name.encode()


def merge_path(
    tree: Tree, path: Sequence[str], body: int, deleted: bool, size: int = 0, attached: int = 0
) -> tuple[Tree, bool]:
    """`tree` with the revision `path[0]`, whose ancestors are `path[1:]`, newest first; the rest
    as in `Node`.

    Returns the new tree and whether `path[0]` was not held before. A body that is held already
    is kept. Where two histories give one revision different parents, the greater one stays, so
    that the order of arrival does not matter.
    """
    leaf = path[0]
    known = tree.get(leaf)
    fresh = known is None or known.body == 0
    merged = dict(tree)
    for index, rev in enumerate(path):
        parent = path[index + 1] if index + 1 < len(path) else None
        node = merged.get(rev)
        if node is None:
            merged[rev] = Node(parent, 0, False)
        elif parent is not None and (node.parent is None or order(parent) > order(node.parent)):
            merged[rev] = node._replace(parent=parent)
    if fresh:
        merged[leaf] = Node(merged[leaf].parent, body, deleted, size, attached)
    return merged, fresh


def merge(one: Mapping[str, Node], other: Mapping[str, Node]) -> Tree:
    """The union of two trees of one document. Bodies: whichever is held (the lower row number
    when both are, which is the same content)."""
    merged = dict(one)
    for rev, node in other.items():
        mine = merged.get(rev)
        if mine is None:
            merged[rev] = node
            continue
        parents = [parent for parent in (mine.parent, node.parent) if parent is not None]
        bodies = [row for row in (mine.body, node.body) if row]
        merged[rev] = Node(
            max(parents, key=order, default=None),
            min(bodies, default=0),
            mine.deleted or node.deleted,
            max(mine.size, node.size),
            max(mine.attached, node.attached),
        )
    return merged


def leaves(tree: Mapping[str, Node]) -> list[str]:
    """The held revisions without a child, the winner first, as CouchDB orders them:
    those that live before deleted ones, then the greater revision."""
    parents = {node.parent for node in tree.values()}
    ends = [rev for rev, node in tree.items() if rev not in parents and node.body]
    return sorted(ends, key=lambda rev: (not tree[rev].deleted, order(rev)), reverse=True)


def winner(tree: Mapping[str, Node]) -> str | None:
    """The revision that a plain read gives, the same on every server; None in an empty tree."""
    ends = leaves(tree)
    return ends[0] if ends else None


def path(tree: Mapping[str, Node], rev: str) -> list[str]:
    """`rev` and its known ancestors, newest first."""
    result: list[str] = []
    at: str | None = rev
    while at is not None and at in tree:
        result.append(at)
        at = tree[at].parent
    return result


def stem(tree: Tree, limit: int) -> Tree:
    """The tree without what lies more than `limit` revisions above every leaf."""
    if len(tree) <= limit:
        return tree
    kept: set[str] = set()
    for leaf in leaves(tree):
        kept.update(path(tree, leaf)[:limit])
    return {
        rev: node if node.parent in kept else node._replace(parent=None)
        for rev, node in tree.items()
        if rev in kept
    }


def latest(tree: Mapping[str, Node], rev: str) -> list[str]:
    """The leaves that descend from `rev` (itself, when it is one), greatest first."""
    return [leaf for leaf in leaves(tree) if rev in path(tree, leaf)]


def missing(tree: Mapping[str, Node], revs: Iterable[str]) -> list[str]:
    """Those of `revs` that the tree has never seen."""
    return [rev for rev in revs if rev not in tree]


def possible_ancestors(tree: Mapping[str, Node], wanted: Iterable[str]) -> list[str]:
    """Leaves older than the newest missing revision: a sender may offer what came after them."""
    newest = max((generation(rev) for rev in wanted), default=0)
    return [leaf for leaf in leaves(tree) if generation(leaf) < newest]


def purge(tree: Tree, revs: Iterable[str]) -> tuple[Tree, list[str]]:
    """The tree without those of `revs` that are leaves, and without ancestors that then lead
    to no leaf. Returns the revisions that were removed as asked."""
    ends = set(leaves(tree))
    removed = [rev for rev in revs if rev in ends]
    kept: set[str] = set()
    for leaf in ends.difference(removed):
        kept.update(path(tree, leaf))
    return {rev: node for rev, node in tree.items() if rev in kept}, removed


def dump(tree: Mapping[str, Node]) -> bytes:
    """The tree as stored: a JSON list of `[revision, index of parent or -1, body, deleted]`,
    with `size` and `attached` where a body is held."""
    index = {rev: number for number, rev in enumerate(tree)}
    return orjson.dumps(
        [
            (
                rev,
                index.get(node.parent, -1) if node.parent else -1,
                node.body,
                int(node.deleted),
                *((node.size, node.attached) if node.body else ()),
            )
            for rev, node in tree.items()
        ]
    )


def load(data: bytes) -> Tree:
    """The inverse of `dump`."""
    rows = orjson.loads(data)
    return {
        rev: Node(rows[parent][0] if parent >= 0 else None, body, bool(deleted), *sizes)
        for rev, parent, body, deleted, *sizes in rows
    }
