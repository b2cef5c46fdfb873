"""Finds entries of a region's trail: by time, account, action, or the child that they are about."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from miaopu.accounts.actor import Actor
from miaopu.accounts.tree import Tree
from miaopu.audit.trail import Trail
from miaopu.couch.place import region_database
from miaopu.couch.views import query
from miaopu.ids import ulid_of
from miaopu.problems import NotAllowedError

Json = dict[str, Any]

PAGE = 50
"""Entries of one answer."""
_READ = 200
"""Entries that are read at once."""
_MOST = 20_000
"""Entries that are looked at for one answer, where few of them fit."""

Named = Callable[[str, str], Awaitable[list[Json]]]
"""A region, and a child's name or one of its numbers → rows of the children meant."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after this entry."""

    at: str
    id: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; None: any. `since` and `until` are instants, both within."""

    region: str
    since: str
    until: str
    user: str | None = None
    action: str | None = None
    child: str | None = None
    after: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the latest first, and the children that were meant."""

    entries: list[Json]
    next: Cursor | None
    children: list[Json]


@dataclass(frozen=True, slots=True)
class TrailSearch:
    """`client` speaks to the database with the role `server`. Raises httpx.HTTPError."""

    client: Callable[[], httpx.AsyncClient]
    tree: Callable[[], Awaitable[Tree]]
    named: Named
    trail: Trail

    async def find(self, actor: Actor, address: str, asked: Question) -> Page:
        """Raises NotAllowedError but for administrators of the region and of those above it."""
        regions = (await self.tree()).above(asked.region)
        if actor.grade != "admin" or actor.region is None or actor.region not in regions:
            raise NotAllowedError(
                "only administrators of a region, or of one above, read its trail"
            )
        if asked.child is None:
            entries, after = await self._page(asked, [None])
            return Page(entries, after, [])
        children = await self.named(asked.region, asked.child)
        ids = [row["id"] for row in children]
        where = region_database(asked.region)
        self.trail.record(
            actor, "read", address=address, database=where, request="trail/find", documents=ids
        )
        entries, after = await self._page(asked, [*ids])
        return Page(entries, after, children)

    async def _page(
        self, asked: Question, documents: list[str | None]
    ) -> tuple[list[Json], Cursor | None]:
        """The latest entries on any of these documents; None: on anything."""
        found: dict[str, Json] = {}
        stops: list[Cursor] = []
        for document in documents:
            seen = fits = 0
            async for entry in self._rows(asked, document):
                seen += 1
                if _fits(entry, asked):
                    fits += 1
                    found[entry["_id"]] = entry
                if fits > PAGE or seen >= _MOST:
                    stops.append(_cursor(entry))
                    break
        ordered = sorted(found.values(), key=_order, reverse=True)
        if stops:
            # What is older than where one of them stopped is not known of all of them.
            stop = max(stops, key=lambda one: (one.at, one.id))
            ordered = [one for one in ordered if _order(one) >= (stop.at, stop.id)]
        page = ordered[:PAGE]
        if len(ordered) > PAGE:
            return page, _cursor(page[-1])
        return page, max(stops, key=lambda one: (one.at, one.id)) if stops else None

    async def _rows(self, asked: Question, document: str | None) -> AsyncIterator[Json]:
        """Entries that may fit, the latest first."""
        after = asked.after
        while True:
            rows = await self._read(asked, document, after)
            for row in rows:
                if after is None or row["_id"] != after.id:
                    yield row
            if len(rows) < _READ:
                return
            after = _cursor(rows[-1])

    async def _read(
        self, asked: Question, document: str | None, after: Cursor | None
    ) -> list[Json]:
        database = f"audit-{asked.region}"
        base: Json = {"descending": True, "include_docs": True, "limit": _READ}
        view, key = "by_document", document
        if document is None:
            view, key = ("by_user", asked.user) if asked.user else ("by_action", asked.action)
        if key is None:
            start = after.id if after is not None else f"audit:{_ulid(asked.until)}~"
            answer = await self.client().post(
                f"{database}/_all_docs/queries",
                json={
                    "queries": [
                        {**base, "startkey": start, "endkey": f"audit:{_ulid(asked.since)}"}
                    ]
                },
            )
            answer.raise_for_status()
            rows: list[Json] = answer.json()["results"][0]["rows"]
        else:
            at = after.at if after is not None else asked.until
            start_id = {"startkey_docid": after.id} if after is not None else {}
            rows = await query(
                self.client(),
                database,
                "trail",
                view,
                {**base, "startkey": [key, at], "endkey": [key, asked.since], **start_id},
            )
        return [row["doc"] for row in rows if row.get("doc") is not None]


def _fits(entry: Json, asked: Question) -> bool:
    return (asked.user is None or entry["by"] == asked.user) and (
        asked.action is None or entry["action"] == asked.action
    )


def _order(entry: Json) -> tuple[str, str]:
    return entry["at"], entry["_id"]


def _cursor(entry: Json) -> Cursor:
    return Cursor(entry["at"], entry["_id"])


def _ulid(instant: str) -> str:
    """How ULIDs of a moment begin."""
    moment = dt.datetime.fromisoformat(instant.replace("Z", "+00:00"))
    return ulid_of(int(moment.timestamp() * 1000), 0)[:10]
