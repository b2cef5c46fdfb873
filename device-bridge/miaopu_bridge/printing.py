"""`/printers`, `/print`, `/jobs`: which printer takes a form, and what became of it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from miaopu.printing import Form, Lang, PrintError, UnknownTemplateError, check
from miaopu.printing.render import TEMPLATES
from miaopu_bridge.access import Access, ApiError
from miaopu_bridge.calibrations import Calibrations
from miaopu_bridge.drivers.base import Printer, PrinterError
from miaopu_bridge.drivers.escp import EscpPrinter
from miaopu_bridge.jobs import Job, Jobs, NotNowError, UnknownJobError
from miaopu_bridge.shapes import Calibration, FieldProblem, PrinterShown, PrintJob
from miaopu_bridge.supervisor import Devices

TEST_SLIP = check(
    "appointment",
    {
        "clinic": {"name": "测试 Test"},
        "child": {"name": "测试 Test", "code": "0" * 18, "birth_date": "2026-01-01"},
        "date": "2026-01-01",
    },
)


class PrintRequest(BaseModel):
    """One form to print. `printer` is a printer's id; without it see `choose`."""

    model_config = ConfigDict(extra="forbid")
    template: str
    data: dict[str, JsonValue]
    lang: Lang = "zh"
    printer: str | None = None
    copies: Annotated[int, Field(ge=1, le=20)] = 1


class Printed(BaseModel):
    printed: bool = True


class Discarded(BaseModel):
    discarded: bool = True


Wait = Annotated[float, Query(ge=0, le=30)]
GridSide = Annotated[int, Query(ge=50, le=400)]


def choose(printers: Mapping[str, Printer], form: Form) -> str | None:
    """The printer for a form that names none, by the *kind* of the form alone.

    One that is made for such forms, else one with paper, else a folder. What the form holds never
    sends it to another printer.
    """
    able = {name: printer for name, printer in printers.items() if not printer.accepts(form)}
    return min(able, key=lambda name: (able[name].wants_pdf, not able[name].paper), default=None)


def print_router(
    access: Access, devices: Devices, jobs: Jobs, calibrations: Calibrations
) -> APIRouter:
    """Printers, and new jobs."""
    router = APIRouter()
    paired = Annotated[str, Depends(access.paired)]

    @router.get("/printers", dependencies=[Depends(access.paired)])
    async def printers() -> list[PrinterShown]:
        described = {device.id: device for device in devices.describe()}
        return [
            PrinterShown(
                **described[name].model_dump(),
                templates=_templates(printer),
                paper=printer.paper,
                booklet=printer.booklet,
                calibration=printer.calibration,
            )
            for name, printer in devices.printers().items()
        ]

    @router.post("/printers/{name}/test")
    async def print_test(
        name: str, origin: paired, width_mm: GridSide = 140, height_mm: GridSide = 100
    ) -> Printed:
        printer = devices.printers().get(name)
        if printer is None:
            raise ApiError(404, "printer.unknown")
        if isinstance(printer, EscpPrinter):
            try:
                await asyncio.to_thread(printer.print_grid, width_mm, height_mm)
            except PrinterError as error:
                raise ApiError(503, error.code, detail=str(error)) from None
        elif reason := printer.accepts(TEST_SLIP):
            raise ApiError(409, "printer.cannot_print", detail=reason)
        else:
            jobs.add("appointment", TEST_SLIP, "zh", name, 1, origin)
        return Printed()

    @router.put("/printers/{name}/calibration", dependencies=[Depends(access.paired)])
    async def calibrate(name: str, wanted: Calibration) -> Calibration:
        printer = devices.printers().get(name)
        if printer is None:
            raise ApiError(404, "printer.unknown")
        if printer.calibration is None:
            raise ApiError(409, "printer.cannot_print")
        await asyncio.to_thread(calibrations.keep, name, wanted)
        return wanted

    @router.post("/print", status_code=202)
    async def print_form(wanted: PrintRequest, origin: paired, wait: Wait = 0) -> PrintJob:
        form = _form(wanted)
        known = devices.printers()
        name = wanted.printer or choose(known, form) or ""
        printer = known.get(name)
        if printer is None:
            raise ApiError(422, "printer.unknown", field="printer", printers=list(known))
        if reason := printer.accepts(form):
            raise ApiError(422, "printer.cannot_print", field="printer", detail=reason)
        try:
            await asyncio.to_thread(printer.check, wanted.template, form, wanted.lang)
        except PrinterError as error:
            raise ApiError(422, error.code, field="printer", detail=str(error)) from None
        except PrintError as error:
            raise _refused(error) from None
        new = jobs.add(wanted.template, form, wanted.lang, name, wanted.copies, origin)
        return (await jobs.wait(new, wait)).public()

    return router


def jobs_router(access: Access, jobs: Jobs) -> APIRouter:
    """What became of the jobs of an origin."""
    router = APIRouter()
    paired = Annotated[str, Depends(access.paired)]

    def job_of(job_id: str, origin: paired) -> Job:
        try:
            return jobs.get(job_id, access.sees(origin))
        except UnknownJobError:
            raise ApiError(404, "job.unknown") from None

    job = Annotated[Job, Depends(job_of)]

    @router.get("/jobs")
    async def list_jobs(origin: paired) -> list[PrintJob]:
        return [each.public() for each in jobs.list(access.sees(origin))]

    @router.get("/jobs/{job_id}")
    async def show_job(shown: job) -> PrintJob:
        return shown.public()

    @router.get("/jobs/{job_id}/pdf", response_class=FileResponse)
    async def show_pdf(job_id: str, origin: paired) -> Response:
        try:
            output = jobs.get(job_id, origin).output
        except UnknownJobError:
            raise ApiError(404, "job.unknown") from None
        if output is None or not output.is_file():
            raise ApiError(404, "job.no_pdf")
        return FileResponse(output, media_type="application/pdf")

    @router.post("/jobs/{job_id}/retry", status_code=202)
    async def retry(failed: job, wait: Wait = 0) -> PrintJob:
        try:
            again = jobs.retry(failed)
        except NotNowError as error:
            raise ApiError(409, "job.not_now", detail=str(error)) from None
        return (await jobs.wait(again, wait)).public()

    @router.delete("/jobs/{job_id}")
    async def discard(unwanted: job) -> Discarded:
        try:
            jobs.discard(unwanted)
        except NotNowError as error:
            raise ApiError(409, "job.not_now", detail=str(error)) from None
        return Discarded()

    return router


def _templates(printer: Printer) -> list[str]:
    return [name for name, model in TEMPLATES.items() if issubclass(model, printer.forms)]


def _form(wanted: PrintRequest) -> Form:
    try:
        return check(wanted.template, wanted.data)
    except UnknownTemplateError as error:
        raise ApiError(422, error.code, field="template", templates=list(TEMPLATES)) from None
    except PrintError as error:
        raise _refused(error) from None


def _refused(error: PrintError) -> ApiError:
    fields = [
        FieldProblem(field=f"data.{path}", reason=reason).model_dump()
        for path, reason in error.fields
    ]
    return ApiError(422, error.code, fields=fields)
