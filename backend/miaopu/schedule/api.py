"""`POST /api/schedules/check`: what a local rule would break, before it is saved.

The database knows the shape of a rule and who may write it, and cannot run the engine; so the page
on which rules are written asks here first.
"""

import json
from collections.abc import Callable
from typing import Annotated, Any

import anyio
import httpx
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from miaopu.accounts.actor import address_of, forwarded
from miaopu.models.base import DictionaryCode
from miaopu.models.layer import Rule, WithLayer

Json = dict[str, Any]
_CREDENTIALS = ("cookie", "authorization")
_MOST_CHECKING = 1


class RuleCheck(BaseModel):
    """A rule, and over what it is to apply."""

    model_config = ConfigDict(extra="forbid", strict=True)

    schedule: DictionaryCode
    """The edition, by its name in the catalog."""
    before: Annotated[list[Rule], Field(max_length=300)] = []
    """The rules that apply before it, in their order."""
    rule: Rule


class FoundProblem(BaseModel):
    """What is wrong; the page has the words for `code`, `text` is in English."""

    severity: str
    code: str
    path: str
    params: dict[str, str | int]
    text: str


class Checked(BaseModel):
    """All that the rule breaks; nothing when it is good."""

    problems: list[FoundProblem]


def schedules_router(client: Callable[[], httpx.AsyncClient]) -> APIRouter:
    """The routes below `/api/schedules`. `client` speaks to the database without credentials."""
    router = APIRouter(prefix="/schedules")
    checking = anyio.CapacityLimiter(_MOST_CHECKING)

    async def schedule_text(request: Request, name: str) -> Json:
        headers = {key: request.headers[key] for key in _CREDENTIALS if key in request.headers}
        headers |= forwarded(address_of(request))
        try:
            answer = await client().get(f"catalog/schedule:{name}", headers=headers)
        except httpx.HTTPError as error:
            raise HTTPException(503, "the database does not answer; try again") from error
        if answer.status_code in (401, 403):
            raise HTTPException(401, "log in first")
        if answer.status_code == 404:
            raise HTTPException(404, f"the catalog has no schedule {name}")
        if not answer.is_success:
            raise HTTPException(503, "the database does not answer; try again")
        schedule: Json = answer.json()["schedule"]
        return schedule

    async def resolved(request: Request, rule: Rule) -> Json:
        """The rule as the engine takes it: a schedule in place of its name."""
        if isinstance(rule, WithLayer):
            return {"kind": "with", "schedule": await schedule_text(request, rule.schedule)}
        return rule.to_json()

    @router.post("/check")
    async def check(body: RuleCheck, request: Request) -> Checked:
        from miaopu.schedule.check import check_rules
        from miaopu.schedule.engine import EngineError

        schedule = await schedule_text(request, body.schedule)
        before = [await resolved(request, rule) for rule in body.before]
        rule = await resolved(request, body.rule)

        def work() -> list[FoundProblem]:
            found = check_rules(json.dumps(schedule), [rule], before)
            return [
                FoundProblem(
                    severity=one.severity,
                    code=one.code,
                    path=one.path,
                    params=one.params,
                    text=one.text,
                )
                for one in found
            ]

        try:
            return Checked(problems=await anyio.to_thread.run_sync(work, limiter=checking))
        except EngineError as error:
            raise HTTPException(422, str(error)) from error

    return router
