"""The schedule engine (免疫程序引擎) in V8: the very file that runs in the browser.

Cases go in and answers come out as JSON lines, several hundred a call, for each call costs more
than a case does. The engine itself is `pwa/src/schedule/`.
"""

from __future__ import annotations

import atexit
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from py_mini_racer import JSEvalException, MiniRacer

BATCH = 400
"""Cases a call. More gains nothing; fewer pay the way into V8 too often."""

_PACKAGED = Path(__file__).parent
_BUILT = Path(__file__).parents[3] / "pwa" / "dist-engine"


class EngineError(Exception):
    """The engine is not there, or refuses a schedule; the text says what to do."""


def bundle_source(name: str) -> str:
    """A bundle: beside this module where it was installed with it, else as built in the tree."""
    for folder in (_PACKAGED, _BUILT):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise EngineError(
        "the schedule engine has not been built: run `./dev setup`, or "
        "`npm run build:engine` in pwa/"
    )


def engine_source() -> str:
    """The bundle of the engine."""
    return bundle_source("engine.js")


class ScheduleEngine:
    """A schedule, perhaps with local rules, ready to answer cases.

    It holds a V8 of its own until it is closed; use it in a `with`, or keep it for as long as the
    program runs. It may be used from several threads, one call after the other.
    """

    def __init__(self, schedule: str, layers: list[dict[str, Any]] | None = None) -> None:
        """Take the JSON text of a schedule, and local rules (`Layer` in types.ts).

        Raises `EngineError` when the bundle is missing or the schedule cannot be understood.
        """
        source = engine_source()
        self._v8 = MiniRacer()
        _OPEN.add(self)
        self._v8.eval(source)
        make: Any = self._v8.eval(
            "var answerer; (schedule, layers) => {"
            " answerer = new miaopuSchedule.Answerer(schedule, layers); return 0 }"
        )
        try:
            make(schedule, json.dumps(layers or []))
        except JSEvalException as error:
            self.close()
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"the engine cannot use this schedule: {reason}") from error
        self._answer: Any = self._v8.eval(
            "(lines, explain, first) => answerer.answer(lines, explain, first)"
        )

    def answer_lines(self, lines: list[str], *, explain: bool = False, first: int = 1) -> list[str]:
        """Answer cases, JSON lines both; `first` is the number of the first line.

        A line that cannot be understood has an answer with `error` and its number.
        """
        if not lines:
            return []
        answered: str = self._answer("\n".join(lines), explain, first)
        return answered.split("\n")

    def answers(self, cases: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Answer cases as objects, batch by batch, in their order."""
        remaining = iter(cases)
        while batch := [json.dumps(case, ensure_ascii=False) for case in islice(remaining, BATCH)]:
            yield from map(json.loads, self.answer_lines(batch))

    def close(self) -> None:
        """Give V8 back. Harmless when done twice."""
        _OPEN.discard(self)
        self._answer = None
        self._v8.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_OPEN: WeakSet[ScheduleEngine] = WeakSet()


@atexit.register
def _close_all() -> None:
    """A V8 that is still open when Python ends would keep it from ending."""
    for engine in list(_OPEN):
        engine.close()
