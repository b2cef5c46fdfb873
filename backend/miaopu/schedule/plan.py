"""`miaopu plan`: the visits to come of a clinic's children, by the page's own planner in V8.

The bundle is that of pwa/src/appointments/bundle.ts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Self

import orjson
import typer
from chinese_calendar import constants
from py_mini_racer import JSEvalException, MiniRacer
from pydantic import Field, ValidationError

from miaopu.models.base import CalendarDate, Shape
from miaopu.models.site import ClinicDay
from miaopu.schedule.catalog import ScheduleNotFoundError, find_schedule
from miaopu.schedule.engine import EngineError, bundle_source

Json = dict[str, Any]


class HolidayTable(Shape):
    """Years, days off, and weekend days that are worked (调休)."""

    years: list[int]
    off: list[CalendarDate] = Field(default=[], max_length=9000)
    on: list[CalendarDate] = Field(default=[], max_length=9000)


class CalendarFile(Shape):
    """The file of `--calendar`: a clinic's days as its settings say them, and holidays."""

    clinic_days: list[ClinicDay] = Field(default=[], max_length=100)
    closed_days: list[CalendarDate] = Field(default=[], max_length=2000)
    open_days: list[CalendarDate] = Field(default=[], max_length=2000)
    holidays: list[HolidayTable] = Field(default=[], max_length=100)
    """Over those that came with the program; the later has the last word."""


def national_holidays() -> Json:
    """The State Council's arrangements, as far as `chinesecalendar` has them."""
    off = [day.isoformat() for day in constants.holidays]
    on = [day.isoformat() for day in constants.workdays]
    return {"years": sorted({int(day[:4]) for day in off}), "off": off, "on": on}


class ClinicPlanner:
    """The planner in a V8 of its own, until it is closed."""

    def __init__(
        self,
        schedule: str,
        calendar: CalendarFile,
        *,
        layers: list[Json] | None = None,
        days: int = 365,
    ) -> None:
        """Take the JSON text of a schedule, the clinic's days, and how many days to plan.

        Raises `EngineError` when the bundle is missing or the schedule cannot be understood.
        """
        source = bundle_source("planner.js")
        written = calendar.model_dump(exclude_none=True)
        holidays = [national_holidays(), *written.pop("holidays")]
        asked = {"schedule": json.loads(schedule), "layers": layers or [], "calendar": written}
        self._v8 = MiniRacer()
        self._v8.eval(source)
        self._call(
            "(asked) => { globalThis.planner = new miaopuPlanner.Planner(asked); return '' }",
            orjson.dumps({**asked, "holidays": holidays, "days": days}).decode(),
        )

    def answer(self, lines: list[str], first: int = 1) -> list[str]:
        """Plan for all the clinic's children; cases and answers are JSON lines.

        A line that cannot be understood has an answer with `error` and its number.
        """
        if not lines:
            return []
        answered: str = self._call("(lines, first) => planner.answer(lines, first)",
                                   "\n".join(lines), first)  # fmt: skip
        return answered.split("\n")

    def _call(self, function: str, *arguments: str | int) -> str:
        call: Any = self._v8.eval(function)
        try:
            return str(call(*arguments))
        except JSEvalException as error:
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"the planner cannot use this: {reason}") from error

    def close(self) -> None:
        """Give V8 back."""
        self._v8.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def plan_command(
    cases: Annotated[
        str, typer.Argument(metavar="CASES.jsonl", help="One case a line; - is standard input.")
    ],
    calendar: Annotated[
        Path, typer.Option(metavar="FILE", help="The clinic's days and places, JSON.")
    ],
    schedule: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A schedule of the program, or a file.")
    ] = "cn-nip-2026",
    days: Annotated[int, typer.Option(min=1, max=7000, help="How far ahead to plan.")] = 365,
) -> None:
    """Plan the fewest visits that keep every dose on time: one JSON line in, one JSON line out.

    All cases are children of one clinic and share its places. A line that cannot be understood gets
    an answer with `error`, and the others are planned.
    """
    try:
        known = CalendarFile.model_validate_json(calendar.read_bytes())
        read = sys.stdin.buffer.read() if cases == "-" else Path(cases).read_bytes()
        # A line ends where the file says so, and not at a sign that Unicode calls an end.
        numbered = list(enumerate(read.decode("utf-8", errors="replace").split("\n"), 1))
        asked = [(number, line) for number, line in numbered if line.strip()]
        with ClinicPlanner(find_schedule(schedule), known, days=days) as planner:
            answers = planner.answer([line for _, line in asked])
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) or "the file" for one in error.errors())
        typer.echo(f"miaopu plan: {calendar} cannot be understood: {places}", err=True)
        raise typer.Exit(2) from error
    except (ScheduleNotFoundError, EngineError, OSError) as error:
        typer.echo(f"miaopu plan: {error}", err=True)
        raise typer.Exit(2) from error
    bad = 0
    for (number, _), answer in zip(asked, answers, strict=True):
        told = json.loads(answer)
        if "error" in told:
            bad += 1
            answer = json.dumps({**told, "line": number}, ensure_ascii=False)
        typer.echo(answer)
    if bad:
        typer.echo(f"{bad} lines could not be understood; their answers say why.", err=True)
