"""The processes in which foreign code runs, and who has which at the moment.

A process is taken for one call and given back. It knows the programs that were compiled in it; a
caller gets one that knows its program, when such a one is free. Whatever happens to a process, what
is lost with it is compiled again in another.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import marshal
import os
import select
import signal
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import sandboxed
from .errors import CouchError

log = logging.getLogger(__name__)

MOST_PROCESSES = 16
KNOWN_PROGRAMS = 48
"""Programs that one process keeps compiled."""
PATIENCE = 120.0
"""Seconds of the wall clock after which a process that does not answer is ended all the same. Its
processor time is limited by itself; this is for a machine that gives it none."""
_PIPE = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux


_ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_TOP_PAD_": str(1 << 20)}
"""Memory that one call has given back is kept for the next: the system would clear it each time."""


class Died(Exception):  # noqa: N818 - what happened to the process
    """The process ended, or was ended, before it answered."""


class Worker:
    """One process. Used by one thread at a time."""

    def __init__(self) -> None:
        place = importlib.util.find_spec("_quickjs")
        if place is None or place.origin is None:
            raise RuntimeError("QuickJS is not installed")
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-I", "-S", sandboxed.__file__, str(Path(place.origin).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Neither the server's secrets nor its signals.
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        for pipe in (self._in, self._out):
            _widen(pipe)
        self._answers = select.poll()
        self._answers.register(self._out, select.POLLIN)
        self.known: OrderedDict[bytes, None] = OrderedDict()
        self._dropped: list[bytes] = []

    def ask(
        self,
        key: bytes,
        making: tuple[int, float, str, list[str]] | None,
        call: tuple[str, tuple[Any, ...]] | None,
        seconds: float,
    ) -> tuple[int, str, float]:
        """Compiles the program `key` (`making`: memory, seconds, library, sources), calls it, or
        both; what became of it, the text, and the seconds of processor time. Raises `Died`."""
        message = marshal.dumps((tuple(self._dropped), key, making, call, seconds))
        self._dropped.clear()
        try:
            self._write(sandboxed.HEAD.pack(len(message)) + message)
            status, size, used = sandboxed.REPLY.unpack(self._read(sandboxed.REPLY.size))
            # What comes from there is believed to be text, and no more of it than was agreed.
            if size > 4 * sandboxed.MOST_TEXT:
                raise Died
            text = self._read(size).decode("utf-8", "surrogatepass")
        except (OSError, UnicodeDecodeError) as error:
            raise Died from error
        if status in (sandboxed.STOPPED, sandboxed.BROKEN):
            self.known.pop(key, None)
        else:
            self.known[key] = None
            self.known.move_to_end(key)
            while len(self.known) > KNOWN_PROGRAMS:
                self._dropped.append(self.known.popitem(last=False)[0])
        return status, text, used

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._in, rest) :]

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            if not self._answers.poll(PATIENCE * 1000):
                raise Died
            part = os.read(self._out, min(size, _PIPE))
            if not part:
                raise Died
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    @property
    def lives(self) -> bool:
        """Whether the process runs: nothing but a call ends it, unless somebody else does."""
        return self._process.poll() is None

    def end(self) -> None:
        """Kills the process and takes leave of it."""
        self._process.kill()
        code = self._process.wait()
        if code not in (-signal.SIGPROF, -signal.SIGKILL):
            log.warning("a process for foreign code ended with %d", code)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _widen(pipe: int) -> None:
    """Lets a whole batch into the pipe at once, where the system has such pipes."""
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE)


class Workers:
    """All processes of this server."""

    def __init__(self, most: int = MOST_PROCESSES) -> None:
        self._most = most
        self._free: list[Worker] = []
        self._count = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def one(self, key: bytes) -> Iterator[Worker]:
        """A process for one call of the program `key`. Raises 503 when none can be started."""
        worker = self._take(key)
        try:
            yield worker
        except BaseException:
            # It may be in the midst of an answer that nobody will read.
            with self._changed:
                self._count -= 1
                self._changed.notify()
            worker.end()
            raise
        with self._changed:
            self._free.append(worker)
            self._changed.notify()

    def _take(self, key: bytes) -> Worker:
        with self._changed:
            while not self._free and self._count >= self._most:
                self._changed.wait()
            while self._free:
                knowing = (one for one in reversed(self._free) if key in one.known)
                found = next(knowing, self._free[-1])
                self._free.remove(found)
                if found.lives:
                    return found
                found.end()
                self._count -= 1
            self._count += 1
        try:
            return Worker()
        except (OSError, RuntimeError) as error:
            with self._changed:
                self._count -= 1
                self._changed.notify()
            log.error("no process can be started for foreign code: %s", error)
            raise CouchError(
                503, "service unavailable", "No process can be started to run the function."
            ) from None


WORKERS = Workers()
