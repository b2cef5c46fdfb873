"""Which replications run: those asked for at `_replicate`, and those of `_replicator`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from . import store
from .auth import NOBODY, SYSTEM, User
from .database import Database
from .documents import Document, NewDocument, dumps
from .errors import CouchError, not_found
from .peers import ReplicationError
from .replicator import (
    FIRST_RETRY,
    LONGEST_RETRY,
    Reach,
    Replication,
    Spec,
    iso_now,
)

log = logging.getLogger(__name__)

NODE = "miaopu@127.0.0.1"
STATES = frozenset(
    {"initializing", "error", "running", "pending", "crashing", "completed", "failed"}
)
"""What CouchDB says of replications."""
HISTORY = 20


@dataclass(slots=True)
class Job:
    """One replication that is to run, and how it fares. `document` is None for one that was
    asked for at `_replicate`."""

    spec: Spec
    id: str
    user: User
    document: str | None
    rev: str | None = None
    state: str = "pending"
    started: str = field(default_factory=iso_now)
    updated: str = field(default_factory=iso_now)
    errors: int = 0
    reason: str | None = None
    history: list[dict[str, str]] = field(default_factory=list)
    running: Replication | None = None
    task: asyncio.Task[Any] | None = None

    def note(self, kind: str, reason: str | None = None) -> None:
        """Writes the job's history, newest first."""
        self.updated = iso_now()
        entry = {"timestamp": self.updated, "type": kind}
        if reason is not None:
            entry["reason"] = reason
        self.history = [entry, *self.history][:HISTORY]

    @property
    def shown_id(self) -> str:
        return self.id + ("+continuous" if self.spec.continuous else "")

    def info(self) -> dict[str, Any] | None:
        if self.state in ("failed", "crashing", "error"):
            return {"error": self.reason}
        run = self.running
        if run is None:
            return None
        return {
            **run.stats.members(),
            "changes_pending": run.pending,
            "source_seq": run.source_seq,
            "through_seq": run.through_seq,
            "checkpointed_source_seq": run.checkpointed_seq,
        }

    def members(self) -> dict[str, Any]:
        """The job as `_scheduler/docs` shows it."""
        return {
            "database": "_replicator",
            "doc_id": self.document,
            "id": self.shown_id,
            "node": NODE,
            "source": self.spec.source.shown,
            "target": self.spec.target.shown,
            "state": self.state,
            "info": self.info(),
            "error_count": self.errors,
            "start_time": self.started,
            "last_updated": self.updated,
            "source_proxy": None,
            "target_proxy": None,
        }

    def job_members(self) -> dict[str, Any]:
        """The job as `_scheduler/jobs` shows it."""
        return {
            "database": "_replicator" if self.document is not None else None,
            "id": self.shown_id,
            "pid": f"<{self.id[:8]}>",
            "source": self.spec.source.shown,
            "target": self.spec.target.shown,
            "user": self.user.name,
            "doc_id": self.document,
            "info": self.info(),
            "history": self.history,
            "node": NODE,
            "start_time": self.started,
        }

    def task_members(self) -> dict[str, Any]:
        """The job as `_active_tasks` shows it."""
        run = self.running
        stats = run.stats.members() if run is not None else {}
        return {
            "type": "replication",
            "node": NODE,
            "replication_id": self.shown_id,
            "doc_id": self.document,
            "database": "_replicator" if self.document is not None else None,
            "user": self.user.name,
            "source": self.spec.source.shown,
            "target": self.spec.target.shown,
            "continuous": self.spec.continuous,
            **stats,
        }


class Scheduler:
    """Lives on the event loop."""

    def __init__(
        self,
        server_id: str,
        reach: Reach,
        spawn: Callable[[Any], asyncio.Task[Any]],
        database: Callable[[], Database],
        identify: Callable[[str | None], User],
    ) -> None:
        self._server_id = server_id
        self._reach = reach
        self._spawn = spawn
        self._database = database
        self._identify = identify
        self._asked: dict[str, Job] = {}
        self._documents: dict[str, Job] = {}
        self._seq = 0
        self._looking: asyncio.Task[Any] | None = None

    # -- _replicate --------------------------------------------------------------------------

    async def replicate(self, body: dict[str, Any], user: User) -> tuple[dict[str, Any], int]:
        """What `POST /_replicate` does: the answer and its status."""
        spec = Spec.parse(body)
        identity = spec.identity(self._server_id)
        if body.get("cancel") is True:
            job = self._asked.pop(identity, None)
            if job is None or job.task is None:
                raise not_found("unknown replication")
            job.task.cancel()
            return {"ok": True, "_local_id": job.shown_id}, 200
        if spec.continuous:
            if identity not in self._asked:
                job = Job(spec, identity, user, None)
                self._asked[identity] = job
                job.task = self._spawn(self._keep_running(job))
            return {"ok": True, "_local_id": self._asked[identity].shown_id}, 202
        job = Job(spec, identity, user, None)
        self._asked[identity] = job
        try:
            return await self._once(job), 200
        except ReplicationError as error:
            raise CouchError(error.status, error.error, error.reason) from None
        finally:
            if self._asked.get(identity) is job:
                del self._asked[identity]

    async def _once(self, job: Job) -> dict[str, Any]:
        job.running = Replication(job.spec, job.id, job.user, self._reach)
        job.state = "running"
        job.note("started")
        return await job.running.run()

    async def _keep_running(self, job: Job) -> None:
        """Runs a job until it is done, trying again after failures, later each time."""
        delay = FIRST_RETRY
        while True:
            try:
                await self._once(job)
            except ReplicationError as error:
                job.errors += 1
                job.reason = str(error)
                if error.permanent:
                    await self._finish(job, "failed")
                    return
                job.state = "crashing"
                job.note("crashed", job.reason)
                if job.running is not None and job.running.stats.docs_written:
                    delay = FIRST_RETRY
                await asyncio.sleep(delay)
                delay = min(LONGEST_RETRY, delay * 2)
                continue
            await self._finish(job, "completed")
            return

    async def _finish(self, job: Job, state: str) -> None:
        job.state = state
        job.note(state)
        if job.document is None:
            self._asked.pop(job.id, None)
            return
        await self._record(job.document, job.rev, state, job)

    async def _record(
        self, doc_id: str, rev: str | None, state: str, job: Job | None, reason: str | None = None
    ) -> None:
        """Writes how a replication ended into its document, unless that changed meanwhile."""
        database = self._database()
        document = database.read_now(lambda cx: store.read_winner(cx, doc_id))
        if document is None or document.rev != rev:
            return
        members = orjson.loads(document.body)
        members["_replication_state"] = state
        members["_replication_state_time"] = iso_now()
        if job is not None:
            members["_replication_id"] = job.id
            if job.running is not None:
                members["_replication_stats"] = job.running.stats.members()
        if state == "failed":
            members["_replication_state_reason"] = reason or (job.reason if job else None)
        new = NewDocument(doc_id, [document.rev], False, dumps(members))
        (outcome,) = await database.update([new], SYSTEM)
        if outcome.error is None and job is not None:
            job.rev = outcome.rev

    # -- _replicator -------------------------------------------------------------------------

    def begin(self) -> None:
        """Takes up the replications of `_replicator` and follows its changes."""
        database = self._database()
        database.listen(lambda _: self._look())
        self._look()

    def forget(self) -> None:
        """`_replicator` is gone: its replications end."""
        for job in self._documents.values():
            if job.task is not None:
                job.task.cancel()
        self._documents.clear()
        self._seq = 0

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = self._spawn(self._follow())

    async def _follow(self) -> None:
        database = self._database()
        while self._seq < database.seq and not database.closed:
            rows = await database.read(lambda cx: store.read_changes(cx, self._seq, 100))
            if not rows:
                self._seq = database.seq
                return
            for seq, doc_id, rev, deleted, body in rows:
                self._seq = seq
                if doc_id.startswith("_design/"):
                    continue
                document = Document(doc_id, rev, bool(deleted), body, {}, seq)
                await self._document(document)

    async def _document(self, document: Document) -> None:
        job = self._documents.get(document.id)
        if job is not None and job.rev == document.rev and not document.deleted:
            return
        if job is not None:
            if job.task is not None and job.task is not asyncio.current_task():
                # A job that has just written its own end must not be cancelled in it.
                members = orjson.loads(document.body)
                if members.get("_replication_id") == job.id and job.state in (
                    "completed",
                    "failed",
                ):
                    return
                job.task.cancel()
            del self._documents[document.id]
        if document.deleted:
            return
        members = orjson.loads(document.body)
        state = members.get("_replication_state")
        if state in ("completed", "failed"):
            with contextlib.suppress(CouchError):
                spec = Spec.parse(members)
                done = Job(spec, spec.identity(self._server_id), NOBODY, document.id)
                done.rev, done.state = document.rev, state
                done.reason = members.get("_replication_state_reason")
                self._documents[document.id] = done
            return
        try:
            spec = Spec.parse(members)
        except CouchError as error:
            await self._record(document.id, document.rev, "failed", None, error.reason)
            return
        owner = members.get("owner")
        user = self._identify(owner if isinstance(owner, str) else None)
        job = Job(spec, spec.identity(self._server_id), user, document.id)
        job.rev = document.rev
        self._documents[document.id] = job
        job.task = self._spawn(self._keep_running(job))

    # -- what is shown -----------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """Those that run or are to run."""
        every = [*self._asked.values(), *self._documents.values()]
        return [job for job in every if job.state not in ("completed", "failed")]

    def documents(self) -> list[Job]:
        return [self._documents[name] for name in sorted(self._documents)]

    def document(self, doc_id: str) -> Job:
        job = self._documents.get(doc_id)
        if job is None:
            raise not_found()
        return job
