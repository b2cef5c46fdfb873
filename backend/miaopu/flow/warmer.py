"""Keeps the views of the embedded database built, as CouchDB does by itself.

A manager who opens the county's table in the morning must not wait until a night's doses, or a
whole county loaded at once, are in its index.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from miaopu.couch.follow import FAULTS, reason

log = logging.getLogger(__name__)

# One request builds on until it is done, however long that takes.
_PATIENCE = httpx.Timeout(10, read=3600)


_EVERY_S = 60.0
"""A database that changes all the time is looked at this often: what comes in a minute is built in
a moment when somebody asks, and a clinic's morning must not wait for the province's views."""


@dataclass(slots=True)
class Warmer:
    """Asks for one view of each design document of a database that has changed."""

    client: httpx.AsyncClient
    now: Callable[[], float] = time.monotonic
    _built: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)

    async def warm(self, databases: Iterable[str]) -> None:
        """Brings the views of `databases` up to date, one after the other."""
        for name in databases:
            if self.now() - self._built.get(name, -_EVERY_S) < _EVERY_S:
                continue
            try:
                await self._warm(name)
            except FAULTS as error:
                log.warning("database=%s: its views are not built: %s", name, reason(error))

    async def _warm(self, name: str) -> None:
        answer = await self.client.get(name)
        answer.raise_for_status()
        seq = answer.json()["update_seq"]
        if self._seen.get(name) == seq:
            return
        answer = await self.client.get(
            f"{name}/_all_docs",
            params={"startkey": '"_design/"', "endkey": '"_design0"', "include_docs": "true"},
        )
        answer.raise_for_status()
        for row in answer.json()["rows"]:
            for view in list(row["doc"].get("views", {}))[:1]:
                built = await self.client.get(
                    f"{name}/{row['id']}/_view/{quote(view, safe='')}",
                    params={"reduce": "false", "limit": 1},
                    timeout=_PATIENCE,
                )
                built.raise_for_status()
        self._seen[name] = seq
        self._built[name] = self.now()
