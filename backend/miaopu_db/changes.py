"""The changes feed: rows in the order of their sequences, as JSON text in chunks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from . import store
from .database import Database
from .documents import Options, splice, unpack

CHUNK = 1 << 20
"""Bytes after which a chunk is sent: memory does not grow with the feed."""

BATCH = 500
"""Documents that a filter sees at a time."""

Filter = Callable[[list[bytes], list[str]], list[bool]]
"""Which of these documents pass. Given: their JSON and their ids."""


@dataclass(frozen=True, slots=True)
class Query:
    """One reading of the feed.

    `accepts` needs the documents' JSON; `ids` and `prefix` need no more than the id.
    """

    include_docs: bool = False
    all_leaves: bool = False
    descending: bool = False
    conflicts: bool = False
    attachments: bool = False
    encoding_info: bool = False
    seq_interval: int = 1
    ids: frozenset[str] | None = None
    prefix: str | None = None
    accepts: Filter | None = None
    separator: bytes = b",\r\n"

    @property
    def filtered(self) -> bool:
        return self.ids is not None or self.prefix is not None or self.accepts is not None


class Chunk(NamedTuple):
    """A part of the feed."""

    data: bytes
    """Rows as JSON text."""
    rows: int
    last: int
    """The sequence of the last change looked at, whether or not it passed the filter."""
    last_row: int
    seq: int
    """The database's sequence at the moment of reading."""
    left: int | None
    """How many changes come after `last`; None: some, and the next chunk is to be read."""

    @property
    def reached(self) -> int:
        """The sequence up to which everything was looked at."""
        return self.last if self.left != 0 else max(self.last, self.seq)


def read(
    cx: sqlite3.Connection, database: Database, query: Query, since: int, limit: int | None
) -> Chunk:
    """The next chunk of the feed after `since`, of at most `limit` rows."""
    rows = (_filtered if query.accepts is not None else _plain)(cx, database, query, since, limit)
    left: int | None = None
    if rows.exhausted:
        left = 0
    elif limit is not None and rows.number >= limit:
        left = 0 if query.descending else store.count_changes(cx, rows.last)
    seq: int = store.read_meta(cx, "seq")
    return Chunk(query.separator.join(rows.parts), rows.number, rows.last, rows.last_row, seq, left)


class _Rows(NamedTuple):
    parts: list[bytes]
    last: int
    last_row: int
    exhausted: bool
    """Whether the feed ends here."""

    @property
    def number(self) -> int:
        return len(self.parts)


def _select(query: Query, docs: bool) -> str:
    side, order = ("<", "DESC") if query.descending else (">", "ASC")
    body = "b.json, b.atts" if docs else "NULL, NULL"
    join = " JOIN body b ON b.num = d.body" if docs else ""
    return (
        f"SELECT d.seq, d.id, d.rev, d.deleted, d.leaves, {body} FROM doc d{join}"  # noqa: S608
        f" WHERE d.seq {side} ? ORDER BY d.seq {order} LIMIT ?"
    )


def _plain(
    cx: sqlite3.Connection, database: Database, query: Query, since: int, limit: int | None
) -> _Rows:
    most = 20_000 if limit is None or query.filtered else min(limit, 20_000)
    suffix = database.uuid[:16].encode()
    simple = query.include_docs and not query.conflicts
    every = query.seq_interval
    parts: list[bytes] = []
    size = seen = 0
    last = last_row = since
    ids, prefix = query.ids, query.prefix
    dumps = orjson.dumps
    for seq, doc_id, rev, deleted, leaves, body, atts in cx.execute(
        _select(query, query.include_docs), (since, most)
    ):
        seen += 1
        last = seq
        if ids is not None and doc_id not in ids:
            continue
        if prefix is not None and not doc_id.startswith(prefix):
            continue
        last_row = seq
        name = dumps(doc_id)
        tip = rev.encode()
        if leaves is None or not query.all_leaves:
            changes = b'{"rev":"%b"}' % tip
        else:
            changes = b",".join(b'{"rev":"%b"}' % one.encode() for one in orjson.loads(leaves))
        shown = b'"%d-%b"' % (seq, suffix)
        if every > 1 and len(parts) % every:
            shown = b"null"
        gone = b',"deleted":true' if deleted else b""
        if body is None:
            part = b'{"seq":%b,"id":%b,"changes":[%b]%b}' % (shown, name, changes, gone)
        elif simple and atts is None:
            body = unpack(body)
            part = b'{"seq":%b,"id":%b,"changes":[%b]%b,"doc":{"_id":%b,"_rev":"%b"%b%b%b}}' % (
                shown,
                name,
                changes,
                gone,
                name,
                tip,
                b"," if len(body) > 2 else b"",
                body[1:-1],
                b',"_deleted":true' if deleted else b"",
            )
        else:
            part = b'{"seq":%b,"id":%b,"changes":[%b]%b,"doc":%b}' % (
                shown,
                name,
                changes,
                gone,
                _document(cx, doc_id, query),
            )
        parts.append(part)
        size += len(part)
        if size >= CHUNK or (limit is not None and len(parts) >= limit):
            return _Rows(parts, last, last_row, False)
    return _Rows(parts, last, last_row, seen < most)


def _document(cx: sqlite3.Connection, doc_id: str, query: Query) -> bytes:
    options = Options(
        conflicts=query.conflicts,
        attachments=query.attachments,
        encoding_info=query.encoding_info,
    )
    row = store.read_row(cx, doc_id)
    found = store.read_revision(cx, row, None, options) if row is not None else None
    return b"null" if found is None else found.render(options)


def _filtered(
    cx: sqlite3.Connection, database: Database, query: Query, since: int, limit: int | None
) -> _Rows:
    accepts = query.accepts
    if accepts is None:
        raise ValueError("a filter is needed")
    rows = []
    size = 0
    cursor = cx.execute(_select(query, True), (since, BATCH))
    for *head, body, atts in cursor:
        text = splice(head[1], head[2], bool(head[3]), unpack(body))
        rows.append((*head, text, atts))
        size += len(text)
        if size >= 4 * CHUNK:
            break
    cursor.close()
    if not rows:
        return _Rows([], since, since, True)
    exhausted = len(rows) < BATCH and size < 4 * CHUNK
    passed = accepts([row[5] for row in rows], [row[1] for row in rows])
    suffix = database.uuid[:16].encode()
    parts: list[bytes] = []
    last = last_row = since
    for (seq, doc_id, rev, deleted, leaves, text, atts), passes in zip(rows, passed, strict=True):
        last = seq
        if not passes:
            continue
        last_row = seq
        tips = orjson.loads(leaves) if leaves and query.all_leaves else [rev]
        part = b'{"seq":"%d-%b","id":%b,"changes":%b%b' % (
            seq,
            suffix,
            orjson.dumps(doc_id),
            orjson.dumps([{"rev": tip} for tip in tips]),
            b',"deleted":true' if deleted else b"",
        )
        if query.include_docs:
            plain = atts is None and not query.conflicts
            part += b',"doc":' + (text if plain else _document(cx, doc_id, query))
        parts.append(part + b"}")
        if limit is not None and len(parts) >= limit:
            return _Rows(parts, last, last_row, False)
    return _Rows(parts, last, last_row, exhausted)
