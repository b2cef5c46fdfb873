"""A database that speaks CouchDB, wherever it runs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from miaopu.couch.asgi import Application

Heads = Callable[[str, Sequence[str]], dict[str, list[tuple[str, bool]]]]
"""Database and ids → of each document that is known its leaves, and which are tombstones."""


@dataclass(frozen=True, slots=True)
class Database:
    """An ASGI application that speaks CouchDB below `MOUNT`, and its administrator."""

    kind: str
    """`embedded` or `couchdb`."""
    application: Application
    admin: str
    admin_password: str = field(repr=False)
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]
    url: str | None
    """Where the database is reached without this server; None: only through it."""
    heads: Heads | None = None
    """Where the database is in this process, and says it without their bodies. Raises
    `CouchError`."""
    found_at: Callable[[str, Application, frozenset[str]], None] = lambda _url, _app, _roles: None
    """Told the address of the databases, the application that answers there, and the roles whose
    doings no other part of it needs to see, so that a database in this process need not go over
    the network to itself."""
    damaged: Callable[[], Sequence[str]] = list
    """The databases whose files are damaged, as far as this process has met them."""
