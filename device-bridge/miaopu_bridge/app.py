"""The bridge's HTTP and WebSocket interface; see docs/devices.md for the calls."""

import asyncio
import contextlib
import json
import logging
import math
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from miaopu.printing import BadPrintDataError, Lang, UnknownTemplateError, check
from miaopu.printing.render import TEMPLATES
from miaopu_bridge import __version__
from miaopu_bridge.config import Config
from miaopu_bridge.drivers.base import Printer, PrinterError
from miaopu_bridge.drivers.escp import EscpPrinter
from miaopu_bridge.events import Event, Hub, now
from miaopu_bridge.guard import Guard, origin_of, problem
from miaopu_bridge.jobs import Job, Jobs, NotNowError, UnknownJobError
from miaopu_bridge.messages import MESSAGES, say
from miaopu_bridge.page import render_page
from miaopu_bridge.pairing import Pairings, TooManyTriesError, WrongCodeError
from miaopu_bridge.supervisor import Devices

log = logging.getLogger(__name__)

AUTH_WAIT_S = 10.0
TRY_AGAIN_LATER, NOT_PAIRED, TOO_SLOW = 1012, 4401, 1013

TEST_SLIP = check(
    "appointment",
    {
        "clinic": {"name": "测试 Test"},
        "child": {"name": "测试 Test", "code": "0" * 18, "birth_date": "2026-01-01"},
        "date": "2026-01-01",
    },
)


class ApiError(Exception):
    """Answered as {code, message: {zh, en}, …} with an HTTP status."""

    def __init__(self, status: int, code: str, **more: object) -> None:
        self.status, self.code, self.more = status, code, more
        super().__init__(code)


class PairRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(max_length=20)]


class PrintRequest(BaseModel):
    """One form to print. `printer` is a printer's id; without it the first that can print it."""

    model_config = ConfigDict(extra="forbid")
    template: str
    data: dict[str, Any]
    lang: Lang = "zh"
    printer: str | None = None
    copies: Annotated[int, Field(ge=1, le=20)] = 1


def create_app(
    config: Config, pairings: Pairings, hub: Hub, devices: Devices, jobs: Jobs
) -> FastAPI:
    """The application around devices that `lifespan` starts and stops."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        hub.start(asyncio.get_running_loop())
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
        fields = [_field(item["loc"][1:], item["msg"]) for item in error.errors()]
        return problem(422, "request.bad", fields=fields)

    @app.exception_handler(StarletteHTTPException)
    async def _http_error(_: Request, error: HTTPException) -> JSONResponse:
        code = "not_found" if error.status_code == 404 else "request.bad"
        return problem(error.status_code, code)

    async def allowed_origin(request: Request) -> str:
        origin = origin_of(request.headers)
        if origin is None:
            raise ApiError(403, "origin.missing")
        if not pairings.may_speak(origin):
            raise ApiError(403, "origin.not_allowed")
        return origin

    async def paired_origin(
        request: Request, origin: Annotated[str, Depends(allowed_origin)]
    ) -> str:
        token = _bearer(request)
        if token is None or not pairings.check(token, origin):
            raise ApiError(401, "pair.required")
        return origin

    allowed = Annotated[str, Depends(allowed_origin)]
    paired = Annotated[str, Depends(paired_origin)]

    def sees(origin: str) -> str | None:
        # The bridge's own page shows the jobs of every origin, without their PDF.
        return None if pairings.is_own_page(origin) else origin

    async def job_of(job_id: str, origin: paired) -> Job:
        try:
            return jobs.get(job_id, sees(origin))
        except UnknownJobError:
            raise ApiError(404, "job.unknown") from None

    job = Annotated[Job, Depends(job_of)]

    @app.get("/")
    async def page(request: Request) -> HTMLResponse:
        # A person opens this page; no other page has business reading it.
        if "origin" in request.headers:
            raise ApiError(403, "origin.not_allowed")
        own = f"http://{request.headers['host']}"
        return render_page(pairings.add_own_page(own))

    @app.get("/health")
    async def health(request: Request, origin: allowed) -> dict[str, Any]:
        token = _bearer(request)
        is_paired = token is not None and pairings.check(token, origin)
        return {"app": "miaopu-bridge", "version": __version__, "paired": is_paired}

    @app.post("/pair")
    async def pair(wanted: PairRequest, origin: allowed) -> dict[str, str]:
        try:
            token = pairings.pair(wanted.code.strip(), origin)
        except WrongCodeError as error:
            raise ApiError(403, "pair.wrong_code", tries_left=error.tries_left) from None
        except TooManyTriesError as error:
            raise ApiError(
                429, "pair.too_many_tries", retry_after_s=math.ceil(error.wait_s)
            ) from None
        return {"token": token, "origin": origin}

    @app.delete("/pair")
    async def unpair(request: Request, _: paired) -> dict[str, bool]:
        pairings.forget(_bearer(request) or "")
        return {"paired": False}

    @app.get("/status")
    async def status(origin: paired) -> dict[str, Any]:
        code = {"code": pairings.code} if pairings.is_own_page(origin) else {}
        return {"version": __version__, "origin": origin, "devices": devices.describe(), **code}

    @app.get("/printers")
    async def printers(_: paired) -> list[dict[str, Any]]:
        described = {device["id"]: device for device in devices.describe()}
        return [
            {**described[name], "templates": _templates(printer)}
            for name, printer in devices.printers().items()
        ]

    @app.post("/printers/{name}/test")
    async def print_test(name: str, origin: paired) -> dict[str, bool]:
        printer = devices.printers().get(name)
        if printer is None:
            raise ApiError(404, "printer.unknown")
        if isinstance(printer, EscpPrinter):
            try:
                await asyncio.to_thread(printer.print_grid)
            except PrinterError as error:
                raise ApiError(503, error.code, detail=str(error)) from None
        elif reason := printer.accepts(TEST_SLIP):
            raise ApiError(409, "printer.cannot_print", detail=reason)
        else:
            jobs.add("appointment", TEST_SLIP, "zh", name, 1, origin)
        return {"printed": True}

    @app.post("/print", status_code=202)
    async def print_form(
        wanted: PrintRequest, origin: paired, wait: Annotated[float, Query(ge=0, le=30)] = 0
    ) -> dict[str, Any]:
        try:
            form = check(wanted.template, wanted.data)
        except UnknownTemplateError:
            raise ApiError(
                422, "print.unknown_template", field="template", templates=list(TEMPLATES)
            ) from None
        except BadPrintDataError as error:
            fields = [_field(("data", path), reason) for path, reason in error.fields]
            raise ApiError(422, "print.bad_data", fields=fields) from None
        known = devices.printers()
        name = wanted.printer or next((n for n, p in known.items() if not p.accepts(form)), "")
        printer = known.get(name)
        if printer is None:
            raise ApiError(422, "printer.unknown", field="printer", printers=list(known))
        if reason := printer.accepts(form):
            raise ApiError(422, "printer.cannot_print", field="printer", detail=reason)
        new = jobs.add(wanted.template, form, wanted.lang, name, wanted.copies, origin)
        return (await jobs.wait(new, wait)).public()

    @app.get("/jobs")
    async def list_jobs(origin: paired) -> list[dict[str, Any]]:
        return [each.public() for each in jobs.list(sees(origin))]

    @app.get("/jobs/{job_id}")
    async def show_job(shown: job) -> dict[str, Any]:
        return shown.public()

    @app.get("/jobs/{job_id}/pdf")
    async def show_pdf(job_id: str, origin: paired) -> Response:
        try:
            output = jobs.get(job_id, origin).output
        except UnknownJobError:
            raise ApiError(404, "job.unknown") from None
        if output is None or not output.is_file():
            raise ApiError(404, "job.no_pdf")
        return FileResponse(output, media_type="application/pdf")

    @app.post("/jobs/{job_id}/retry", status_code=202)
    async def retry(failed: job, wait: Annotated[float, Query(ge=0, le=30)] = 0) -> dict[str, Any]:
        try:
            again = jobs.retry(failed)
        except NotNowError as error:
            raise ApiError(409, "job.not_now", detail=str(error)) from None
        return (await jobs.wait(again, wait)).public()

    @app.delete("/jobs/{job_id}")
    async def discard(unwanted: job) -> dict[str, bool]:
        try:
            jobs.discard(unwanted)
        except NotNowError as error:
            raise ApiError(409, "job.not_now", detail=str(error)) from None
        return {"discarded": True}

    @app.websocket("/events")
    async def events(socket: WebSocket) -> None:
        # The guard has checked Host and Origin before the handshake.
        origin = socket.headers["origin"]
        await socket.accept()
        try:
            token = await _first_token(socket)
        except WebSocketDisconnect:
            return

        def paired_still() -> bool:
            return pairings.check(token, origin)

        if not paired_still():
            await socket.close(NOT_PAIRED, "not paired")
            return
        with hub.subscribe() as queue:
            hello = {"type": "hello", "version": __version__, "at": now()}
            await socket.send_json({**hello, "devices": devices.describe()})
            listening = asyncio.create_task(_listen(socket))
            try:
                await _tell(
                    socket, queue, listening, paired_still, sees(origin), config.heartbeat_s
                )
            except WebSocketDisconnect:
                return
            finally:
                listening.cancel()

    return app


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _templates(printer: Printer) -> list[str]:
    return [name for name, model in TEMPLATES.items() if issubclass(model, printer.forms)]


def _field(path: tuple[Any, ...], reason: str) -> dict[str, str]:
    return {"field": ".".join(str(part) for part in path), "reason": reason}


async def _first_token(socket: WebSocket) -> str:
    """The token of the first message, {"type": "auth", "token": …}; empty when it is none."""
    try:
        async with asyncio.timeout(AUTH_WAIT_S):
            first = json.loads(await socket.receive_text())
        return str(first["token"]) if first["type"] == "auth" else ""
    except (TimeoutError, ValueError, KeyError, TypeError):
        return ""


async def _listen(socket: WebSocket) -> None:
    """Reads what the tab sends, which is nothing of interest, to notice when it leaves."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            await socket.receive_text()


async def _tell(
    socket: WebSocket,
    queue: "asyncio.Queue[Event | None]",
    listening: "asyncio.Task[None]",
    paired_still: Callable[[], bool],
    sees: str | None,
    heartbeat_s: float,
) -> None:
    """Sends events until the tab leaves; jobs only to the origin that made them."""
    while not listening.done():
        waiting = asyncio.ensure_future(queue.get())
        done, _ = await asyncio.wait(
            {waiting, listening}, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting not in done:
            waiting.cancel()
            if not done:
                await socket.send_json({"type": "heartbeat", "at": now()})
            continue
        if not paired_still():
            await socket.close(NOT_PAIRED, "not paired any more")
            return
        event = waiting.result()
        if event is None:
            await socket.close(TOO_SLOW, "too slow or closing; connect again")
            return
        told = dict(event)
        if told["type"] == "job" and told.pop("origin") != sees and sees is not None:
            continue
        # A plug-in may have codes of its own, which the application has to know.
        if told.get("code") in MESSAGES:
            told["message"] = say(told["code"])
        await socket.send_json(told)
