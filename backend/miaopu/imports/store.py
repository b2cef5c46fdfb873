"""The clinic's database, as an import reads and writes it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from miaopu.accounts.actor import Actor
from miaopu.couch.place import clinic_database
from miaopu.couch.views import query
from miaopu.gate.authority import Authority
from miaopu.gate.judgement import Change
from miaopu.imports.matching import Index, Known, keys_of, known_of

Json = dict[str, Any]

_PAGE = 1000
_KEYS = 500
_NOTHING: Json = {}


@dataclass(slots=True)
class Store:
    """`client` speaks to the databases with the role `server`. All of it raises httpx.HTTPError."""

    client: Callable[[], httpx.AsyncClient]
    site: str

    @property
    def database(self) -> str:
        """The name of the clinic's database."""
        return clinic_database(self.site)

    async def children(self) -> AsyncIterator[list[Json]]:
        """All of the clinic's children, page by page."""
        start = "child:"
        skip = 0
        while True:
            asked = {"startkey": f'"{start}"', "endkey": '"child;"', "limit": str(_PAGE)}
            asked |= {"include_docs": "true", "skip": str(skip)}
            answer = await self.client().get(f"{self.database}/_all_docs", params=asked)
            answer.raise_for_status()
            rows = orjson.loads(answer.content)["rows"]
            yield [row["doc"] for row in rows if row.get("doc") is not None]
            if len(rows) < _PAGE:
                return
            start, skip = rows[-1]["id"], 1

    async def now(self) -> str:
        """Where the database's feed stands."""
        answer = await self.client().get(self.database)
        answer.raise_for_status()
        return str(orjson.loads(answer.content)["update_seq"])

    async def changed(self, since: str) -> list[Json]:
        """The children that have been written since."""
        answer = await self.client().get(
            f"{self.database}/_changes", params={"since": since, "include_docs": "true"}
        )
        answer.raise_for_status()
        rows = orjson.loads(answer.content)["results"]
        return [
            row["doc"]
            for row in rows
            if row["id"].startswith("child:") and row.get("doc") and not row.get("deleted")
        ]

    async def read(self, ids: Sequence[str]) -> dict[str, Json]:
        """Documents by their id, as far as they are there."""
        if not ids:
            return {}
        answer = await self.client().post(
            f"{self.database}/_all_docs",
            params={"include_docs": "true"},
            json={"keys": list(ids)},
        )
        answer.raise_for_status()
        rows = orjson.loads(answer.content)["rows"]
        return {row["id"]: row["doc"] for row in rows if row.get("doc") is not None}

    async def elsewhere(self, region: str, known: Index, slims: Iterable[Json]) -> Index:
        """Cases of the region that one of these may be, and that the clinic does not hold."""
        wanted: dict[str, list[Any]] = {}
        for slim in slims:
            for key in keys_of(slim):
                if key[0] in ("child_code", "id_number", "card"):
                    wanted.setdefault(f"by_{key[0]}", []).append(key[1])
                elif key[0] == "name":
                    wanted.setdefault("by_name_birth", []).append([key[2], key[1]])
        found: dict[str, Known] = {}
        for view, keys in wanted.items():
            for at in range(0, len(keys), _KEYS):
                more = {"keys": keys[at : at + _KEYS], "include_docs": True}
                rows = await query(self.client(), f"region-{region}", "lookup", view, more)
                for row in rows:
                    if row.get("doc") is not None and row["id"] not in known.known:
                        found[row["id"]] = known_of(row["doc"])
        return Index(found.values())

    async def write(
        self, authority: Authority, actor: Actor, documents: Sequence[tuple[Json, Json | None]]
    ) -> dict[str, str]:
        """Writes documents, each with the one that it follows; id → why it was not taken.

        What the clinic's validators would say to the account is asked first: the server's own
        account, which writes, may more. `conflict` is said of one that has changed meanwhile.
        """
        if not documents:
            return {}
        changes = [Change(before or _NOTHING, after) for after, before in documents]
        said = await authority.word(self.database, changes, actor)
        denied = {
            after["_id"]: why
            for (after, _), why in zip(documents, said, strict=True)
            if why is not None
        }
        rest = [after for after, _ in documents if after["_id"] not in denied]
        answer = await self.client().post(
            f"{self.database}/_bulk_docs",
            content=orjson.dumps({"docs": rest}),
            headers={"content-type": "application/json"},
        )
        answer.raise_for_status()
        for row in orjson.loads(answer.content):
            if "error" in row:
                is_conflict = row["error"] == "conflict"
                denied[row["id"]] = "conflict" if is_conflict else str(row.get("reason"))
        return denied

    async def put(self, document: Json) -> Json:
        """Writes one document as it is; returns it with its revision."""
        answer = await self.client().put(f"{self.database}/{document['_id']}", json=document)
        answer.raise_for_status()
        return {**document, "_rev": answer.json()["rev"]}

    async def batches(self) -> list[Json]:
        """The clinic's imports, the latest first."""
        answer = await self.client().get(
            f"{self.database}/_all_docs",
            params={
                "startkey": '"batch;"',
                "endkey": '"batch:"',
                "descending": "true",
                "include_docs": "true",
                "limit": "200",
            },
        )
        answer.raise_for_status()
        return [row["doc"] for row in answer.json()["rows"] if row.get("doc") is not None]
