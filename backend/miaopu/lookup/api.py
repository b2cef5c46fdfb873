"""`/api/cases`: looking for a child beyond the own clinic, and fetching its case.

What is looked for stands in the body: no child's data is ever in an address.
"""

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal, Self, TypeVar

import httpx
from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.accounts.limits import Limit
from miaopu.accounts.tree import Tree
from miaopu.audit import Trail
from miaopu.case.case import NotTakenError, merged
from miaopu.couch.follow import FAULTS, reason
from miaopu.duplicates.suspects import Decision, UndecidableError, decide, joined, suspects
from miaopu.lookup.cases import Cases, Purpose
from miaopu.lookup.parent import Parent
from miaopu.models.base import CalendarDate
from miaopu.models.child import CardNumber, ChildCode, ChildId, IdNumber, Name

log = logging.getLogger(__name__)

Json = dict[str, Any]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class Wanted(_Body):
    """Who is looked for: by card, ID number, child code, or name and birth date; one of them."""

    card: CardNumber | None = None
    id_number: IdNumber | None = None
    child_code: ChildCode | None = None
    name: Name | None = None
    birth_date: CalendarDate | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        numbers = [n for n in (self.card, self.id_number, self.child_code) if n is not None]
        person = self.name is not None and self.birth_date is not None
        if (self.name is None) != (self.birth_date is None):
            raise ValueError("name and birth_date belong together")
        if len(numbers) + int(person) != 1:
            raise ValueError("give one of card, id_number, child_code, or name with birth_date")
        return self


class Fetch(_Body):
    """A case to be brought to the clinic of the account, and what for."""

    id: ChildId
    purpose: Purpose


class Read(_Body):
    """A case to be read with its history, by a server below."""

    id: ChildId


class Decide(_Body):
    """What a person has decided on two cases: one child, two, or neither any more."""

    id: ChildId
    target: ChildId
    decision: Decision

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.id == self.target:
            raise ValueError("a case is not decided on against itself")
        return self


class Nothing(_Body):
    """A request without parameters."""


class Row(BaseModel):
    """What is told of a case."""

    id: str
    name: str | None
    sex: str | None
    birth_date: str | None
    site: str | None
    """管理单位."""


class Rows(BaseModel):
    """What was found, and how far one looked."""

    rows: list[Row]
    searched: list[str]
    """The regions that were asked here, the nearest first."""
    above: Literal["none", "not_asked", "asked", "unreachable"]
    """The server above: there is none, it was not needed, it was asked, it does not answer."""


class Fetched(BaseModel):
    """A case that is in the clinic's database now."""

    id: str
    rev: str | None
    recorded: list[str]
    """The kinds of events that say why; empty when the clinic held the case already."""


class Pair(BaseModel):
    """Two cases that may be one child."""

    reason: Literal["id_number", "card", "person", "family"]
    cases: tuple[Row, Row]


class JoinedPair(BaseModel):
    """Two cases that are read as one child (合并个案)."""

    cases: tuple[Row, Row]


class Pairs(BaseModel):
    """Suspected duplicates, and cases that were joined: a person may part them again."""

    pairs: list[Pair]
    joined: list[JoinedPair]


Model = TypeVar("Model", bound=_Body)


async def _body(request: Request, model: type[Model]) -> Model:
    """The body as `model`; 400 names the field that is wrong, and never repeats its value."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        wrong = [
            {"field": ".".join(map(str, e["loc"])) or "body", "msg": e["msg"]}
            for e in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise HTTPException(400, wrong) from None


@asynccontextmanager
async def _database() -> AsyncIterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        log.warning("the database fails: %s", reason(error))
        raise HTTPException(503, "the database does not answer; try again") from error
    except NotTakenError as error:
        raise HTTPException(409, f"the database refused the case: {error}") from error
    except UndecidableError as error:
        raise HTTPException(409, str(error)) from error


def cases_router(
    identities: Identities, cases: Cases, trail: Trail, parent: Parent | None = None
) -> APIRouter:
    """The routes below `/api/cases`. `parent` is the server above, if there is one."""
    router = APIRouter(prefix="/cases")
    often = Limit(30, 60)
    copying = Limit(60, 60)
    listing = Limit(10, 60)

    async def actor(request: Request) -> Actor:
        async with _database():
            found = await identities.of(request.headers, address_of(request))
        if found is None:
            raise HTTPException(401, "log in first")
        if found.site is None and found.region is None:
            raise HTTPException(403, "this account belongs to no clinic and to no region")
        return found

    Who = Annotated[Actor, Depends(actor)]  # noqa: N806 - a type

    def limited(limit: Limit, who: Actor) -> None:
        seconds = limit.wait(who.name)
        if seconds > 0:
            raise HTTPException(
                429,
                "too many requests of this account; wait a moment",
                {"retry-after": str(math.ceil(seconds))},
            )

    def start(who: Actor, tree: Tree) -> str:
        region = who.region or tree.sites.get(who.site or "")
        if region is None:
            raise HTTPException(403, "the catalog does not know the clinic of this account")
        return region

    def note(
        request: Request, who: Actor, action: str, database: str, what: str, ids: list[str]
    ) -> None:
        trail.record(
            who,
            action,
            address=address_of(request),
            database=database,
            request=what,
            documents=ids,
        )

    async def from_above(
        asked: Callable[[Parent], Any],
    ) -> tuple[list[Json], Literal["none", "asked", "unreachable"]]:
        if parent is None:
            return [], "none"
        try:
            return await asked(parent), "asked"
        except FAULTS as error:
            log.warning("the server above does not answer: %s", reason(error))
            return [], "unreachable"

    @router.post("/find")
    async def find(request: Request, who: Who) -> Rows:
        wanted = (await _body(request, Wanted)).model_dump(exclude_none=True)
        limited(often, who)
        above: Literal["none", "not_asked", "asked", "unreachable"] = "not_asked"
        async with _database():
            tree = await cases.tree()
            region = start(who, tree)
            found = await cases.find(tree, region, wanted)
        rows = found.rows
        if not rows:
            rows, above = await from_above(lambda server: server.find(wanted))
        where = f"region-{found.region or region}"
        note(request, who, "read", where, "cases/find", [row["id"] for row in rows])
        return Rows.model_validate({"rows": rows, "searched": found.searched, "above": above})

    async def histories(tree: Tree, region: str, doc_id: str) -> tuple[str, list[Json]]:
        """The nearest region that knows a case, and every version of it."""
        for code in tree.above(region):
            documents = await cases.histories(code, doc_id)
            if documents:
                return code, documents
        return region, []

    @router.post("/fetch")
    async def fetch(request: Request, who: Who) -> Fetched:
        body = await _body(request, Fetch)
        if who.site is None:
            raise HTTPException(403, "only a clinic fetches a case")
        limited(copying, who)
        async with _database():
            tree = await cases.tree()
            region, documents = await histories(tree, start(who, tree), body.id)
        if not documents:
            documents, above = await from_above(lambda server: server.read(body.id))
            if above == "unreachable":
                raise HTTPException(503, "the server above does not answer; try again")
        if not documents:
            raise HTTPException(404, "there is no such case")
        async with _database():
            done = await cases.bring(who.site, who.name, documents, body.purpose)
        ids = sorted({document["_id"] for document in documents})
        note(request, who, "read", f"region-{region}", "cases/fetch", ids)
        if done["recorded"]:
            note(request, who, "write", f"site-{who.site}", "cases/fetch", [done["id"]])
        return Fetched.model_validate(done)

    @router.post("/read")
    async def read(request: Request, who: Who) -> dict[str, list[Json]]:
        """For servers below: every version of a case, with `_revisions`."""
        body = await _body(request, Read)
        if who.region is None:
            raise HTTPException(403, "only an account of a region reads a case so")
        limited(copying, who)
        async with _database():
            documents = await cases.histories(who.region, body.id)
        if not documents:
            raise HTTPException(404, "there is no such case")
        ids = sorted({document["_id"] for document in documents})
        note(request, who, "read", f"region-{who.region}", "cases/read", ids)
        return {"documents": documents}

    @router.post("/duplicates")
    async def duplicates(request: Request, who: Who) -> Pairs:
        await _body(request, Nothing)
        if who.region is None:
            raise HTTPException(403, "a clinic finds the duplicates of its own children itself")
        limited(listing, who)
        async with _database():
            pairs = await suspects(cases.client(), who.region)
            together = await joined(cases.client(), who.region)
        ids = [case["id"] for pair in [*pairs, *together] for case in pair["cases"]]
        note(request, who, "read", f"region-{who.region}", "cases/duplicates", ids)
        return Pairs.model_validate({"pairs": pairs, "joined": together})

    @router.post("/decide")
    async def decision(request: Request, who: Who) -> dict[str, bool]:
        body = await _body(request, Decide)
        if who.region is None:
            raise HTTPException(403, "a clinic decides on its own device")
        if who.grade == "ordinary":
            raise HTTPException(403, "needs the grade senior or admin")
        limited(often, who)
        database = f"region-{who.region}"
        async with _database():
            tree = await cases.tree()
            first = await merged(cases.client(), database, body.id)
            second = await merged(cases.client(), database, body.target)
            if first is None or second is None:
                raise HTTPException(404, "there is no such case in this region")
            await decide(
                cases.client(),
                cases.stamp,
                who.name,
                set(tree.sites),
                (first, second),
                body.decision,
            )
        note(request, who, "write", database, "cases/decide", [body.id, body.target])
        return {"ok": True}

    return router
