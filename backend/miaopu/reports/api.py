"""`/api/reports`: counts that no view of the database can make. No child's data is in them."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Annotated

import httpx
from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel

from miaopu.accounts.actor import Identities, address_of
from miaopu.couch.follow import reason
from miaopu.reports.coverage import Key
from miaopu.reports.joined import JoinedCases

log = logging.getLogger(__name__)

Month = Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class CountRow(BaseModel):
    """A row as the view of the same name has it."""

    key: list[str | int | None]
    value: int


class Corrections(BaseModel):
    """What joined cases add to the rows of `coverage/children` and of `coverage/doses`."""

    children: list[CountRow]
    """Of all children."""
    doses: list[CountRow]
    """Of the children born in the months asked for."""


def _rows(counts: Counter[Key], fits: Callable[[Key], bool]) -> list[CountRow]:
    return [
        CountRow(key=list(key), value=number)
        for key, number in sorted(counts.items(), key=repr)
        if fits(key)
    ]


def _born_between(since: str, until: str) -> Callable[[Key], bool]:
    return lambda key: key[1] is not None and since <= f"{key[1]:04}-{key[2]:02}" <= until


def reports_router(identities: Identities, joined: JoinedCases) -> APIRouter:
    """The routes below `/api/reports`."""
    router = APIRouter(prefix="/reports")

    @router.get("/joined")
    async def corrections(
        request: Request, since: Month = "0001-01", until: Month = "9999-12"
    ) -> Corrections:
        """For the region of the account."""
        try:
            who = await identities.of(request.headers, address_of(request))
            if who is None:
                raise HTTPException(401, "log in first")
            if who.region is None:
                raise HTTPException(403, "only an account of a region reads its coverage")
            counts = await joined.corrections(who.region)
        except httpx.HTTPError as error:
            log.warning("the database fails: %s", reason(error))
            raise HTTPException(503, "the database does not answer; try again") from error
        return Corrections(
            children=_rows(counts.children, lambda _: True),
            doses=_rows(counts.doses, _born_between(since, until)),
        )

    return router
