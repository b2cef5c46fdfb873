"""Connections that read one SQLite file. All that is read with one at a time is of one moment:
another's write may come between two statements, but not into what they see."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TypeVar

from .errors import CouchError

IDLE = 4
"""Connections that are kept while nobody reads."""

LONGEST_SECONDS = 3600.0
"""How long an answer may take whose reader takes it slowly: meanwhile the log only grows."""

T = TypeVar("T")


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_damage(error: BaseException) -> bool:
    """Whether an error says that a file is not what was written, which only a backup mends."""
    # Extended codes have the plain one in their lowest byte.
    return (
        isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 255 in _DAMAGE
    )


class Readers:
    """The connections of one file. `gone` is what a reader is told once they are closed; `failed`
    is told what reading failed of."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        gone: Callable[[], CouchError],
        failed: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self._connect = connect
        self._gone = gone
        self._failed = failed
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._closed = False

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection, on any thread, that sees the file as it is at the first look."""
        if self._closed:
            raise self._gone()
        try:
            connection = self._one()
        except sqlite3.Error as error:
            self._failed(error)
            raise
        try:
            yield connection
        except sqlite3.Error as error:
            self._failed(error)
            raise
        finally:
            if self._closed or self._idle.qsize() >= IDLE:
                connection.close()
            else:
                connection.execute("ROLLBACK")
                self._idle.put(connection)

    def _one(self) -> sqlite3.Connection:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        connection.execute("BEGIN")
        return connection

    def close(self) -> None:
        """Ends them: those in use when they are given back."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                break


class Moment:
    """The file at one moment, for an answer that is read part by part while it is sent.

    It begins with the first `read`, and is over with the last part or with `close`. Both belong to
    the event loop.
    """

    def __init__(self, readers: Readers, pool: Executor) -> None:
        self._readers = readers
        self._pool = pool
        self._lock = threading.Lock()
        self._held = contextlib.ExitStack()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._end: asyncio.TimerHandle | None = None

    async def read(
        self,
        work: Callable[[sqlite3.Connection], T],
        is_last: Callable[[T], bool] = lambda _: False,
    ) -> T:
        """Does `work` on a thread of the pool. `is_last`: whether nothing is read after what it
        gave, as is known for most answers at once."""
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._pool, self._read, work, is_last)
        if self._connection is not None and self._end is None:
            self._end = loop.call_later(LONGEST_SECONDS, self.close)
        return result

    def _read(self, work: Callable[[sqlite3.Connection], T], is_last: Callable[[T], bool]) -> T:
        try:
            with self._lock:
                if self._closed:
                    raise CouchError(503, "service unavailable", "The answer took too long.")
                if self._connection is None:
                    self._connection = self._held.enter_context(self._readers.reading())
                result = work(self._connection)
                if is_last(result):
                    self._release()
                return result
        finally:
            if self._closed:
                with self._lock:
                    self._release()

    def _release(self) -> None:
        self._connection = None
        self._held.close()

    def close(self) -> None:
        """Gives the connection back; where something is being read, its reader does."""
        self._closed = True
        if self._end is not None:
            self._end.cancel()
        if self._lock.acquire(blocking=False):
            try:
                self._release()
            finally:
                self._lock.release()

    def __enter__(self) -> Moment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
