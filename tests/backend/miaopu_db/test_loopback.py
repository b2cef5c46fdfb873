"""A server calls itself without a socket, and notices there what it would notice over one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from miaopu_db.app import create_app
from miaopu_db.auth import SYSTEM, hash_password
from miaopu_db.loopback import Application, Loopback

PASSWORD = "correct horse"
START = {"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1")]}


def ask(application: Application, method: str = "GET", **more: Any) -> httpx.Response:
    async def work() -> httpx.Response:
        transport = Loopback(application, {"who": "me"})
        async with httpx.AsyncClient(transport=transport, base_url="http://x:8/db/") as client:
            return await client.request(method, "a%2Fb?c=%20d", **more)

    return asyncio.run(work())


def test_a_request_arrives_as_it_was_sent_and_an_answer_as_it_was_given() -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([scope, await receive()])
        await send(START)
        await send({"type": "http.response.body", "body": b"[1,", "more_body": True})
        await send({"type": "http.response.body", "body": b"2]"})
        seen.append(await receive())

    answer = ask(application, "POST", content=b"abc", headers={"X-B": "2"})
    assert (answer.status_code, answer.headers["x-a"], answer.json()) == (201, "1", [1, 2])
    scope, request, last = seen
    assert (scope["method"], scope["path"], scope["raw_path"]) == ("POST", "/db/a/b", b"/db/a%2Fb")
    assert (scope["query_string"], scope["who"]) == (b"c=%20d", "me")
    assert (b"x-b", b"2") in scope["headers"]
    assert request == {"type": "http.request", "body": b"abc", "more_body": False}
    assert last == {"type": "http.disconnect"}


@pytest.mark.parametrize("how", ["silent", "half", "failing"])
def test_an_answer_that_is_not_whole_is_none(how: str) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        if how == "silent":
            return
        await send(START)
        await send({"type": "http.response.body", "body": b"[1,", "more_body": True})
        if how == "failing":
            raise RuntimeError("a defect")

    with pytest.raises(httpx.RemoteProtocolError):
        ask(application)


@pytest.mark.parametrize("unwatched", [[], ["_admin"]])
def test_a_replication_to_the_servers_own_address_needs_no_socket(
    tmp_path: Path, unwatched: list[str]
) -> None:
    async def work() -> None:
        passed: list[str] = []
        couch = create_app(tmp_path, {"admin": hash_password(PASSWORD)})
        # Nobody listens there.
        here = "http://127.0.0.1:1/db"

        async def mounted(scope: Any, receive: Any, send: Any) -> None:
            passed.append(scope["path"])
            await couch({**scope, "root_path": "/db"}, receive, send)

        couch.found_at(here, mounted, frozenset(unwatched))
        auth = {"auth": {"basic": {"username": "admin", "password": PASSWORD}}}
        async with couch.running(), couch.client(SYSTEM) as client:
            for name in ("a", "b"):
                assert (await client.put(f"/{name}")).status_code == 201
            await client.put("/a/x", json={"n": 1})
            ends = {"source": {"url": f"{here}/a", **auth}, "target": {"url": f"{here}/b", **auth}}
            answer = await client.post("/_replicate", json=ends)
            assert answer.json()["ok"] is True
            assert (await client.get("/b/x")).json()["n"] == 1
            # Who is watched goes through what watches.
            assert bool(passed) == (not unwatched)
            guess = {"auth": {"basic": {"username": "admin", "password": "x"}}}
            wrong = {**ends, "target": {"url": f"{here}/b", **guess}}
            assert (await client.post("/_replicate", json=wrong)).status_code == 401
            elsewhere = {**ends, "target": {"url": "http://127.0.0.1:1/dbs/b", **auth}}
            assert (await client.post("/_replicate", json=elsewhere)).status_code == 502

    asyncio.run(work())


def test_who_may_no_longer_have_a_database_replicates_it_no_further(tmp_path: Path) -> None:
    async def work() -> None:
        couch = create_app(tmp_path, {"admin": hash_password(PASSWORD)})
        here = "http://127.0.0.1:1/db"
        couch.found_at(here, couch, frozenset({"server"}))
        account = {"basic": {"username": "s", "password": PASSWORD}}
        async with couch.running(), couch.client(SYSTEM) as client:
            for name in ("a", "b"):
                await client.put(f"/{name}")
                members = {"members": {"roles": ["server"], "names": []}}
                await client.put(f"/{name}/_security", json=members)
            user = {"name": "s", "password": PASSWORD, "roles": ["server"], "type": "user"}
            made = await client.put("/_users/org.couchdb.user:s", json=user)
            assert made.status_code == 201
            ends = {
                side: {"url": f"{here}/{name}", "auth": account}
                for side, name in (("source", "a"), ("target", "b"))
            }
            await client.post("/_replicate", json={**ends, "continuous": True})

            async def until(check: Any) -> None:
                for _ in range(200):
                    if await check():
                        return
                    await asyncio.sleep(0.05)
                raise AssertionError("it did not come about")

            async def arrived() -> bool:
                return (await client.get("/b/x")).status_code == 200

            await client.put("/a/x", json={})
            await until(arrived)
            await client.put("/a/_security", json={"members": {"roles": ["other"], "names": []}})

            async def stopped() -> bool:
                await client.put("/a/y", json={})
                tasks = (await client.get("/_scheduler/jobs")).json()["jobs"]
                return any(
                    event["type"] == "crashed" for task in tasks for event in task["history"]
                )

            await until(stopped)
            assert (await client.get("/b/y")).status_code == 404

    asyncio.run(work())
