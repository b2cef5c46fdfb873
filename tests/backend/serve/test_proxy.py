"""The way to an outside database: streamed both ways, and ended with its client."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from miaopu.couch.asgi import Application, Receive, Scope, Send
from miaopu.couch.database import Database
from miaopu.serve.database import mounted
from miaopu.serve.proxy import Proxy

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def listening(application: Application) -> AsyncIterator[str]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        application,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def nothing() -> None:
    """Nothing to start or stop."""


class Way:
    """An upstream, the proxy before it, and what the upstream saw."""

    def __init__(self) -> None:
        self.seen: list[Scope] = []
        self.handle: Handle | None = None
        self.url = ""
        self.upstream = ""

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        assert self.handle is not None
        await self.handle(scope, receive, send)


@pytest.fixture
async def way() -> AsyncIterator[Way]:
    found = Way()
    async with listening(found.application) as upstream:
        proxy = Proxy(upstream + "/couch")
        database = Database("couchdb", proxy, "a", "b", nothing, proxy.close, upstream)

        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            await mounted(database, scope, receive, send)

        async with listening(front) as url:
            found.url = url + "/db"
            found.upstream = upstream
            yield found
            await proxy.close()


def answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> Handle:
    async def handle(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return handle


async def test_path_query_and_method_pass_as_they_are(way: Way) -> None:
    way.handle = answer(201, [(b"content-type", b"application/json")], b"{}")
    async with httpx.AsyncClient() as client:
        got = await client.put(way.url + "/site-1/child%3AA%2FB?rev=1-a&x=%22k%22", content=b"{}")
    assert (got.status_code, got.content) == (201, b"{}")
    (seen,) = way.seen
    assert seen["method"] == "PUT"
    assert seen["raw_path"] == b"/couch/site-1/child%3AA%2FB"
    assert seen["query_string"] == b"rev=1-a&x=%22k%22"


async def test_headers_of_one_connection_stay_on_it(way: Way) -> None:
    way.handle = answer(200, [(b"connection", b"x-hop"), (b"x-hop", b"1"), (b"etag", b'"2"')])
    async with httpx.AsyncClient() as client:
        got = await client.get(
            way.url + "/",
            headers={"connection": "x-mine", "x-mine": "1", "cookie": "AuthSession=t"},
        )
    headers = dict(way.seen[0]["headers"])
    assert b"x-mine" not in headers
    assert headers[b"cookie"] == b"AuthSession=t"
    assert headers[b"host"].decode() in way.upstream
    assert "x-hop" not in got.headers
    assert got.headers["etag"] == '"2"'


async def test_a_session_is_its_owners_alone(way: Way) -> None:
    given = b"AuthSession=nurse; Version=1; Max-Age=600; Path=/; HttpOnly"
    way.handle = answer(200, [(b"set-cookie", given)])
    async with httpx.AsyncClient() as nurse, httpx.AsyncClient() as stranger:
        assert (await nurse.post(way.url + "/_session")).cookies["AuthSession"] == "nurse"
        await stranger.get(way.url + "/site-1")
        await nurse.get(way.url + "/site-1")
    cookies = [dict(seen["headers"]).get(b"cookie") for seen in way.seen]
    assert cookies == [None, None, b"AuthSession=nurse"]


async def test_places_and_cookies_are_those_of_this_origin(way: Way) -> None:
    here = way.upstream.encode()
    async with httpx.AsyncClient() as client:
        for location in (here + b"/couch/site-1/a%2Fb?x=1", b"/couch/site-1/a%2Fb?x=1"):
            way.handle = answer(201, [(b"location", location)])
            got = await client.put(way.url + "/site-1/a", content=b"{}")
            assert got.headers["location"] == "/db/site-1/a%2Fb?x=1"
        way.handle = answer(
            200, [(b"set-cookie", b"AuthSession=t; Version=1; Path=/couch; HttpOnly")]
        )
        got = await client.get(way.url + "/_session")
        assert got.headers["set-cookie"] == (
            "AuthSession=t; Version=1; Path=/; SameSite=Strict; HttpOnly"
        )


async def test_an_answer_streams(way: Way) -> None:
    go_on = asyncio.Event()

    async def feed(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"two\n"})

    way.handle = feed
    async with httpx.AsyncClient() as client, client.stream("GET", way.url + "/feed") as got:
        lines = got.aiter_lines()
        assert await anext(lines) == "one"
        go_on.set()
        assert await anext(lines) == "two"


async def test_a_body_streams(way: Way) -> None:
    arrived = asyncio.Event()

    async def sink(_: Scope, receive: Receive, send: Send) -> None:
        total = 0
        while True:
            message = await receive()
            total += len(message.get("body", b""))
            arrived.set()
            if not message.get("more_body"):
                break
        await answer(200, [], str(total).encode())(_, receive, send)

    async def body() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        # The rest is sent only once the database has the beginning.
        await asyncio.wait_for(arrived.wait(), 10)
        yield b"y" * 500

    way.handle = sink
    async with httpx.AsyncClient() as client:
        got = await client.post(way.url + "/_bulk_docs", content=body())
    assert got.text == "1500"


async def test_a_client_that_leaves_ends_the_request_behind(way: Way) -> None:
    waiting = asyncio.Event()
    left = asyncio.Event()

    async def feed(_: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"\n", "more_body": True})
        waiting.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    way.handle = feed
    async with httpx.AsyncClient() as client, client.stream("GET", way.url + "/feed"):
        await asyncio.wait_for(waiting.wait(), 10)
    await asyncio.wait_for(left.wait(), 10)


async def test_a_client_that_leaves_before_the_answer_ends_the_request_behind(way: Way) -> None:
    waiting = asyncio.Event()
    left = asyncio.Event()

    async def longpoll(_: Scope, receive: Receive, __: Send) -> None:
        waiting.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    way.handle = longpoll
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(client.get(way.url + "/_changes?feed=longpoll"))
        await asyncio.wait_for(waiting.wait(), 10)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    await asyncio.wait_for(left.wait(), 10)


async def test_a_database_that_is_away_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy = Proxy(f"http://127.0.0.1:{free.getsockname()[1]}")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(proxy), base_url="http://x"
    ) as client:
        got = await client.get("/site-1")
    assert got.status_code == 502
    assert got.json()["error"] == "bad_gateway"
    await proxy.close()


async def test_an_answer_that_breaks_off_is_not_passed_on_as_whole(
    way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: Scope, __: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    way.handle = broken
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(way.url + "/site-1/doc")
    # A cut feed is nothing for the log but a line.
    assert caplog.records
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("host", [b"%2f@127.0.0.1:9", b"@127.0.0.1:9", b"%2f%2f127.0.0.1:9", b":9"])
async def test_it_reaches_no_host_but_its_own(way: Way, host: bytes) -> None:
    way.handle = answer(200, [])
    async with httpx.AsyncClient() as client:
        url = httpx.URL(way.url).copy_with(raw_path=b"/db/" + host + b"/x")
        assert (await client.get(url)).status_code == 200
    (seen,) = way.seen
    assert dict(seen["headers"])[b"host"].decode() in way.upstream
    assert seen["raw_path"].startswith(b"/couch/")


async def test_a_client_says_neither_who_it_is_nor_what_it_does_by_a_header(way: Way) -> None:
    way.handle = answer(200, [])
    hidden = {
        "x-http-method-override": "DELETE",
        "x-auth-couchdb-username": "admin",
        "x-auth-couchdb-roles": "_admin",
        "x-forwarded-for": "192.0.2.9",
        "x-forwarded-host": "evil.example",
        "x-couch-full-commit": "true",
    }
    async with httpx.AsyncClient() as client:
        await client.post(way.url + "/site-1/a", json={}, headers=hidden)
    seen = dict(way.seen[-1]["headers"])
    # A proxy on this very machine is believed, and its word comes once.
    addresses = [value for name, value in way.seen[-1]["headers"] if name == b"x-forwarded-for"]
    assert addresses == [b"192.0.2.9"]
    assert seen[b"x-couch-full-commit"] == b"true"
    assert not {name.encode() for name in hidden} & set(seen) - {
        b"x-forwarded-for",
        b"x-couch-full-commit",
    }


async def test_what_comes_from_the_database_is_data(way: Way) -> None:
    way.handle = answer(
        200,
        [
            (b"content-type", b"text/html"),
            (b"cache-control", b"must-revalidate"),
            (b"set-cookie", b"AuthSession=t; Version=1; Path=/; Domain=example; Secure"),
        ],
    )
    async with httpx.AsyncClient() as client:
        got = await client.get(way.url + "/site-1/a/page.html")
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["set-cookie"] == (
        "AuthSession=t; Version=1; Path=/; SameSite=Strict; HttpOnly; Secure"
    )
