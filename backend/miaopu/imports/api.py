"""`/api/imports`: a senior of a clinic brings old records in (导入)."""

import asyncio
from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from miaopu.accounts.actor import Actor, address_of
from miaopu.accounts.asking import Asking, limited, of_the_database
from miaopu.accounts.body import Body, body_of
from miaopu.accounts.limits import Limit
from miaopu.case.events import value
from miaopu.imports.columns import Mapping
from miaopu.imports.plan import NEW, Plan, Result
from miaopu.imports.rows import Row
from miaopu.imports.service import Imports, Job, senior_site
from miaopu.imports.tables import MOST_BYTES
from miaopu.models.base import ChildId, Ulid
from miaopu.problems import BadRequestError, TooOftenError

_UPLOAD_S = 120.0
_PAGE = 100


class TooLargeError(BadRequestError):
    """the file is too large: split it"""

    code = "file-too-large"
    status = 413


class MappingShown(BaseModel):
    """How the file is read."""

    encoding: str | None
    sheet: str | None
    sheets: list[str]
    header_row: int
    epoch: Literal[1900, 1904] | None
    headers: list[str]
    columns: dict[str, str]
    presumed: list[str]
    """Headers of which the product is presumed."""
    kind: Literal["child", "dose"]
    words: dict[str, str | None]
    """Words for vaccines in the file: the product; null for none that is known."""
    presumed_words: list[str]
    ignored: dict[str, int]
    """By column, values that are not taken over."""
    examples: list[list[str]]
    """Some rows below the headers, as they stand."""


class Counts(BaseModel):
    """Rows by what becomes of them, and what is added."""

    rows: int
    new: int
    matched: int
    doubt: int
    error: int
    children: int
    """Cases that are opened."""
    events: int


class JobShown(BaseModel):
    """One file, or one batch that is taken back, on its way."""

    id: str
    state: Literal["reading", "planning", "ready", "writing", "done", "failed"]
    file: str
    done: int
    total: int
    code: str | None
    before: str | None
    """When the very same file was brought in before."""
    mapping: MappingShown | None
    counts: Counts | None
    problems: dict[str, int]
    """Rows by what is said of them."""
    batch: str | None


class ProblemShown(BaseModel):
    """What is said of a row; the page has the words."""

    code: str
    column: str | None
    denial: str | None


class PersonShown(BaseModel):
    """A child as a row tells of it, or as the clinic has it."""

    id: str | None
    row: int | None
    name: str | None
    sex: str | None
    birth_date: str | None
    id_number: str | None
    child_code: str | None
    mother_name: str | None
    father_name: str | None
    phone: str | None
    doses: list[str]
    """Day and vaccine of each."""


class RowShown(BaseModel):
    """A row, what becomes of it, and whose it may be."""

    row: int
    first: int
    outcome: Literal["new", "matched", "doubt", "error"]
    problems: list[ProblemShown]
    adds: int
    person: PersonShown
    candidates: list[PersonShown]


class RowPage(BaseModel):
    """Some rows of a preview."""

    rows: list[RowShown]
    total: int


class UndoneShown(BaseModel):
    """What taking a batch back came to."""

    at: str
    by: str
    events: int
    facts: int
    cases: int
    kept_facts: int
    kept_cases: int


class BatchShown(BaseModel):
    """An import that was written."""

    id: str
    file: str
    at: str
    by: str
    state: Literal["running", "done", "stopped"]
    rows: int
    new: int
    matched: int
    doubt: int
    error: int
    cases: int
    events: int
    facts: int
    undone: UndoneShown | None = None


class Batches(BaseModel):
    """The imports of a clinic, the latest first."""

    batches: list[BatchShown]


class AskedPreview(Body):
    """How a file is to be read."""

    id: Ulid
    mapping: Mapping


class AskedRows(Body):
    """Which rows of a preview."""

    id: Ulid
    outcome: Literal["new", "matched", "doubt", "error"] | None = None
    problem: Annotated[str, Field(max_length=40)] | None = None
    start: Annotated[int, Field(ge=0)] = 0


class Decision(Body):
    """Whose a doubtful row is: a case, or a new child."""

    row: Annotated[int, Field(ge=1)]
    child: ChildId | Literal["new"]


class AskedCommit(Body):
    """What is to be written."""

    id: Ulid
    decisions: list[Decision] = Field(default=[], max_length=5000)


class AskedUndo(Body):
    """The batch that is to be taken back."""

    batch: Annotated[str, Field(pattern="^batch:[0-9A-HJKMNP-TV-Z]{26}$")]


def imports_router(asking: Asking, imports: Imports) -> APIRouter:
    """The routes below `/api/imports`."""
    router = APIRouter(prefix="/imports")
    sending = Limit(20, 600)
    often = Limit(600, 60)

    # Who may not import is told so before what was sent is looked at.
    def of_a_place(who: Annotated[Actor, Depends(asking.of_a_place)]) -> Actor:
        senior_site(who)
        return who

    def now(who: Annotated[Actor, Depends(asking.now)]) -> Actor:
        senior_site(who)
        return who

    Who = Annotated[Actor, Depends(of_a_place)]  # noqa: N806 - a type
    Now = Annotated[Actor, Depends(now)]  # noqa: N806 - a type

    @router.post("/files")
    async def send(request: Request, who: Now) -> JobShown:
        limited(sending, who)
        name = unquote(request.headers.get("x-file-name", ""))[:200] or "?"
        async with of_the_database():
            return shown(imports.take(who, address_of(request), name, await _content(request)))

    @router.get("/jobs/{job}")
    async def state(job: str, who: Who) -> JobShown:
        limited(often, who)
        return shown(imports.of(who, job))

    @router.post("/preview")
    async def preview(request: Request, who: Who) -> JobShown:
        asked = await body_of(request, AskedPreview)
        job = imports.of(who, asked.id)
        imports.preview(job, asked.mapping)
        return shown(job)

    @router.post("/rows")
    async def rows(request: Request, who: Who) -> RowPage:
        asked = await body_of(request, AskedRows)
        limited(often, who)
        return page_of(imports.of(who, asked.id), asked)

    @router.post("/commit")
    async def commit(request: Request, who: Now) -> JobShown:
        asked = await body_of(request, AskedCommit)
        job = imports.of(who, asked.id)
        imports.commit(job, {one.row: one.child for one in asked.decisions})
        return shown(job)

    @router.get("/batches")
    async def batches(who: Who) -> Batches:
        limited(often, who)
        async with of_the_database():
            found = await imports.batches(who)
        return Batches(batches=[_batch(one) for one in found])

    @router.post("/undo")
    async def undo(request: Request, who: Now) -> JobShown:
        asked = await body_of(request, AskedUndo)
        async with of_the_database():
            return shown(await imports.undo(who, address_of(request), asked.batch))

    return router


async def _content(request: Request) -> bytes:
    """The body, which must come within a time. Raises TooLargeError and TooOftenError."""
    found = bytearray()
    try:
        async with asyncio.timeout(_UPLOAD_S):
            async for part in request.stream():
                found += part
                if len(found) > MOST_BYTES:
                    raise TooLargeError
    except TimeoutError:
        raise TooOftenError("the file came too slowly; try again", wait=1) from None
    return bytes(found)


def shown(job: Job) -> JobShown:
    """A job as the page sees it."""
    plan = job.plan if job.state != "reading" else None
    problems: dict[str, int] = {}
    for one in plan.results if plan else ():
        for code in {it.code for it in one.problems}:
            problems[code] = problems.get(code, 0) + 1
    return JobShown(
        id=job.id,
        state=job.state,
        file=job.name,
        done=job.done,
        total=job.total,
        code=job.code,
        before=job.before,
        mapping=_mapping(job, plan) if plan else None,
        counts=counts_of(plan) if plan else None,
        problems=problems,
        batch=job.batch["_id"] if job.batch else None,
    )


def counts_of(plan: Plan) -> Counts:
    """Rows by what becomes of them."""
    found = plan.counts()
    return Counts(
        rows=len(plan.results),
        new=found["new"],
        matched=found["matched"],
        doubt=found["doubt"],
        error=found["error"],
        children=sum(it.target is None for it in plan.writes),
        events=sum(len(it.events) for it in plan.writes),
    )


def _mapping(job: Job, plan: Plan) -> MappingShown:
    table, read = job.table, plan.read
    rows = table.rows[read.header_row : read.header_row + 3] if table else []
    return MappingShown(
        encoding=table.encoding if table else None,
        sheet=table.sheet if table else None,
        sheets=list(table.sheets) if table else [],
        header_row=read.header_row,
        epoch=job.mapping.epoch or (table.epoch if table else None),
        headers=read.headers,
        columns=read.columns,
        presumed=read.presumed,
        kind=read.kind,
        words={word: code for word, (code, _) in sorted(plan.words.items())},
        presumed_words=sorted(it for it, (code, sure) in plan.words.items() if code and not sure),
        ignored=dict(plan.ignored),
        examples=[["" if cell is None else str(cell)[:60] for cell in row] for row in rows],
    )


def page_of(job: Job, asked: AskedRows) -> RowPage:
    """Some rows of a preview."""
    plan = job.plan
    if plan is None:
        return RowPage(rows=[], total=0)
    wanted = [
        one
        for one in plan.results
        if (asked.outcome is None or one.outcome == asked.outcome)
        and (asked.problem is None or any(it.code == asked.problem for it in one.problems))
    ]
    some = wanted[asked.start : asked.start + _PAGE]
    return RowPage(rows=[_row(job, plan, one) for one in some], total=len(wanted))


def _row(job: Job, plan: Plan, one: Result) -> RowShown:
    candidates = [_candidate(job, plan, it) for it in one.ids if it != NEW]
    return RowShown(
        row=one.row,
        first=one.first,
        outcome=one.outcome,
        problems=[
            ProblemShown(code=it.code, column=it.column, denial=it.denial) for it in one.problems
        ],
        adds=one.adds,
        person=_person_of(plan.people[one.row]),
        candidates=[it for it in candidates if it is not None],
    )


def _person_of(row: Row) -> PersonShown:
    doses = [f"{it.date or it.reason} {it.vaccine}" for it in row.doses]
    facts = {name: row.facts.get(name) for name in _SHOWN}
    return PersonShown(id=None, row=row.number, doses=doses, **facts)


_SHOWN = (
    "name",
    "sex",
    "birth_date",
    "id_number",
    "child_code",
    "mother_name",
    "father_name",
    "phone",
)


def _candidate(job: Job, plan: Plan, doc_id: str) -> PersonShown | None:
    if doc_id.startswith("row:"):
        row = plan.people.get(int(doc_id[4:]))
        return _person_of(row) if row else None
    known = job.index.known.get(doc_id) if job.index else None
    if known is None:
        return None
    facts = {name: value(known.slim, name) for name in _SHOWN}
    doses = [f"{it.date} {it.vaccine}" for it in known.given if not it.voided and not it.reason]
    return PersonShown(id=doc_id, row=None, doses=sorted(doses), **facts)


def _batch(document: dict[str, object]) -> BatchShown:
    names = BatchShown.model_fields.keys() - {"id"}
    given = {name: document[name] for name in names if name in document}
    return BatchShown.model_validate({**given, "id": document["_id"]})
