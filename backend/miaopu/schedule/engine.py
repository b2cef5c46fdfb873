"""The schedule engine (免疫程序引擎) in V8: the very file that runs in the browser.

Cases go in and answers come out as JSON lines, several hundred a call, for each call costs more
than a case does; for statistics children go in and numbers come out (`ScheduleEngine.table`). The
engine itself is `pwa/src/schedule/`.
"""

from __future__ import annotations

import atexit
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self
from weakref import WeakSet

import orjson
from py_mini_racer import JSEvalException, MiniRacer

from miaopu.problems import MiaopuError

BATCH = 400
"""Cases a call. More gains nothing; fewer pay the way into V8 too often."""

_PACKAGED = Path(__file__).parent
_BUILT = Path(__file__).parents[3] / "pwa" / "dist-engine"


Sex = Literal["F", "M", "U"]
Observed = tuple[str, int | None, int | None]
"""An observation's code, its day, and the last day on which it holds."""
Given = tuple[int, str] | tuple[int, str, int | None]
"""A dose's day and vaccine, and the last day of its lot if it is known."""
ChildRow = tuple[int, Sex, int, Sequence[Given], Sequence[Observed]]
"""A child for `ScheduleEngine.table`: birth, sex, as-of day, doses, observations.

Days are numbers (`day_number`). Doses after the as-of day count: who looks back leaves them out.
"""

SERIES_STATUSES = (
    "notComplete",
    "complete",
    "immune",
    "contraindicated",
    "agedOut",
    "notRecommended",
)
DOSE_STATUSES = ("valid", "notValid", "extraneous", "substandard", "notEvaluated")
NONE = -(2**31)
"""In a table: no day, no number, no group."""


class GroupRow(NamedTuple):
    """What a vaccine group (疫苗组) comes to for a child."""

    child: int
    """Place of the child among those asked for, from 0."""
    group: int
    """Place in `ScheduleEngine.groups`."""
    risk: int
    """1: of a series for a risk."""
    status: int
    """Place in `SERIES_STATUSES`."""
    forecast_number: int
    """Doses that count, and one more."""
    target: int
    """Number of the dose that is due (第几剂)."""
    earliest: int
    recommended: int
    """应种日"""
    past_due: int
    """Last day on time (及时)."""
    latest: int


class DoseRow(NamedTuple):
    """How a dose counted for an antigen."""

    child: int
    dose: int
    """Place among the child's doses, from 0."""
    group: int
    target: int
    """Number of the target dose (剂次) that it was held against."""
    status: int
    """Place in `DOSE_STATUSES`."""


@dataclass(frozen=True, slots=True)
class Table:
    """Answers as numbers: 32-bit integers of this machine, row after row."""

    groups: bytes
    """Rows of ten, as `GroupRow`."""
    doses: bytes
    """Rows of five, as `DoseRow`."""

    def group_rows(self) -> Iterator[GroupRow]:
        """The rows of the vaccine groups, child after child."""
        return map(GroupRow._make, struct.iter_unpack("10i", self.groups))

    def dose_rows(self) -> Iterator[DoseRow]:
        """The rows of the doses, child after child."""
        return map(DoseRow._make, struct.iter_unpack("5i", self.doses))


_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the engine counts them."""
    return day.toordinal() - _EPOCH


class EngineError(MiaopuError):
    """The engine is not there, or refuses a schedule; the text says what to do."""

    code = "engine"
    status = 503


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
        self._table: Any = self._v8.eval("(children) => answerer.table(children)")
        self.groups: tuple[str, ...] = tuple(json.loads(str(self._v8.eval("answerer.groups()"))))
        """The vaccine groups, by the numbers that a table has for them."""

    def answer_lines(self, lines: list[str], *, explain: bool = False, first: int = 1) -> list[str]:
        """Answer cases, JSON lines both; `first` is the number of the first line.

        A line that cannot be understood has an answer with `error` and its number.
        """
        if not lines:
            return []
        answered: str = self._answer("\n".join(lines), explain, first)
        return answered.split("\n")

    def table(self, children: Sequence[ChildRow]) -> Table:
        """Forecast many children in one crossing; some thousands a call are best.

        Raises `EngineError` when a child is not of the shape.
        """
        try:
            view: memoryview = self._table(orjson.dumps(children).decode())
        except (JSEvalException, TypeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"the engine cannot read these children: {reason}") from error
        # V8 owns the buffer, and may be gone before the caller is done.
        groups, _ = view[:8].cast("i")
        end = 8 + groups * 40
        return Table(groups=bytes(view[8:end]), doses=bytes(view[end:]))

    def answers(self, cases: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Answer cases as objects, batch by batch, in their order."""
        remaining = iter(cases)
        while batch := [json.dumps(case, ensure_ascii=False) for case in islice(remaining, BATCH)]:
            yield from map(json.loads, self.answer_lines(batch))

    def close(self) -> None:
        """Give V8 back. Harmless when done twice."""
        _OPEN.discard(self)
        self._answer = self._table = None
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
