"""The bridge's HTTP and WebSocket interface put together; see docs/devices.md for the calls."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from miaopu_bridge import __version__
from miaopu_bridge.access import Access, ApiError, pairing_router
from miaopu_bridge.asking import asking_router
from miaopu_bridge.calibrations import Calibrations
from miaopu_bridge.config import Config
from miaopu_bridge.events import Hub
from miaopu_bridge.feed import feed_router
from miaopu_bridge.guard import Guard, problem
from miaopu_bridge.jobs import Jobs
from miaopu_bridge.page import render_page
from miaopu_bridge.pairing import Pairings
from miaopu_bridge.printing import jobs_router, print_router
from miaopu_bridge.shapes import Device, FieldProblem
from miaopu_bridge.supervisor import Devices

log = logging.getLogger(__name__)


def create_app(
    config: Config, pairings: Pairings, hub: Hub, devices: Devices, jobs: Jobs
) -> FastAPI:
    """The application around devices that `lifespan` starts and stops."""
    calibrations = Calibrations(config.state_dir, devices.printers())

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.start(asyncio.get_running_loop())
        calibrations.load()
        jobs.start()
        devices.start()
        yield
        await asyncio.to_thread(devices.stop)
        await jobs.stop()

    app = FastAPI(
        title="Miaopu device bridge", version=__version__, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    app.add_middleware(Guard, pairings=pairings)
    _say_problems(app)
    access = Access(pairings)
    app.include_router(_own_router(access, devices))
    app.include_router(pairing_router(access))
    app.include_router(asking_router(access, devices, hub))
    app.include_router(print_router(access, devices, jobs, calibrations))
    app.include_router(jobs_router(access, jobs))
    app.include_router(feed_router(access, hub, devices, config.heartbeat_s))
    return app


class Status(BaseModel):
    """The bridge and its devices; the pairing code is for the bridge's own page alone."""

    version: str = __version__
    origin: str
    devices: list[Device]
    code: str | None = None


def _own_router(access: Access, devices: Devices) -> APIRouter:
    """The bridge's own page, and what it shows."""
    router = APIRouter()
    pairings = access.pairings

    @router.get("/", response_class=HTMLResponse)
    async def page(request: Request) -> HTMLResponse:
        # A person opens this page; no other page has business reading it.
        if "origin" in request.headers:
            raise ApiError(403, "origin.not_allowed")
        own = f"http://{request.headers['host']}"
        return render_page(pairings.add_own_page(own))

    @router.get("/status", response_model_exclude_none=True)
    async def status(origin: Annotated[str, Depends(access.paired)]) -> Status:
        code = pairings.code if pairings.is_own_page(origin) else None
        return Status(origin=origin, devices=devices.describe(), code=code)

    return router


def _say_problems(app: FastAPI) -> None:
    """Every error is answered by its code and in words, and never quotes what was sent."""

    @app.exception_handler(ApiError)
    async def _problem(_: Request, error: ApiError) -> JSONResponse:
        answer = problem(error.status, error.code, **error.more)
        if "retry_after_s" in error.more:
            answer.headers["Retry-After"] = str(error.more["retry_after_s"])
        return answer

    @app.exception_handler(OSError)
    async def _disk(_: Request, error: OSError) -> JSONResponse:
        log.error("the state folder cannot be used: %s", error.strerror)
        return problem(507, "job.files", detail=error.strerror)

    @app.exception_handler(RequestValidationError)
    async def _bad_request(_: Request, error: RequestValidationError) -> JSONResponse:
        # Only where and why: the input may be a child's data.
        fields = [
            FieldProblem(field=".".join(map(str, item["loc"][1:])), reason=item["msg"]).model_dump()
            for item in error.errors()
        ]
        return problem(422, "request.bad", fields=fields)

    @app.exception_handler(StarletteHTTPException)
    async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
        code = "not_found" if error.status_code == 404 else "request.bad"
        return problem(error.status_code, code)
