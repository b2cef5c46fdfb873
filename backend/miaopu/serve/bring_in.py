"""`miaopu import`: the same as the page, through a running server or into a folder of one."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from miaopu.accounts.actor import Actor
from miaopu.accounts.rules import place_in
from miaopu.accounts.users import Users
from miaopu.audit import Trail
from miaopu.couch.database import Database
from miaopu.imports.api import AskedRows, page_of, shown
from miaopu.imports.columns import Mapping
from miaopu.imports.command import (
    Door,
    ImportFailedError,
    bring_in,
    read_mapping,
    summary,
    through_server,
)
from miaopu.imports.service import Imports
from miaopu.problems import MiaopuError
from miaopu.serve.database import DatabaseError, open_database
from miaopu.serve.keep import KeepError, open_keep, stamp_of
from miaopu.serve.settings import read_settings
from miaopu_db.loopback import Loopback

Json = dict[str, Any]
_ADDRESS = "command line"


class Folder:
    """The imports of a data folder whose server is stopped."""

    def __init__(self, imports: Imports, actor: Actor) -> None:
        self.imports, self.actor = imports, actor

    async def send(self, name: str, data: bytes) -> Json:
        """Sends a file."""
        job = self.imports.take(self.actor, _ADDRESS, name, data)
        return shown(job).model_dump(mode="json")

    async def ask(self, path: str, body: object = None) -> Json:
        """The answer to a request, as the API gives it."""
        asked: Json = body if isinstance(body, dict) else {}
        job = self.imports.of(self.actor, asked.get("id") or path.removeprefix("jobs/"))
        if path == "preview":
            self.imports.preview(job, Mapping.model_validate(asked["mapping"]))
        elif path == "commit":
            self.imports.commit(job, {})
        elif path == "rows":
            return page_of(job, AskedRows.model_validate(asked)).model_dump(mode="json")
        return shown(job).model_dump(mode="json")


async def in_folder(
    data: Path, site: str, by: str, work: Callable[[Door], Awaitable[Json]]
) -> Json:
    """Works in a data folder, in the name of a senior of the clinic."""
    settings = read_settings({"data": data})
    keep = open_keep(settings.data)
    database = open_database(settings, keep)
    await database.start()
    try:
        async with _client(database) as client:
            actor = await _actor(client, by)
            if actor.site != site:
                raise ImportFailedError(f"{by} is no account of the clinic {site}")
            trail = Trail(settings.data / "trail", lambda: client)
            trail.load()
            imports = Imports(lambda: client, stamp_of(keep), trail)
            found = await work(Folder(imports, actor))
            await trail.flush()
            return found
    finally:
        await database.stop()


def _client(database: Database) -> httpx.AsyncClient:
    inside = Loopback(database.application) if database.url is None else None
    return httpx.AsyncClient(
        base_url=(database.url or "http://inside") + "/",
        auth=(database.admin, database.admin_password),
        transport=inside,
        timeout=httpx.Timeout(120),
        trust_env=False,
    )


async def _actor(client: httpx.AsyncClient, name: str) -> Actor:
    record = await Users(lambda: client).get(name)
    if record is None or place_in(record) is None:
        raise ImportFailedError(f"there is no account {name}")
    return Actor(name, tuple(record["roles"]))


def import_command(
    file: Annotated[Path, typer.Argument(help="XLSX or CSV.", exists=True, dir_okay=False)],
    site: Annotated[str, typer.Option(help="The clinic's code, 10 digits.")],
    map_: Annotated[
        Path | None, typer.Option("--map", help="Mapping (JSON), as --json prints it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only look; write nothing.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Data folder of a server that is stopped.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            help="Address of a running server; the account of a senior of the clinic is in "
            "MIAOPU_USER and MIAOPU_PASSWORD."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="With --data: the senior in whose name it is done.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Bring old records in (导入旧资料): children and doses from a table."""

    def progress(state: str, done: int, total: int) -> None:
        if not as_json:
            typer.echo(f"{state} {done}/{total}", err=True)

    async def run() -> Json:
        async def work(door: Door) -> Json:
            return await bring_in(
                door, file.name, content, mapping, dry_run=dry_run, progress=progress
            )

        if url is not None:
            return await through_server(url, work)
        if data is None or by is None:
            raise ImportFailedError("say --url, or --data and --by")
        return await in_folder(data, site, by, work)

    try:
        mapping, content = read_mapping(map_), file.read_bytes()
        found = asyncio.run(run())
    except (ImportFailedError, MiaopuError, KeepError, DatabaseError) as error:
        typer.echo(f"miaopu import: {error}", err=True)
        raise typer.Exit(1) from None
    except (OSError, httpx.HTTPError) as error:
        typer.echo(f"miaopu import: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1) if as_json else summary(found))
