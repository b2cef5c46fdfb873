"""`POST /api/schedules/preview`: what a new edition or a local rule would break and change.

What is written is judged once more by the gate (`miaopu.schedule.guard`); this shows it to whoever
writes, with what changes for ten example children and for the children of the region.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Annotated

import anyio
import httpx
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.catalog import dictionary_documents
from miaopu.couch.follow import reason
from miaopu.couch.place import clinic_database, region_database
from miaopu.models import LayerDocument, ScheduleDocument
from miaopu.models.base import CalendarDate
from miaopu.schedule.guard import Json, every, is_below, read_catalog
from miaopu.schedule.sample import Sample

log = logging.getLogger(__name__)

_MOST_TRYING = 1


class Proposed(BaseModel):
    """A document that somebody is about to write."""

    model_config = ConfigDict(extra="forbid", strict=True)

    proposal: Annotated[LayerDocument | ScheduleDocument, Field(discriminator="type")]
    today: CalendarDate
    """The writer's day."""


class FoundProblem(BaseModel):
    """What is wrong; the page has the words for `code`, `text` is in English."""

    severity: str
    code: str
    path: str
    params: dict[str, str | int]
    text: str


class Shown(BaseModel):
    """What a child is to get of one vaccine group."""

    status: str
    target: int | None
    earliest: str | None
    recommended: str | None
    vaccines: list[str]


class TrialRow(BaseModel):
    """One vaccine group of a child, without and with the change."""

    group: str
    before: Shown | None
    after: Shown | None
    changed: bool


class GivenDose(BaseModel):
    """A dose that an example child has had."""

    date: str
    code: str


class ExampleTrial(BaseModel):
    """An example child (试算儿童), up to date but for one, and what changes for it."""

    birth: str
    sex: str
    months: int
    doses: list[GivenDose]
    rows: list[TrialRow]


class RegionTally(BaseModel):
    """How many children of the region the change reaches; no child is named."""

    children: int = 0
    """Children who were looked at."""
    changed: int = 0
    """Those for whom anything is due at another time, or no more."""
    dueBefore: int = 0  # noqa: N815 - as the page writes it
    dueAfter: int = 0  # noqa: N815
    groups: dict[str, int] = {}
    is_all: bool = True
    """False: these are some of the region's children, of all ages."""


class OwnEntry(BaseModel):
    """An entry of a dictionary (字典条目) that is not as the program brings it."""

    dictionary: str
    code: str


class OwnEntries(BaseModel):
    """What people added or edited: updates leave it alone."""

    entries: list[OwnEntry]


class Preview(BaseModel):
    """What a proposal breaks, and what it changes. Nothing changes while there are errors."""

    problems: list[FoundProblem]
    examples: list[ExampleTrial] = []
    region: RegionTally | None = None


def schedules_router(identities: Identities, client: Callable[[], httpx.AsyncClient]) -> APIRouter:
    """The routes below `/api/schedules`. `client` reads the databases with the role `server`."""
    router = APIRouter(prefix="/schedules")
    trying = anyio.CapacityLimiter(_MOST_TRYING)

    @router.post("/preview")
    async def preview(body: Proposed, request: Request) -> Preview:
        from miaopu.schedule.engine import EngineError

        try:
            who = await identities.of(request.headers, address_of(request))
            region = _region_of(who)
            databases = _databases(body.proposal, region)
            catalog = await read_catalog(client())
            async with trying:
                return await _tried(client(), catalog, body, region, databases)
        except EngineError as error:
            raise HTTPException(422, str(error)) from error
        except httpx.HTTPError as error:
            log.warning("the database fails: %s", reason(error))
            raise HTTPException(503, "the database does not answer; try again") from error

    @router.get("/own-entries")
    async def own_entries(request: Request) -> OwnEntries:
        try:
            _region_of(await identities.of(request.headers, address_of(request)))
            there = await every(client(), "dictionary")
        except httpx.HTTPError as error:
            log.warning("the database fails: %s", reason(error))
            raise HTTPException(503, "the database does not answer; try again") from error
        return OwnEntries(entries=list(_own_entries(there)))

    return router


def _own_entries(there: list[Json]) -> Iterator[OwnEntry]:
    ours = {one["name"]: one["entries"] for one in dictionary_documents()}
    for document in there:
        name, entries = document["name"], document["entries"]
        brought = ours.get(name, {})
        for code in sorted(entries.keys() | brought.keys()):
            if entries.get(code) != brought.get(code):
                yield OwnEntry(dictionary=name, code=code)


def _region_of(who: Actor | None) -> str:
    if who is None:
        raise HTTPException(401, "log in first")
    if who.region is None or who.grade != "admin":
        raise HTTPException(403, "only an administrator of a region changes the programme")
    return who.region


def _databases(proposal: LayerDocument | ScheduleDocument, region: str) -> list[str]:
    """Where the children are whom a proposal reaches: those of the writer's region, or of the
    clinics that it names."""
    if isinstance(proposal, ScheduleDocument):
        return [region_database(region)]
    if not all(is_below(code, region) for code in (proposal.region, *proposal.sites)):
        raise HTTPException(403, "the rule is for another region")
    return [clinic_database(site) for site in proposal.sites] or [region_database(region)]


async def _tried(
    client: httpx.AsyncClient, catalog: Json, body: Proposed, region: str, databases: list[str]
) -> Preview:
    from miaopu.schedule.programme import Asked, Programme

    document = body.proposal.to_json()
    document["_id"] = f"{document['type']}:{document['name']}"
    asked = Asked(catalog, document, region, body.today)
    programme = await anyio.to_thread.run_sync(Programme)
    try:
        found = await anyio.to_thread.run_sync(programme.check, asked)
        problems = [
            FoundProblem(
                severity=one.severity,
                code=one.code,
                path=one.path,
                params=one.params,
                text=one.text,
            )
            for one in found
        ]
        if any(one.severity == "error" for one in found):
            return Preview(problems=problems)
        examples = await anyio.to_thread.run_sync(programme.examples, asked)
        sample = Sample(client, databases)
        tally: Json = {}
        async for page in sample.pages():
            tally = await anyio.to_thread.run_sync(programme.count, page)
        return Preview(
            problems=problems,
            examples=[ExampleTrial.model_validate(one) for one in examples],
            region=RegionTally(**tally, is_all=sample.is_all),
        )
    finally:
        programme.close()
