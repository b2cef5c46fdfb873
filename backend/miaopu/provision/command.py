"""`miaopu provision`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import couchdb
import typer

from miaopu.provision import PlanError, apply, connect, read_plan
from miaopu.provision.catalog import content
from miaopu.provision.changes import Change
from miaopu.provision.places import with_regions
from miaopu.provision.plan import Account, check_password


def _asked(account: Account) -> Account:
    """The account with the password of its variable, or the one that is typed, or none."""
    if account.password is not None:
        return account
    password = typer.prompt(
        f"Password of {account.name} (empty: drawn)",
        default="",
        hide_input=True,
        show_default=False,
    )
    if password:
        check_password(password, account.name, account.display_name, "typed")
    return replace(account, password=password or None)


def provision_command(
    config: Annotated[Path, typer.Argument(help="Plan (TOML) of regions, sites and accounts.")],
    couchdb_url: Annotated[
        str,
        typer.Option("--couchdb", envvar="MIAOPU_COUCHDB", help="URL of the database server."),
    ],
    user: Annotated[str, typer.Option(envvar="MIAOPU_COUCHDB_USER", help="Its administrator.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="MIAOPU_COUCHDB_PASSWORD",
            prompt=True,
            hide_input=True,
            help="The administrator's password; better in the environment.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option(help="Say what would be done, and do nothing.")] = False,
    ask: Annotated[bool, typer.Option(help="Ask for the passwords of new accounts.")] = False,
) -> None:
    """Make databases, design documents, accounts and catalog as a plan says.

    A plan need not repeat what stands on the server: one with a single [[site]] adds a clinic.

    The password of a new account NAME is read from MIAOPU_PASSWORD_NAME, asked for with --ask, or
    drawn and shown once. Replication between sites and regions is set up by `miaopu serve`.
    """

    def tell(change: Change) -> None:
        typer.echo(("would " if dry_run else "") + change.says)
        if change.secret is not None and not dry_run:
            typer.echo(f"  its password, shown this once: {change.secret}")

    try:
        plan = read_plan(config, content())
        if ask:
            plan = replace(plan, accounts=tuple(map(_asked, plan.accounts)))
        server = connect(couchdb_url, user, password)
        count = apply(server, with_regions(server, plan), tell, dry_run=dry_run)
    except PlanError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except couchdb.Unauthorized:
        typer.echo("The database does not take this administrator's password.", err=True)
        raise typer.Exit(1) from None
    except (OSError, couchdb.HTTPError) as error:
        typer.echo(f"The database did not do it: {type(error).__name__} {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{count} changes {'needed' if dry_run else 'made'}.")
