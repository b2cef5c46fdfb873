"""`/api/cases`: looking for a child beyond the own clinic, and fetching its case.

What is looked for stands in the body: no child's data is ever in an address.
"""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, model_validator

from miaopu.accounts.actor import Actor, address_of
from miaopu.accounts.asking import Asking, of_the_database
from miaopu.accounts.body import Body, body_of
from miaopu.lookup.cases import Purpose
from miaopu.lookup.service import Asker, LookupService
from miaopu.models.base import CalendarDate, ChildId
from miaopu.models.child import ChildCode, IdNumber, Name
from miaopu.models.papers import CardNumber

Json = dict[str, Any]


class Wanted(Body):
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


class Fetch(Body):
    """A case to be brought to the clinic of the account, and what for."""

    id: ChildId
    purpose: Purpose


class Read(Body):
    """A case to be read with its history, by a server below."""

    id: ChildId


class CaseRow(BaseModel):
    """What is told of a case."""

    id: str
    name: str | None
    sex: Literal["M", "F", "U"] | None
    birth_date: str | None
    site: str | None
    """管理单位."""


class CasesFound(BaseModel):
    """What was found, and how far one looked."""

    rows: list[CaseRow]
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


def cases_router(asking: Asking, lookup: LookupService) -> APIRouter:
    """The routes below `/api/cases`."""
    router = APIRouter(prefix="/cases")
    Who = Annotated[Actor, Depends(asking.of_a_place)]  # noqa: N806 - a type

    @router.post("/find")
    async def find(request: Request, who: Who) -> CasesFound:
        wanted = (await body_of(request, Wanted)).model_dump(exclude_none=True)
        async with of_the_database():
            found = await lookup.find(Asker(who, address_of(request)), wanted)
        given = {"rows": found.rows, "searched": found.searched, "above": found.above}
        return CasesFound.model_validate(given)

    @router.post("/fetch")
    async def fetch(request: Request, who: Who) -> Fetched:
        body = await body_of(request, Fetch)
        async with of_the_database():
            done = await lookup.fetch(Asker(who, address_of(request)), body.id, body.purpose)
        return Fetched.model_validate(done)

    @router.post("/read")
    async def read(request: Request, who: Who) -> dict[str, list[Json]]:
        """For servers below: every version of a case, with `_revisions`."""
        body = await body_of(request, Read)
        async with of_the_database():
            documents = await lookup.read(Asker(who, address_of(request)), body.id)
        return {"documents": documents}

    return router
