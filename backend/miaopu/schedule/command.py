"""`miaopu forecast`, `miaopu schedule import-cdsi` and `miaopu schedule check`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from miaopu.schedule.catalog import ScheduleNotFoundError, find_schedule
from miaopu.schedule.engine import BATCH, EngineError, ScheduleEngine
from miaopu.schedule.import_cdsi import CdsiImportError, import_cdsi


def forecast_command(
    cases: Annotated[
        str, typer.Argument(metavar="CASES.jsonl", help="One case a line; - is standard input.")
    ],
    schedule: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="A schedule of the program, or a file."),
    ] = None,
    cdsi: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="CDC's CDSi supporting data (XML) instead."),
    ] = None,
    layers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Local rules over the schedule: a JSON list of layers."),
    ] = None,
    explain: Annotated[bool, typer.Option(help="Also the trail of rules.")] = False,
) -> None:
    """Evaluate and forecast cases: one JSON line in, one JSON line out.

    A line that cannot be understood gets an answer with `error`, and the run goes on.
    """
    if (schedule is None) == (cdsi is None):
        raise typer.BadParameter("give either --schedule or --cdsi")
    try:
        text = find_schedule(schedule) if schedule is not None else _cdsi_text(cdsi)
        with ScheduleEngine(text, _read_layers(layers)) as engine, _open(cases) as source:
            bad = _answer_all(engine, source, explain)
    except (ScheduleNotFoundError, CdsiImportError, EngineError, OSError) as error:
        typer.echo(f"miaopu forecast: {error}", err=True)
        raise typer.Exit(2) from error
    if bad:
        typer.echo(f"{bad} lines could not be understood; their answers say why.", err=True)


def import_cdsi_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with CDC's XML files.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The schedule's JSON file.")],
) -> None:
    """Turn CDC's published CDSi supporting data into a schedule of the engine."""
    try:
        schedule = import_cdsi(folder)
        out.write_text(json.dumps(schedule, ensure_ascii=False), encoding="utf-8")
    except (CdsiImportError, OSError) as error:
        typer.echo(f"miaopu schedule import-cdsi: {error}", err=True)
        raise typer.Exit(2) from error
    series = sum(len(antigen["series"]) for antigen in schedule["antigens"])
    typer.echo(f"{out}: {len(schedule['antigens'])} antigens, {series} series", err=True)


def check_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Schedules or local rules, JSON."),
    ],
    schedule: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", help="The schedule that local rules are held against."),
    ] = "cn-nip-2026",
) -> None:
    """Say what is wrong with schedules and local rules; fail when any has an error.

    A file holds a schedule, a local rule, a list of them, or such a document of the catalog.
    """
    from miaopu.schedule.check import check_rules, check_schedule

    failed = False
    for path in files:
        try:
            whole, rules = _read_checked(path)
            found = (
                check_schedule(whole)
                if whole is not None
                else check_rules(find_schedule(schedule), rules)
            )
        except (ScheduleNotFoundError, EngineError, OSError) as error:
            typer.echo(f"miaopu schedule check: {path}: {error}", err=True)
            raise typer.Exit(2) from error
        for one in found:
            typer.echo(f"{path}: {one.severity}: {one.text} [{one.path}]")
        failed = failed or any(one.severity == "error" for one in found)
        if not found:
            typer.echo(f"{path}: good")
    if failed:
        raise typer.Exit(1)


def _read_checked(path: Path) -> tuple[str | None, list[dict[str, Any]]]:
    """A schedule's text, or local rules as the engine takes them."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(f"it is not JSON: {error}") from error
    if isinstance(held, dict) and held.get("type") == "schedule":
        held = held.get("schedule")
    if isinstance(held, dict) and "antigens" in held:
        return json.dumps(held), []
    rules = held if isinstance(held, list) else [held]
    rules = [
        rule["layer"] if isinstance(rule, dict) and "layer" in rule else rule for rule in rules
    ]
    if not all(isinstance(rule, dict) and "kind" in rule for rule in rules):
        raise EngineError("it holds neither a schedule nor local rules")
    return None, [_with_schedule(rule) for rule in rules]


def _with_schedule(rule: dict[str, Any]) -> dict[str, Any]:
    """`with` names a schedule in a document, and holds one in the engine."""
    if rule["kind"] == "with" and isinstance(rule.get("schedule"), str):
        return {**rule, "schedule": json.loads(find_schedule(rule["schedule"]))}
    return rule


def _cdsi_text(folder: Path | None) -> str:
    return json.dumps(import_cdsi(folder)) if folder is not None else ""


def _read_layers(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    try:
        layers = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(f"{path} is not JSON: {error}") from error
    if not isinstance(layers, list):
        raise EngineError(f"{path} should hold a list of layers")
    return layers


def _open(cases: str) -> BinaryIO:
    return sys.stdin.buffer if cases == "-" else Path(cases).open("rb")


def _answer_all(engine: ScheduleEngine, source: BinaryIO, explain: bool) -> int:
    """Write an answer for every line that is not blank; return how many lines were bad."""
    out = sys.stdout
    bad = 0
    with _progress() as progress:
        task = progress.add_task("cases", total=None)
        for first, lines in _batches(source):
            answers = engine.answer_lines(lines, explain=explain, first=first)
            written = [answer for line, answer in zip(lines, answers, strict=True) if line.strip()]
            out.writelines(answer + "\n" for answer in written)
            bad += sum(1 for answer in written if '"error":' in answer and "error" in _keys(answer))
            progress.advance(task, len(written))
    out.flush()
    return bad


def _keys(answer: str) -> set[str]:
    return set(json.loads(answer))


def _batches(source: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Lines by the batch, each with the number of its first line.

    What is no UTF-8 becomes the replacement character, and the line is judged as any other.
    """
    batch: list[str] = []
    first = 1
    for number, line in enumerate(source, 1):
        batch.append(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        if len(batch) == BATCH:
            yield first, batch
            batch, first = [], number + 1
    if batch:
        yield first, batch


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
