"""Print jobs (打印任务): kept on disk until they are done, one at a time per printer.

A job is two files: what may be shown (`ID.json`) and the child's data (`ID.data.json`), both 0600.
The data are purged some hours after the job was done.
"""

import asyncio
import datetime as dt
import json
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from miaopu.printing import Form, Lang, PrintError, check
from miaopu.printing.worker import PdfWorker
from miaopu_bridge.drivers.base import Document, Printer, PrinterError
from miaopu_bridge.files import private_folder, write_private
from miaopu_bridge.messages import words_of
from miaopu_bridge.shapes import FieldProblem, JobChanged, JobState, PrintJob, now

KEEP_FAILED_FACTOR = 7  # a failed job waits for its person seven times as long as a done one
PURGE_EVERY_S = 60.0

log = logging.getLogger(__name__)


class Job(BaseModel):
    """What is known of a job; nothing of the child."""

    id: str
    template: str
    lang: Lang
    printer: str
    paper: bool = True
    copies: int
    origin: str
    state: JobState = "queued"
    reason: str = ""
    detail: str = ""
    fields: list[FieldProblem] = []
    attempts: int = 0
    created: str
    finished: str | None = None
    output: Path | None = None

    def public(self) -> PrintJob:
        """The job as the application sees it."""
        return PrintJob.model_validate(self._shown())

    def changed(self) -> JobChanged:
        """The event that says how the job is now."""
        return JobChanged.model_validate(self._shown())

    def _shown(self) -> dict[str, object]:
        pdf = f"/jobs/{self.id}/pdf" if self.output else None
        own = self.model_dump(exclude={"output", "origin"})
        return {**own, "message": words_of(self.reason), "pdf": pdf}


class UnknownJobError(Exception):
    """There is no such job, or it is another origin's."""


class NotNowError(Exception):
    """The job's state does not allow this."""


class Jobs:
    """Every job of this PC. Lives in the event loop; rendering and printing run in threads."""

    def __init__(
        self,
        folder: Path,
        printers: dict[str, Printer],
        publish: Callable[[JobChanged, str], None],
        keep_hours: float,
    ) -> None:
        self._folder = private_folder(folder)
        self._printers = printers
        self._publish = publish
        self._keep = dt.timedelta(hours=keep_hours)
        self._jobs: dict[str, Job] = {}
        self._queues: dict[str, asyncio.Queue[str]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()
        self._setting = PdfWorker()

    def start(self) -> None:
        """Takes up what a former run left, and starts a worker per printer."""
        self._queues = {name: asyncio.Queue() for name in self._printers}
        self._sweep()
        for path in sorted(self._folder.glob("*.json")):
            if not path.name.endswith(".data.json"):
                self._take_up(path)
        self._tasks = [asyncio.create_task(self._work(name)) for name in self._printers]
        self._tasks.append(asyncio.create_task(self._purge_forever()))
        if any(printer.wants_pdf for printer in self._printers.values()):
            self._tasks.append(asyncio.create_task(self._setting.warm_up()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._setting.stop()

    def add(
        self, template: str, form: Form, lang: Lang, printer: str, copies: int, origin: str
    ) -> Job:
        """A new job; it is on disk before this returns. Raises OSError when it cannot be."""
        # The time leads, so that names sort by age.
        name = f"{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S%f}-{secrets.token_hex(4)}"
        job = Job(
            id=name, template=template, lang=lang, printer=printer,
            paper=self._printers[printer].paper, copies=copies, origin=origin, created=now(),
        )  # fmt: skip
        try:
            write_private(self._data_path(job), form.model_dump_json().encode())
            write_private(self._path(job), job.model_dump_json().encode())
        except OSError:
            self._data_path(job).unlink(missing_ok=True)
            raise
        self._remember(job)
        self._queues[printer].put_nowait(job.id)
        return job

    def get(self, job_id: str, origin: str | None) -> Job:
        """The job, when `origin` (None: anybody) may see it. Raises UnknownJobError."""
        job = self._jobs.get(job_id)
        if job is None or origin not in (None, job.origin):
            raise UnknownJobError(job_id)
        return job

    def list(self, origin: str | None) -> list[Job]:
        """The jobs of `origin` (None: all), newest first."""
        return [job for job in reversed(self._jobs.values()) if origin in (None, job.origin)]

    def retry(self, job: Job) -> Job:
        """Queues a failed job again. Raises NotNowError when that cannot be."""
        if job.state != "failed":
            raise NotNowError(f"only a failed job can be printed again; this one is {job.state}")
        if job.printer not in self._queues:
            raise NotNowError(f"the printer {job.printer} is no longer configured")
        if not self._data_path(job).exists():
            raise NotNowError("the job's data were purged; print it again from the application")
        job = self._change(job, state="queued", reason="", detail="", fields=[], finished=None)
        self._queues[job.printer].put_nowait(job.id)
        return job

    def discard(self, job: Job) -> None:
        """Forgets a job with all its files. Raises NotNowError while it is printing."""
        if job.state == "printing":
            raise NotNowError("the job is being printed")
        del self._jobs[job.id]
        for path in (self._data_path(job), self._pdf_path(job), job.output, self._path(job)):
            if path is not None:
                path.unlink(missing_ok=True)

    async def wait(self, job: Job, seconds: float) -> Job:
        """The job once it is done or failed, or as it is after `seconds`."""

        def over() -> bool:
            current = self._jobs.get(job.id)
            return current is None or current.state in ("done", "failed")

        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(over)
        except TimeoutError:
            log.debug("job %s is still going on", job.id)
        return self._jobs.get(job.id, job)

    def purge(self, at: dt.datetime) -> None:
        """Removes what is older at `at` than it may be kept; waiting jobs stay."""
        for job in list(self._jobs.values()):
            keep = self._keep * (KEEP_FAILED_FACTOR if job.state == "failed" else 1)
            if job.finished and at - dt.datetime.fromisoformat(job.finished) > keep:
                self.discard(job)

    async def _work(self, name: str) -> None:
        printer, queue = self._printers[name], self._queues[name]
        while True:
            job = self._jobs.get(await queue.get())
            if job is None or job.state != "queued":
                continue
            job = self._change(job, state="printing", attempts=job.attempts + 1)
            changes: dict[str, Any]
            try:
                changes = {"state": "done", "output": await self._print(printer, job)}
            except PrinterError as problem:
                changes = {"state": "failed", "reason": problem.code, "detail": str(problem)}
            except PrintError as problem:
                fields = [FieldProblem(field=path, reason=why) for path, why in problem.fields]
                changes = {
                    "state": "failed", "reason": problem.code, "detail": str(problem),
                    "fields": fields,
                }  # fmt: skip
            except OSError as error:
                detail = f"the job's files cannot be used: {error.strerror}"
                changes = {"state": "failed", "reason": "job.files", "detail": detail}
            except Exception as error:  # noqa: BLE001 -- a plug-in or a renderer may do anything
                # The text of an unknown error could quote the form: only its kind is kept.
                log.error("job %s failed with %s", job.id, type(error).__name__)
                detail = f"printing failed with {type(error).__name__}"
                changes = {"state": "failed", "reason": "job.failed", "detail": detail}
            self._change(job, **changes, finished=now())
            async with self._changed:
                self._changed.notify_all()

    async def _print(self, printer: Printer, job: Job) -> Path | None:
        data = json.loads(await asyncio.to_thread(self._data_path(job).read_bytes))
        form = check(job.template, data)
        pdf = None
        if printer.wants_pdf:
            pdf = self._pdf_path(job)
            content = await self._setting.render(job.template, form, job.lang)
            await asyncio.to_thread(write_private, pdf, content)
        document = Document(job.id, job.template, form, job.lang, job.copies, pdf)
        made = await asyncio.to_thread(printer.send, document)
        if made is not None and pdf is not None:
            pdf.unlink()
        return made or pdf

    def _sweep(self) -> None:
        """Removes what a crash in the midst of `add` or of a write left: no job was promised."""
        for path in self._folder.glob("*.data.json"):
            if not path.with_name(path.name.replace(".data.json", ".json")).exists():
                path.unlink()
        for path in self._folder.glob(".*"):
            path.unlink()

    def _take_up(self, path: Path) -> None:
        try:
            job = Job.model_validate_json(path.read_bytes())
        except (ValidationError, OSError) as error:
            log.error(
                "the print job %s cannot be read (%s); left as it is", path, type(error).__name__
            )
            return
        self._jobs[job.id] = job
        if job.state == "printing":
            self._change(
                job,
                state="failed",
                reason="job.interrupted",
                detail="the bridge stopped while printing; look at the paper, then print again",
                finished=now(),
            )
        elif job.state == "queued" and job.printer in self._queues:
            self._queues[job.printer].put_nowait(job.id)
        elif job.state == "queued":
            self._change(
                job,
                state="failed",
                reason="printer.unknown",
                detail=f"the printer {job.printer} is no longer configured",
                finished=now(),
            )

    async def _purge_forever(self) -> None:
        while True:
            self.purge(dt.datetime.now(dt.UTC))
            await asyncio.sleep(PURGE_EVERY_S)

    def _change(self, job: Job, **changes: Any) -> Job:
        job = job.model_copy(update=changes)
        try:
            write_private(self._path(job), job.model_dump_json().encode())
        except OSError as error:
            # The job goes on; after a restart its last written state is taken up.
            log.error("the state of job %s cannot be written: %s", job.id, error.strerror)
        self._remember(job)
        return job

    def _remember(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._publish(job.changed(), job.origin)

    def _path(self, job: Job) -> Path:
        return self._folder / f"{job.id}.json"

    def _data_path(self, job: Job) -> Path:
        return self._folder / f"{job.id}.data.json"

    def _pdf_path(self, job: Job) -> Path:
        return self._folder / f"{job.id}.pdf"
