"""Looking for a child beyond the own clinic (跨点查找), and fetching its case."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import httpx

from miaopu.accounts.actor import Actor
from miaopu.accounts.asking import limited
from miaopu.accounts.limits import Limit
from miaopu.accounts.tree import Tree
from miaopu.audit import Trail
from miaopu.couch.follow import FAULTS, reason
from miaopu.couch.place import clinic_database, region_database
from miaopu.lookup.cases import Cases, Purpose
from miaopu.lookup.parent import Parent
from miaopu.problems import DatabaseAwayError, MissingError, NotAllowedError

log = logging.getLogger(__name__)

Json = dict[str, Any]
T = TypeVar("T")
Above = Literal["none", "not_asked", "asked", "unreachable"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who looks for a child, and from where."""

    actor: Actor
    address: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found, and how far one looked."""

    rows: list[Json]
    searched: list[str]
    above: Above


@dataclass(frozen=True, slots=True)
class LookupService:
    """All of it leaves a trace, and raises httpx.HTTPError and what `miaopu.problems` names.

    `parent` is the server above, if there is one; `county`, of a clinic's hub, speaks to the
    databases there with the hub's account.
    """

    cases: Cases
    trail: Trail
    parent: Parent | None = None
    county: Callable[[], httpx.AsyncClient | None] = lambda: None
    _often: Limit = field(default_factory=lambda: Limit(30, 60))
    _copying: Limit = field(default_factory=lambda: Limit(60, 60))

    async def find(self, asker: Asker, wanted: Json) -> Answered:
        """Who is looked for, in the region of the account, in those above it, else above."""
        limited(self._often, asker.actor)
        tree = await self.cases.tree()
        region = _start(asker.actor, tree)
        found = await self.cases.find(tree, region, wanted)
        rows = found.rows
        above: Above = "not_asked"
        if not rows:
            found_above, above = await self._from_above(lambda server: server.find(wanted))
            rows = found_above or []
        where = region_database(found.region or region)
        self._note(asker, "read", where, "cases/find", [row["id"] for row in rows])
        return Answered(rows, found.searched, above)

    async def fetch(self, asker: Asker, doc_id: str, purpose: Purpose) -> Json:
        """Brings a case to the clinic of the account."""
        site = asker.actor.site
        if site is None:
            raise NotAllowedError("only a clinic fetches a case")
        limited(self._copying, asker.actor)
        tree = await self.cases.tree()
        region, documents = await self._histories(tree, _start(asker.actor, tree), doc_id)
        county = self.county()
        if not documents and county is not None:
            done = await self._by_county(county, site, doc_id, purpose)
            ids = [done["id"]]
        else:
            if not documents:
                documents = await self._asked(lambda server: server.read(doc_id)) or []
            if not documents:
                raise MissingError("there is no such case")
            done = await self.cases.bring(site, asker.actor.name, documents, purpose)
            ids = sorted({document["_id"] for document in documents})
        self._note(asker, "read", region_database(region), "cases/fetch", ids)
        if done["recorded"]:
            self._note(asker, "write", clinic_database(site), "cases/fetch", [done["id"]])
        return done

    async def _by_county(
        self, county: httpx.AsyncClient, site: str, doc_id: str, purpose: Purpose
    ) -> Json:
        """Has the county hand a case to the clinic of this hub. The county alone can vouch for the
        event that makes the clinic a holder, and would take nothing about the child without it."""
        done = await self._asked(lambda server: server.fetch(doc_id, purpose))
        if done is None:
            raise MissingError("there is no such case")
        # Replication would bring it a moment later; those joined to it, it does.
        await self.cases.copy(site, done["id"], county)
        return done

    async def read(self, asker: Asker, doc_id: str) -> list[Json]:
        """For servers below: every version of a case, with `_revisions`."""
        region = asker.actor.region
        if region is None:
            raise NotAllowedError("only an account of a region reads a case so")
        limited(self._copying, asker.actor)
        documents = await self.cases.histories(region, doc_id)
        if not documents:
            raise MissingError("there is no such case")
        ids = sorted({document["_id"] for document in documents})
        self._note(asker, "read", region_database(region), "cases/read", ids)
        return documents

    async def _histories(self, tree: Tree, region: str, doc_id: str) -> tuple[str, list[Json]]:
        """The nearest region that knows a case, and every version of it."""
        for code in tree.above(region):
            documents = await self.cases.histories(code, doc_id)
            if documents:
                return code, documents
        return region, []

    async def _asked(self, asked: Callable[[Parent], Awaitable[T]]) -> T | None:
        """What the server above says; None where there is none."""
        said, above = await self._from_above(asked)
        if above == "unreachable":
            raise DatabaseAwayError("the server above does not answer; try again")
        return said

    async def _from_above(self, asked: Callable[[Parent], Awaitable[T]]) -> tuple[T | None, Above]:
        if self.parent is None:
            return None, "none"
        try:
            return await asked(self.parent), "asked"
        except FAULTS as error:
            log.warning("the server above does not answer: %s", reason(error))
            return None, "unreachable"

    def _note(self, asker: Asker, action: str, database: str, what: str, ids: list[str]) -> None:
        self.trail.record(
            asker.actor,
            action,
            address=asker.address,
            database=database,
            request=what,
            documents=ids,
        )


def _start(actor: Actor, tree: Tree) -> str:
    region = actor.region or tree.sites.get(actor.site or "")
    if region is None:
        raise NotAllowedError("the catalog does not know the clinic of this account")
    return region
