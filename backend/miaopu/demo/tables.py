"""`miaopu example-tables`: tables of invented children, to try an import with."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from miaopu.demo.old_records import as_csv, as_xlsx, dose_table, wide_table


def example_tables_command(
    out: Annotated[Path, typer.Argument(help="Folder into which the tables are written.")],
    site: Annotated[str, typer.Option(help="Clinic's code in the child codes.")] = "9901219999",
    children: Annotated[int, typer.Option(help="Children of each table.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed makes the same tables.")] = 1,
    today: Annotated[str, typer.Option(help="The last day of a dose.")] = "2026-11-29",
) -> None:
    """Write example tables (示例表): children.xlsx, a row a child, and doses.csv, a row a dose."""
    day = dt.date.fromisoformat(today)
    out.mkdir(parents=True, exist_ok=True)
    (out / "children.xlsx").write_bytes(as_xlsx(wide_table(site, children, seed, day)))
    (out / "doses.csv").write_bytes(as_csv(dose_table(site, children, seed + 1, day), "gbk"))
    typer.echo(f"{out / 'children.xlsx'}\n{out / 'doses.csv'}")
