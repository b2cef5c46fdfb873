"""`/api/cases/duplicates` and `/decide`: a region's suspected duplicates, and what is decided."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, model_validator

from miaopu.accounts.actor import Actor, address_of
from miaopu.accounts.asking import Asking, limited, of_the_database
from miaopu.accounts.body import Body, body_of
from miaopu.accounts.limits import Limit
from miaopu.audit import Trail
from miaopu.case.case import merged
from miaopu.couch.place import region_database
from miaopu.duplicates.suspects import Decision, decide, joined, suspects
from miaopu.lookup.api import CaseRow
from miaopu.lookup.cases import Cases
from miaopu.models.base import ChildId
from miaopu.problems import MissingError, NotAllowedError


class Decide(Body):
    """What a person has decided on two cases: one child, two, or neither any more."""

    id: ChildId
    target: ChildId
    decision: Decision

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.id == self.target:
            raise ValueError("a case is not decided on against itself")
        return self


class Nothing(Body):
    """A request without parameters."""


class Pair(BaseModel):
    """Two cases that may be one child."""

    reason: Literal["id_number", "card", "person", "family"]
    cases: tuple[CaseRow, CaseRow]


class JoinedPair(BaseModel):
    """Two cases that are read as one child (合并个案)."""

    cases: tuple[CaseRow, CaseRow]


class Pairs(BaseModel):
    """Suspected duplicates, and cases that were joined: a person may part them again."""

    pairs: list[Pair]
    joined: list[JoinedPair]


def duplicates_router(asking: Asking, cases: Cases, trail: Trail) -> APIRouter:
    """A region's duplicates; a clinic finds those of its own children itself."""
    router = APIRouter(prefix="/cases")
    listing = Limit(10, 60)
    often = Limit(30, 60)
    Who = Annotated[Actor, Depends(asking.of_a_place)]  # noqa: N806 - a type

    def note(request: Request, who: Actor, action: str, what: str, ids: list[str]) -> None:
        trail.record(
            who,
            action,
            address=address_of(request),
            database=region_database(who.region or ""),
            request=what,
            documents=ids,
        )

    @router.post("/duplicates")
    async def duplicates(request: Request, who: Who) -> Pairs:
        await body_of(request, Nothing)
        if who.region is None:
            raise NotAllowedError("a clinic finds the duplicates of its own children itself")
        limited(listing, who)
        async with of_the_database():
            pairs = await suspects(cases.client(), who.region)
            together = await joined(cases.client(), who.region)
        ids = [case["id"] for pair in [*pairs, *together] for case in pair["cases"]]
        note(request, who, "read", "cases/duplicates", ids)
        return Pairs.model_validate({"pairs": pairs, "joined": together})

    @router.post("/decide")
    async def decision(request: Request, who: Who) -> dict[str, bool]:
        body = await body_of(request, Decide)
        if who.region is None:
            raise NotAllowedError("a clinic decides on its own device")
        if who.grade == "ordinary":
            raise NotAllowedError("needs the grade senior or admin")
        limited(often, who)
        database = region_database(who.region)
        async with of_the_database():
            tree = await cases.tree()
            first = await merged(cases.client(), database, body.id)
            second = await merged(cases.client(), database, body.target)
            if first is None or second is None:
                raise MissingError("there is no such case in this region")
            await decide(
                cases.client(),
                cases.stamp,
                who.name,
                set(tree.sites),
                (first, second),
                body.decision,
            )
        note(request, who, "write", "cases/decide", [body.id, body.target])
        return {"ok": True}

    return router
