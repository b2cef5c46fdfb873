"""How one server speaks to its databases, to itself and to the server above."""

from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import httpx

from miaopu.accounts.roles import SERVER_ACCOUNT
from miaopu.couch.database import Database
from miaopu.lookup.parent import Parent
from miaopu.provision.plan import Above
from miaopu.serve.database import MOUNT
from miaopu.serve.keep import Keep
from miaopu.serve.settings import Settings

_ABOVE = httpx.Timeout(10, read=60)


@dataclass(slots=True)
class Clients:
    """The clients of one server, each made when it is first asked for."""

    settings: Settings
    keep: Keep
    database: Database
    address: str
    """Base URL of this server as it reaches itself."""
    inside: httpx.AsyncBaseTransport | None = None
    """How this server calls itself, where the database is in it."""
    closed: set[str] = field(default_factory=set)
    """Databases that do not let this server's own account read: they are set up anew."""
    _made: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def databases(self) -> str:
        """Base URL of the databases."""
        return self.database.url or self.address + MOUNT

    async def _note_closed(self, answer: httpx.Response) -> None:
        """Notes a database that does not know this server's own account: `_security` was lost, or
        is not written whole. (What is *written* is refused for reasons of its own.)"""
        database = answer.request.url.path.removeprefix(httpx.URL(self.databases).path).strip("/")
        if answer.request.method == "GET" and answer.status_code == 403:
            self.closed.add(database.split("/")[0])

    def _client(self, name: str, auth: tuple[str, str] | None) -> httpx.AsyncClient:
        if name not in self._made:
            hooks = {"response": [self._note_closed]} if name in ("own", "feeds") else None
            client = self._made[name] = httpx.AsyncClient(
                base_url=self.databases + "/",
                auth=auth,
                transport=self.inside,
                limits=httpx.Limits(max_connections=None),
                event_hooks=hooks,
                trust_env=False,
            )
            # A renewed session belongs to whoever asked, and to no later request.
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self._made[name]

    def anonymous(self) -> httpx.AsyncClient:
        """A client without credentials, for those whom a request brings."""
        return self._client("anonymous", None)

    def own(self) -> httpx.AsyncClient:
        """The client of the program's own account."""
        return self._client("own", (SERVER_ACCOUNT, self.keep.server_password))

    def feeds(self) -> httpx.AsyncClient:
        """The same account's client for feeds: a request looks at every connection of its pool, so
        the hundreds that only wait are kept out of the way of the others."""
        return self._client("feeds", (SERVER_ACCOUNT, self.keep.server_password))

    def administrator(self) -> httpx.AsyncClient:
        """The client of the database's administrator, who alone writes accounts."""
        return self._client("administrator", (self.database.admin, self.database.admin_password))

    def above(self) -> httpx.AsyncClient | None:
        """The client of the databases of the server above; None where there is none."""
        above = above_of(self.settings)
        if above is not None and "above" not in self._made:
            self._made["above"] = httpx.AsyncClient(
                base_url=above.url + "/", auth=(above.username, above.password), timeout=_ABOVE
            )
        return self._made.get("above")

    def county(self) -> httpx.AsyncClient | None:
        """The same, of a clinic's hub alone."""
        return self.above() if self.settings.is_hub else None

    async def close(self) -> None:
        """Closes all connections."""
        for client in self._made.values():
            await client.aclose()
        self._made.clear()


def parent_of(settings: Settings) -> Parent | None:
    """The `/api` of the server above, if there is one."""
    if settings.parent_url is None or settings.parent_password is None:
        return None
    password = settings.parent_password.get_secret_value()
    return Parent(settings.parent_url, settings.parent_user or "", password)


def above_of(settings: Settings) -> Above | None:
    """The databases of the server above, if there is one."""
    parent = parent_of(settings)
    if parent is None:
        return None
    return Above(parent.url + MOUNT, parent.user, parent.password, settings.parent_region)
