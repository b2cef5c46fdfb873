"""Children of a region or of clinics, as many as a trial can look at (抽样)."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx

from miaopu.ids import ms_of, ulid_of

Json = dict[str, Any]

MOST = 2000
"""Children of a trial: a second or two of the engine."""
_SLICES = 20
_FIRST = "child:"
_END = "child;"


@dataclass(slots=True)
class Sample:
    """Reads children of databases. Where there are more than `most`, they are of all times of
    registration: ids sort by it, and their range is cut into slices that are read in turn."""

    client: httpx.AsyncClient
    databases: list[str]
    most: int = MOST
    is_all: bool = False
    """Whether no child was left out; known at the end."""
    _slices: deque[tuple[str, str, str]] = field(default_factory=deque)

    async def pages(self) -> AsyncIterator[list[Json]]:
        """Page by page. Raises httpx.HTTPError."""
        for database in self.databases:
            self._slices.extend(await self._cut(database))
        seen = 0
        while self._slices and seen < self.most:
            database, start, end = self._slices.popleft()
            limit = min(max(1, self.most // _SLICES), self.most - seen)
            rows = await self._rows(database, start, end, limit=limit, include_docs="true")
            seen += len(rows)
            if len(rows) == limit:
                self._slices.append((database, rows[-1]["id"] + "\0", end))
            yield [row["doc"] for row in rows]
        self.is_all = not self._slices

    async def _cut(self, database: str) -> list[tuple[str, str, str]]:
        first = await self._rows(database, _FIRST, _END, limit=1)
        last = await self._rows(database, _END, _FIRST, limit=1, descending="true")
        if not first or not last:
            return []
        low, high = (ms_of(rows[0]["id"].removeprefix(_FIRST)) for rows in (first, last))
        steps = [low + (high - low) * n // _SLICES for n in range(1, _SLICES)]
        cuts = [_FIRST, *(_FIRST + ulid_of(step, 0) for step in sorted(set(steps) - {low})), _END]
        return [(database, start, end) for start, end in pairwise(cuts)]

    async def _rows(
        self, database: str, start: str, end: str, *, limit: int, **more: str
    ) -> list[Json]:
        params = {"startkey": f'"{_escaped(start)}"', "endkey": f'"{_escaped(end)}"', **more}
        answer = await self.client.get(
            f"{database}/_all_docs",
            params={**params, "limit": str(limit), "inclusive_end": "false"},
        )
        answer.raise_for_status()
        rows: list[Json] = answer.json()["rows"]
        return rows


def _escaped(text: str) -> str:
    return text.replace("\0", "\\u0000")
