"""What a row of a region's feed shows at a glance: most children belong to one clinic alone.

Nearly every row that a clinic's day brings is a child that only this clinic knows. To find that
without reading the document into objects, its text is searched for what would be of interest; where
anything like it is found, the row is read.
"""

import re
from collections.abc import Container, Iterable, Set

from miaopu.accounts.tree import Tree

_SITE = re.compile(rb'site":"([0-9]{10})"')
"""The clinic of an event, `from_site` and `to_site` of a move."""
_VALUE = re.compile(rb'"value":"([0-9]{10})"')
"""The managing clinic, a fact as others are."""
_ID = re.compile(rb'"id":"(child:[0-9A-Z]{26})"')
_JOINS = (b'"same_as"', b'"provisional"')
_SEVERAL = b'},{"rev":'
"""More than one leaf."""


def rows_of(answer: bytes) -> tuple[list[bytes], bytes] | None:
    """The rows of an answer of `_changes`, each as its JSON, and the JSON that is left of it.

    None where the answer is not laid out as CouchDB does it, one row on a line.
    """
    head, first, rest = answer.partition(b'{"results":[\n')
    lines, end, tail = rest.rpartition(b"\n],\n")
    if head or not first or not end:
        return None
    rows = [line.rstrip(b",\r") for line in lines.split(b"\n") if line]
    return rows, b"{" + tail


def sites_in(row: bytes) -> set[str]:
    """Clinics that the row names: at least those of `miaopu.case.moving.holders`."""
    found = set(_SITE.findall(row))
    found.update(_VALUE.findall(row))
    return {code.decode() for code in found}


def is_at_home(
    row: bytes,
    tree: Tree,
    settled: Set[str],
    linked: Container[str],
    numbers: Iterable[bytes],
) -> bool:
    """Whether the row's child is known to one clinic alone, and nothing is to be done about it.

    `settled`: clinics whose databases have had all that came before; `linked`: cases that were ever
    joined; `numbers`: cards and ID numbers by which provisional cases wait to be joined.
    """
    found = _ID.search(row, 0, 300)
    if found is None or _SEVERAL in row or any(word in row for word in _JOINS):
        return False
    if found[1].decode() in linked or any(number in row for number in numbers):
        return False
    sites = {code for code in sites_in(row) if code in tree.sites}
    return len(sites) == 1 and sites <= settled
