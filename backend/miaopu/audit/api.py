"""`/api/trail`: the trail as administrators read it. Whom they look for stands in the body."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from miaopu.accounts.actor import Actor, address_of
from miaopu.accounts.asking import Asking, of_the_database
from miaopu.accounts.body import Body, body_of
from miaopu.audit.search import Cursor, Question, TrailSearch
from miaopu.models.audit import Action
from miaopu.models.base import Instant, RegionCode, UserName

Json = dict[str, Any]


class After(Body):
    """Where a page begins, as the page before said."""

    at: Instant
    id: Annotated[str, Field(max_length=100)]


class AskedTrail(Body):
    """What is looked for; what is absent is not asked for."""

    region: RegionCode
    since: Instant
    until: Instant
    user: UserName | None = None
    action: Action | None = None
    child: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """A child's name, or one of its numbers."""
    after: After | None = None


class TrailChild(BaseModel):
    """A child that may be meant."""

    id: str
    name: str | None
    sex: Literal["M", "F", "U"] | None
    birth_date: str | None
    site: str | None


class Following(BaseModel):
    """Where the next page begins."""

    at: str
    id: str


class TrailPage(BaseModel):
    """Entries as `audit-<code>` holds them, the latest first."""

    entries: list[Json]
    next: Following | None
    """None on the last page."""
    children: list[TrailChild]
    """Whom the entries are about, where a child was looked for."""


def trail_router(asking: Asking, search: TrailSearch) -> APIRouter:
    """The routes below `/api/trail`."""
    router = APIRouter(prefix="/trail")

    @router.post("/find")
    async def find(request: Request, who: Annotated[Actor, Depends(asking.now)]) -> TrailPage:
        asked = await body_of(request, AskedTrail)
        after = Cursor(asked.after.at, asked.after.id) if asked.after is not None else None
        question = Question(**{**asked.model_dump(), "after": after})
        async with of_the_database():
            page = await search.find(who, address_of(request), question)
        following = Following(at=page.next.at, id=page.next.id) if page.next is not None else None
        children = [TrailChild.model_validate(row) for row in page.children]
        return TrailPage(entries=page.entries, next=following, children=children)

    return router
