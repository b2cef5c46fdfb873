"""Compaction (压缩): what nobody needs any more gives its room back to the disk.

Garbage is what an edit leaves behind: the bodies of revisions that are no leaves any more,
attachments that no held revision has, and pages that are free because something was removed. It
is taken away in place, in short steps between the requests' own writes; each step is a
transaction, so that a crash loses nothing and leaves nothing half done.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from . import store
from .database import Database
from .errors import CouchError
from .scheduler import NODE
from .views import Index, Views

log = logging.getLogger(__name__)

LEAST_FILE = 1 << 20
"""Bytes below which a file is left alone: there is nothing to gain."""

STEP_SECONDS = 0.02
"""How long a step keeps the writing thread from the requests' writes."""

REST = 4.0
"""How many times as long as a step what follows it waits."""


def share_of(garbage: int, file_size: int) -> float:
    """The share of garbage in a file, 0 to 1; 0 for a file that is too small to matter."""
    return min(1.0, garbage / file_size) if file_size >= LEAST_FILE else 0.0


@dataclass(slots=True)
class Task:
    """One compaction under way. `done` of `total` is what its phase has looked at."""

    database: Database
    index: Index | None = None
    phase: str = ""
    done: int = 0
    total: int = 0
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    def note(self, phase: str, done: int, total: int) -> None:
        self.phase, self.done, self.total = phase, done, total
        self.updated = time.time()

    def members(self) -> dict[str, Any]:
        """The task as `_active_tasks` shows it."""
        kind = "database_compaction" if self.index is None else "view_compaction"
        design = {} if self.index is None else {"design_document": self.index.design.id}
        return {
            "type": kind,
            "node": NODE,
            "database": self.database.name,
            **design,
            "phase": self.phase,
            "changes_done": self.done,
            "total_changes": self.total,
            "progress": min(100, 100 * self.done // self.total) if self.total else 0,
            "started_on": int(self.started),
            "updated_on": int(self.updated),
        }


class Compactor:
    """Lives on the event loop. `share` is the share of garbage above which a file is compacted
    without being asked."""

    def __init__(self, pool: ThreadPoolExecutor, waiting: ThreadPoolExecutor, share: float) -> None:
        self._pool = pool
        self._waiting = waiting
        self._share = share
        self._tasks: list[Task] = []

    def tasks(self) -> list[dict[str, Any]]:
        return [task.members() for task in self._tasks]

    async def look(self, databases: Iterable[tuple[Database, Views | None]]) -> None:
        """Compacts the files with too much garbage, one after the other, the worst first."""
        found: list[tuple[float, Database, Index | None]] = []
        for database, views in databases:
            try:
                info = await database.read(store.read_info)
                found.append((share_of(info.garbage, info.file_size), database, None))
                for index in views.opened() if views is not None else ():
                    size, free = await self._aside(index.size)
                    found.append((share_of(free, size), database, index))
            except (CouchError, sqlite3.Error) as error:
                _say(database, error)
        found.sort(key=lambda one: one[0], reverse=True)
        for share, database, views_of in found:
            if share <= self._share:
                break
            if views_of is None:
                await self.database(database)
            else:
                await self.index(database, views_of)

    async def database(self, database: Database) -> None:
        """Compacts a database; at once, however little garbage it has."""
        if database.compacting:
            return
        task = Task(database)
        self._tasks.append(task)
        database.compacting = True
        try:
            await self._drop_outdated(task)
            await self._drop_orphans(task)
            await self._give_back(task)
            await self._aside(store.checkpoint, database.path)
        except (CouchError, sqlite3.Error) as error:
            _say(database, error)
        finally:
            database.compacting = False
            self._tasks.remove(task)

    async def index(self, database: Database, index: Index) -> None:
        """Compacts the index of one design document."""
        if index.compacting:
            return
        task = Task(database, index)
        self._tasks.append(task)
        index.compacting = True
        try:
            await self._give_back(task)
            await self._aside(store.checkpoint, index.path)
        except (CouchError, sqlite3.Error) as error:
            _say(database, error)
        finally:
            index.compacting = False
            self._tasks.remove(task)

    async def _drop_outdated(self, task: Task) -> None:
        database = task.database
        total = await database.read(store.read_last)
        after: int | None = 0
        while after is not None:
            task.note("document_bodies", after, total)
            began = time.monotonic()
            after = await database.write(
                partial(store.Writer.compact, after=after, seconds=STEP_SECONDS)
            )
            await _rest(began)

    async def _drop_orphans(self, task: Task) -> None:
        database = task.database
        task.note("attachments", 0, 1)
        if not await database.read(store.read_whether_attached):
            return
        used, seq = await database.read(store.read_attachment_keys)
        whole = False
        while not whole:
            began = time.monotonic()
            whole = await database.write(
                partial(store.Writer.drop_orphans, used=used, seq=seq, seconds=STEP_SECONDS)
            )
            await _rest(began)

    async def _give_back(self, task: Task) -> None:
        before: int | None = None
        total = 0
        while True:
            began = time.monotonic()
            if task.index is not None:
                # It may have to wait until what is being built is built.
                left = await asyncio.get_running_loop().run_in_executor(
                    self._waiting, task.index.give_back, STEP_SECONDS
                )
            else:
                left = await task.database.write(
                    partial(store.Writer.give_back, seconds=STEP_SECONDS)
                )
            total = max(total, left)
            task.note("free_pages", total - left, total)
            if left == 0 or (before is not None and left >= before):
                # What others free meanwhile is for the next time.
                return
            before = left
            await _rest(began)

    async def _aside(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


async def _rest(began: float) -> None:
    """Leaves the machine to others for a while after a step that `began` then."""
    await asyncio.sleep((time.monotonic() - began) * REST)


def _say(database: Database, error: Exception) -> None:
    # A database that was deleted meanwhile is no failure.
    if not database.closed:
        log.warning("database %s is not compacted now: %s", database.name, error)
