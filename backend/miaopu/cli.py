"""`miaopu`: one program for the server, its provisioning, its demo and its schedules."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

COMMANDS = {
    "serve": "miaopu.serve.command:serve_command",
    "provision": "miaopu.provision.command:provision_command",
    "demo": "miaopu.demo.command:demo_command",
    "import": "miaopu.serve.bring_in:import_command",
    "example-tables": "miaopu.demo.tables:example_tables_command",
    "embedded": "miaopu_db.command:embedded_command",
    "generate": "miaopu.generate.command:generate_command",
    "forecast": "miaopu.schedule.command:forecast_command",
    "plan": "miaopu.schedule.plan:plan_command",
    "schedule import-cdsi": "miaopu.schedule.command:import_cdsi_command",
    "schedule check": "miaopu.schedule.command:check_command",
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The program with the command that `arguments` name, or with all when they name none.

    A command is imported when it is wanted: `miaopu forecast` need not load a web server.
    """
    names = [name for name in COMMANDS if name.split()[0] == next(iter(arguments), "")]
    app = typer.Typer(
        help="Miaopu 苗圃: child immunization, offline first.",
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
    )
    app.callback()(_nothing)
    groups: dict[str, typer.Typer] = {}
    for name in names or COMMANDS:
        module, _, function = COMMANDS[name].partition(":")
        group, _, leaf = name.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(no_args_is_help=True)
            groups[group].callback()(_nothing)
            app.add_typer(groups[group], name=group)
        groups.get(group, app).command(leaf)(getattr(import_module(module), function))
    return app


def _nothing() -> None:
    """A callback makes a group even of a single command."""


def main() -> None:
    """The entry point of `miaopu`."""
    build(sys.argv[1:])()
