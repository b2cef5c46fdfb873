"""A database as the server holds it: one writing thread, a few readers, and who waits for news.

Writes from all requests are committed in groups: while one transaction is being synced to the
disk the next ones gather, and a write is answered only after the commit that holds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import shutil
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import orjson

from . import store
from .auth import SYSTEM, User
from .documents import Document, NewDocument
from .errors import CouchError, bad_request, closing, no_database
from .readers import Moment, Readers, is_damage
from .sandbox import BUILT_IN, Program
from .security import Security
from .store import Outcome, Validate, Writer
from .users import validate as validate_user
from .validation import Validation, Validator, edit, validators_of

log = logging.getLogger(__name__)

GROUP_SECONDS = 0.05
"""A group that has worked this long is committed before more is taken in."""

REST_SECONDS = 0.05
"""A database to which no other has brought anything for so long rests."""

GIVE_WAY_SECONDS = 5.0
"""The longest that one waits who would read a database's documents while others are on their way:
those that come into it first, and then on to the county, the city and the province in their turn;
only then does each clinic read its own."""

T = TypeVar("T")
Job = Callable[[Writer], T]


class Database:
    """One database. Methods that say so may only be called on the event loop."""

    def __init__(
        self,
        name: str,
        folder: Path,
        pool: ThreadPoolExecutor,
        scripts: ThreadPoolExecutor,
        damaged: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`damaged` is told the name of a database whose file is not what was written."""
        self.name = name
        self._tell_damaged = damaged
        self.folder = folder
        self.path = folder / "data.sqlite"
        self.pool = pool
        self.scripts = scripts
        self._readers = Readers(lambda: store.connect(self.path), no_database, self._failed)
        self._jobs: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._waiters: set[asyncio.Future[None]] = set()
        self._listeners: list[Callable[[Database], None]] = []
        with self.reader() as cx:
            meta = dict(cx.execute("SELECT name, value FROM meta"))
        self.uuid: str = meta["uuid"]
        self.created: int = meta["created"]
        self.seq: int = meta["seq"]
        self.purge_seq: int = meta["purge_seq"]
        self.security = Security.parse(orjson.loads(meta["security"]))
        self.design_generation = 0
        self.compacting = False
        """Kept by `compaction`."""
        self._fillers = 0
        self._filled = -REST_SECONDS
        self._carriers: dict[object, int] = {}
        """Who carries this database's documents to others → up to which sequence it has."""
        self._carried: set[asyncio.Future[None]] = set()

    def _failed(self, error: BaseException) -> None:
        if is_damage(error):
            self._tell_damaged(self.name)

    # -- reading -----------------------------------------------------------------------------

    def reader(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """A connection for reading, on any thread: what is read with it is of one moment."""
        return self._readers.reading()

    def moment(self, pool: ThreadPoolExecutor | None = None) -> Moment:
        """The database at one moment, for an answer of several parts; they are read by the threads
        of `pool`."""
        return Moment(self._readers, pool or self.pool)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does `work` with a reader on a thread beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self.read_now, work)

    def read_now(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Does `work` with a reader on this thread: for short look-ups."""
        with self.reader() as cx:
            return work(cx)

    def sequence(self, number: int) -> str:
        """A sequence as clients see it: it names this very database, so that one given by an
        earlier database of the same name is not mistaken for ours."""
        return f"{number}-{self.uuid[:16]}"

    def parse_sequence(self, text: str) -> int:
        """The number in a sequence; 0 for one that another database gave out."""
        number, _, origin = text.partition("-")
        if not number.isascii() or not number.isdigit() or len(number) > 16:
            raise CouchError(
                400, "bad_request", "Malformed sequence supplied in 'since' parameter."
            )
        if origin and origin != self.uuid[:16]:
            return 0
        return int(number)

    # -- writing -----------------------------------------------------------------------------

    async def write(self, job: Job[T]) -> T:
        """Runs `job` on the writing thread; returns after its changes are on the disk."""
        if self._closed:
            raise no_database()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._enqueue(_Queued(job, future, loop))
        return await future

    @contextlib.contextmanager
    def being_filled(self) -> Iterator[None]:
        """While another database's documents are written here. On the event loop."""
        self._fillers += 1
        try:
            yield
        finally:
            self._fillers -= 1
            self._filled = time.monotonic()

    def carried(self, carrier: object, seq: int | None) -> None:
        """`carrier` has brought everything up to `seq` to another database; None: it carries no
        more. On the event loop."""
        if seq is None:
            self._carriers.pop(carrier, None)
        else:
            self._carriers[carrier] = seq
        _resolve(self._carried)

    async def give_way(self) -> None:
        """Waits until this database rests and all that it has now is carried on."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_WAY_SECONDS):
                await self.rest(GIVE_WAY_SECONDS)
                seq = self.seq
                while min(self._carriers.values(), default=seq) < seq and not self._closed:
                    waiter = asyncio.get_running_loop().create_future()
                    self._carried.add(waiter)
                    await waiter

    async def rest(self, patience: float) -> None:
        """Waits until no other database fills this one, at most `patience` seconds."""
        end = time.monotonic() + patience
        while time.monotonic() < end and not self._closed:
            if not self._fillers and time.monotonic() - self._filled > REST_SECONDS:
                return
            await asyncio.sleep(REST_SECONDS)

    def _enqueue(self, item: _Queued) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name=f"writer {self.name}", daemon=True
            )
            self._thread.start()
        self._jobs.put(item)

    async def update(
        self, documents: Iterable[NewDocument], user: User, new_edits: bool = True
    ) -> list[Outcome]:
        """Writes documents as `user`, each refused or stored on its own. What iterating over them
        raises is raised here, and nothing is written."""
        return await self.write(self.updating(documents, user, new_edits))

    def updating(
        self, documents: Iterable[NewDocument], user: User, new_edits: bool = True
    ) -> Job[list[Outcome]]:
        security = self.security

        def job(writer: Writer) -> list[Outcome]:
            return writer.update(documents, new_edits, self._validate(writer, user, security))

        return job

    def _validate(self, writer: Writer, user: User, security: Security) -> Validate | None:
        # On the writing thread: the validators' runtimes live there.
        validators = self._validators(writer)
        is_admin = security.is_admin(user)
        if user is SYSTEM:
            return None
        if is_admin and not validators and self.name != "_users":
            return _only_designs
        validation = Validation(validators, user.context(self.name), security.given)

        def admits(new: NewDocument, old: Document | None) -> bool:
            """Whether the validators are still to be asked; raises where it is refused without."""
            if new.id.startswith("_design/"):
                security.require_admin(user)
                check_design(new)
                return False
            if self.name == "_users":
                validate_user(new, old, user, security)
            return bool(validators)

        def validate(edits: list[tuple[NewDocument, Document | None]]) -> list[CouchError | None]:
            errors: list[CouchError | None] = [None] * len(edits)
            asked: list[int] = []
            pairs: list[bytes] = []
            for number, (new, old) in enumerate(edits):
                try:
                    if admits(new, old):
                        pairs.append(edit(new, old))
                        asked.append(number)
                except CouchError as error:
                    errors[number] = error
            for number, refusal in zip(asked, validation.check(pairs), strict=True):
                errors[number] = refusal
            return errors

        return validate

    def _validators(self, writer: Writer) -> list[Validator]:
        if writer.design_changed or self._compiled is None:
            self._compiled = validators_of(
                {
                    document.id: orjson.loads(document.body)
                    for document in store.iterate_design(writer.cx)
                    if b"validate_doc_update" in document.body
                }
            )
            writer.design_changed = False
        return self._compiled

    _compiled: list[Validator] | None = None

    def _run(self) -> None:
        """The writing thread."""
        try:
            writer = Writer(self.path)
        except sqlite3.Error as error:
            self._failed(error)
            log.error("database %s cannot be opened for writing: %s", self.name, error)
            self._refuse_all()
            return
        while True:
            item = self._jobs.get()
            if item is None:
                break
            if not self._group(writer, item):
                break
        # The compiled validators must die on the thread that made them.
        self._compiled = None
        writer.close()
        self._refuse_all()

    def _group(self, writer: Writer, first: _Queued) -> bool:
        """Runs and commits one group of jobs; False when the thread is to end after it."""
        answers: list[tuple[_Queued, Any, BaseException | None]] = []
        started = time.perf_counter()
        item: _Queued | None = first
        going_on = True
        design_changed = writer.design_changed
        try:
            writer.begin()
            while item is not None:
                point = writer.savepoint()
                try:
                    result = item.job(writer)
                    writer.release()
                    answers.append((item, result, None))
                except sqlite3.Error:
                    raise
                except BaseException as error:  # noqa: BLE001 - handed to whoever asked
                    writer.undo(point)
                    answers.append((item, None, error))
                item = None
                if time.perf_counter() - started < GROUP_SECONDS:
                    with contextlib.suppress(queue.Empty):
                        item = self._jobs.get_nowait()
                        if item is None:
                            going_on = False
            writer.commit()
        except sqlite3.Error as error:
            self._failed(error)
            log.error("database %s refused a write: %s", self.name, error)
            refusal = CouchError(
                507, "insufficient_storage", "The disk refused the write; nothing was stored."
            )
            if item is not None and all(item is not answer[0] for answer in answers):
                answers.append((item, None, refusal))
            answers = [(one, None, refusal) for one, _, _ in answers]
            try:
                writer.rollback()
            except sqlite3.Error as worse:
                log.error("database %s cannot be rolled back: %s", self.name, worse)
                going_on = False
        if writer.design_changed and not design_changed:
            self.design_generation += 1
        self._answer(answers, writer.seq)
        if going_on and writer.wrote_much and self._jobs.empty():
            try:
                writer.checkpoint()
            except sqlite3.Error as error:
                log.error("database %s keeps a long log: %s", self.name, error)
        return going_on

    def _answer(self, answers: list[tuple[_Queued, Any, BaseException | None]], seq: int) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Queued, Any, BaseException | None]]]
        by_loop = {}
        for answer in answers:
            item, _, _ = answer
            by_loop.setdefault(item.loop, []).append(answer)
        for loop, part in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(self._deliver, part, seq)
        if self.loop is not None and self.loop not in by_loop:
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._deliver, [], seq)

    loop: asyncio.AbstractEventLoop | None = None
    """Where the waiting feeds live."""

    def _deliver(self, answers: list[tuple[_Queued, Any, BaseException | None]], seq: int) -> None:
        # On the event loop. The feeds learn of the sequence before the writers are answered.
        if seq > self.seq:
            self.seq = seq
        self.wake()
        for item, result, error in answers:
            if not item.future.done():
                if error is None:
                    item.future.set_result(result)
                else:
                    item.future.set_exception(error)

    def _refuse_all(self) -> None:
        refused: list[tuple[_Queued, Any, BaseException | None]] = []
        while True:
            try:
                item = self._jobs.get_nowait()
            except queue.Empty:
                break
            if item is not None:
                refused.append((item, None, closing()))
        self._answer(refused, self.seq)

    # -- waiting for changes -----------------------------------------------------------------

    def wake(self) -> None:
        """On the event loop: lets every waiting feed look again."""
        _resolve(self._waiters)
        if self._closed:
            _resolve(self._carried)
        if not self._closed:
            for listener in self._listeners:
                listener(self)

    def listen(self, listener: Callable[[Database], None]) -> None:
        """`listener` is called on the event loop after each commit."""
        self._listeners.append(listener)

    async def changed(self, since: int, patience: float | None) -> bool:
        """Waits until the database is past `since` or closes; False when `patience` seconds
        went by first."""
        if self.seq > since or self._closed:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            # `wait_for` may return instead of being cancelled, when news come at that very moment.
            async with asyncio.timeout(patience):
                await waiter
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True

    @property
    def closed(self) -> bool:
        return self._closed

    # -- settings ----------------------------------------------------------------------------

    async def set_security(self, value: Mapping[str, Any]) -> None:
        security = Security.parse(dict(value))
        text = orjson.dumps(security.given).decode()
        await self.write(lambda writer: writer.set_meta("security", text))
        self.security = security

    def shut(self) -> None:
        """Ends the writing thread after what it has begun. Whoever waits is told by `wake`,
        which belongs to the event loop."""
        self._closed = True
        self._readers.close()
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join(timeout=10)


def _resolve(waiters: set[asyncio.Future[None]]) -> None:
    """Ends the waiting of all of them; the set is empty then."""
    resolved = list(waiters)
    waiters.clear()
    for waiter in resolved:
        if not waiter.done():
            waiter.set_result(None)


def _sync(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_FIELDS: dict[str, tuple[type, ...]] = {
    "filters": (dict,),
    "language": (str,),
    "lists": (dict,),
    "options": (dict,),
    "rewrites": (str, list),
    "shows": (dict,),
    "updates": (dict,),
    "validate_doc_update": (str,),
    "views": (dict,),
}
_KINDS: dict[type, str] = {dict: "object", str: "string", list: "array"}


def _require_kind(
    members: dict[str, Any], name: str, kinds: tuple[type, ...], path: str | None = None
) -> None:
    if name in members and not isinstance(members[name], kinds):
        allowed = " or ".join(_KINDS[kind] for kind in kinds)
        raise bad_request(f"`{path or name}` field must have {allowed} type", "invalid_design_doc")


def check_design(document: NewDocument) -> None:
    """Raises 400 for a design document whose views could never be built."""
    if document.deleted:
        return
    members = orjson.loads(document.body)
    for name, kinds in _FIELDS.items():
        _require_kind(members, name, kinds)
    for name in ("filters", "lists", "shows", "updates"):
        for inner in members.get(name, {}):
            _require_kind(members[name], inner, (dict, str), f"{name}.{inner}")
    views = members.get("views", {})
    if members.get("language", "javascript") != "javascript":
        return
    for name, view in views.items():
        if name == "lib":
            continue
        if not isinstance(view, dict):
            raise bad_request(f"`views.{name}` field must have object type", "invalid_design_doc")
        if "map" not in view:
            raise bad_request(f"View `{name}` must contain map function", "invalid_design_doc")
        sources = [view[part] for part in ("map", "reduce") if part in view]
        if not all(isinstance(source, str) for source in sources):
            raise bad_request("`map` and `reduce` must be strings.", "invalid_design_doc")
        built_in = [source for source in sources if source.startswith("_")]
        if not set(built_in) <= BUILT_IN:
            raise bad_request(
                f"`{built_in[0]}` is not a supported reduce function.", "invalid_design_doc"
            )
        Program([source for source in sources if source not in built_in], {})


def _only_designs(edits: list[tuple[NewDocument, Document | None]]) -> list[CouchError | None]:
    errors: list[CouchError | None] = []
    for new, _ in edits:
        error = None
        if new.id.startswith("_design/"):
            try:
                check_design(new)
            except CouchError as wrong:
                error = wrong
        errors.append(error)
    return errors


class _Queued:
    __slots__ = ("future", "job", "loop")

    def __init__(
        self,
        job: Job[Any],
        future: asyncio.Future[Any],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.job = job
        self.future = future
        self.loop = loop


def make(folder: Path, security: dict[str, Any]) -> None:
    """Creates a database's folder, whole or not at all."""
    fresh = folder.parent.parent / "trash" / uuid.uuid4().hex
    fresh.mkdir(parents=True)
    store.create(fresh / "data.sqlite", security)
    try:
        fresh.rename(folder)
        _sync(folder.parent)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise CouchError(
            412, "file_exists", "The database could not be created, the file already exists."
        ) from None
