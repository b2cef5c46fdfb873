"""What was written goes up before anybody reads it with its documents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from miaopu_db.app import EmbeddedCouch, create_app
from miaopu_db.auth import SYSTEM, hash_password
from miaopu_db.peers import Local, Wish

FEED = "/clinic/_changes"
DOCUMENTS = {"include_docs": "true"}


@pytest.fixture
async def couch(tmp_path: Path) -> AsyncIterator[EmbeddedCouch]:
    made = create_app(tmp_path, {"admin": hash_password("secret")})
    async with made.running():
        await made.server.create("clinic")
        yield made


@pytest.fixture
async def client(couch: EmbeddedCouch) -> AsyncIterator[httpx.AsyncClient]:
    async with couch.client(SYSTEM) as one:
        yield one


async def test_a_feed_with_documents_waits_until_what_there_is_is_carried_on(
    couch: EmbeddedCouch, client: httpx.AsyncClient
) -> None:
    database = couch.server.database("clinic")
    carrier = Local(lambda: database, SYSTEM)
    await carrier.changes(Wish(), 0, 100, 0)
    assert (await client.put("/clinic/a", json={})).status_code == 201
    reading = asyncio.create_task(client.get(FEED, params=DOCUMENTS))
    assert len((await client.get(FEED)).json()["results"]) == 1, "without documents nobody waits"
    found = await carrier.changes(Wish(), 0, 100, 0)
    assert not reading.done()
    # Who asks for what follows has carried what came before.
    await carrier.changes(Wish(), found.last, 100, 0)
    assert len((await reading).json()["results"]) == 1


async def test_nobody_waits_for_a_replication_that_has_ended(
    couch: EmbeddedCouch, client: httpx.AsyncClient
) -> None:
    database = couch.server.database("clinic")
    carrier = Local(lambda: database, SYSTEM)
    await carrier.changes(Wish(), 0, 100, 0)
    await client.put("/clinic/a", json={})
    reading = asyncio.create_task(client.get(FEED, params=DOCUMENTS))
    await client.get(FEED)
    await carrier.close()
    assert len((await reading).json()["results"]) == 1


async def test_nobody_waits_for_ever(
    couch: EmbeddedCouch, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("miaopu_db.database.GIVE_WAY_SECONDS", 0.05)
    database = couch.server.database("clinic")
    await Local(lambda: database, SYSTEM).changes(Wish(), 0, 100, 0)
    await client.put("/clinic/a", json={})
    begun = time.monotonic()
    assert len((await client.get(FEED, params=DOCUMENTS)).json()["results"]) == 1
    assert time.monotonic() - begun >= 0.05
