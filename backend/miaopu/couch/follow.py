"""Work that goes on beside the requests: a worker follows a database's changes, remembers how far
it has come, and begins again whatever the database, or what stands before it, has answered."""

import asyncio
import copy
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

log = logging.getLogger(__name__)

Json = dict[str, Any]

FAULTS = (httpx.HTTPError, AttributeError, LookupError, TypeError, ValueError)
"""What becomes of a question to a database that is away, or that a proxy answers with a page for
people. A worker that ended of it would be missed by nobody, for weeks."""


def reason(error: Exception) -> str:
    """What went wrong, without the addresses and values that the error's own text may show."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    if isinstance(error, httpx.HTTPError):
        return type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "miaopu" in Path(frame.filename).parts]
    where = "".join(f" at {Path(one.filename).name}:{one.lineno}" for one in ours[-1:])
    return type(error).__name__ + where


async def go_on(work: Callable[[], Awaitable[None]], what: str, longest: float) -> None:
    """Does `work` again and again until it is cancelled. After each of its faults there is a pause,
    longer than the one before, `longest` seconds at most; `what` says in the log who it was."""
    pause = 1.0
    while True:
        begun = time.monotonic()
        try:
            await work()
        except FAULTS as error:
            if time.monotonic() - begun > longest:
                pause = 1.0
            log.warning("%s, again in %.0f s: %s", what, pause, reason(error))
        await asyncio.sleep(pause)
        pause = min(pause * 2, longest)


@dataclass(slots=True)
class Followers:
    """One worker for each of several databases."""

    fails: str
    """What the log says of a database whose worker has met a fault."""
    longest: float = 30.0
    """Seconds of the longest pause after faults."""
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def follow(self, database: str, work: Callable[[], Awaitable[None]]) -> None:
        """Begins, unless this database is followed already."""
        if database not in self._tasks:
            what = f"database={database} {self.fails}"
            self._tasks[database] = asyncio.create_task(go_on(work, what, self.longest))

    async def stop(self) -> None:
        """Ends all of them."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def changes(
    client: httpx.AsyncClient,
    database: str,
    since: object,
    *,
    limit: int,
    timeout_ms: int,
    **more: str,
) -> bytes:
    """The next changes with all leaves, as soon as there are any, as the database tells them; after
    `timeout_ms` an answer without rows. Raises httpx.HTTPError."""
    answer = await client.get(
        f"{database}/_changes",
        params={
            "feed": "longpoll",
            "style": "all_docs",
            "since": str(since),
            "limit": limit,
            "timeout": timeout_ms,
            **more,
        },
        timeout=httpx.Timeout(10, read=timeout_ms / 1000 + 20),
    )
    answer.raise_for_status()
    return answer.content


@dataclass(slots=True)
class Place:
    """How far a worker has come and what else it must not forget: the `_local` document `path`."""

    client: httpx.AsyncClient
    path: str
    kept: Json = field(default_factory=dict)
    """As it was last read or written; empty where there is none."""
    _rev: str | None = None

    async def recall(self) -> Json:
        """Reads it. Raises httpx.HTTPError."""
        answer = await self.client.get(self.path)
        if answer.status_code == 404:
            self.kept, self._rev = {}, None
            return self.kept
        answer.raise_for_status()
        document = answer.json()
        self._rev = document["_rev"]
        self.kept = {name: it for name, it in document.items() if not name.startswith("_")}
        return self.kept

    async def remember(self, place: Json) -> bool:
        """Writes it unless it stands so. False: another server with the same work has written in
        the meantime, and that is what is kept now. Raises httpx.HTTPError."""
        if place == self.kept:
            return True
        document = place if self._rev is None else {**place, "_rev": self._rev}
        answer = await self.client.put(self.path, json=document)
        if answer.status_code == 409:
            await self.recall()
            return False
        answer.raise_for_status()
        # What is given may be changed and given again.
        self.kept, self._rev = copy.deepcopy(place), answer.json()["rev"]
        return True
