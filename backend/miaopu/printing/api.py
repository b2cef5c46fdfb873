"""`/api/print`: forms as PDF, for who has no device bridge."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, JsonValue

from miaopu.printing.errors import (
    PrintError,
    StoppedError,
    UnknownTemplateError,
)
from miaopu.printing.render import check
from miaopu.printing.turns import TooManyError, Turns
from miaopu.printing.words import Lang
from miaopu.printing.worker import PdfWorker

_PDF = "application/pdf"
_FORMS_OF_ONE, _FORMS_OF_ALL = 4, 64
_RETRY_S = 10


class FieldProblem(BaseModel):
    """Where in the form, and why; never what stands there."""

    field: str
    reason: str


class PrintProblem(BaseModel):
    """Why a form was not printed; `code` is one of `print.*`."""

    code: str
    detail: str
    fields: list[FieldProblem] = []


Account = Callable[[Request], Awaitable[str]]
"""The name of whoever asks. Raises a `MiaopuError` for nobody."""


def print_router(account_of: Account, worker: PdfWorker) -> APIRouter:
    """Forms as PDF, one at a time, by turns of the accounts."""
    router = APIRouter()
    turns = Turns(_FORMS_OF_ONE, _FORMS_OF_ALL)

    @router.post("/print/{template}", response_class=Response)
    async def print_form(
        template: str,
        request: Request,
        data: Annotated[dict[str, JsonValue], Body()],
        lang: Lang = "zh",
    ) -> Response:
        account = await account_of(request)
        try:
            form = check(template, data)
            async with turns.of(account):
                pdf = await worker.render(template, form, lang)
        except TooManyError:
            detail = "other forms of yours are still waiting; print this one after them"
            return _problem(429, PrintProblem(code="print.too_many", detail=detail))
        except PrintError as error:
            fields = [FieldProblem(field=path, reason=reason) for path, reason in error.fields]
            problem = PrintProblem(code=error.code, detail=str(error), fields=fields)
            return _problem(_status(error), problem)
        return Response(pdf, media_type=_PDF, headers={"cache-control": "no-store"})

    return router


def _status(error: PrintError) -> Literal[404, 422, 500, 503]:
    if isinstance(error, UnknownTemplateError):
        return 404
    if isinstance(error, StoppedError):
        return 503
    return 500 if type(error) is PrintError else 422


def _problem(status: int, problem: PrintProblem) -> JSONResponse:
    waits = {"retry-after": str(_RETRY_S)} if status in (429, 503) else {}
    return JSONResponse(problem.model_dump(), status_code=status, headers=waits)
