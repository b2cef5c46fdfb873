"""`miaopu serve`."""

import logging
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError


def serve_command(
    data: Annotated[
        Path | None, typer.Option(help="Folder of this server's data and secrets.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port; 0: any that is free [8321].")] = None,
    couchdb: Annotated[
        str | None, typer.Option(help="URL of an outside CouchDB; else the embedded database.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Plan (TOML) of regions, sites and accounts.")
    ] = None,
) -> None:
    """Serve the application and its database at one address.

    Each option may be given in the environment, as MIAOPU_DATA, MIAOPU_PORT and so on. The
    administrator of an outside CouchDB is MIAOPU_COUCHDB_USER with MIAOPU_COUCHDB_PASSWORD.
    """
    from miaopu.provision.plan import PlanError
    from miaopu.serve.database import DatabaseError
    from miaopu.serve.demo_note import announcement, read_note
    from miaopu.serve.keep import KeepError
    from miaopu.serve.run import serve
    from miaopu.serve.settings import PREFIX, read_settings

    # The lines of httpx show URLs, and a URL may hold what a child was looked up by.
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
    )
    for name in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    options = {"data": data, "host": host, "port": port, "couchdb": couchdb, "config": config}
    try:
        settings = read_settings(options)
        demo = read_note(settings.data)

        def ready(address: str) -> None:
            typer.echo(f"Miaopu: {address}/")
            for line in announcement(demo) if demo is not None else ():
                typer.echo(line)

        serve(settings, ready)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            name = str(problem["loc"][0])
            typer.echo(f"--{name} or {PREFIX}{name.upper()}: {problem['msg']}", err=True)
        raise typer.Exit(2) from None
    except (KeepError, PlanError, DatabaseError, ValueError) as error:
        typer.echo(f"Miaopu does not start: {error}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"Miaopu does not start: {error.strerror or error}", err=True)
        raise typer.Exit(1) from None
