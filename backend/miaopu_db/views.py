"""Views: what a design document's functions make of the documents, kept up to date.

Each set of views (one design document, as it is now) lives in an SQLite file of its own, named
by a signature of the functions. A changed design document is built in a new file beside the old
one. Rows and the sequence they belong to are committed together, so that an index is never half
updated, and a crash costs at most one batch.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from . import mango, revtree, store
from .collation import raw_key, sort_key
from .database import Database
from .documents import dumps, splice, unpack, unpack_attachments
from .errors import CouchError, bad_request, not_found
from .readers import Moment, Readers
from .sandbox import (
    BATCH_MEMORY,
    Program,
    Stopped,
    Unreadable,
    answered,
    javascript_lists,
    parsed,
)

log = logging.getLogger(__name__)

BATCH_DOCUMENTS = 500
BATCH_BYTES = 2 << 20
BATCH_SECONDS = 5.0
BATCHES_AHEAD = 2
"""Batches that the functions have at once while one is written, each in a process of its own."""
DOCUMENT_SECONDS = 1.0
CLOSING_SECONDS = 1.0
MOST_STOPPED = 5
"""Documents whose mapping may be stopped before the whole build is given up."""

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE entry (
  view INTEGER NOT NULL, key BLOB NOT NULL, doc TEXT NOT NULL, number INTEGER NOT NULL,
  shown BLOB NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (view, key, doc, number)
) WITHOUT ROWID;
CREATE INDEX entry_doc ON entry (doc, view, key, number);
"""

_Rows = dict[tuple[int, bytes], list[tuple[bytes, int, bytes]]]
"""Rows of one document: view and key as JSON → sort key, number and value of each."""

Row = tuple[bytes, str, int, bytes, bytes]
"""Sort key, document id, number within the document, key and value as JSON."""


@dataclass(frozen=True, slots=True)
class View:
    """One view: its number in the file, its map (JavaScript, or a Mango definition) and its
    reduce (a built-in's name, JavaScript, or None)."""

    name: str
    number: int
    map: str | dict[str, Any]
    reduce: str | None
    raw: bool


@dataclass(frozen=True, slots=True)
class Design:
    """The views of one design document. `signature` changes with anything that decides rows."""

    id: str
    signature: str
    language: str
    views: tuple[View, ...]
    library: dict[str, Any]
    options: dict[str, Any]

    @classmethod
    def parse(cls, doc_id: str, members: dict[str, Any]) -> Design:
        language = members.get("language", "javascript")
        given = members.get("views")
        given = given if isinstance(given, dict) else {}
        options = members.get("options")
        options = options if isinstance(options, dict) else {}
        library = given.get("lib")
        views: list[View] = []
        numbers: dict[bytes, int] = {}
        for name, one in given.items():
            if name == "lib" or not isinstance(one, dict) or "map" not in one:
                continue
            source = one["map"]
            if not isinstance(source, str) and language != "query":
                continue
            own = one.get("options") if isinstance(one.get("options"), dict) else {}
            raw = (own or {}).get("collation", options.get("collation")) == "raw"
            # Views with the same map share their rows.
            identity = dumps([source, raw])
            number = numbers.setdefault(identity, len(numbers))
            reduce = one.get("reduce")
            views.append(
                View(name, number, source, reduce if isinstance(reduce, str) else None, raw)
            )
        shape = [
            4,
            language,
            [identity.decode() for identity in numbers],
            library if isinstance(library, dict) else None,
            options,
        ]
        signature = hashlib.sha256(dumps(shape, sort_keys=True)).hexdigest()
        return cls(
            doc_id,
            signature[:32],
            language if isinstance(language, str) else "javascript",
            tuple(views),
            {"views": {"lib": library}, "lib": library} if isinstance(library, dict) else {},
            options,
        )

    def view(self, name: str) -> View:
        for view in self.views:
            if view.name == name:
                return view
        raise not_found("missing_named_view")

    @property
    def maps(self) -> list[View]:
        """One view per distinct map, in the order of their numbers."""
        return sorted({view.number: view for view in self.views}.values(), key=lambda v: v.number)


Mapper = Callable[[list[bytes], float], list[list[list[tuple[Any, Any]]]]]
"""Documents as JSON, and how many seconds the functions may take → per document, per map: the
emitted keys and values."""


class _Emitted(NamedTuple):
    """What a map function has emitted of a document; `shown` and `value` are JSON."""

    view: View
    key: Any
    shown: bytes
    value: bytes

    def sort_key(self) -> bytes:
        return raw_key(self.key) if self.view.raw else sort_key(self.key)


def _difference(
    old: _Rows, emitted: Sequence[_Emitted]
) -> tuple[list[tuple[int, bytes, int]], list[_Emitted]]:
    """Which rows of a document go (view, sort key, number), and which of those emitted are new.

    A dose more changes one row of the twenty that a child has: only that is written.
    """
    if not old and len(emitted) < 2:
        return [], list(emitted)
    by_key: dict[tuple[int, bytes], list[_Emitted]] = {}
    for one in emitted:
        by_key.setdefault((one.view.number, one.shown), []).append(one)
    new: list[_Emitted] = []
    gone = dict(old)
    for what, rows in by_key.items():
        # Rows of one key stand in the order of their values, as CouchDB has them: they stay, or
        # are written anew, together.
        rows.sort(key=lambda row: row.value)
        if [row.value for row in rows] == [value for _, _, value in old.get(what, ())]:
            del gone[what]
        else:
            new += rows
    return [(what[0], key, number) for what, rows in gone.items() for key, number, _ in rows], new


class Index:
    """The file of one design document's views and the thread that builds it."""

    def __init__(self, database: Database, design: Design) -> None:
        self.database = database
        self.design = design
        folder = database.folder / "views"
        folder.mkdir(exist_ok=True)
        self.path = folder / f"{design.signature}.sqlite"
        self.used = 0
        self.building = False
        self.compacting = False
        """Kept by `compaction`."""
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="views")
        self._ahead = ThreadPoolExecutor(BATCHES_AHEAD, thread_name_prefix="maps")
        self._reducing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reduce")
        self._readers = Readers(self._connect, _gone)
        self._writer = self._open()
        values = dict(self._writer.execute("SELECT name, value FROM meta"))
        self.seq: int = values["seq"]
        self.purge_seq: int = values["purge_seq"]
        self._program: Program | None = None
        self._reducers: Program | None = None

    def _connect(self, *, write: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=30
        )
        if not write:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = self._connect(write=True)
        connection.execute(f"PRAGMA page_size = {store.PAGE}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # An index can be built again, so it need not be on the disk at every step; WAL keeps it
        # consistent all the same.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16384")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            connection.executescript("BEGIN;" + _SCHEMA)
            connection.execute(
                "INSERT INTO meta VALUES ('seq', 0), ('purge_seq', ?)", (self.database.purge_seq,)
            )
            connection.execute("COMMIT")
        return connection

    # -- building ----------------------------------------------------------------------------

    def bring_up(self, seq: int) -> None:
        """Builds until the index holds everything up to `seq`. Waits for its thread."""
        if self.seq >= seq and self.purge_seq >= self.database.purge_seq:
            return
        self._thread.submit(self._build, seq).result()

    def start(self, seq: int) -> None:
        """Begins to build, without waiting."""
        if self.seq < seq and not self.building:
            self._thread.submit(self._build_quietly, seq)

    def _build_quietly(self, seq: int) -> None:
        try:
            self._build(seq)
        except (CouchError, sqlite3.Error) as error:
            log.warning("views of %s are not up to date: %s", self.design.id, error)

    def _build(self, seq: int) -> None:
        self.building = True
        try:
            self._build_to(seq)
        except RuntimeError:  # the thread that maps has ended: the index is being closed
            if not self._closed:
                raise
            raise _gone() from None
        finally:
            self.building = False

    def _build_to(self, seq: int) -> None:
        self._forget_purged()
        for found, last in self._mapped(seq):
            if self._closed or self.database.closed:
                return
            self._commit(found, last)

    def _mapped(self, seq: int) -> Iterator[tuple[dict[str, list[_Emitted]], int]]:
        """What the functions emit of the documents changed up to `seq` and not yet indexed, batch
        by batch, each with the sequence that it reaches. While one is written the functions have
        the next ones already."""
        mapper = self._mapper()
        stopped: list[Stopped] = []
        ahead: deque[tuple[Future[dict[str, list[_Emitted]]], int]] = deque()
        last = self.seq
        while last < seq or ahead:
            while last < seq and len(ahead) <= BATCHES_AHEAD:
                batch, end = self._batch(last)
                last = end if batch else seq
                if last >= seq and not ahead:
                    # Mostly there is just one, and no other thread need be woken for it.
                    yield self._emitted(mapper, batch, stopped), last
                    return
                ahead.append((self._ahead.submit(self._emitted, mapper, batch, stopped), last))
            mapped, end = ahead.popleft()
            yield mapped.result(), end

    def _forget_purged(self) -> None:
        purge_seq = self.database.purge_seq
        if self.purge_seq >= purge_seq:
            return
        with self.database.reader() as cx:
            gone = [
                doc_id
                for (doc_id,) in cx.execute(
                    "SELECT id FROM purged WHERE seq > ?", (self.purge_seq,)
                )
            ]
            gone = [
                doc_id
                for doc_id in gone
                if cx.execute("SELECT 1 FROM doc WHERE id = ?", (doc_id,)).fetchone() is None
            ]
        self._writer.execute("BEGIN IMMEDIATE")
        self._writer.executemany("DELETE FROM entry WHERE doc = ?", [(one,) for one in gone])
        self._writer.execute("UPDATE meta SET value = ? WHERE name = 'purge_seq'", (purge_seq,))
        self._writer.execute("COMMIT")
        self.purge_seq = purge_seq

    def _batch(self, since: int) -> tuple[list[tuple[str, bytes | None]], int]:
        """The next documents changed after `since`, with their JSON unless they are deleted, and
        the sequence of the last."""
        batch: list[tuple[str, bytes | None]] = []
        size = 0
        last = since
        include_design = self.design.options.get("include_design") is True
        with self.database.reader() as cx:
            for seq, doc_id, rev, deleted, leaves, tree, body, atts in cx.execute(
                "SELECT d.seq, d.id, d.rev, d.deleted, d.leaves,"
                " CASE WHEN d.leaves IS NULL THEN NULL ELSE d.tree END, b.json, b.atts FROM doc d"
                " JOIN body b ON b.num = d.body WHERE d.seq > ? ORDER BY d.seq LIMIT ?",
                (since, BATCH_DOCUMENTS),
            ):
                last = seq
                if deleted or (doc_id.startswith("_design/") and not include_design):
                    batch.append((doc_id, None))
                    continue
                extra = _conflicts(leaves, tree)
                if atts is not None:
                    stubs = {
                        name: att.stub() | {"stub": True}
                        for name, att in unpack_attachments(atts).items()
                    }
                    extra += b',"_attachments":' + orjson.dumps(stubs)
                text = splice(doc_id, rev, False, unpack(body), extra)
                batch.append((doc_id, text))
                size += len(text)
                if size >= BATCH_BYTES:
                    break
        return batch, last

    def _emitted(
        self, mapper: Mapper, batch: list[tuple[str, bytes | None]], stopped: list[Stopped]
    ) -> dict[str, list[_Emitted]]:
        """What the functions emit of each document of a batch."""
        living = [(doc_id, text) for doc_id, text in batch if text is not None]
        emitted = self._map(mapper, [text for _, text in living], stopped)
        found: dict[str, list[_Emitted]] = {doc_id: [] for doc_id, _ in batch}
        for (doc_id, _), per_map in zip(living, emitted, strict=True):
            for view, pairs in zip(self.design.maps, per_map, strict=True):
                found[doc_id] += [
                    _Emitted(view, key, dumps(key), dumps(value)) for key, value in pairs
                ]
        return found

    def _map(
        self, mapper: Mapper, texts: list[bytes], stopped: list[Stopped]
    ) -> list[list[list[tuple[Any, Any]]]]:
        if not texts:
            return []
        try:
            return mapper(texts, BATCH_SECONDS)
        except (Stopped, Unreadable):
            pass
        # One at a time: only the document that is too much for the function gives no rows.
        result: list[list[list[tuple[Any, Any]]]] = []
        for text in texts:
            try:
                if self._closed:
                    raise Stopped("the index is closing")
                result += mapper([text], DOCUMENT_SECONDS)
            except Unreadable:
                result.append([[] for _ in self.design.maps])
            except Stopped as error:
                stopped.append(error)
                if len(stopped) > MOST_STOPPED or self._closed:
                    raise bad_request(
                        f"A map function of {self.design.id} was stopped at its limit: {error}",
                        "timeout",
                    ) from None
                result.append([[] for _ in self.design.maps])
        return result

    def _commit(self, found: Mapping[str, list[_Emitted]], last: int) -> None:
        """Brings the rows of these documents to what they emit now."""
        writer = self._writer
        writer.execute("BEGIN IMMEDIATE")
        try:
            held = self._held(list(found)) if self.seq > 0 else {}
            gone: list[tuple[int, bytes, str, int]] = []
            rows: list[tuple[int, bytes, str, int, bytes, bytes]] = []
            for doc_id, emitted in found.items():
                old = held.get(doc_id, {})
                left, new = _difference(old, emitted)
                gone += [(view, key, doc_id, number) for view, key, number in left]
                # Beside rows that stay, a number that none of them has.
                first = 1 + max((row[1] for same in old.values() for row in same), default=-1)
                rows += [
                    (one.view.number, one.sort_key(), doc_id, number, one.shown, one.value)
                    for number, one in enumerate(new, first)
                ]
            writer.executemany(
                "DELETE FROM entry WHERE view = ? AND key = ? AND doc = ? AND number = ?", gone
            )
            rows.sort(key=lambda row: (row[0], row[1]))
            writer.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
            writer.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (last,))
            writer.execute("COMMIT")
        except sqlite3.Error:
            writer.execute("ROLLBACK")
            raise
        self.seq = last

    def _held(self, ids: Sequence[str]) -> dict[str, _Rows]:
        """The rows that stand of these documents."""
        held: dict[str, _Rows] = {}
        for start in range(0, len(ids), 400):
            part = ids[start : start + 400]
            marks = ",".join("?" * len(part))
            for doc_id, view, key, number, shown, value in self._writer.execute(
                "SELECT doc, view, key, number, shown, value FROM entry"  # noqa: S608
                f" WHERE doc IN ({marks}) ORDER BY doc, number",
                part,
            ):
                rows = held.setdefault(doc_id, {}).setdefault((view, shown), [])
                rows.append((key, number, value))
        return held

    def _mapper(self) -> Mapper:
        if self.design.language == "query":
            return _mango_mapper(self.design.maps)
        if self.design.language != "javascript":
            raise bad_request(
                f"Views in the language {self.design.language} are not supported.",
                "unknown_query_language",
            )
        if self._program is None:
            sources = [str(view.map) for view in self.design.maps]
            self._program = Program(sources, self.design.library, memory=BATCH_MEMORY)
        program = self._program
        maps = self.design.maps

        def run(texts: list[bytes], seconds: float) -> list[list[list[tuple[Any, Any]]]]:
            rows = answered(
                program.call("map", javascript_lists(texts), seconds=seconds), len(texts)
            )
            return [_pairs(per_map, len(maps)) for per_map in rows]

        return run

    # -- asking ------------------------------------------------------------------------------

    def read(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Does `work` with a reader of the index, on any thread beside the event loop."""
        with self._readers.reading() as cx:
            return work(cx)

    def moment(self, pool: ThreadPoolExecutor) -> Moment:
        """The index at one moment, for an answer of several parts."""
        return Moment(self._readers, pool)

    def reduce_script(self, view: View, keys: list[Any], values: list[Any], rereduce: bool) -> Any:
        """Runs a reduce function, on the thread where its runtime lives."""
        return self._reducing.submit(self._reduce, view, keys, values, rereduce).result()

    def _reduce(self, view: View, keys: list[Any], values: list[Any], rereduce: bool) -> Any:
        sources = [one.reduce or "" for one in self.design.views if _is_script(one.reduce)]
        if self._reducers is None:
            self._reducers = Program(sources, self.design.library, memory=BATCH_MEMORY)
        try:
            text = self._reducers.call(
                "reduce",
                sources.index(view.reduce or ""),
                "null" if rereduce else dumps(keys).decode(),
                dumps(values).decode(),
                rereduce,
            )
            return parsed(text)
        except Stopped as error:
            raise bad_request(
                f"A reduce function of {self.design.id} was stopped: {error}", "timeout"
            ) from None
        except Unreadable:
            raise bad_request(
                f"A reduce function of {self.design.id} gave no JSON.", "javascript_error"
            ) from None

    def size(self) -> tuple[int, int]:
        """Bytes of the file, and of its free pages."""

        def count(cx: sqlite3.Connection) -> tuple[int, int]:
            pages, free = (
                cx.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count")
            )
            return pages * store.PAGE, free * store.PAGE

        sizes: tuple[int, int] = self.read(count)
        return sizes

    def give_back(self, seconds: float) -> int:
        """Returns free pages to the disk, between two builds; how many are left. Waits for its
        thread."""
        try:
            return self._thread.submit(self._give_back, seconds).result()
        except RuntimeError:  # the thread has ended
            raise _gone() from None

    def _give_back(self, seconds: float) -> int:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            left = store.give_back(self._writer, seconds)
            self._writer.execute("COMMIT")
        except sqlite3.Error:
            self._writer.execute("ROLLBACK")
            raise
        return left

    def close(self) -> None:
        """Stops building; called beside the event loop."""
        self._closed = True
        ended = self._thread.submit(self._end)
        self._reducing.submit(self._end_reducing)
        try:
            ended.result(timeout=CLOSING_SECONDS)
        except TimeoutError:
            log.warning("the views of %s are stopped in the midst of a batch", self.design.id)
        self._thread.shutdown(wait=False)
        self._ahead.shutdown(wait=False)
        self._reducing.shutdown(wait=False)
        self._readers.close()

    def _end(self) -> None:
        self._program = None
        self._writer.close()

    def _end_reducing(self) -> None:
        self._reducers = None


def _gone() -> CouchError:
    return CouchError(
        503, "service unavailable", "These views are being closed, or were replaced; ask again."
    )


def _pairs(per_map: Any, maps: int) -> list[list[tuple[Any, Any]]]:
    """What each function emitted for one document. Raises `Unreadable` for anything else: the
    functions may have changed what the language's own objects do."""
    if not isinstance(per_map, list) or len(per_map) != maps:
        raise Unreadable
    for pairs in per_map:
        if not isinstance(pairs, list):
            raise Unreadable
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            raise Unreadable
    return per_map


def _conflicts(leaves: str | None, tree: bytes | None) -> bytes:
    """The members by which a map function sees that a document is in conflict."""
    if leaves is None or tree is None:
        return b""
    nodes = revtree.load(tree)
    others = orjson.loads(leaves)[1:]
    live = [rev for rev in others if not nodes[rev].deleted]
    gone = [rev for rev in others if nodes[rev].deleted]
    text = b""
    if live:
        text += b',"_conflicts":' + orjson.dumps(live)
    if gone:
        text += b',"_deleted_conflicts":' + orjson.dumps(gone)
    return text


def _is_script(reduce: str | None) -> bool:
    return reduce is not None and not reduce.startswith("_")


def _mango_mapper(views: list[View]) -> Mapper:
    """Rows of Mango indexes: the values of the fields, for documents that have them all."""
    plans: list[tuple[list[mango.Path], mango.Selector | None]] = []
    for view in views:
        definition = view.map if isinstance(view.map, dict) else {}
        fields = definition.get("fields")
        names = list(fields) if isinstance(fields, dict) else []
        partial = definition.get("partial_filter_selector")
        selector = mango.parse_selector(partial) if isinstance(partial, dict) and partial else None
        plans.append(([mango.field_path(name) for name in names], selector))

    def run(texts: list[bytes], _: float) -> list[list[list[tuple[Any, Any]]]]:
        result: list[list[list[tuple[Any, Any]]]] = []
        for text in texts:
            document = orjson.loads(text)
            per_map: list[list[tuple[Any, Any]]] = []
            for paths, selector in plans:
                key = [mango.get(document, path) for path in paths]
                fits = all(value is not mango.MISSING for value in key)
                if fits and (selector is None or selector.matches(document)):
                    per_map.append([(key, None)])
                else:
                    per_map.append([])
            result.append(per_map)
        return result

    return run


class Views:
    """All indexes of one database. Its methods run beside the event loop."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._open: dict[str, Index] = {}

    def index(self, design: Design) -> Index:
        """The index of a design document, made when there is none yet."""
        with self._lock:
            found = self._open.get(design.signature)
            if found is None:
                found = self._open[design.signature] = Index(self.database, design)
            return found

    def opened(self) -> list[Index]:
        """The indexes in use."""
        with self._lock:
            return list(self._open.values())

    def cleanup(self, signatures: Callable[[], set[str]]) -> None:
        """Removes indexes that no design document describes any more. `signatures` reads those
        that one does. No index is opened meanwhile: it might be of a design document that is
        newer than what was read, or have the files that are just being removed."""
        with self._lock:
            current = signatures()
            for name in set(self._open) - current:
                self._open.pop(name).close()
            folder = self.database.folder / "views"
            if folder.exists():
                for path in folder.iterdir():
                    if path.name.partition(".")[0] not in current:
                        path.unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            indexes = list(self._open.values())
            self._open.clear()
        for index in indexes:
            index.close()
