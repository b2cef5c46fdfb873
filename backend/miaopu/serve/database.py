"""The database behind `/db`: the embedded one in this process, or an outside CouchDB."""

import logging
from collections.abc import Callable

import httpx

from miaopu.accounts.roles import SERVER_ACCOUNT
from miaopu.couch.asgi import Message, Receive, Scope, Send
from miaopu.couch.database import Database
from miaopu.couch.follow import FAULTS, reason
from miaopu.serve.keep import ADMINISTRATOR, Keep, hold
from miaopu.serve.settings import Settings
from miaopu_db.address import ADDRESS, address_in

log = logging.getLogger(__name__)

MOUNT = "/db"


class DatabaseError(Exception):
    """The database cannot be used; the message says what to do."""


def _embedded(settings: Settings, keep: Keep) -> Database:
    from miaopu_db.app import create_app
    from miaopu_db.auth import hash_password
    from miaopu_db.server import Settings as EmbeddedSettings

    application = create_app(
        settings.data / "couch",
        {ADMINISTRATOR: hash_password(keep.admin_password)},
        EmbeddedSettings(
            session_seconds=settings.session_seconds,
            compact_share=settings.compact_share,
            compact_seconds=settings.compact_seconds,
        ),
    )
    release: Callable[[], None] | None = None

    async def start() -> None:
        nonlocal release
        release = hold(settings.data)
        await application.startup()

    async def stop() -> None:
        nonlocal release
        await application.shutdown()
        if release is not None:
            release()
            release = None

    return Database(
        "embedded",
        application,
        ADMINISTRATOR,
        keep.admin_password,
        start,
        stop,
        None,
        application.heads,
        application.found_at,
        application.damaged,
    )


def _outside(url: str, settings: Settings, keep: Keep) -> Database:
    from miaopu.serve.proxy import Proxy

    if not settings.couchdb_user or settings.couchdb_password is None:
        raise DatabaseError(
            "an outside CouchDB needs an administrator: set MIAOPU_COUCHDB_USER and "
            "MIAOPU_COUCHDB_PASSWORD"
        )
    proxy = Proxy(url)
    admin, password = settings.couchdb_user, settings.couchdb_password.get_secret_value()

    async def start() -> None:
        """The outside database runs already; but it may be another server's."""
        account = f"{url.rstrip('/')}/_users/org.couchdb.user%3A{SERVER_ACCOUNT}"
        try:
            async with httpx.AsyncClient(auth=(admin, password), trust_env=False) as client:
                mark = (await client.get(account)).json().get("server")
        except FAULTS as error:
            # Who provisions says it too, and tries again until the database is there.
            log.warning("whose the database is cannot be asked: %s", reason(error))
            return
        if mark not in (None, keep.mark):
            raise DatabaseError(
                f"the account {SERVER_ACCOUNT} of this CouchDB is another Miaopu server's, with "
                "other secrets. Two servers of one CouchDB need the same secrets.json. If the "
                f"other is gone for good, remove org.couchdb.user:{SERVER_ACCOUNT} from _users"
            )

    return Database("couchdb", proxy, admin, password, start, proxy.close, url)


def open_database(settings: Settings, keep: Keep) -> Database:
    """The database that the settings name. Raises DatabaseError when they do not suffice."""
    if settings.couchdb is None:
        return _embedded(settings, keep)
    return _outside(settings.couchdb, settings, keep)


async def mounted(database: Database, scope: Scope, receive: Receive, send: Send) -> None:
    """Hands a request below `MOUNT` to the database.

    Its session cookie holds for the whole origin, so that `/api` knows who is logged in. What it
    answers is data, of children and from anybody: it is kept by no cache, and no browser takes it
    for a page.
    """
    is_secure = scope.get("scheme") == "https"

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, _for_the_origin(value, is_secure) if name == b"set-cookie" else value)
                for name, value in ((name.lower(), value) for name, value in message["headers"])
                if name not in _DATA_ONLY
            ]
            message["headers"] = [*headers, *_DATA_ONLY.items()]
        await send(message)

    address = address_in(scope).below()
    inner = {**scope, "root_path": address.mount, ADDRESS: address}
    await database.application(inner, receive, answer)


_DATA_ONLY = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; sandbox",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
}


def _for_the_origin(cookie: bytes, is_secure: bool) -> bytes:
    parts = cookie.split(b"; ")
    if not parts[0].startswith(b"AuthSession="):
        return cookie
    ours = (b"path=", b"samesite=", b"domain=", b"secure", b"httponly")
    kept = [part for part in parts if not part.lower().startswith(ours)]
    secure = [b"Secure"] if is_secure or b"secure" in cookie.lower().split(b"; ") else []
    return b"; ".join([*kept, b"Path=/", b"SameSite=Strict", b"HttpOnly", *secure])
