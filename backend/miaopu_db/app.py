"""The embedded database as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import httpx

from . import revtree, store
from .auth import User
from .errors import CouchError
from .http.app import INTERNAL_USER, serve
from .http.messages import Receive, Scope, Send
from .loopback import Application, Loopback
from .peers import Endpoint, Local, Peer, Remote
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
        self._found: tuple[str, Loopback, frozenset[str]] | None = None

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

    def damaged(self) -> list[str]:
        """The databases whose files were found not to be what was written."""
        return sorted(self._server.damaged) if self._server is not None else []

    def found_at(
        self, url: str, application: Application, unwatched: frozenset[str] = frozenset()
    ) -> None:
        """`application`, in which this one is mounted, is what answers at `url` (without a slash
        at its end): replications to databases there go to it without a socket. What a user with a
        role of `unwatched` does need not even pass through it."""
        self._found = (url + "/", Loopback(application), unwatched)

    def _as(self, user: User) -> Loopback:
        return Loopback(self, {INTERNAL_USER: user})

    async def _reach(self, endpoint: Endpoint, user: User, everything: bool) -> Peer:
        if endpoint.local:
            name, transport = endpoint.name, self._as(user)
        elif self._found is not None and endpoint.url.startswith(self._found[0]):
            url, transport, unwatched = self._found
            name = unquote(endpoint.url.removeprefix(url))
            account = await self._account(endpoint)
            if account is None or unwatched.isdisjoint(account.roles):
                return Remote(endpoint, transport)
            user = account
        else:
            return Remote(endpoint)
        server = self.server
        # What a filter finds, and what a system database does of its own, are HTTP's matter.
        if not everything or server.is_system(name) or name not in server.names():
            return Remote(endpoint, transport)
        return Local(lambda: server.database_for(name, user), user)

    async def _account(self, endpoint: Endpoint) -> User | None:
        """Whose credentials an endpoint has; None when they do not say it."""
        if endpoint.auth is None or endpoint.headers:
            return None
        try:
            return await self.server.authenticated(*endpoint.auth, "127.0.0.1")
        except CouchError:
            return None

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
