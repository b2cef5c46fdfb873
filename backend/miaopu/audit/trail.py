"""Writes the trail: at once to a file, and within a second to the database of the region."""

import asyncio
import datetime as dt
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import httpx
import orjson

from miaopu.accounts.actor import Actor
from miaopu.accounts.tree import Tree, read_tree
from miaopu.audit.requests import Seen, difference, unknown_ancestors
from miaopu.couch.follow import FAULTS, reason
from miaopu.couch.place import clinic_database, region_database
from miaopu.couch.rows import refused
from miaopu.ids import new_ulid

log = logging.getLogger(__name__)

Json = dict[str, Any]

_EVERY_S = 0.5
_LONGEST_PAUSE_S = 30.0
_DOCUMENTS = 500
"""Documents of one entry."""
_ENTRIES = 200
"""Entries of one write."""
_REVISIONS = 400
"""Revisions of one read."""
_REJECTED = "rejected.jsonl"
_BYTES = 2_000_000
"""Bytes of one write, as far as they are known beforehand."""
_NEVER = (400, 413)
"""Answers that would be the same the next time."""


def _instant() -> str:
    now = dt.datetime.now(dt.UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


@dataclass(slots=True)
class Trail:
    """The trail of one server.

    An entry is in a file of `folder` when `record` returns, so that it outlives the process; `run`
    brings it to `audit-<code>`. `client` speaks to the database with the role `server`.
    """

    folder: Path
    client: Callable[[], httpx.AsyncClient]
    tree: Tree = field(default_factory=Tree)
    databases: frozenset[str] | None = None
    """Of the places that are this server's; None: not known yet, and taken for all."""
    waiting: int = 0
    """Entries that are in a file and not yet in the database."""
    _file: TextIO | None = None
    _path: Path | None = None
    _unwritten: list[str] = field(default_factory=list)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def record(
        self,
        actor: Actor,
        action: str,
        *,
        address: str,
        database: str,
        request: str,
        documents: Sequence[Seen | str] = (),
        account: str | None = None,
        changed: Sequence[str] = (),
        grades: Sequence[str] = (),
        disabled: bool | None = None,
        cut: bool = False,
        place: str | None = None,
    ) -> None:
        """One request of `actor`, as `miaopu.models.audit.Audit` describes it.

        `documents` are ids, or what the observer saw of a write. Whose trail it becomes follows
        from `database` (`site-<code>`, `region-<code>`), else from `place` (`site:<code>`,
        `region:<code>`), else from the place of the actor.
        """
        entry: Json = {
            "type": "audit",
            "at": _instant(),
            "by": actor.name[:64],
            "address": address[:200] or "unknown",
            "action": action,
            "database": database,
            "request": request,
        }
        given = {
            "site": actor.site,
            "region": actor.region,
            "account": account,
            "changed": list(changed),
            "grades": list(grades),
            "cut": cut,
        }
        entry |= {name: value for name, value in given.items() if value}
        if disabled is not None:
            entry["disabled"] = disabled
        seen = [one if isinstance(one, Seen) else Seen(one) for one in documents]
        for start in range(0, max(len(seen), 1), _DOCUMENTS):
            part = {"_id": f"audit:{new_ulid()}", **entry}
            told = [_spooled(one) for one in seen[start : start + _DOCUMENTS]]
            line = orjson.dumps({"entry": part, "seen": told, "place": place})
            self._append(line.decode())

    def _append(self, line: str) -> None:
        self.waiting += 1
        self._unwritten.append(line)
        try:
            if self._file is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._path = self.folder / f"{new_ulid()}.jsonl"
                self._file = self._path.open("a", encoding="utf-8", buffering=1)
            while self._unwritten:
                self._file.write(self._unwritten[0] + "\n")
                self._unwritten.pop(0)
        except OSError as error:
            # The entry stays in memory and is tried again with the next one.
            log.error("the trail cannot be written: %s", error.strerror)

    async def run(self) -> None:
        """Brings entries to the database until it is cancelled."""
        pause = _EVERY_S
        while True:
            await asyncio.sleep(pause)
            try:
                await self.flush()
                pause = _EVERY_S
            except (*FAULTS, OSError) as error:
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                log.warning(
                    "the trail waits, %d entries, for %.0f s: %s",
                    self.waiting,
                    pause,
                    reason(error),
                )

    async def flush(self) -> None:
        """Brings what waits to the database.

        Raises httpx.HTTPError or OSError when it cannot; nothing is lost by that.
        """
        async with self._turn:
            await asyncio.to_thread(self._close)
            for path in self._segments():
                entries = [*_read(path)]
                left = await self._write(entries)
                if left:
                    # Atomic: an entry that stands twice has the same id.
                    draft = path.with_suffix(".new")
                    draft.write_text("".join(orjson.dumps(one).decode() + "\n" for one in left))
                    draft.replace(path)
                else:
                    path.unlink()
                self.waiting = max(0, self.waiting - (len(entries) - len(left)))

    def load(self) -> None:
        """Counts what an earlier process has left."""
        self.waiting = sum(1 for path in self._segments() for _ in _read(path))

    def _segments(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(
            path
            for path in self.folder.glob("*.jsonl")
            if path != self._path and path.name != _REJECTED
        )

    def _close(self) -> None:
        file, self._file, self._path = self._file, None, None
        if file is not None:
            file.flush()
            os.fsync(file.fileno())
            file.close()

    async def _write(self, drafts: list[Json]) -> list[Json]:
        """Writes entries; returns those whose database is not there yet."""
        if any(self._region(draft) is None for draft in drafts):
            tree = await read_tree(self.client())
            self.tree = tree if self.databases is None else tree.among(self.databases)
        regions: dict[str, list[Json]] = {}
        left: list[Json] = []
        for draft in drafts:
            region = self._region(draft)
            if region is None:
                left.append(draft)
            else:
                regions.setdefault(region, []).append(draft)
        for region, group in regions.items():
            for part in _parts(group):
                if not await self._write_to(f"audit-{region}", part):
                    left += part
        return left

    def _region(self, draft: Json) -> str | None:
        entry = draft["entry"]
        found = self.tree.region_of(entry["database"])
        if found is None and draft["place"] is not None:
            found = self.tree.region_of(draft["place"].replace(":", "-"))
        if found is None and "site" in entry:
            found = self.tree.region_of(clinic_database(entry["site"]))
        if found is None and "region" in entry:
            found = self.tree.region_of(region_database(entry["region"]))
        return found or next(iter(self.tree.roots()), None)

    async def _write_to(self, database: str, drafts: list[Json]) -> bool:
        documents = [await self._document(draft) for draft in drafts]
        answer = await self.client().post(f"{database}/_bulk_docs", json={"docs": documents})
        if answer.status_code == 404:
            return False
        if answer.status_code in _NEVER and len(drafts) > 1:
            # One entry must not keep all others waiting.
            half = len(drafts) // 2
            first = await self._write_to(database, drafts[:half])
            return await self._write_to(database, drafts[half:]) and first
        if answer.status_code in _NEVER:
            self._reject(database, drafts, f"status {answer.status_code}")
            return True
        answer.raise_for_status()
        # A conflict: an earlier process wrote it and ended before it could say so.
        rows = [row for row in answer.json() if row.get("error") != "conflict"]
        wrong = refused(database, rows)
        if wrong:
            aside = [draft for draft in drafts if draft["entry"]["_id"] in wrong]
            self._reject(database, aside, str(wrong))
        return True

    def _reject(self, database: str, drafts: list[Json], why: str) -> None:
        """Puts entries aside that the database does not take: a defect of ours. They stay readable,
        and the rest goes on."""
        log.error("database=%s refused entries of the trail: %s", database, why)
        with (self.folder / _REJECTED).open("a", encoding="utf-8") as file:
            for draft in drafts:
                file.write(orjson.dumps(draft).decode() + "\n")

    async def _document(self, draft: Json) -> Json:
        entry: Json = draft["entry"]
        seen: list[Json] = draft["seen"]
        before = await self._before(entry["database"], seen) if entry["action"] == "write" else {}
        documents = [
            difference(one, before.get(one["id"])) if "ancestors" in one else one for one in seen
        ]
        return {**entry, "documents": documents} if documents else entry

    async def _before(self, database: str, seen: list[Json]) -> dict[str, Json]:
        """The version before each document that has one: what is not kept any more is absent."""
        asked = unknown_ancestors(seen)
        found: dict[str, Json] = {}
        for start in range(0, len(asked), _REVISIONS):
            answer = await self.client().post(
                f"{database}/_bulk_get", json={"docs": asked[start : start + _REVISIONS]}
            )
            if answer.status_code in _NEVER or answer.status_code == 404:
                # What stood before is not to be had; the entry says all that there is.
                continue
            answer.raise_for_status()
            for result in orjson.loads(answer.content)["results"]:
                for one in result["docs"]:
                    # The nearest stands first.
                    if "ok" in one:
                        found.setdefault(result["id"], one["ok"])
        return found


def _parts(drafts: list[Json]) -> Iterator[list[Json]]:
    """Entries in their order, as many at once as one write may hold."""
    part: list[Json] = []
    size = 0
    for draft in drafts:
        length = len(orjson.dumps(draft))
        if part and (len(part) >= _ENTRIES or size + length > _BYTES):
            yield part
            part, size = [], 0
        part.append(draft)
        size += length
    if part:
        yield part


def _spooled(seen: Seen) -> Json:
    """What is new is told at once; what something stood before is compared with that later."""
    values = seen.to_json()
    return values if seen.ancestors else difference(values, None)


def _read(path: Path) -> Iterator[Json]:
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            draft = orjson.loads(line)
        except orjson.JSONDecodeError:
            # A power cut in the middle of a line: its request was not answered.
            log.warning("the trail's file %s holds a broken line", path.name)
            continue
        yield draft
