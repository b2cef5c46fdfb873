"""The embedded database as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import httpx

from . import revtree, store
from .auth import User
from .http.app import INTERNAL_USER, serve
from .http.messages import Receive, Scope, Send
from .loopback import Application, Loopback
from .replicator import Endpoint
from .server import Server, Settings


class EmbeddedCouch:
    """A CouchDB-compatible server below one data folder.

    It may be mounted anywhere in another application, or run alone. It starts with its first
    request or with `startup`; whoever mounts it awaits `shutdown` (or uses `running`).
    """

    def __init__(self, data: Path, admins: Mapping[str, str], settings: Settings) -> None:
        self._data = data
        self._admins = dict(admins)
        self._settings = settings
        self._server: Server | None = None
        self._found: dict[str, Loopback] = {}

    @property
    def server(self) -> Server:
        """The running server. Must be asked for on the event loop."""
        if self._server is None:
            asyncio.get_running_loop()
            self._server = Server.start(self._data, self._admins, self._settings)
            self._server.begin(self._reach)
        return self._server

    async def startup(self) -> None:
        """Opens the data folder. Raises ValueError when it may not start."""
        _ = self.server

    async def shutdown(self) -> None:
        """Ends all feeds, commits what has begun and closes every file."""
        if self._server is not None:
            await self._server.stop()

    def client(self, user: User) -> httpx.AsyncClient:
        """A client of this application in the name of `user`, without socket or password."""
        return httpx.AsyncClient(transport=self._as(user), base_url="http://local")

    def heads(self, name: str, ids: Sequence[str]) -> dict[str, list[tuple[str, bool]]]:
        """Of those documents that are known: each leaf, and whether it is a tombstone. Raises 404
        when there is no such database. Must be called on the event loop."""
        found: list[store.Row] = self.server.database(name).read_now(
            lambda cx: list(store.read_rows(cx, list(ids)).values())
        )
        heads: dict[str, list[tuple[str, bool]]] = {}
        for row in found:
            if row.leaves is None:
                heads[row.id] = [(row.rev, bool(row.deleted))]
            else:
                tree = revtree.load(row.tree)
                heads[row.id] = [(rev, tree[rev].deleted) for rev in row.all_leaves()]
        return heads

    def found_at(self, url: str, application: Application) -> None:
        """`application`, in which this one is mounted, is what answers at `url` (without a slash
        at its end): replications to databases there go to it without a socket."""
        self._found[url + "/"] = Loopback(application)

    def _as(self, user: User) -> Loopback:
        return Loopback(self, {INTERNAL_USER: user})

    def _reach(self, endpoint: Endpoint, user: User) -> httpx.AsyncBaseTransport | None:
        if endpoint.local:
            return self._as(user)
        here = (found for url, found in self._found.items() if endpoint.url.startswith(url))
        return next(here, None)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[EmbeddedCouch]:
        """`startup`, and `shutdown` at the end."""
        await self.startup()
        try:
            yield self
        finally:
            await self.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await serve(self.server, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.startup()
                except (OSError, ValueError) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create_app(
    data_dir: Path, admins: Mapping[str, str], settings: Settings | None = None
) -> EmbeddedCouch:
    """The application for the databases in `data_dir`.

    `admins`: each server administrator's name and record, as `auth.hash_password` makes it.
    Raises ValueError when there is none or one is not a record.
    """
    if not admins:
        raise ValueError("the embedded database does not start without an administrator")
    return EmbeddedCouch(data_dir, admins, settings or Settings())
