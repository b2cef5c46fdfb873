"""`/api/reports`: counts that no view of the database can make. No child's data is in them."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from miaopu.accounts.actor import Actor
from miaopu.accounts.asking import Asking, of_the_database
from miaopu.problems import NotAllowedError
from miaopu.reports.coverage import Key
from miaopu.reports.joined import JoinedCases

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


def reports_router(asking: Asking, joined: JoinedCases) -> APIRouter:
    """The routes below `/api/reports`."""
    router = APIRouter(prefix="/reports")

    @router.get("/joined")
    async def corrections(
        who: Annotated[Actor, Depends(asking.anybody)],
        since: Month = "0001-01",
        until: Month = "9999-12",
    ) -> Corrections:
        """For the region of the account."""
        if who.region is None:
            raise NotAllowedError("only an account of a region reads its coverage")
        async with of_the_database():
            counts = await joined.corrections(who.region)
        return Corrections(
            children=_rows(counts.children, lambda _: True),
            doses=_rows(counts.doses, _born_between(since, until)),
        )

    return router
