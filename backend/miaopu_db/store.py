"""One database in one SQLite file: what is stored and how it is changed.

Only `Writer` changes anything, on the one thread that owns it; `read_*` functions work on any
reader's connection. Nothing here knows HTTP, users or JavaScript.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from . import revtree
from .documents import (
    Attachment,
    Document,
    NewDocument,
    Options,
    new_revision,
    pack,
    pack_attachments,
    unpack,
    unpack_attachments,
)
from .errors import CouchError, bad_request, conflict, missing_stub, not_found

PAGE = 8192
DEFAULT_REVS_LIMIT = 1000
TOGETHER = 128
"""Documents of one request that are looked up, validated and stored at once."""
DEFAULT_PURGED_INFOS_LIMIT = 1000
MUCH = 1 << 20
"""Bytes of bodies in one transaction after which its log is worth bringing into the file."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE doc (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  rev TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  leaves TEXT,              -- JSON list of all leaves, winner first; NULL where there is one
  body INTEGER NOT NULL,    -- the winner's row in `body`
  tree BLOB NOT NULL
);
CREATE UNIQUE INDEX doc_id ON doc (id);
CREATE UNIQUE INDEX doc_seq ON doc (seq);
CREATE UNIQUE INDEX doc_live ON doc (id) WHERE deleted = 0;
CREATE TABLE body (num INTEGER PRIMARY KEY, json BLOB NOT NULL, atts TEXT);
CREATE TABLE att (key TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE local (id TEXT PRIMARY KEY, rev INTEGER NOT NULL, json BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE purged (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, revs TEXT NOT NULL);
"""

Validate = Callable[[list[tuple[NewDocument, Document | None]]], list[CouchError | None]]
"""New documents, each with the one that it follows → why it may not follow it, or None."""


class Row(NamedTuple):
    """The state of one document: its winner and its tree."""

    num: int
    id: str
    seq: int
    rev: str
    deleted: int
    leaves: str | None
    body: int
    tree: bytes

    def all_leaves(self) -> list[str]:
        return orjson.loads(self.leaves) if self.leaves else [self.rev]


_SELECT_ROW = "SELECT num, id, seq, rev, deleted, leaves, body, tree FROM doc "


class Outcome(NamedTuple):
    """What became of one write. `rev` is the revision that is now stored."""

    id: str
    rev: str
    error: CouchError | None = None

    def members(self) -> dict[str, Any]:
        """The row that `_bulk_docs` answers."""
        if self.error is not None:
            return {"id": self.id, **self.error.members()}
        return {"ok": True, "id": self.id, "rev": self.rev}


class _Edit(NamedTuple):
    """A write that is to be validated and stored: what it follows (`parent`, and `base` as its
    writer named it) and the attachments that it keeps."""

    doc: NewDocument
    row: Row | None
    tree: revtree.Tree
    parent: str | None
    base: str | None
    kept: dict[str, Attachment]


class Info(NamedTuple):
    """Counters of a database, all of one moment; sizes in bytes."""

    doc_count: int
    del_count: int
    seq: int
    purge_seq: int
    file_size: int
    active_size: int
    """What the leaves hold."""
    garbage: int
    """About what a compaction gives back: outdated bodies and attachments, and free pages."""


def connect(path: Path, *, write: bool = False) -> sqlite3.Connection:
    """A connection in WAL mode; a writer's commits reach the disk before they return."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256, timeout=30
    )
    connection.execute(f"PRAGMA cache_size = {-16384 if write else -4096}")
    if write:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    else:
        connection.execute("PRAGMA query_only = ON")
    return connection


def create(path: Path, security: dict[str, Any]) -> None:
    """Makes the file of a new, empty database."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript("BEGIN;" + _SCHEMA)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [
                ("uuid", uuid.uuid4().hex),
                ("created", int(time.time())),
                ("security", orjson.dumps(security).decode()),
                ("revs_limit", DEFAULT_REVS_LIMIT),
                ("purged_infos_limit", DEFAULT_PURGED_INFOS_LIMIT),
                ("doc_count", 0),
                ("del_count", 0),
                ("seq", 0),
                ("purge_seq", 0),
                ("bytes", 0),
                ("outdated", 0),
                ("outdated_atts", 0),
            ],
        )
        connection.execute("COMMIT")
    finally:
        connection.close()


def read_meta(cx: sqlite3.Connection, name: str) -> Any:
    return cx.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0]


def read_info(cx: sqlite3.Connection) -> Info:
    values = dict(cx.execute("SELECT name, value FROM meta"))
    pages: int = cx.execute("PRAGMA page_count").fetchone()[0]
    free: int = cx.execute("PRAGMA freelist_count").fetchone()[0]
    outdated = values.get("outdated", 0) + values.get("outdated_atts", 0)
    return Info(
        values["doc_count"],
        values["del_count"],
        values["seq"],
        values["purge_seq"],
        pages * PAGE,
        max(0, values["bytes"] - outdated),
        outdated + free * PAGE,
    )


def read_row(cx: sqlite3.Connection, doc_id: str) -> Row | None:
    found = cx.execute(_SELECT_ROW + "WHERE id = ?", (doc_id,)).fetchone()
    return None if found is None else Row._make(found)


def read_rows(cx: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Row]:
    """The rows of those of `ids` that exist."""
    rows: dict[str, Row] = {}
    for start in range(0, len(ids), 400):
        part = ids[start : start + 400]
        marks = ",".join("?" * len(part))
        for found in cx.execute(_SELECT_ROW + f"WHERE id IN ({marks})", part):
            row = Row._make(found)
            rows[row.id] = row
    return rows


def read_bodies(
    cx: sqlite3.Connection, numbers: Sequence[int]
) -> dict[int, tuple[bytes, str | None]]:
    """Bodies and packed attachments, by their numbers."""
    found: dict[int, tuple[bytes, str | None]] = {}
    for start in range(0, len(numbers), 400):
        part = numbers[start : start + 400]
        marks = ",".join("?" * len(part))
        for number, body, packed in cx.execute(
            f"SELECT num, json, atts FROM body WHERE num IN ({marks})",  # noqa: S608
            part,
        ):
            found[number] = (unpack(body), packed)
    return found


def read_revision(
    cx: sqlite3.Connection, row: Row, rev: str | None, options: Options
) -> Document | None:
    """One revision of a document (None: its winner); None when its body is not held."""
    tree: revtree.Tree = {}
    deleted = bool(row.deleted)
    number = row.body
    if rev is not None and rev != row.rev:
        tree = revtree.load(row.tree)
        node = tree.get(rev)
        if node is None or not node.body:
            return None
        number, deleted = node.body, node.deleted
    elif options.needs_tree or options.attachments_since:
        tree = revtree.load(row.tree)
    body, packed = cx.execute("SELECT json, atts FROM body WHERE num = ?", (number,)).fetchone()
    document = Document(
        row.id, rev or row.rev, deleted, unpack(body), unpack_attachments(packed), row.seq, tree
    )
    if options.attachments and document.attachments:
        for name, attachment in document.attachments.items():
            if document.wants(name, options):
                document.data[name] = read_attachment(cx, attachment.key)
    return document


def read_winner(
    cx: sqlite3.Connection, doc_id: str, options: Options | None = None
) -> Document | None:
    """The document as a plain read gives it: None when there is none or it is deleted."""
    row = read_row(cx, doc_id)
    if row is None or row.deleted:
        return None
    return read_revision(cx, row, None, options or Options())


def read_open_revs(
    cx: sqlite3.Connection, doc_id: str, revs: list[str] | None, options: Options
) -> list[Document | str]:
    """The revisions asked for (None: all leaves). One that is not held comes back as its id."""
    row = read_row(cx, doc_id)
    if row is None:
        return list(revs or [])
    results: list[Document | str] = []
    seen: set[str] = set()
    wanted = row.all_leaves() if revs is None else revs
    tree = revtree.load(row.tree) if options.latest and revs is not None else {}
    for rev in wanted:
        chosen = (revtree.latest(tree, rev) or [rev]) if rev in tree else [rev]
        for one in chosen:
            if one in seen:
                continue
            seen.add(one)
            results.append(read_revision(cx, row, one, options) or one)
    return results


def read_attachment(cx: sqlite3.Connection, key: str) -> bytes:
    data: bytes = cx.execute("SELECT data FROM att WHERE key = ?", (key,)).fetchone()[0]
    return data


def read_missing(
    cx: sqlite3.Connection, wanted: dict[str, list[str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """Per document: the revisions never seen here, and leaves that may be their ancestors."""
    rows = read_rows(cx, list(wanted))
    result: dict[str, tuple[list[str], list[str]]] = {}
    for doc_id, revs in wanted.items():
        row = rows.get(doc_id)
        if row is None:
            if revs:
                result[doc_id] = (list(dict.fromkeys(revs)), [])
            continue
        if len(revs) == 1 and revs[0] == row.rev:
            continue
        tree = revtree.load(row.tree)
        absent = list(dict.fromkeys(revtree.missing(tree, revs)))
        if absent:
            result[doc_id] = (absent, revtree.possible_ancestors(tree, absent))
    return result


def read_local(cx: sqlite3.Connection, doc_id: str) -> tuple[str, bytes] | None:
    """A local document: its revision and its body."""
    found = cx.execute("SELECT rev, json FROM local WHERE id = ?", (doc_id,)).fetchone()
    return None if found is None else (f"0-{found[0]}", found[1])


def read_ids(cx: sqlite3.Connection, prefix: str) -> list[str]:
    """Ids of the living documents that begin with `prefix`."""
    return [
        found[0]
        for found in cx.execute(
            "SELECT id FROM doc WHERE deleted = 0 AND id >= ? AND id < ? ORDER BY id",
            (prefix, prefix + "\U0010ffff"),
        )
    ]


def read_purged(cx: sqlite3.Connection) -> list[tuple[str, list[str]]]:
    return [
        (doc_id, orjson.loads(revs))
        for doc_id, revs in cx.execute("SELECT id, revs FROM purged ORDER BY seq")
    ]


_COUNTERS = ("seq", "doc_count", "del_count", "bytes", "outdated", "outdated_atts")


def _distinct(documents: Iterable[NewDocument]) -> Iterator[list[NewDocument]]:
    """The documents in their order, cut before one whose id has just been written, and where there
    are many."""
    part: list[NewDocument] = []
    ids: set[str] = set()
    for doc in documents:
        if doc.id in ids or len(part) >= TOGETHER:
            yield part
            part, ids = [], set()
        part.append(doc)
        ids.add(doc.id)
    if part:
        yield part


class Writer:
    """The only hand that changes the database. Lives on one thread, within its transactions."""

    def __init__(self, path: Path) -> None:
        self.cx = connect(path, write=True)
        self.design_changed = False
        self.wrote_much = False
        """Whether the last transaction made the log much longer."""
        # A database from before there were these counters counts from now on.
        self.cx.executemany(
            "INSERT OR IGNORE INTO meta VALUES (?, 0)", [(name,) for name in _COUNTERS]
        )
        self.reload()

    def reload(self) -> None:
        """Takes the counters from the file: at the start, and after a transaction was undone."""
        values = dict(self.cx.execute("SELECT name, value FROM meta"))
        self.seq: int = values["seq"]
        self.revs_limit: int = values["revs_limit"]
        self._live: int = values["doc_count"]
        self._gone: int = values["del_count"]
        self._bytes: int = values["bytes"]
        self._outdated: int = values["outdated"]
        self._outdated_atts: int = values["outdated_atts"]
        self._next_body: int = self.cx.execute(
            "SELECT coalesce(max(num), 0) + 1 FROM body"
        ).fetchone()[0]
        self._next_doc: int = self.cx.execute(
            "SELECT coalesce(max(num), 0) + 1 FROM doc"
        ).fetchone()[0]
        self._saved = self._counters()

    def _counters(self) -> tuple[int, ...]:
        return (
            self.seq,
            self._live,
            self._gone,
            self._bytes,
            self._outdated,
            self._outdated_atts,
        )

    def begin(self) -> None:
        self.cx.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Returns when everything since `begin` is on the disk."""
        now = self._counters()
        self.wrote_much = self._bytes - self._saved[_COUNTERS.index("bytes")] > MUCH
        if now != self._saved:
            self.cx.executemany(
                "UPDATE meta SET value = ? WHERE name = ?",
                zip(now, _COUNTERS, strict=True),
            )
        self.cx.execute("COMMIT")
        self._saved = now

    def rollback(self) -> None:
        if self.cx.in_transaction:
            self.cx.execute("ROLLBACK")
        self.reload()

    def savepoint(self) -> tuple[int, ...]:
        self.cx.execute("SAVEPOINT job")
        return (*self._counters(), self._next_body, self._next_doc)

    def release(self) -> None:
        self.cx.execute("RELEASE job")

    def undo(self, point: tuple[int, ...]) -> None:
        """Back to `point`, as if the job had never begun."""
        if self.cx.in_transaction:
            self.cx.execute("ROLLBACK TO job")
            self.cx.execute("RELEASE job")
        self.seq, self._live, self._gone, self._bytes, self._outdated = point[:5]
        self._outdated_atts, self._next_body, self._next_doc = point[5:]

    def checkpoint(self) -> None:
        """Brings the log into the file as far as readers let it. SQLite would do so within a later
        commit, while somebody waits."""
        self.cx.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        self.cx.close()

    # -- documents ---------------------------------------------------------------------------

    def update(
        self, documents: Iterable[NewDocument], new_edits: bool, validate: Validate | None
    ) -> list[Outcome]:
        """Writes documents, each on its own: a refused one carries its error."""
        outcomes: list[Outcome] = []
        for part in _distinct(documents):
            outcomes += self._update(part, new_edits, validate)
        return outcomes

    def _update(
        self, documents: list[NewDocument], new_edits: bool, validate: Validate | None
    ) -> list[Outcome]:
        """Writes documents of different ids. All are looked up, validated and stored together:
        each step of its own would wait for its turn among the other threads."""
        rows = read_rows(self.cx, [doc.id for doc in documents])
        outcomes: list[Outcome | None] = []
        edits: list[tuple[int, _Edit]] = []
        for doc in documents:
            outcome: Outcome | None = None
            try:
                if doc.refused is not None:
                    raise doc.refused
                if doc.id.startswith("_local/"):
                    outcome = self._write_local(doc)
                else:
                    found = self._edit(doc, rows.get(doc.id), new_edits)
                    if isinstance(found, Outcome):
                        outcome = found
                    else:
                        edits.append((len(outcomes), found))
            except CouchError as error:
                if error.error == "missing_stub":
                    # As in CouchDB: whoever promised bytes that are not there sends all again.
                    raise
                outcome = Outcome(doc.id, "", error)
            outcomes.append(outcome)
        refusals: list[CouchError | None] = [None] * len(edits)
        if validate is not None and edits:
            refusals = validate(self._with_old([edit for _, edit in edits]))
        bodies: list[tuple[int, bytes, str | None]] = []
        inserts: list[Row] = []
        updates: list[tuple[Any, ...]] = []
        for (place, edit), refusal in zip(edits, refusals, strict=True):
            try:
                if refusal is not None:
                    raise refusal
                outcomes[place], row = self._store(edit, new_edits, bodies)
            except CouchError as error:
                outcomes[place] = Outcome(edit.doc.id, "", error)
                continue
            if edit.row is None:
                inserts.append(row)
            else:
                updates.append((*row[2:], row.num))
            if row.id.startswith("_design/"):
                self.design_changed = True
        self.cx.executemany("INSERT INTO body VALUES (?, ?, ?)", bodies)
        self.cx.executemany("INSERT INTO doc VALUES (?, ?, ?, ?, ?, ?, ?, ?)", inserts)
        self.cx.executemany(
            "UPDATE doc SET seq = ?, rev = ?, deleted = ?, leaves = ?, body = ?, tree = ?"
            " WHERE num = ?",
            updates,
        )
        return [outcome for outcome in outcomes if outcome is not None]

    def _edit(self, doc: NewDocument, row: Row | None, new_edits: bool) -> _Edit | Outcome:
        """What a write is to come to; an `Outcome` when it changes nothing."""
        tree = revtree.load(row.tree) if row is not None else {}
        if new_edits:
            parent = self._parent(doc, row, tree)
            base = doc.revs[0] if doc.revs else None
        else:
            rev = doc.revs[0]
            if rev in tree:
                # Seen before: as a leaf, or as an ancestor of one.
                return Outcome(doc.id, rev)
            parent = base = next(
                (one for one in doc.revs[1:] if one in tree and tree[one].body), None
            )
        generation = revtree.generation(parent) + 1 if parent else 1
        if not new_edits:
            generation = revtree.generation(doc.revs[0])
        kept = self._attachments(doc, row, tree, base, generation, new_edits)
        return _Edit(doc, row, tree, parent, base, kept)

    def _with_old(self, edits: list[_Edit]) -> list[tuple[NewDocument, Document | None]]:
        """Each document with the revision that it follows."""
        numbers = [
            edit.tree[edit.base].body if edit.base is not None and edit.base in edit.tree else 0
            for edit in edits
        ]
        held = read_bodies(self.cx, [number for number in numbers if number])
        pairs: list[tuple[NewDocument, Document | None]] = []
        for edit, number in zip(edits, numbers, strict=True):
            old = None
            if number in held and edit.base is not None and edit.row is not None:
                body, packed = held[number]
                deleted = edit.tree[edit.base].deleted
                attachments = unpack_attachments(packed)
                seq = edit.row.seq
                old = Document(edit.doc.id, edit.base, deleted, body, attachments, seq, edit.tree)
            pairs.append((edit.doc, old))
        return pairs

    def _store(
        self, edit: _Edit, new_edits: bool, bodies: list[tuple[int, bytes, str | None]]
    ) -> tuple[Outcome, Row]:
        """The row that a write makes; its body is added to `bodies`."""
        doc, row, tree, parent, _, kept = edit
        if new_edits:
            rev = new_revision(doc, parent, kept)
            if rev in tree:
                raise conflict()
            path = [rev, *(revtree.path(tree, parent) if parent else [])]
        else:
            path = doc.revs
        for name, given in doc.attachments.items():
            if given.data is not None:
                self._store_attachment(kept[name].key, given.data)

        number = self._next_body
        self._next_body += 1
        kept_body = pack(doc.body)
        size = len(kept_body)
        attached = sum(one.stored for one in kept.values())
        bodies.append((number, kept_body, pack_attachments(kept)))
        if row is None and len(path) == 1:
            merged: revtree.Tree = {
                path[0]: revtree.Node(None, number, doc.deleted, size, attached)
            }
            ends = path
        else:
            grown, _ = revtree.merge_path(tree, path, number, doc.deleted, size, attached)
            merged = revtree.stem(grown, self.revs_limit)
            ends = revtree.leaves(merged)
            # What the leaves that have a child now held, and it has not kept, is garbage.
            outdated = [tree[rev] for rev in row.all_leaves() if rev not in ends] if row else []
            self._outdated += sum(node.size for node in outdated)
            if any(node.attached for node in outdated):
                stubs = [kept[name] for name, one in doc.attachments.items() if one.data is None]
                self._outdated_atts += max(
                    0,
                    sum(node.attached for node in outdated) - sum(one.stored for one in stubs),
                )
            if len(merged) < len(grown):
                self._drop_outdated(node for rev, node in grown.items() if rev not in merged)
        win = ends[0]
        self.seq += 1
        self._bytes += size
        deleted = merged[win].deleted
        if row is None:
            doc_number = self._next_doc
            self._next_doc += 1
        else:
            doc_number = row.num
            if row.deleted:
                self._gone -= 1
            else:
                self._live -= 1
        if deleted:
            self._gone += 1
        else:
            self._live += 1
        updated = Row(
            doc_number,
            doc.id,
            self.seq,
            win,
            int(deleted),
            orjson.dumps(ends).decode() if len(ends) > 1 else None,
            merged[win].body,
            revtree.dump(merged),
        )
        return Outcome(doc.id, path[0]), updated

    @staticmethod
    def _parent(doc: NewDocument, row: Row | None, tree: revtree.Tree) -> str | None:
        """The revision that an interactive edit follows; 409 when that is not a leaf."""
        given = doc.revs[0] if doc.revs else None
        if row is None:
            if given is not None:
                raise conflict()
            return None
        if given is None:
            if not row.deleted:
                raise conflict()
            return row.rev
        if given != row.rev and given not in revtree.leaves(tree):
            raise conflict()
        return given

    def _attachments(
        self,
        doc: NewDocument,
        row: Row | None,
        tree: revtree.Tree,
        base: str | None,
        generation: int,
        new_edits: bool,
    ) -> dict[str, Attachment]:
        """What the new revision holds; stubs are taken from the revision it follows."""
        kept: dict[str, Attachment] = {}
        held: dict[str, Attachment] | None = None
        for name, given in doc.attachments.items():
            if given.data is not None:
                kept[name] = given.store(generation if new_edits else given.revpos or generation)
                continue
            if held is None:
                node = tree.get(base) if base is not None and row is not None else None
                held = {}
                if node is not None and node.body:
                    packed = self.cx.execute(
                        "SELECT atts FROM body WHERE num = ?", (node.body,)
                    ).fetchone()[0]
                    held = unpack_attachments(packed)
            if name not in held or given.revpos not in (None, held[name].revpos):
                raise missing_stub(f"Invalid attachment stub in {doc.id} for {name}")
            kept[name] = held[name]
            given.digest, given.length = held[name].digest, held[name].length
        return kept

    def _store_attachment(self, key: str, data: bytes) -> None:
        stored = self.cx.execute("INSERT OR IGNORE INTO att VALUES (?, ?)", (key, data))
        self._bytes += len(data) if stored.rowcount else 0

    def _write_local(self, doc: NewDocument) -> Outcome:
        # Attachments of a local document are left out in silence, as CouchDB does.
        number = 0
        if doc.revs:
            position, _, name = doc.revs[0].partition("-")
            if position != "0" or not name.isdigit() or len(name) > 15:
                raise bad_request("Invalid rev format")
            number = int(name)
        if doc.deleted:
            self.cx.execute("DELETE FROM local WHERE id = ?", (doc.id,))
            return Outcome(doc.id, "0-0")
        self.cx.execute(
            "INSERT INTO local VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, json = excluded.json",
            (doc.id, number + 1, doc.body),
        )
        return Outcome(doc.id, f"0-{number + 1}")

    # -- settings ----------------------------------------------------------------------------

    def set_meta(self, name: str, value: Any) -> None:
        self.cx.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
        if name == "revs_limit":
            self.revs_limit = value

    # -- purge and compaction ----------------------------------------------------------------

    def purge(self, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
        """Forgets leaves for good, as if they had never been. Per document: what was removed."""
        result: dict[str, list[str]] = {}
        for doc_id, revs in wanted.items():
            row = read_row(self.cx, doc_id)
            if row is None:
                result[doc_id] = []
                continue
            tree = revtree.load(row.tree)
            remaining, removed = revtree.purge(tree, revs)
            result[doc_id] = removed
            if not removed:
                continue
            self._drop_outdated(
                node for rev, node in tree.items() if rev not in remaining and rev not in removed
            )
            self._drop_bodies(tree[rev] for rev in set(removed))
            self._outdated_atts += sum(tree[rev].attached for rev in set(removed))
            if row.deleted:
                self._gone -= 1
            else:
                self._live -= 1
            ends = revtree.leaves(remaining)
            if ends:
                self.seq += 1
                deleted = remaining[ends[0]].deleted
                self._gone += int(deleted)
                self._live += int(not deleted)
                self.cx.execute(
                    "UPDATE doc SET seq = ?, rev = ?, deleted = ?, leaves = ?, body = ?, tree = ?"
                    " WHERE num = ?",
                    (
                        self.seq,
                        ends[0],
                        int(deleted),
                        orjson.dumps(ends).decode() if len(ends) > 1 else None,
                        remaining[ends[0]].body,
                        revtree.dump(remaining),
                        row.num,
                    ),
                )
            else:
                self.cx.execute("DELETE FROM doc WHERE num = ?", (row.num,))
                self.seq += 1
            number = read_meta(self.cx, "purge_seq") + 1
            self.set_meta("purge_seq", number)
            self.cx.execute(
                "INSERT INTO purged VALUES (?, ?, ?)",
                (number, doc_id, orjson.dumps(removed).decode()),
            )
            if doc_id.startswith("_design/"):
                self.design_changed = True
        limit = read_meta(self.cx, "purged_infos_limit")
        self.cx.execute(
            "DELETE FROM purged WHERE seq <= (SELECT max(seq) FROM purged) - ?", (limit,)
        )
        return result

    def _attached(self, numbers: Iterable[int]) -> list[str | None]:
        """What is attached to bodies, packed."""
        return [
            packed
            for number in numbers
            for (packed,) in self.cx.execute("SELECT atts FROM body WHERE num = ?", (number,))
        ]

    def _drop_bodies(self, nodes: Iterable[revtree.Node]) -> int:
        """Forgets the bodies of revisions; returns how many bytes they had."""
        held = [node for node in nodes if node.body]
        self.cx.executemany("DELETE FROM body WHERE num = ?", [(node.body,) for node in held])
        size = sum(node.size for node in held)
        self._bytes -= size
        return size

    def _drop_outdated(self, nodes: Iterable[revtree.Node]) -> None:
        """Forgets bodies of revisions that were no leaves any more."""
        self._outdated = max(0, self._outdated - self._drop_bodies(nodes))

    def compact(self, after: int, seconds: float) -> int | None:
        """Drops the bodies of outdated revisions of the documents whose number is above `after`,
        for about so many seconds. Returns the last number looked at; None when there is none."""
        until = time.perf_counter() + seconds
        last = None
        for found in self.cx.execute(
            _SELECT_ROW + "WHERE num > ? ORDER BY num LIMIT 1000", (after,)
        ).fetchall():
            row = Row._make(found)
            last = row.num
            tree = revtree.load(row.tree)
            ends = set(revtree.leaves(tree))
            old = {rev: node for rev, node in tree.items() if node.body and rev not in ends}
            if old:
                self._drop_outdated(old.values())
                tree.update(
                    {rev: revtree.Node(node.parent, 0, node.deleted) for rev, node in old.items()}
                )
                self.cx.execute(
                    "UPDATE doc SET tree = ? WHERE num = ?", (revtree.dump(tree), row.num)
                )
            if time.perf_counter() > until:
                break
        return last

    def drop_orphans(self, used: set[str], seq: int, seconds: float) -> bool:
        """Forgets attachments that no held revision has, for about so many seconds; True when
        none is left. `used`: the keys in use at `seq`, by `read_attachment_keys`."""
        until = time.perf_counter() + seconds
        used = used | {
            attachment.key
            for (tree,) in self.cx.execute("SELECT tree FROM doc WHERE seq > ?", (seq,)).fetchall()
            for packed in self._attached(node.body for node in revtree.load(tree).values())
            for attachment in unpack_attachments(packed).values()
        }
        for key, size in self.cx.execute("SELECT key, length(data) FROM att").fetchall():
            if key not in used:
                self.cx.execute("DELETE FROM att WHERE key = ?", (key,))
                self._bytes -= size
                if time.perf_counter() > until:
                    return False
        self._outdated_atts = 0
        return True

    def give_back(self, seconds: float) -> int:
        """Returns free pages to the disk, for about so many seconds; how many are left."""
        return give_back(self.cx, seconds)


def give_back(cx: sqlite3.Connection, seconds: float) -> int:
    """Within a transaction: cuts free pages off a file, for about so many seconds. Returns how
    many are left. The file itself shrinks with the next checkpoint."""
    until = time.perf_counter() + seconds
    while (left := cx.execute("PRAGMA freelist_count").fetchone()[0]) > 0:
        # Python takes one step of the statement, and a step is one page.
        cx.execute("PRAGMA incremental_vacuum(1)")
        if time.perf_counter() > until:
            break
    return int(left)


def read_last(cx: sqlite3.Connection) -> int:
    """The greatest number of a document; 0 when there is none."""
    last: int = cx.execute("SELECT coalesce(max(num), 0) FROM doc").fetchone()[0]
    return last


def read_whether_attached(cx: sqlite3.Connection) -> bool:
    return cx.execute("SELECT 1 FROM att LIMIT 1").fetchone() is not None


def read_attachment_keys(cx: sqlite3.Connection) -> tuple[set[str], int]:
    """The keys of all attachments that a held revision has, and the sequence of that moment."""
    seq = read_meta(cx, "seq")
    keys = {
        attachment.key
        for (packed,) in cx.execute("SELECT atts FROM body WHERE atts IS NOT NULL")
        for attachment in unpack_attachments(packed).values()
    }
    return keys, seq


def checkpoint(path: Path) -> None:
    """Brings the log into the file and gives its room back, unless somebody reads or writes."""
    connection = connect(path, write=True)
    try:
        connection.execute("PRAGMA busy_timeout = 0")
        for way in ("PASSIVE", "TRUNCATE"):
            connection.execute(f"PRAGMA wal_checkpoint({way})").fetchall()
    finally:
        connection.close()


def read_changes(
    cx: sqlite3.Connection, since: int, limit: int
) -> list[tuple[int, str, str, int, bytes]]:
    """Up to `limit` changed documents: sequence, id, winner, whether deleted, body."""
    return [
        (seq, doc_id, rev, deleted, unpack(body))
        for seq, doc_id, rev, deleted, body in cx.execute(
            "SELECT d.seq, d.id, d.rev, d.deleted, b.json FROM doc d JOIN body b ON b.num = d.body"
            " WHERE d.seq > ? ORDER BY d.seq LIMIT ?",
            (since, limit),
        )
    ]


def read_leaves(cx: sqlite3.Connection, since: int, limit: int) -> list[tuple[int, str, list[str]]]:
    """Up to `limit` changed documents: sequence, id, and leaves, the winner first."""
    return [
        (seq, doc_id, orjson.loads(leaves) if leaves else [rev])
        for seq, doc_id, rev, leaves in cx.execute(
            "SELECT seq, id, rev, leaves FROM doc WHERE seq > ? ORDER BY seq LIMIT ?",
            (since, limit),
        )
    ]


def count_changes(cx: sqlite3.Connection, since: int) -> int:
    """How many documents changed after `since`: the feed's `pending`."""
    count: int = cx.execute("SELECT count(*) FROM doc WHERE seq > ?", (since,)).fetchone()[0]
    return count


def iterate_design(cx: sqlite3.Connection) -> Iterator[Document]:
    """The living design documents."""
    for doc_id in read_ids(cx, "_design/"):
        document = read_winner(cx, doc_id)
        if document is not None:
            yield document


def require_row(cx: sqlite3.Connection, doc_id: str) -> Row:
    row = read_row(cx, doc_id)
    if row is None:
        raise not_found()
    return row
