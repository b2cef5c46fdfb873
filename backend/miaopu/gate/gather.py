"""What the server knows of the documents that a write is about."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from miaopu.accounts.tree import Tree, read_tree
from miaopu.case.seal import Stamp
from miaopu.couch.database import Heads
from miaopu.gate.answers import AnswerError
from miaopu.gate.judgement import Judging, Known, Lost, is_judged, is_settled
from miaopu.gate.lost import lacking, sealed_events
from miaopu_db.errors import CouchError

Json = dict[str, Any]

_TREE_S = 60.0


@dataclass(slots=True)
class Gatherer:
    """Asks the database what a write is judged by.

    `client` speaks to it with the role `server`; `heads` is given where the database is in this
    process.
    """

    client: Callable[[], httpx.AsyncClient]
    stamp: Stamp
    heads: Heads | None
    _tree: Tree = field(default_factory=Tree)
    _tree_at: float | None = None

    async def lost(self, judging: Judging) -> dict[int, Lost]:
        """What this server recorded itself and has lost, by the number of the document that an
        account of the clinic brings it with."""
        database, documents = judging.write.database, judging.documents
        if f"site:{database.removeprefix('site-')}" not in judging.actor.roles:
            return {}
        sealed = sealed_events(self.stamp, documents)
        there = await self.leaves(database, [documents[number]["_id"] for number in sealed])
        found: dict[int, Lost] = {}
        for number, events in sealed.items():
            leaves = there.get(documents[number]["_id"], [])
            lost = lacking(leaves, events)
            if lost:
                found[number] = Lost(lost, leaves)
        return found

    async def known(self, judging: Judging) -> dict[str, Known]:
        """By id, what is known of the documents that the database cannot judge by itself."""
        database = judging.write.database
        asked = [one for one in judging.documents if is_judged(one)]
        if asked and self.heads is not None:
            heads = _heads(self.heads, database, asked)
            asked = [
                one for one in asked if not is_settled(judging, one, heads.get(one["_id"], []))
            ]
        ids = [one["_id"] for one in asked]
        here = await self.leaves(database, ids)
        judging.new = {one for one in ids if one not in here}
        found = {doc_id: Known(leaves, True) for doc_id, leaves in here.items()}
        new = [one for one in dict.fromkeys(ids) if one.startswith("child:") and one not in here]
        if new:
            for region in await self._regions(database):
                for doc_id, leaves in (await self.leaves(f"region-{region}", new)).items():
                    found.setdefault(doc_id, Known([], False)).leaves.extend(leaves)
        return found

    async def leaves(self, database: str, ids: Sequence[str]) -> dict[str, list[Json]]:
        """The leaves of those documents that are there, by their ids. Raises httpx.HTTPError."""
        if not ids:
            return {}
        asked = [{"id": one} for one in dict.fromkeys(ids)]
        answer = await self.client().post(f"{database}/_bulk_get", json={"docs": asked})
        if answer.status_code == 404:
            return {}
        answer.raise_for_status()
        found: dict[str, list[Json]] = {}
        for result in orjson.loads(answer.content)["results"]:
            for one in result["docs"]:
                if "ok" in one:
                    found.setdefault(result["id"], []).append(one["ok"])
                elif one["error"].get("error") != "not_found":
                    raise httpx.HTTPError("a document cannot be read")
        return found

    async def _regions(self, database: str) -> list[str]:
        site = database.removeprefix("site-")
        old = self._tree_at is None or time.monotonic() - self._tree_at > _TREE_S
        if old or site not in self._tree.sites:
            self._tree = await read_tree(self.client())
            self._tree_at = time.monotonic()
        county = self._tree.sites.get(site)
        return self._tree.above(county) if county is not None else []


def _heads(ask: Heads, database: str, documents: Sequence[Json]) -> Mapping[str, list[Json]]:
    """The leaves without what they hold."""
    try:
        found = ask(database, [one["_id"] for one in documents])
    except CouchError as error:
        raise AnswerError(error.status, error.error, error.reason or "") from None
    return {
        doc_id: [{"_rev": rev, "_deleted": deleted} for rev, deleted in leaves]
        for doc_id, leaves in found.items()
    }
