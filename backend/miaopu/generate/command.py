"""`miaopu generate`."""

from typing import Annotated

import typer

from miaopu.generate import ROOT, stale, write


def generate_command(
    check: Annotated[bool, typer.Option(help="Write nothing; fail when a file is stale.")] = False,
) -> None:
    """Write JSON Schemas, TypeScript types and structural validators from the models."""
    changed = stale() if check else write()
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {path.relative_to(ROOT)}")
    if check and changed:
        raise typer.Exit(1)
