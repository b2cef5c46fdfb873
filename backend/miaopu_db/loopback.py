"""How a server calls itself: httpx's requests to an ASGI application of this very process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import httpx

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class Loopback(httpx.AsyncBaseTransport):
    """Requests that go to `application` without a socket; whole answers come back.

    `more` is added to each request's scope. There is no timeout: who waits, waits for work that
    this process does. An answer that breaks off is an `httpx.RemoteProtocolError`, as over a
    network.
    """

    def __init__(self, application: Application, more: Mapping[str, Any] | None = None) -> None:
        self._application = application
        self._more = more or {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(await request.aread())
        try:
            await self._application(self._scope(request), exchange.receive, exchange.send)
        except Exception as error:
            log.exception("unexpected failure in %s", request.method)
            raise httpx.RemoteProtocolError("the answer failed", request=request) from error
        finally:
            exchange.ended.set()
        if exchange.status is None or not exchange.whole:
            raise httpx.RemoteProtocolError("the answer broke off", request=request)
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=httpx.ByteStream(b"".join(exchange.parts)),
        )

    def _scope(self, request: httpx.Request) -> Message:
        url = request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 0),
            **self._more,
        }


class _Exchange:
    """One request and what has come of its answer."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.whole = False
        self.ended = asyncio.Event()

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = message["headers"]
            return
        self.parts.append(message.get("body", b""))
        if not message.get("more_body"):
            self.whole = True
            self.ended.set()
