"""What one server does in the background: sets up, merges, hands on, and keeps the trail."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

import miaopu
from miaopu.accounts.actor import Identities
from miaopu.accounts.ended import EndedLogins
from miaopu.accounts.roles import SERVER_ACCOUNT
from miaopu.audit import Trail
from miaopu.flow.denials import Denials
from miaopu.flow.distribution import Distributor
from miaopu.flow.merger import Merger
from miaopu.flow.places import watch_names
from miaopu.flow.warmer import Warmer
from miaopu.printing.worker import PdfWorker
from miaopu.provision.plan import Plan, Upward
from miaopu.serve.api import Health
from miaopu.serve.clients import Clients, above_of
from miaopu.serve.keep import stamp_of
from miaopu.serve.listening import GRACE_S
from miaopu.serve.thread import in_thread

log = logging.getLogger("miaopu.serve")

_LONGEST_PAUSE_S = 30.0
_LOOKS_S = 2.0
"""How often the server looks whether a database is closed to it."""
_COOKIE_S = 24 * 3600
"""How long a cookie of an outside CouchDB may hold, which says it to nobody."""


@dataclass(slots=True)
class Work:
    """The parts of a server that live as long as it does."""

    clients: Clients
    plan: Plan
    provisioned: bool = False
    merger: Merger | None = None
    denials: Denials | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    printing: PdfWorker = field(default_factory=PdfWorker)
    setting_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    trail: Trail = field(init=False)
    identities: Identities = field(init=False)
    ended: EndedLogins = field(init=False)

    def __post_init__(self) -> None:
        settings = self.clients.settings
        self.trail = Trail(settings.data / "trail", self.clients.own)
        self.trail.load()
        self.identities = Identities(self.clients.anonymous)
        seconds = max(settings.session_seconds, _COOKIE_S)
        self.ended = EndedLogins(settings.data / "ended-logins", seconds)
        self.ended.load()

    def health(self) -> Health:
        """What the background work has come to."""
        tally = self.merger.tally if self.merger is not None else None
        damaged = list(self.clients.database.damaged())
        return Health(
            status="database_damaged" if damaged else "ok",
            version=miaopu.__version__,
            database=self.clients.database.kind,
            provisioned=self.provisioned and not self.clients.closed,
            conflicts_resolved=tally.resolved if tally is not None else 0,
            conflicts_failed=tally.failed if tally is not None else 0,
            audit_waiting=self.trail.waiting,
            refused_above=self.denials.count if self.denials is not None else 0,
            damaged=damaged,
        )

    def begin(self) -> None:
        """Begins all of it."""
        self.tasks.append(asyncio.create_task(self._background()))

    async def _background(self) -> None:
        own = await self._set_up()
        self.tasks.append(asyncio.create_task(self.trail.run()))
        self.tasks.append(asyncio.create_task(self._reopen()))
        client = self.clients.own()
        self.merger = Merger(client, self.clients.feeds())
        distributor = Distributor(
            client, stamp_of(self.clients.keep), self.trail, joins=not self.clients.settings.is_hub
        )
        self.denials = self._denials()
        warming: asyncio.Task[None] | None = None
        # An outside CouchDB builds its views by itself.
        warmer = Warmer(client) if self.clients.database.kind == "embedded" else None
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
                if self.denials is not None:
                    await self.denials.follow(names)
                if warmer is not None and (warming is None or warming.done()):
                    regions = [name for name in names if name.startswith("region-")]
                    warming = asyncio.create_task(warmer.warm(regions))
        finally:
            if warming is not None:
                warming.cancel()
            if self.denials is not None:
                await self.denials.stop()
            await distributor.stop()
            await self.merger.stop()

    async def _reopen(self) -> None:
        """Sets up anew while a database is closed to the server's own account."""
        pause = _LOOKS_S
        while True:
            await asyncio.sleep(pause)
            closed = sorted(self.clients.closed)
            pause = min(pause * 2, _LONGEST_PAUSE_S) if closed else _LOOKS_S
            if closed:
                log.error("closed to this server's own account: %s", " ".join(closed))
                await self._set_up()
                # Who is still refused says so again.
                self.clients.closed.clear()

    def _denials(self) -> Denials | None:
        above = self.clients.above()
        if above is None:
            return None
        stamp, region = stamp_of(self.clients.keep), self.clients.settings.parent_region
        return Denials(self.clients.own(), self.clients.feeds(), above, stamp, region)

    async def _set_up(self) -> frozenset[str]:
        """Sets up what this server has, until that is done; returns its places' databases."""

        # `couchdb` takes long to import and is needed by this thread alone.
        def work() -> tuple[int, frozenset[str]]:
            from miaopu.provision import connect
            from miaopu.serve.setup import set_up

            server = connect(
                self.clients.databases,
                self.clients.database.admin,
                self.clients.database.admin_password,
            )
            inside = self.clients.settings.couchdb_self or self.clients.databases
            own = self.clients.keep.server_password
            upward = Upward(inside, SERVER_ACCOUNT, own, above_of(self.clients.settings))
            return set_up(server, self.plan, upward)

        async with self.setting_up:
            return await self._until_set_up(work)

    async def _until_set_up(self, work: Callable[[], tuple[int, frozenset[str]]]) -> frozenset[str]:
        pause = 1.0
        while True:
            try:
                made, databases = await in_thread(work)
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
        """Ends all of it, and the database."""
        await self.printing.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        if self.trail.waiting and self.provisioned:
            # What does not get there in time is in a file, and gets there at the next start.
            with contextlib.suppress(httpx.HTTPError, OSError, TimeoutError):
                await asyncio.wait_for(self.trail.flush(), GRACE_S)
        self.provisioned = False
        await self.clients.close()
        await self.clients.database.stop()


def _said(error: Exception) -> str:
    text = " ".join(str(part) for part in error.args) if error.args else ""
    return f"{type(error).__name__} {text}".strip()
