"""What stands on a server and what is brought to it, merged row by row (逐行三方合并): pure.

A row is an entry of a dictionary, or a field of a place or of an account. What was brought last is
known by the marks of its rows: where somebody has edited a row since, it is that person's.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miaopu.case.canonical import canonical

Rows = Mapping[str, Any]
Marks = Mapping[str, str]


def mark(value: object) -> str:
    """A text that tells one JSON value from another."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]


def marks(rows: Rows) -> dict[str, str]:
    """The marks by which rows are recognised later."""
    return {name: mark(value) for name, value in rows.items()}


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows as they should stand, and the names of those where a person's word was kept though
    something else is brought."""

    rows: dict[str, Any]
    kept: tuple[str, ...]


def merge(last: Marks | None, there: Rows, ours: Rows) -> Merged:
    """Takes from `ours` what changed since `last`, but for the rows that were edited in `there`.

    `last` holds the marks of what was brought before; None: nobody knows, so that whatever stands
    may be a person's, and only what is missing is added.
    """
    before = last or {}
    rows: dict[str, Any] = {}
    kept: list[str] = []
    for name in dict.fromkeys((*ours, *there)):
        was, stands, comes = before.get(name), _mark_in(there, name), _mark_in(ours, name)
        is_edited = stands != was
        if is_edited and comes not in (was, stands):
            kept.append(name)
        chosen = there if is_edited or comes == was else ours
        if name in chosen:
            rows[name] = chosen[name]
    return Merged(rows, tuple(kept))


def _mark_in(rows: Rows, name: str) -> str | None:
    return mark(rows[name]) if name in rows else None
