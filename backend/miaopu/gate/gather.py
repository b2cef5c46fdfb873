"""What the server knows of the documents that a write is about."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import httpx
import orjson

from miaopu.accounts.tree import Tree, read_tree
from miaopu.case.seal import Stamp
from miaopu.couch.database import Heads
from miaopu.couch.place import clinic_of, region_database
from miaopu.couch.views import query
from miaopu.gate.answers import AnswerError
from miaopu.gate.judgement import Judging, Lost, is_judged, is_settled
from miaopu.gate.lost import lacking, sealed_events
from miaopu.gate.rules import BLOCK, Codes, Known, authors, targets
from miaopu_db.errors import CouchError

Json = dict[str, Any]

_TREE_S = 60.0
_ACCOUNT = "org.couchdb.user:"
_PAGE = 500
"""Accounts of one read."""
_MOST_AUTHORS = 20_000
"""Accounts whose clinics are remembered."""


@dataclass(slots=True)
class Gatherer:
    """Asks the database what a write is judged by.

    `client` speaks to it with the role `server`, `users` may read the accounts; `heads` is given
    where the database is in this process.
    """

    client: Callable[[], httpx.AsyncClient]
    users: Callable[[], httpx.AsyncClient]
    stamp: Stamp
    heads: Heads | None
    _tree: Tree = field(default_factory=Tree)
    _tree_at: float | None = None
    _places: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """Account → the clinic that it is of, or `""`: no account goes to another."""
    _asking: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """By clinic, for as long as somebody asks or waits."""

    async def accounts(self, judging: Judging) -> frozenset[str]:
        """Of the authors that documents name, those who are accounts of the clinic, also when they
        are disabled. Raises httpx.HTTPError."""
        site = judging.write.clinic or ""
        named = authors(judging.documents, site) - {judging.actor.name}
        if not named <= self._places.keys():
            # In the morning all tablets of a clinic come at once, with the same colleagues. Other
            # clinics' do not wait for them: each step takes long while all are busy.
            turn = self._asking.setdefault(site, asyncio.Lock())
            async with turn:
                await self._ask([name for name in sorted(named) if name not in self._places])
        found = frozenset(name for name in named if self._places.get(name) == site)
        while len(self._places) > _MOST_AUTHORS:
            self._places.popitem(last=False)
        return found

    async def _ask(self, names: Sequence[str]) -> None:
        """Enters in `_places` where those of these accounts are that there are."""
        unknown = [name for name in names if len(name) <= 64]
        for start in range(0, min(len(unknown), _MOST_AUTHORS), _PAGE):
            keys = [_ACCOUNT + name for name in unknown[start : start + _PAGE]]
            answer = await self.users().post(
                "_users/_all_docs", params={"include_docs": "true"}, json={"keys": keys}
            )
            answer.raise_for_status()
            for row in answer.json()["rows"]:
                if row.get("doc") is None:
                    continue  # it may be made yet
                places = (role for role in row["doc"]["roles"] if role.startswith("site:"))
                place = next(places, "").removeprefix("site:")
                self._places[row["id"].removeprefix(_ACCOUNT)] = place

    async def codes(self, judging: Judging) -> dict[int, Codes]:
        """Of the years of which blocks of codes are written, what is given and used. Raises
        httpx.HTTPError."""
        database = judging.write.database
        years = {one.get("year") for one in judging.documents if one.get("type") == "numbers"}
        found: dict[int, Codes] = {}
        for year in years:
            if not isinstance(year, int) or not 0 <= year <= 9999:
                continue
            site = clinic_of(database) or ""
            start = f"numbers:{site}:{year:04}:"
            answer = await self.client().get(
                f"{database}/_all_docs",
                params={
                    "startkey": f'"{start}"',
                    "endkey": f'"{start}~"',
                    "include_docs": "true",
                },
            )
            answer.raise_for_status()
            first = f"{site}{year:04}"
            rows = await query(
                self.client(),
                database,
                "lookup",
                "by_child_code",
                {"startkey": first, "endkey": first + "~"},
            )
            used = Counter(int(row["key"][14:]) // BLOCK for row in rows)
            found[year] = Codes([row["doc"] for row in answer.json()["rows"]], used)
        return found

    async def lost(self, judging: Judging) -> dict[int, Lost]:
        """What this server recorded itself and has lost, by the number of the document that an
        account of the clinic brings it with."""
        database, documents = judging.write.database, judging.documents
        if f"site:{judging.write.clinic}" not in judging.actor.roles:
            return {}
        sealed = judging.sealed = sealed_events(self.stamp, documents)
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
        numbered = {number: one for number, one in enumerate(judging.documents) if is_judged(one)}
        if numbered and self.heads is not None:
            heads = _heads(self.heads, database, list(numbered.values()))
            judging.settled = {
                number
                for number, one in numbered.items()
                if is_settled(judging, one, heads.get(one["_id"], []))
            }
        asked = [one for number, one in numbered.items() if number not in judging.settled]
        # The cases that they name besides: joined to, or told apart from.
        named = targets(asked)
        ids = [*(one["_id"] for one in asked), *(one for one in named if one.startswith("child:"))]
        here = await self.leaves(database, ids)
        judging.new = {one for one in ids if one not in here}
        found = {doc_id: Known(leaves, True) for doc_id, leaves in here.items()}
        new = [one for one in dict.fromkeys(ids) if one.startswith("child:") and one not in here]
        if new:
            for region in await self._regions(database):
                for doc_id, leaves in (await self.leaves(region_database(region), new)).items():
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
        site = clinic_of(database) or ""
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
