"""Loading the demo county: batches, what is there already, what is refused."""

import asyncio
import datetime as dt
import json
from collections import defaultdict

import httpx
import pytest

from miaopu.demo import build
from miaopu.demo.county import CATALOG
from miaopu.demo.load import LoadError, batches, load

COUNTY = build(2, 40, 5, dt.date(2026, 11, 23))


class Database:
    """Answers `_bulk_docs` as a database does, and remembers what it took."""

    def __init__(self) -> None:
        self.taken: dict[str, set[str]] = defaultdict(set)
        self.at_once = self.most_at_once = 0
        self.refuse: str | None = None
        self.status = 201

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0.001)
        finally:
            # A request may be given up while it waits.
            self.at_once -= 1
        if self.status != 201:
            return httpx.Response(self.status, text="no")
        name, method = request.url.path.strip("/").split("/")
        assert method == "_bulk_docs"
        rows = []
        for document in json.loads(request.content)["docs"]:
            key = document["_id"]
            if key == self.refuse:
                rows.append({"id": key, "error": "forbidden", "reason": "because"})
            elif key in self.taken[name]:
                rows.append({"id": key, "error": "conflict", "reason": "Document update conflict."})
            else:
                self.taken[name].add(key)
                rows.append({"ok": True, "id": key, "rev": "1-a"})
        return httpx.Response(201, json=rows)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self.handle), base_url="http://database"
        )


async def test_everything_arrives_once() -> None:
    database, heard = Database(), []
    async with database.client() as client:
        written = await load(COUNTY, client, heard.append)
        assert await load(COUNTY, client) == 0
    names = (*COUNTY.databases, CATALOG)
    expected = {name: {d["_id"] for d in COUNTY.documents(name)} for name in names}
    assert database.taken == expected
    assert written == sum(map(len, expected.values()))
    assert sum(heard) == COUNTY.children == 80


async def test_refusal_names_database_document_and_reason() -> None:
    database = Database()
    database.refuse = "settings:9901210002"
    async with database.client() as client:
        with pytest.raises(LoadError, match=r"site-9901210002.*settings:9901210002.*because"):
            await load(COUNTY, client)
    assert database.at_once == 0


async def test_other_answers_end_the_load() -> None:
    database = Database()
    database.status = 401
    async with database.client() as client:
        with pytest.raises(LoadError, match="site-9901210001 answered 401"):
            await load(COUNTY, client)


def test_batches_are_bounded_and_complete() -> None:
    documents = list(COUNTY.documents("site-9901210001"))
    found = list(batches(iter(documents), 50_000))
    assert [json.loads(one) for batch in found for one in batch] == documents
    assert all(sum(map(len, batch[:-1])) < 50_000 for batch in found)
    assert list(batches([])) == []
