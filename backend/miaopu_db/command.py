"""Running the embedded database alone: `miaopu embedded` and `python -m miaopu_db`."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from . import interpreter
from .app import create_app
from .auth import hash_password
from .http.messages import Receive, Scope, Send
from .server import Settings

PASSWORD_VARIABLE = "MIAOPU_ADMIN_PASSWORD"  # noqa: S105 - the variable's name


class _Server(uvicorn.Server):
    """Uvicorn that tells the application at once when it is to stop, so that open feeds end."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)  # type: ignore[arg-type]
        self._stopping.set()


async def _serve(
    data: Path, listener: socket.socket, admins: dict[str, str], settings: Settings
) -> None:
    app = create_app(data, admins, settings)
    await app.startup()

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    config = uvicorn.Config(
        asgi,
        log_level="warning",
        access_log=False,
        lifespan="off",
        http="httptools",
        loop="uvloop",
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        backlog=2048,
    )
    server = _Server(config, asyncio.Event())

    async def watch() -> None:
        await server._stopping.wait()
        await app.shutdown()

    watching = asyncio.ensure_future(watch())
    host, port = listener.getsockname()[:2]
    print(f"Miaopu embedded database on http://{host}:{port}/", flush=True)
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()
        await app.shutdown()


def run(
    data: Path,
    port: int,
    admin: str,
    password: str,
    *,
    host: str = "127.0.0.1",
    settings: Settings | None = None,
) -> None:
    """Serves the databases in `data` until SIGTERM or SIGINT. Port 0: one that is free, printed
    on the first line. Raises OSError when the port or the folder cannot be had."""
    import uvloop

    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    # From the line that names the port on, a client may come.
    listener.listen(2048)
    interpreter.prepare()
    admins = {admin: hash_password(password)}
    uvloop.run(_serve(data, listener, admins, settings or Settings()))


def embedded_command(
    data: Annotated[Path, typer.Option(help="Folder of the databases; made when missing.")],
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one and prints it.")] = 5984,
    admin: Annotated[str, typer.Option(help="Name of the server administrator.")] = "admin",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    cors: Annotated[
        list[str] | None, typer.Option(help="Origin that may call from a browser; repeatable.")
    ] = None,
    compact_share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of garbage that has a file compacted; 1: never."),
    ] = 0.5,
    compact_seconds: Annotated[
        float, typer.Option(min=0.01, help="Seconds between two looks at how much there is.")
    ] = 60,
) -> None:
    """Run the embedded, CouchDB-compatible database alone.

    The administrator's password is read from MIAOPU_ADMIN_PASSWORD.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    password = os.environ.pop(PASSWORD_VARIABLE, "")
    if not password:
        typer.echo(
            f"No administrator, no start: set {PASSWORD_VARIABLE} to the password of '{admin}'.",
            err=True,
        )
        raise typer.Exit(2)
    if not admin or ":" in admin or admin.startswith("_"):
        typer.echo("The administrator's name may not be empty, begin with _ or hold ':'.", err=True)
        raise typer.Exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(
            data,
            port,
            admin,
            password,
            host=host,
            settings=Settings(
                cors_origins=tuple(cors or ()),
                compact_share=compact_share,
                compact_seconds=compact_seconds,
            ),
        )
    except OSError as error:
        typer.echo(f"The database cannot start: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        # Asked to stop before the server was up.
        return
    # Every acknowledged write is on the disk and every file is closed. A thread that still runs
    # foreign code would only hold the process up until it meets its limit.
    sys.stdout.flush()
    os._exit(0)
