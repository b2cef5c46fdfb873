"""JavaScript of design documents, run where it can reach nothing and is stopped at its limits.

A `Program` is one QuickJS runtime with its own memory limit, in a process that does nothing else
(`sandboxed`). It has no I/O and no clock beyond `Date`; each call may use `seconds` of processor
time. A runtime that was stopped is thrown away, so that nothing half-done is ever met again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson

from .documents import dumps
from .errors import CouchError, bad_request
from .sandboxed import BROKEN, STOPPED, THREW
from .workers import WORKERS, Died

log = logging.getLogger(__name__)

SECONDS = 1.0
MEMORY = 32 * 1024 * 1024
BATCH_MEMORY = 128 * 1024 * 1024
KEPT_PROGRAMS = 32
BUILT_IN = frozenset({"_count", "_sum", "_stats", "_approx_count_distinct"})
"""Reduce functions that are the server's own."""

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - what happened to the code
    """The code was stopped at its time or memory limit, or could not go on."""


class Unreadable(Exception):  # noqa: N818 - what came out of the code
    """The code gave something else than it was asked for."""


def parsed(text: str) -> Any:
    """The JSON that foreign code gave, halves of characters replaced. Raises `Unreadable`."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return orjson.loads(
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace")
        )
    except (ValueError, RecursionError):
        raise Unreadable from None


def answered(text: str, count: int) -> list[Any]:
    """The list with one member for each of `count` documents. Raises `Unreadable`."""
    found = parsed(text)
    if not isinstance(found, list) or len(found) != count:
        raise Unreadable
    return found


class Meter:
    """Adds up the processor time of calls, in seconds. How long they waited for a processor on a
    busy machine is not their doing, and does not count."""

    def __init__(self) -> None:
        self.seconds = 0.0


class Program:
    """Functions of one design document, compiled where they are run. May be used on any thread.

    The same functions are compiled once in a process, whatever databases they stand in: every
    clinic's database has the same design documents.
    """

    def __init__(
        self,
        sources: list[str],
        library: Any = None,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        """Raises 400 `compilation_error` when a source is not a function."""
        text = dumps(library if isinstance(library, dict) else {}).decode()
        self._seconds = seconds
        self._making = (memory, seconds, text, sources)
        self._key = hashlib.sha256(repr(self._making).encode("utf-8", "surrogatepass")).digest()
        try:
            self._ask(None, seconds, Meter())
        except Stopped as error:
            raise CouchError(400, "compilation_error", str(error)) from None

    def call(
        self, name: str, *arguments: Any, seconds: float | None = None, meter: Meter | None = None
    ) -> str:
        """The text that the host function `name` gives; `Stopped` when it does not finish,
        `CouchError` 400 when the foreign code throws."""
        limit = self._seconds if seconds is None else seconds
        return self._ask((name, arguments), limit, meter or Meter())

    def _ask(self, call: tuple[str, tuple[Any, ...]] | None, seconds: float, meter: Meter) -> str:
        try:
            with WORKERS.one(self._key) as worker:
                making = None if self._key in worker.known else self._making
                status, text, used = worker.ask(self._key, making, call, seconds)
        except Died:
            meter.seconds += seconds
            raise Stopped("its process was ended at its limit") from None
        meter.seconds += used
        if status == STOPPED:
            raise Stopped(text)
        if status == BROKEN:
            raise CouchError(400, "compilation_error", text)
        if status == THREW:
            raise bad_request(text, "javascript_error")
        return text


class Workshop:
    """A thread of its own for foreign code that runs beside requests, one call at a time.

    `programs` may only be touched on that thread."""

    def __init__(self, name: str) -> None:
        self.programs: OrderedDict[tuple[str, ...], Program] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def run(self, work: Callable[[], T]) -> T:
        """Does `work` on the workshop's thread and waits for it; never from the event loop."""
        return self._pool.submit(work).result()

    def keep(self, key: tuple[str, ...], program: Program) -> None:
        """Remembers a compiled program; the one unused for longest goes when there are many."""
        self.programs[key] = program
        if len(self.programs) > KEPT_PROGRAMS:
            self.programs.popitem(last=False)

    def close(self) -> None:
        """Ends the thread after what it is doing."""
        self._pool.submit(self.programs.clear)
        self._pool.shutdown(wait=False)


def javascript_lists(items: list[bytes]) -> bytes:
    """A JSON list out of JSON texts. It becomes characters where it is read, and not before."""
    return b"[" + b",".join(items) + b"]"


_MOST_PATTERNS = 4
"""Threads that may search at once: patterns are anybody's, and must not take every process."""
_searching = threading.Semaphore(_MOST_PATTERNS)
PATTERN_SECONDS = 3.0
"""What one pattern may take in one question, over all the strings that it is held against."""


@functools.cache
def _patterns() -> Program:
    return Program([])


def pattern(source: str) -> Callable[[Any], bool]:
    """A search for a regular expression within strings, as foreign as a function: it is stopped
    at its limit, and holds up nobody meanwhile. Raises 400 `bad_arg` when it is none."""
    meter = Meter()

    def search(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if meter.seconds >= PATTERN_SECONDS:
            raise bad_request("A $regex used up the time of this question.", "timeout")
        try:
            with _searching:
                return _patterns().call("test", source, value, meter=meter) == "1"
        except Stopped:
            raise bad_request("A $regex was stopped at its time limit.", "timeout") from None

    try:
        search("")
    except CouchError:
        raise bad_request(
            "Bad argument for operator $regex: not a regular expression", "bad_arg"
        ) from None
    return search
