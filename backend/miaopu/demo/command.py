"""`miaopu demo`: a demo county in a data folder or on a server."""

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import couchdb
import httpx
import typer
import uvicorn
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from miaopu.couch.database import Database
from miaopu.days import CHINA
from miaopu.demo.county import County, build
from miaopu.demo.load import LoadError, load
from miaopu.provision import Plan, PlanError, apply, connect
from miaopu.provision.catalog import content
from miaopu.serve.database import DatabaseError, open_database
from miaopu.serve.demo_note import FILE, Login, Note, announcement, read_note, write_note
from miaopu.serve.keep import KeepError, open_keep
from miaopu.serve.settings import Settings

_TIMEOUT = httpx.Timeout(120)


class DemoError(Exception):
    """The demo county cannot be made; the message says why and what to do."""


def demo_command(
    data: Annotated[Path, typer.Option(help="Data folder, as `miaopu serve` takes it.")],
    sites: Annotated[int, typer.Option(help="Clinics of the county.")] = 3,
    children: Annotated[int, typer.Option(help="Children of each clinic.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed and day make the same county.")] = 1,
    today: Annotated[
        str | None, typer.Option(help="The county's present day, YYYY-MM-DD; default: today.")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="Do not say how to log in.")] = False,
    couchdb_url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="An outside CouchDB instead of the folder's database; its administrator in "
            "MIAOPU_COUCHDB_USER and MIAOPU_COUCHDB_PASSWORD.",
        ),
    ] = None,
    couchdb_user: Annotated[
        str | None, typer.Option(envvar="MIAOPU_COUCHDB_USER", hidden=True)
    ] = None,
    couchdb_password: Annotated[
        str | None, typer.Option(envvar="MIAOPU_COUCHDB_PASSWORD", hidden=True)
    ] = None,
) -> None:
    """Make a demo county (演示县): clinics, children and accounts that do not exist."""
    console = Console(stderr=True, highlight=False)
    settings = Settings(
        data=data,
        couchdb=couchdb_url,
        couchdb_user=couchdb_user,
        couchdb_password=None if couchdb_password is None else SecretStr(couchdb_password),
    )
    try:
        county = build(sites, children, seed, _day(today))
        note = asyncio.run(make_demo(county, settings, console))
    except (DemoError, LoadError, PlanError, KeepError, DatabaseError, ValueError) as error:
        _fail(console, str(error))
    except couchdb.HTTPError as error:
        _fail(console, f"the database refused: {error}")
    except (OSError, httpx.HTTPError) as error:
        _fail(console, f"{type(error).__name__}: {error}")
    for line in () if quiet else announcement(note):
        console.print(line, markup=False)


async def make_demo(county: County, settings: Settings, console: Console) -> Note:
    """Provisions and loads the county; marks the data folder when all of it is there.

    Raises DemoError for a folder that has a county already, and what provisioning or loading raise.
    """
    if read_note(settings.data) is not None:
        raise DemoError(
            f"{settings.data} has a demo county already ({FILE}); remove the folder to make another"
        )
    keep = open_keep(settings.data)
    database = open_database(settings, keep)
    plan = Plan(county.regions, county.sites, county.accounts, content())
    await database.start()
    try:
        async with _reachable(database) as url:
            with _progress(console) as progress:
                task = progress.add_task("accounts and databases", total=None)
                await asyncio.to_thread(_provision, url, database, plan)
                progress.update(task, description="children", total=county.children)
                async with httpx.AsyncClient(
                    base_url=url,
                    auth=(database.admin, database.admin_password),
                    timeout=_TIMEOUT,
                    trust_env=False,
                ) as client:
                    await load(county, client, lambda count: progress.advance(task, count))
    finally:
        await database.stop()
    note = _note_of(county)
    write_note(settings.data, note)
    return note


def _note_of(county: County) -> Note:
    return Note(
        county.seed,
        county.today.isoformat(),
        len(county.clinics),
        county.children_per_site,
        county.example_card(),
        tuple(
            Login(account.name, account.password or "", account.display_name, account.roles)
            for account in county.accounts
        ),
    )


def _provision(url: str, database: Database, plan: Plan) -> None:
    apply(connect(url, database.admin, database.admin_password), plan)


@contextlib.asynccontextmanager
async def _reachable(database: Database) -> AsyncIterator[str]:
    """The database's address; the embedded one listens on a port of its own for that long."""
    if database.url is not None:
        yield database.url
        return
    # Only sockets that say they are TCP are spared Nagle's delay by asyncio: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    # From now on connections wait, though the server below takes a moment to start.
    listener.listen()
    server = _Server(
        uvicorn.Config(
            database.application,
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            # Making a batch keeps the loop busy; a connection that waits for it is not an idle one.
            timeout_keep_alive=24 * 3600,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to the command, so that Ctrl-C ends the whole of it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _day(text: str | None) -> dt.date:
    if text is None:
        return dt.datetime.now(CHINA).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DemoError(f"--today {text!r} is no date; write it like 2026-11-23") from None


def _fail(console: Console, message: str) -> NoReturn:
    console.print(f"miaopu demo: {message}", style="red", markup=False)
    raise typer.Exit(1)
