"""Resolves the conflicts of the site and region databases as they appear."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from miaopu.case.canonical import canonical
from miaopu.case.conflicts import merge_on_winner, tombstones
from miaopu.case.merge import body
from miaopu.couch.follow import Followers, Place, changes
from miaopu.couch.leaves import leaves_of
from miaopu.couch.rows import refused

log = logging.getLogger(__name__)

Json = dict[str, Any]

_CHECKPOINT = "_local/miaopu-merger"
_BATCH = 500
_POLL_MS = 50_000
_KEEP_EVERY_S = 10.0
_TOGETHER_S = 0.25
"""What changes within this time is looked at together, not dose by dose."""


@dataclass(slots=True)
class Tally:
    """What the merger did since it started."""

    resolved: int = 0
    failed: int = 0


@dataclass(slots=True)
class Merger:
    """Follows site and region databases.

    `client` speaks to the database server's root with an account of role `server`; so does
    `feeds`, which waits for changes.
    """

    client: httpx.AsyncClient
    feeds: httpx.AsyncClient
    tally: Tally = field(default_factory=Tally)
    _followers: Followers = field(default_factory=lambda: Followers("is not merged"))

    def follow(self, databases: Iterable[str]) -> None:
        """Follows these databases too; one that does not answer is asked again, later."""
        for name in databases:
            feed = _Feed(self.client, self.feeds, name, self.tally)
            self._followers.follow(name, feed.run)

    async def stop(self) -> None:
        """Follows none any more."""
        await self._followers.stop()


class _Feed:
    """The changes feed of one database."""

    def __init__(
        self, client: httpx.AsyncClient, feeds: httpx.AsyncClient, database: str, tally: Tally
    ) -> None:
        self.client = client
        self.feeds = feeds
        self.database = database
        self.tally = tally
        self.place = Place(client, f"{database}/{_CHECKPOINT}")

    async def run(self) -> None:
        since: Any = (await self.place.recall()).get("since", 0)
        kept_at = time.monotonic()
        while True:
            answer = await changes(
                self.feeds, self.database, since, limit=_BATCH, timeout_ms=_POLL_MS
            )
            found = orjson.loads(answer)
            await self._resolve(
                row["id"]
                for row in found["results"]
                if len(row["changes"]) > 1 and not row["id"].startswith("_design/")
            )
            since = found["last_seq"]
            full = len(found["results"]) >= _BATCH
            if full or time.monotonic() - kept_at > _KEEP_EVERY_S:
                kept_at = time.monotonic()
                if not await self.place.remember({"since": since}):
                    # Another server follows the same database; its place will do as well.
                    since = self.place.kept["since"]
            if not full:
                await asyncio.sleep(_TOGETHER_S)

    async def _resolve(self, ids: Iterable[str]) -> None:
        for doc_id in ids:
            leaves = await leaves_of(self.client, self.database, doc_id)
            if len(leaves) < 2:
                continue
            merged = merge_on_winner(leaves)
            # The losing leaves go only when the merge stands, so that nothing is lost between.
            if (merged is None or await self._stands(doc_id, merged)) and await self._write(
                doc_id, tombstones(leaves)
            ):
                self.tally.resolved += 1
                log.info(
                    "database=%s document=%s: %d versions merged",
                    self.database,
                    doc_id,
                    len(leaves),
                )
            else:
                self.tally.failed += 1

    async def _stands(self, doc_id: str, merged: Json) -> bool:
        """Writes the merge; whether it is there as it was written.

        Anybody can compute its revision. Had something else been written under it a moment ago, the
        database would take ours for known; the feed brings that document once more.
        """
        if not await self._write(doc_id, [merged]):
            return False
        answer = await self.client.get(
            f"{self.database}/{quote(doc_id, safe='')}", params={"rev": merged["_rev"]}
        )
        if answer.status_code == 404:
            return False
        answer.raise_for_status()
        if canonical(body(answer.json())) == canonical(body(merged)):
            return True
        log.error("database=%s document=%s: the merge is not what stands", self.database, doc_id)
        return False

    async def _write(self, doc_id: str, documents: list[Json]) -> bool:
        answer = await self.client.post(
            f"{self.database}/_bulk_docs", json={"docs": documents, "new_edits": False}
        )
        answer.raise_for_status()
        failed = refused(self.database, answer.json())
        for why in failed.values():
            log.error(
                "database=%s document=%s: the merge was refused: %s", self.database, doc_id, why
            )
        return not failed
