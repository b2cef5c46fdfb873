"""Starts and stops one server: the socket, the database, the background work."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import httpx

import miaopu
from miaopu.accounts.actor import Identities
from miaopu.accounts.api import accounts_router
from miaopu.accounts.roles import SERVER_ACCOUNT, SERVER_ROLE
from miaopu.audit import Observer, Trail
from miaopu.couch.database import Database
from miaopu.flow.distribution import Distributor
from miaopu.flow.merger import Merger
from miaopu.flow.places import watch_names
from miaopu.flow.refusals import Refusals
from miaopu.flow.warmer import Warmer
from miaopu.gate.gate import Gate
from miaopu.lookup.api import cases_router
from miaopu.lookup.cases import Cases
from miaopu.lookup.parent import Parent
from miaopu.printing.api import print_router
from miaopu.printing.worker import PdfWorker
from miaopu.provision.catalog import content, vaccine_groups
from miaopu.provision.plan import Above, Plan, Upward, read_plan
from miaopu.reports.api import reports_router
from miaopu.reports.joined import JoinedCases
from miaopu.schedule.api import schedules_router
from miaopu.serve.api import Health, account_of, build_api
from miaopu.serve.app import build_application
from miaopu.serve.database import MOUNT, open_database
from miaopu.serve.keep import Keep, open_keep, stamp_of
from miaopu.serve.listening import GRACE_S, Listener, bind, reached
from miaopu.serve.pwa import Pwa
from miaopu.serve.settings import Settings
from miaopu_db import interpreter
from miaopu_db.loopback import Loopback

log = logging.getLogger("miaopu.serve")

Result = TypeVar("Result")

_ABOVE = httpx.Timeout(10, read=60)
_LONGEST_PAUSE_S = 30.0
_LOOKS_S = 2.0
"""How often the server looks whether a database is closed to it."""


@dataclass(slots=True)
class _Work:
    """The database and what goes on in the background."""

    settings: Settings
    keep: Keep
    plan: Plan
    database: Database
    address: str
    """Base URL of this server as it reaches itself."""
    inside: httpx.AsyncBaseTransport | None = None
    """How this server calls itself, where the database is in it."""
    provisioned: bool = False
    merger: Merger | None = None
    refusals: Refusals | None = None
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    printing: PdfWorker = field(default_factory=PdfWorker)
    closed: set[str] = field(default_factory=set)
    """Databases that do not let this server's own account read: they are set up anew."""
    setting_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    trail: Trail = field(init=False)
    identities: Identities = field(init=False)

    @property
    def databases(self) -> str:
        """Base URL of the databases."""
        return self.database.url or self.address + MOUNT

    def __post_init__(self) -> None:
        self.trail = Trail(self.settings.data / "trail", self.own)
        self.trail.load()
        self.identities = Identities(self.anonymous)

    async def _note_closed(self, answer: httpx.Response) -> None:
        """Notes a database that does not know this server's own account: `_security` was lost, or
        is not written whole. (What is *written* is refused for reasons of its own.)"""
        database = answer.request.url.path.removeprefix(httpx.URL(self.databases).path).strip("/")
        if answer.request.method == "GET" and answer.status_code == 403:
            self.closed.add(database.split("/")[0])

    def _client(self, name: str, auth: tuple[str, str] | None) -> httpx.AsyncClient:
        if name not in self.clients:
            hooks = {"response": [self._note_closed]} if name in ("own", "feeds") else None
            client = self.clients[name] = httpx.AsyncClient(
                base_url=self.databases + "/",
                auth=auth,
                transport=self.inside,
                limits=httpx.Limits(max_connections=None),
                event_hooks=hooks,
                trust_env=False,
            )
            # A renewed session belongs to whoever asked, and to no later request.
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self.clients[name]

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

    def health(self) -> Health:
        tally = self.merger.tally if self.merger is not None else None
        return Health(
            status="ok",
            version=miaopu.__version__,
            database=self.database.kind,
            provisioned=self.provisioned and not self.closed,
            conflicts_resolved=tally.resolved if tally is not None else 0,
            conflicts_failed=tally.failed if tally is not None else 0,
            audit_waiting=self.trail.waiting,
            refused_above=self.refusals.count if self.refusals is not None else 0,
        )

    def begin(self) -> None:
        self.tasks.append(asyncio.create_task(self._background()))

    async def _background(self) -> None:
        own = await self._set_up()
        self.tasks.append(asyncio.create_task(self.trail.run()))
        self.tasks.append(asyncio.create_task(self._reopen()))
        client = self.own()
        self.merger = Merger(client, self.feeds())
        distributor = Distributor(
            client, stamp_of(self.keep), self.trail, joins=not self.settings.is_hub
        )
        self.refusals = self._refusals()
        warming: asyncio.Task[None] | None = None
        # An outside CouchDB builds its views by itself.
        warmer = Warmer(client) if self.database.kind == "embedded" else None
        known: set[str] | None = None
        try:
            async for names in watch_names(client):
                if known is not None and set(names) != known:
                    # A place was added to the catalog, here or by an administrator.
                    own = await self._set_up()
                known = set(names)
                names = [name for name in names if name in own]
                self.merger.follow(names)
                await distributor.follow(names)
                if self.refusals is not None:
                    await self.refusals.follow(names)
                if warmer is not None and (warming is None or warming.done()):
                    regions = [name for name in names if name.startswith("region-")]
                    warming = asyncio.create_task(warmer.warm(regions))
        finally:
            if warming is not None:
                warming.cancel()
            if self.refusals is not None:
                await self.refusals.stop()
            await distributor.stop()
            await self.merger.stop()

    async def _reopen(self) -> None:
        """Sets up anew while a database is closed to the server's own account."""
        pause = _LOOKS_S
        while True:
            await asyncio.sleep(pause)
            closed = sorted(self.closed)
            pause = min(pause * 2, _LONGEST_PAUSE_S) if closed else _LOOKS_S
            if closed:
                log.error("closed to this server's own account: %s", " ".join(closed))
                await self._set_up()
                # Who is still refused says so again.
                self.closed.clear()

    def above(self) -> httpx.AsyncClient | None:
        """The client of the databases of the server above; None where there is none."""
        above = _above(self.settings)
        if above is not None and "above" not in self.clients:
            self.clients["above"] = httpx.AsyncClient(
                base_url=above.url + "/", auth=(above.username, above.password), timeout=_ABOVE
            )
        return self.clients.get("above")

    def county(self) -> httpx.AsyncClient | None:
        """The same, of a clinic's hub alone."""
        return self.above() if self.settings.is_hub else None

    def _refusals(self) -> Refusals | None:
        above = self.above()
        if above is None:
            return None
        stamp, region = stamp_of(self.keep), self.settings.parent_region
        return Refusals(self.own(), self.feeds(), above, stamp, region)

    async def _set_up(self) -> frozenset[str]:
        """Sets up what this server has, until that is done; returns its places' databases."""

        # `couchdb` takes long to import and is needed by this thread alone.
        def work() -> tuple[int, frozenset[str]]:
            from miaopu.provision import connect
            from miaopu.serve.setup import set_up

            server = connect(self.databases, self.database.admin, self.database.admin_password)
            inside = self.settings.couchdb_self or self.databases
            own = self.keep.server_password
            upward = Upward(inside, SERVER_ACCOUNT, own, _above(self.settings))
            return set_up(server, self.plan, upward)

        async with self.setting_up:
            return await self._until_set_up(work)

    async def _until_set_up(self, work: Callable[[], tuple[int, frozenset[str]]]) -> frozenset[str]:
        pause = 1.0
        while True:
            try:
                made, databases = await _in_thread(work)
            except Exception as error:  # noqa: BLE001 - whatever it was: said, and tried again
                log.error("provisioning failed, again in %.0f s: %s", pause, _said(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self.provisioned = True
                log.info("provisioned changes=%d", made)
                self.trail.databases = databases
                return databases

    async def stop(self) -> None:
        await self.printing.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        if self.trail.waiting and self.clients:
            # What does not get there in time is in a file, and gets there at the next start.
            with contextlib.suppress(httpx.HTTPError, OSError, TimeoutError):
                await asyncio.wait_for(self.trail.flush(), GRACE_S)
        for client in self.clients.values():
            await client.aclose()
        self.clients.clear()
        await self.database.stop()


def _said(error: Exception) -> str:
    text = " ".join(str(part) for part in error.args) if error.args else ""
    return f"{type(error).__name__} {text}".strip()


async def _in_thread(work: Callable[[], Result]) -> Result:
    """Runs `work` in a thread that a stop does not wait for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def deliver(result: Result | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # there is one without an error

    def run() -> None:
        result: Result | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            failure = error
        # The loop may have ended in the meantime; then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result, failure)

    threading.Thread(target=run, name="miaopu-setup", daemon=True).start()
    return await done


def _parent(settings: Settings) -> Parent | None:
    if settings.parent_url is None or settings.parent_password is None:
        return None
    password = settings.parent_password.get_secret_value()
    return Parent(settings.parent_url, settings.parent_user or "", password)


def _above(settings: Settings) -> Above | None:
    parent = _parent(settings)
    if parent is None:
        return None
    return Above(parent.url + MOUNT, parent.user, parent.password, settings.parent_region)


async def _serve(
    settings: Settings,
    keep: Keep,
    plan: Plan,
    listener: socket.socket,
    ready: Callable[[str], None],
) -> None:
    database = open_database(settings, keep)
    work = _Work(settings, keep, plan, database, reached(listener))
    stamp = stamp_of(keep)
    api = build_api(keep.generation, work.anonymous, work.health)
    api.include_router(
        accounts_router(
            work.identities,
            work.administrator,
            work.anonymous,
            work.trail,
            frozenset({SERVER_ACCOUNT, database.admin}),
            keep.server_password,
        )
    )
    api.include_router(
        cases_router(
            work.identities,
            Cases(work.own, stamp, lambda: work.trail.databases),
            work.trail,
            _parent(settings),
        )
    )
    api.include_router(reports_router(work.identities, JoinedCases(work.own, vaccine_groups())))
    api.include_router(schedules_router(work.identities, work.own))
    api.include_router(print_router(account_of(work.identities), work.printing))
    gate = Gate(database, work.identities, work.own, stamp, work.county)
    observed = replace(database, application=Observer(gate, work.trail, work.identities))
    application = build_application(observed, api, Pwa(settings.pwa))
    if database.url is None:
        work.inside = Loopback(application)
        # The trail leaves out what the server itself does.
        database.found_at(work.databases, application, frozenset({SERVER_ROLE}))

    def listening() -> None:
        log.info("listening address=%s database=%s", work.address, database.kind)
        ready(work.address)
        work.begin()

    await database.start()
    try:
        await Listener(application, work.stop, listening).serve(sockets=[listener])
    finally:
        await work.stop()


def serve(settings: Settings, ready: Callable[[str], None] = lambda _: None) -> None:
    """Serves until SIGINT or SIGTERM; `ready` is told the address once it answers.

    Raises KeepError, PlanError, DatabaseError or OSError when it cannot start; each says why.
    """
    import uvloop

    keep = open_keep(settings.data)
    plan = (
        read_plan(settings.config, content())
        if settings.config is not None
        else Plan(content=content())
    )
    listener = bind(settings.host, settings.port)
    interpreter.prepare()
    uvloop.run(_serve(settings, keep, plan, listener, ready))
