"""`/api`: the server's clock and its health, and what holds for every request to it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Literal

import httpx
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

import miaopu
from miaopu.accounts.body import WrongBodyError
from miaopu.ids import new_ulid
from miaopu.problems import MiaopuError

_LARGEST = 2_000_000
LARGER: Mapping[str, int] = {"/imports/files": 20_000_000}
"""Bytes of a request below a path that takes files."""


class Now(BaseModel):
    """The server's clock, the generation of its data, and the run of its process.

    A run ends with the process: a server whose data came back from a backup has another. Tablets
    then compare what they hold with it, since it may know less than it has named to them.
    """

    now: str
    generation: str
    run: str


class Health(BaseModel):
    """Whether the server works, and what its background work came to."""

    status: Literal["ok", "database_down", "database_damaged"]
    version: str
    database: str
    provisioned: bool
    conflicts_resolved: int
    conflicts_failed: int
    audit_waiting: int
    """Entries of the trail that are not yet in the database."""
    refused_above: int
    """Parts of records that the server above refuses."""
    damaged: list[str]
    """Databases whose files are not what was written: each is brought back from a backup."""


def instant(now: dt.datetime) -> str:
    """A moment as documents hold it: UTC with milliseconds and `Z`."""
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def build_api(
    generation: str, client: Callable[[], httpx.AsyncClient], health: Callable[[], Health]
) -> FastAPI:
    """The application below `/api`. `client` speaks to the database without credentials."""
    api = FastAPI(
        title="Miaopu", version=miaopu.__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    run = new_ulid()

    @api.get("/time")
    async def time() -> Now:
        return Now(now=instant(dt.datetime.now(dt.UTC)), generation=generation, run=run)

    @api.get("/health")
    async def state() -> JSONResponse:
        try:
            up = (await client().get("_up")).is_success
        except httpx.HTTPError:
            up = False
        found = health()
        if not up:
            found.status = "database_down"
        return JSONResponse(found.model_dump(), status_code=200 if up else 503)

    @api.exception_handler(MiaopuError)
    async def told(_: Request, error: MiaopuError) -> JSONResponse:
        detail: object = {"code": error.code, "message": str(error)}
        if isinstance(error, WrongBodyError):
            detail = error.fields
        return JSONResponse({"detail": detail}, error.status, headers=error.headers)

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is a child's data: only where it is wrong is said.
        wrong = [{"loc": e["loc"], "msg": e["msg"], "type": e["type"]} for e in error.errors()]
        return JSONResponse({"detail": jsonable_encoder(wrong)}, status_code=422)

    @api.middleware("http")
    async def guard(request: Request, following: Any) -> Response:
        length = request.headers.get("content-length", "0" if request.method == "GET" else "")
        if not length.isdigit():
            return JSONResponse({"detail": "the request must say its length"}, status_code=411)
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        if int(length) > LARGER.get(path, _LARGEST):
            return JSONResponse({"detail": "the request is too large"}, status_code=413)
        response: Response = await following(request)
        response.headers.setdefault("cache-control", "no-store")
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["content-security-policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.headers["cross-origin-resource-policy"] = "same-origin"
        return response

    return api
