"""Imports of a clinic (导入): read, previewed, written, taken back; each a job with progress."""

import asyncio
import datetime as dt
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import anyio
import httpx

from miaopu.accounts.actor import Actor
from miaopu.accounts.tree import read_tree
from miaopu.audit import Trail
from miaopu.case.rules import Rules
from miaopu.case.seal import Stamp
from miaopu.gate.answers import AnswerError
from miaopu.gate.authority import Authority
from miaopu.ids import new_ulid
from miaopu.imports import columns
from miaopu.imports.faults import FileError, Problem
from miaopu.imports.matching import Index, known_of, slim_of
from miaopu.imports.plan import Author, Plan, Write, document, judge, make_plan, refuse
from miaopu.imports.store import Store
from miaopu.imports.tables import Table, read_table
from miaopu.imports.undo import take_back
from miaopu.models.base import Shape
from miaopu.models.batch import Batch, MappedColumn, MappedWord, Undone
from miaopu.models.denials import Denial, read_denial
from miaopu.problems import CollisionError, MissingError, NotAllowedError

log = logging.getLogger(__name__)

Json = dict[str, Any]
State = Literal["reading", "planning", "ready", "writing", "done", "failed"]
Result = TypeVar("Result")

_CHINA = dt.timezone(dt.timedelta(hours=8))
_CHUNK = 200
_MOST_UPLOADS = 6
_KEPT_S = 3600.0
_LONGEST_S = 900.0
_TRIES = 5


class BusyError(CollisionError):
    """this file is being worked on; wait until that is done"""

    code = "import.busy"


@dataclass(slots=True)
class Job:
    """One file on its way, or one batch that is taken back."""

    id: str
    site: str
    actor: Actor
    address: str
    name: str
    state: State = "reading"
    done: int = 0
    total: int = 0
    code: str | None = None
    """Of a failure: a code of `faults.FILES`, or `database`, `stopped`."""
    data: bytes = b""
    sha256: str = ""
    before: str | None = None
    """When the very same file was brought in before, by a batch that was not taken back."""
    table: Table | None = None
    mapping: columns.Mapping = field(default_factory=columns.Mapping)
    plan: Plan | None = None
    index: Index | None = None
    since: str = ""
    batch: Json | None = None
    elsewhere: Index | None = None
    task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is done with it now."""
        return self.state in ("reading", "planning", "writing")


@dataclass(slots=True)
class Imports:
    """`client` speaks to the databases with the role `server`."""

    client: Callable[[], httpx.AsyncClient]
    stamp: Stamp
    trail: Trail
    jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)
    _authority: Authority = field(default_factory=lambda: Authority(["_design/authority"]))
    _turn: anyio.CapacityLimiter | None = None

    def take(self, actor: Actor, address: str, name: str, data: bytes) -> Job:
        """Takes a file, and begins to read it. Raises NotAllowedError and CollisionError."""
        job = self._job(actor, address, name)
        job.sha256 = hashlib.sha256(data).hexdigest()
        job.data = data
        self._begin(job, "reading", lambda: self._read(job))
        return job

    def of(self, actor: Actor, job_id: str) -> Job:
        """A job of the account's clinic. Raises NotAllowedError and MissingError."""
        site = senior_site(actor)
        job = self.jobs.get(job_id)
        if job is None or job.site != site:
            raise MissingError("the file is not here any more: choose it again")
        return job

    def preview(self, job: Job, mapping: columns.Mapping) -> None:
        """Begins to plan anew. Raises BusyError and CollisionError."""
        if job.is_busy:
            raise BusyError
        if not job.data or job.state == "done":
            raise CollisionError("the file is written already: choose it again")
        is_same = (mapping.encoding, mapping.sheet) == (job.mapping.encoding, job.mapping.sheet)
        job.mapping = mapping
        if is_same:
            self._begin(job, "planning", lambda: self._prepare(job))
        else:
            self._begin(job, "reading", lambda: self._read(job))

    def commit(self, job: Job, decisions: dict[int, str]) -> None:
        """Begins to write. Raises BusyError and CollisionError."""
        if job.is_busy:
            raise BusyError
        if job.plan is None or job.state != "ready":
            raise CollisionError("there is no preview: look at the file first")
        if any(it.site == job.site and it.state == "writing" for it in self.jobs.values()):
            raise BusyError("another import of the clinic is being written; wait for it")
        self._begin(job, "writing", lambda: self._commit(job, decisions))

    async def batches(self, actor: Actor) -> list[Json]:
        """The imports of the account's clinic, the latest first."""
        return await Store(self.client, senior_site(actor)).batches()

    async def undo(self, actor: Actor, address: str, batch_id: str) -> Job:
        """Begins to take a batch back. Raises MissingError and CollisionError."""
        site = senior_site(actor)
        store = Store(self.client, site)
        batch = (await store.read([batch_id])).get(batch_id)
        if batch is None or batch.get("type") != "batch":
            raise MissingError("there is no such import")
        if "undone" in batch:
            raise CollisionError("the import was taken back before")
        if any(
            it.batch and it.batch["_id"] == batch_id and it.is_busy for it in self.jobs.values()
        ):
            raise BusyError
        job = self._job(actor, address, str(batch["file"]))
        job.batch = batch
        self._begin(job, "writing", lambda: self._undo(job, store, batch))
        return job

    def _job(self, actor: Actor, address: str, name: str) -> Job:
        site = senior_site(actor)
        for key, one in list(self.jobs.items()):
            is_own = one.site == site and one.actor.name == actor.name
            if not one.is_busy and (is_own or len(self.jobs) >= _MOST_UPLOADS):
                del self.jobs[key]
        if len(self.jobs) >= _MOST_UPLOADS:
            raise CollisionError("the server is busy with other imports; try again later")
        job = Job(new_ulid(), site, actor, address, name)
        self.jobs[job.id] = job
        return job

    def _begin(self, job: Job, state: State, work: Callable[[], Awaitable[None]]) -> None:
        job.state, job.code, job.done, job.total = state, None, 0, 0

        async def run() -> None:
            try:
                async with asyncio.timeout(_LONGEST_S):
                    await work()
            except FileError as error:
                job.state, job.code = "failed", error.code
            except (httpx.HTTPError, AnswerError, TimeoutError) as error:
                log.warning("import job=%s fails: %s", job.id, type(error).__name__)
                job.state, job.code = "failed", "database"
            except Exception as error:
                # What it says may hold a child's data: only what kind it was is told.
                log.error("import job=%s fails: %s", job.id, type(error).__name__)
                job.state, job.code = "failed", "stopped"
                raise

        job.task = asyncio.create_task(run())

    async def _aside(self, work: Callable[[], Result]) -> Result:
        """Runs what takes long beside the loop, one after the other."""
        if self._turn is None:
            self._turn = anyio.CapacityLimiter(1)
        return await anyio.to_thread.run_sync(work, limiter=self._turn)

    async def _read(self, job: Job) -> None:
        asked, data = job.mapping, job.data
        table = await self._aside(
            lambda: read_table(data, encoding=asked.encoding, sheet=asked.sheet)
        )
        job.table = table
        batches = await Store(self.client, job.site).batches()
        job.before = next(
            (it["at"] for it in batches if it["sha256"] == job.sha256 and "undone" not in it), None
        )
        read = columns.read_columns(table, job.mapping)
        if job.mapping.columns is None:
            known = columns.fingerprint(read.headers)
            same = next((it for it in batches if it["header"] == known), None)
            job.mapping = remembered(same, job.mapping) if same else job.mapping
        await self._prepare(job)

    async def _prepare(self, job: Job) -> None:
        job.state = "planning"
        await self._plan(job, {})
        job.state = "ready"

    async def _index(self, job: Job) -> bool:
        """The clinic's cases: all of them at first, then what has changed since. Whether any had
        to be read."""
        store = Store(self.client, job.site)
        since, before = await store.now(), job.since
        job.since = since
        if job.index is None:
            found = []
            async for page in store.children():
                found += await self._aside(lambda page=page: [known_of(it) for it in page])  # type: ignore[misc]  # bound at once
            job.index = await self._aside(lambda: Index(found))
            return True
        changed = await store.changed(before)
        for child in changed:
            job.index.put(known_of(child))
        if changed:
            job.index.join()
        return bool(changed)

    async def _plan(self, job: Job, decisions: dict[int, str]) -> None:
        """What the file comes to; the rules are asked about all of it."""
        await self._index(job)
        index = job.index
        table, mapping, today = job.table, job.mapping, today_here()
        assert table is not None and index is not None  # noqa: S101 - they were read
        elsewhere = job.elsewhere or Index(())
        found = await self._aside(
            lambda: make_plan(table, mapping, index, today, decisions, elsewhere)
        )
        region = (await read_tree(self.client())).sites.get(job.site)
        names = await self.client().get("_all_dbs")
        if job.elsewhere is None and region is not None and f"region-{region}" in names.json():
            slims = [
                slim_of("", found.people[it.rows[0]].facts, found.people[it.rows[0]].card)
                for it in found.writes
                if it.target is None
            ]
            job.elsewhere = await Store(self.client, job.site).elsewhere(region, index, slims)
            if job.elsewhere.known:
                there = job.elsewhere
                found = await self._aside(
                    lambda: make_plan(table, mapping, index, today, decisions, there)
                )
        job.total = len(found.writes)
        routes = await self._routes()
        author = self._author(job, new_ulid())

        def tick(done: int) -> None:
            job.done = done

        def ask() -> None:
            with Rules(routes) as rules:
                judge(found, rules, author, today, tick)

        await self._aside(ask)
        job.plan = found

    async def _routes(self) -> dict[str, str]:
        answer = await self.client().get("catalog/dictionary:vaccine")
        answer.raise_for_status()
        entries = answer.json()["entries"]
        return {code: str(it.get("more", {}).get("route", "")) for code, it in entries.items()}

    def _author(self, job: Job, batch: str) -> Author:
        provenance = self.stamp.provenance(job.site, job.actor.name)
        return Author({**provenance, "batch": batch}, job.site)

    async def _commit(self, job: Job, decisions: dict[int, str]) -> None:
        seen = job.plan
        assert seen is not None and job.index is not None  # noqa: S101 - it was previewed
        revs = {it: one.rev for it, one in job.index.known.items()}
        changed: set[int] = set()
        if await self._index(job):
            await self._plan(job, {})
            changed = _changed(seen, job.plan, revs, job.index)
        if decisions:
            await self._plan(job, decisions)
        now = job.plan
        assert now is not None  # noqa: S101 - it was made
        _leave_out(now, changed)
        store = Store(self.client, job.site)
        author = self._author(job, new_ulid())
        job.batch = await store.put(batch_of(job, author, now, "running"))
        job.done, job.total = 0, len(now.writes)
        written = _Written()
        try:
            for at in range(0, len(now.writes), _CHUNK):
                await self._write(job, store, author, now.writes[at : at + _CHUNK], written)
                job.done = min(at + _CHUNK, len(now.writes))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._end(job, store, author, written, "stopped")
            raise
        await self._end(job, store, author, written, "done")
        job.state = "done"

    async def _write(
        self,
        job: Job,
        store: Store,
        author: Author,
        writes: list[Write],
        written: "_Written",
    ) -> None:
        """Writes some children; what is refused goes to the errors of its rows."""
        now = job.plan
        assert now is not None  # noqa: S101 - it was made
        there = await store.read([it.target.id for it in writes if it.target is not None])
        left = list(writes)
        for _ in range(_TRIES):
            made: dict[str, tuple[Write, dict[str, int]]] = {}
            documents: list[tuple[Json, Json | None]] = []
            for write in left:
                before = None if write.target is None else there.get(write.target.id)
                if write.target is not None and (before or {}).get("_rev") != write.target.rev:
                    _look_again(now, write.rows)
                    continue
                after, rows = document(write, before, author)
                made[after["_id"]] = write, rows
                documents.append((after, before))
            denied = await store.write(self._authority, job.actor, documents)
            taken = [it for it in made if it not in denied]
            for doc_id in taken:
                written.add(made[doc_id][0])
                for row in made[doc_id][0].rows:
                    now.by_row[row].ids = (doc_id,)
            if taken:
                self.trail.record(
                    job.actor,
                    "write",
                    address=job.address,
                    database=store.database,
                    request="imports/commit",
                    documents=taken,
                )
            left = []
            for doc_id, why in denied.items():
                write, rows = made[doc_id]
                denial = read_denial(why) or Denial("unknown-kind", "document")
                if why == "conflict":
                    _look_again(now, write.rows)
                elif refuse(now, write, denial, rows):
                    left.append(write)
            if not left:
                return

    async def _end(
        self, job: Job, store: Store, author: Author, written: "_Written", state: str
    ) -> None:
        assert job.batch is not None and job.plan is not None  # noqa: S101 - it was begun
        ended = batch_of(job, author, job.plan, state)
        ended |= {"cases": written.cases, "events": written.events, "facts": written.facts}
        job.batch = await store.put({**ended, "updated_at": instant(), "_rev": job.batch["_rev"]})

    async def _undo(self, job: Job, store: Store, batch: Json) -> None:
        provenance = self.stamp.provenance(job.site, job.actor.name)
        provenance["batch"] = batch["_id"].removeprefix("batch:")
        done = {"events": 0, "facts": 0, "cases": 0, "kept_cases": 0}
        job.total = int(batch["rows"])
        async for page in store.children():
            children = page
            for _ in range(_TRIES):
                found = [take_back(child, batch, provenance) for child in children]
                writes = [
                    (one.document, child, one)
                    for one, child in zip(found, children, strict=True)
                    if one.document is not None
                ]
                denied: dict[str, str] = {}
                for at in range(0, len(writes), _CHUNK):
                    part = [(after, before) for after, before, _ in writes[at : at + _CHUNK]]
                    denied |= await store.write(self._authority, job.actor, part)
                for after, _, one in writes:
                    if after["_id"] not in denied:
                        for name in done:
                            done[name] += getattr(one, name)
                if any(why != "conflict" for why in denied.values()):
                    raise httpx.HTTPError("a case was refused")
                self._note_undone(job, store, [it["_id"] for it, _, _ in writes])
                if not denied:
                    break
                children = list((await store.read(list(denied))).values())
            job.done += sum(1 for one in found if one.document is not None)
        undone = Undone(
            at=instant(),
            by=job.actor.name,
            kept_facts=max(0, int(batch["facts"]) - done["facts"]),
            **done,
        )
        now = (await store.read([batch["_id"]]))[batch["_id"]]
        job.batch = await store.put(
            {**now, "undone": undone.model_dump(mode="json"), "updated_at": instant()}
        )
        job.state = "done"

    def _note_undone(self, job: Job, store: Store, ids: list[str]) -> None:
        if ids:
            self.trail.record(
                job.actor,
                "write",
                address=job.address,
                database=store.database,
                request="imports/undo",
                documents=ids,
            )


@dataclass(slots=True)
class _Written:
    """What was written so far."""

    cases: int = 0
    events: int = 0
    facts: int = 0

    def add(self, write: Write) -> None:
        self.cases += write.target is None
        self.events += len(write.events)
        self.facts += len(write.facts) if write.target is not None else 0


def senior_site(actor: Actor) -> str:
    """The clinic for which an account imports. Raises NotAllowedError."""
    if actor.site is None:
        raise NotAllowedError("only a clinic brings in its records")
    if actor.grade == "ordinary":
        raise NotAllowedError("needs the grade senior or admin")
    return actor.site


def today_here() -> str:
    """The day in China."""
    return dt.datetime.now(_CHINA).date().isoformat()


def instant() -> str:
    """Now, as documents have it."""
    now = dt.datetime.now(dt.UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def _changed(seen: Plan, now: Plan | None, revs: dict[str, str], index: Index) -> set[int]:
    """Rows of which the preview does not hold any more."""
    assert now is not None  # noqa: S101 - it was made
    found: set[int] = set()
    for row, one in now.by_row.items():
        before = seen.by_row.get(row)
        is_same = before is not None and (before.outcome, before.ids) == (one.outcome, one.ids)
        moved = any(it in index.known and index.known[it].rev != revs.get(it) for it in one.ids)
        if not is_same or moved:
            found |= {it.row for it in now.results if it.first == one.first}
    return found


def _leave_out(found: Plan, rows: set[int]) -> None:
    """Leaves rows of which the preview does not hold any more to be looked at again."""
    if not rows:
        return
    _look_again(found, [it for it in rows if found.by_row[it].outcome != "error"])
    found.writes = [write for write in found.writes if not rows & set(write.rows)]


def _look_again(found: Plan, rows: list[int]) -> None:
    for row in rows:
        result = found.by_row[row]
        result.outcome, result.adds = "doubt", 0
        result.problems = [Problem("changed")]


def remembered(batch: Json, asked: columns.Mapping) -> columns.Mapping:
    """The mapping by which a file with the same headers was read the last time."""
    epoch: Literal[1900, 1904] | None = None
    if "epoch" in batch:
        epoch = 1904 if batch["epoch"] == "1904" else 1900
    return columns.Mapping(
        encoding=asked.encoding,
        sheet=asked.sheet,
        header_row=asked.header_row or batch.get("header_row"),
        epoch=asked.epoch or epoch,
        columns={it["header"]: it["field"] for it in batch.get("columns", [])},
        vaccines={it["word"]: it["vaccine"] for it in batch.get("words", [])},
    )


def batch_of(job: Job, author: Author, found: Plan, state: str) -> Json:
    """The document of an import."""
    counts = found.counts()
    given: Json = {name: it for name, it in author.provenance.items() if name != "batch"}
    words = [
        MappedWord(word=word[:200], vaccine=code)
        for word, (code, _) in sorted(found.words.items())
        if code is not None and word
    ]
    batch = Batch(
        type="batch",
        **given,
        file=job.name[:200] or "?",
        sha256=job.sha256,
        header=columns.fingerprint(found.read.headers),
        encoding=job.mapping.encoding,
        sheet=job.mapping.sheet,
        header_row=found.read.header_row,
        epoch=None if job.mapping.epoch is None else _epoch(job.mapping.epoch),
        columns=[
            MappedColumn(header=header, field=name) for header, name in found.read.columns.items()
        ],
        words=words[:1000],
        state=state,  # type: ignore[arg-type]  # one of its states
        rows=len(found.results),
        new=counts["new"],
        matched=counts["matched"],
        doubt=counts["doubt"],
        error=counts["error"],
        cases=0,
        events=0,
        facts=0,
        updated_at=author.provenance["at"],
    )
    return {"_id": f"batch:{author.provenance['batch']}", **_json(batch)}


def _json(batch: Shape) -> Json:
    return batch.model_dump(mode="json", exclude_none=True)


def _epoch(epoch: Literal[1900, 1904]) -> Literal["1900", "1904"]:
    return "1904" if epoch == 1904 else "1900"
