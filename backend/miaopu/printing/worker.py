"""PDF in a process of its own, which a form that takes too long cannot outlive.

A layout cannot be interrupted from within its process, so that each form is set in another one:
`PdfWorker` keeps one warm, asks it form by form, and starts a new one after it was ended. The
process ends by itself when a form takes more processor time than any form should, and when nobody
is there to ask it. (`python -m miaopu.printing.worker` is that process.)
"""

import asyncio
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

from miaopu.printing.errors import (
    BadPrintDataError,
    DoesNotFitError,
    FieldsError,
    NoGlyphError,
    PrintError,
    StoppedError,
    TooLongError,
    TooSlowError,
    UnknownTemplateError,
)
from miaopu.printing.forms import Form
from miaopu.printing.words import Lang

LIMIT_S = 10.0
"""Processor seconds that one form may take; an ordinary one takes a fifth of a second."""
_LONGEST_WAIT_FACTOR = 12
"""How much longer it may take by the clock, on a machine with other work."""
_LENGTH = struct.Struct(">I")
_PDF, _ERROR = b"P", b"E"
_KINDS: dict[str, type[PrintError]] = {
    kind.code: kind
    for kind in (
        UnknownTemplateError, BadPrintDataError, DoesNotFitError, NoGlyphError, TooLongError
    )
}  # fmt: skip


class PdfWorker:
    """Sets one form after another. Lives in one event loop; `stop` ends it for good."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self.limit_s = limit_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._stopped = False

    async def render(self, template: str, form: Form, lang: Lang) -> bytes:
        """The form as PDF. Raises PrintError; when the caller is cancelled, the work ends too."""
        question = {
            "template": template,
            "form": form.model_dump(mode="json"),
            "lang": lang,
            "limit_s": self.limit_s,
        }
        async with self._turn:
            process = await self._running()
            try:
                kind, answer = await self._asked(process, json.dumps(question).encode())
            except (asyncio.IncompleteReadError, ConnectionError):
                raise self._why(await process.wait()) from None
            except BaseException:
                self._end()
                raise
        if kind == _PDF:
            return answer
        raise _error(template, answer)

    async def warm_up(self) -> None:
        """Starts the process, so that the first form does not wait for it."""
        async with self._turn:
            await self._running()

    async def stop(self) -> None:
        """Ends the process, with whatever it is at; nothing is set from now on."""
        self._stopped = True
        process = self._process
        self._end()
        if process is not None:
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._stopped:
            raise StoppedError("the program is ending")
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                __name__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C is for the program, which ends this one
            )
        return self._process

    async def _asked(
        self, process: asyncio.subprocess.Process, question: bytes
    ) -> tuple[bytes, bytes]:
        assert process.stdin is not None  # noqa: S101 -- both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(_LENGTH.pack(len(question)) + question)
        await process.stdin.drain()
        kind = await process.stdout.readexactly(1)
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        return kind, await process.stdout.readexactly(length)

    def _why(self, status: int) -> PrintError:
        if status in (-signal.SIGPROF, -signal.SIGALRM):
            return TooSlowError(f"the form was not ready after {self.limit_s:g} s of work")
        return StoppedError(f"the printing process ended (status {status}); print again")

    def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        self._process = None


def _error(template: str, answer: bytes) -> PrintError:
    told = json.loads(answer)
    fields = [(str(path), str(reason)) for path, reason in told["fields"]]
    kind = _KINDS.get(told["code"], PrintError)
    if issubclass(kind, FieldsError):
        return kind(template, fields)
    return kind(told["message"], fields)


def _answer(question: bytes) -> tuple[bytes, bytes]:
    from miaopu.printing.render import render_pdf

    asked = json.loads(question)
    # Signals that nothing catches: they end even a layout that is inside a library.
    signal.setitimer(signal.ITIMER_PROF, asked["limit_s"])
    signal.setitimer(signal.ITIMER_REAL, asked["limit_s"] * _LONGEST_WAIT_FACTOR)
    try:
        return _PDF, render_pdf(asked["template"], asked["form"], asked["lang"])
    except PrintError as error:
        told = {"code": error.code, "fields": error.fields, "message": str(error)}
    except Exception as error:  # noqa: BLE001 -- a library may do anything
        # The text of an unknown error could quote the form: only its kind is told.
        told = {"code": PrintError.code, "fields": [], "message": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return _ERROR, json.dumps(told).encode()


def _question(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    return source.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else None


def main() -> None:
    """Answers questions on standard input until it is closed."""
    import logging

    from miaopu.printing.render import warm_up

    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells every step
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get between the answers
    warm_up()
    while (question := _question(sys.stdin.buffer)) is not None:
        kind, answer = _answer(question)
        answers.write(kind + _LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
