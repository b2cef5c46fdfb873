"""Reads the joined cases of a region, and keeps what each group of them adds to the coverage."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from miaopu.case.joined import groups
from miaopu.couch.place import region_database
from miaopu.couch.views import query
from miaopu.reports.coverage import Counts, correction

Json = dict[str, Any]
Group = tuple[str, ...]

_REVISIONS = 2000
_DOCUMENTS = 100
"""So many are read at once that the server's other work does not wait for them."""


@dataclass(slots=True)
class JoinedCases:
    """The corrections of the regions of one server.

    `client` speaks to the database server's root with an account of role `server`. What a group
    adds is computed once for each revision of its cases; no child's data is kept.
    """

    client: Callable[[], httpx.AsyncClient]
    vaccine_groups: Mapping[str, Sequence[str]]
    _known: dict[str, dict[Group, tuple[Group, Counts]]] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def corrections(self, region: str) -> Counts:
        """What is to be added to the rows of a region's coverage. Raises httpx.HTTPError."""
        async with self._locks.setdefault(region, asyncio.Lock()):
            await self._bring_up(region)
            total = Counts()
            for _, counts in self._known[region].values():
                total.add(counts)
            return total.without_zeros()

    async def _bring_up(self, region: str) -> None:
        database = region_database(region)
        linked: dict[str, set[str]] = {}
        for row in await query(self.client(), database, "duplicates", "links", {}):
            source, target = row["key"]
            if row["value"] and source != target:
                linked.setdefault(source, set()).add(target)
        found = groups(linked)
        revisions = await self._revisions(database, {one for group in found for one in group})
        before = self._known.get(region, {})
        known: dict[Group, tuple[Group, Counts]] = {}
        stale: list[tuple[Group, Group]] = []
        for group in found:
            # A case that this region does not hold is counted where it is held, with the others.
            if not all(one in revisions for one in group):
                continue
            held = tuple(revisions[one] for one in group)
            if group in before and before[group][0] == held:
                known[group] = before[group]
            else:
                stale.append((group, held))
        for batch in _batches(stale):
            documents = await self._documents(
                database, [one for group, _ in batch for one in group]
            )
            for group, held in batch:
                members = [documents[one] for one in group if one in documents]
                # One that went in the meantime is missed next time.
                if len(members) == len(group):
                    known[group] = (held, correction(members, self.vaccine_groups))
        self._known[region] = known

    async def _revisions(self, database: str, ids: Iterable[str]) -> dict[str, str]:
        wanted = sorted(ids)
        revisions: dict[str, str] = {}
        for start in range(0, len(wanted), _REVISIONS):
            rows = await self._all_docs(database, wanted[start : start + _REVISIONS], {})
            revisions |= {row["id"]: row["value"]["rev"] for row in rows}
        return revisions

    async def _documents(self, database: str, ids: list[str]) -> dict[str, Json]:
        rows = await self._all_docs(database, ids, {"include_docs": "true"})
        return {row["id"]: row["doc"] for row in rows}

    async def _all_docs(self, database: str, ids: list[str], params: dict[str, str]) -> list[Json]:
        """The rows of those that are there."""
        answer = await self.client().post(
            f"{database}/_all_docs",
            params=params,
            json={"keys": ids},
            timeout=httpx.Timeout(10, read=60),
        )
        answer.raise_for_status()
        rows: list[Json] = answer.json()["rows"]
        return [row for row in rows if "id" in row and not row["value"].get("deleted")]


def _batches(stale: list[tuple[Group, Group]]) -> Iterable[list[tuple[Group, Group]]]:
    batch: list[tuple[Group, Group]] = []
    size = 0
    for one in stale:
        batch.append(one)
        size += len(one[0])
        if size >= _DOCUMENTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
