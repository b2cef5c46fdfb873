"""The way to an outside CouchDB: both directions streamed, nothing buffered, nothing retried."""

import asyncio
import logging
from collections.abc import AsyncIterator
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx

from miaopu.couch.asgi import Headers, Receive, Scope, Send
from miaopu_db.address import Address, address_in

log = logging.getLogger(__name__)

# RFC 9110, 7.6.1: these concern one connection, not the message.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# By these a client would tell CouchDB another method than the trail has seen, or who it is.
_NOT_A_CLIENTS = frozenset(
    {
        b"x-http-method-override",
        b"x-auth-couchdb-username",
        b"x-auth-couchdb-roles",
        b"x-auth-couchdb-token",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-forwarded-ssl",
        b"forwarded",
    }
)
_UNREACHABLE = b'{"error":"bad_gateway","reason":"The database does not answer."}\n'


def _end_to_end(headers: Headers) -> Headers:
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    return [
        (name, value)
        for name, value in headers
        if name.lower() not in _HOP_BY_HOP and name.lower() not in named
    ]


class Proxy:
    """An ASGI application that hands each request below its mount to `url`."""

    def __init__(self, url: str) -> None:
        self._origin = httpx.URL(url.rstrip("/"))
        self._path = self._origin.raw_path.rstrip(b"/")
        # A feed may be silent for as long as its client likes; only connecting has a limit.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=10),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50),
            follow_redirects=False,
            trust_env=False,
        )
        # A session belongs to whom the database gave it: kept here, it would be sent along with
        # the next request of anybody.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    async def close(self) -> None:
        """Closes the connections to the database."""
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. When the client goes away, so does the request behind it."""
        gone = asyncio.Event()
        body = _Body(receive, gone)
        exchange = asyncio.ensure_future(self._exchange(scope, body, send))
        leaving = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({exchange, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            exchange.cancel()
            leaving.cancel()
            # Not `await exchange`: who is cancelled meanwhile must not take that for its end.
            await asyncio.wait({exchange, leaving})
            await body.stop()
        if not exchange.cancelled():
            exchange.result()

    async def _exchange(self, scope: Scope, body: "_Body", send: Send) -> None:
        started = False
        try:
            request = self._request(scope, body)
            response = await self._client.send(request, stream=True)
            body.watch()
            try:
                await send(
                    {
                        "type": "http.response.start",
                        "status": response.status_code,
                        "headers": self._answer_headers(scope, response),
                    }
                )
                started = True
                async for chunk in response.aiter_raw():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            log.warning("the database behind the proxy: %s", type(error).__name__)
            if started:
                # An answer without its end: whoever serves this cuts the connection.
                return
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 502, "headers": headers})
            await send({"type": "http.response.body", "body": _UNREACHABLE})

    def _request(self, scope: Scope, body: "_Body") -> httpx.Request:
        headers = [
            (name, value)
            for name, value in _end_to_end(scope["headers"])
            if name != b"host" and name not in _NOT_A_CLIENTS
        ]
        client = scope.get("client")
        if client is not None:
            headers.append((b"x-forwarded-for", client[0].encode()))
        names = {name for name, _ in scope["headers"]}
        has_body = b"transfer-encoding" in names or b"content-length" in names
        if not has_body:
            body.watch()
        return self._client.build_request(
            scope["method"],
            self.target(address_in(scope)),
            headers=[*headers, (b"accept-encoding", b"identity")]
            if b"accept-encoding" not in names
            else headers,
            content=body.chunks() if has_body else None,
        )

    def target(self, address: Address) -> httpx.URL:
        """Where an address lies in the database: at this one origin, whatever it says."""
        path = self._path + address.raw_path
        return self._origin.copy_with(
            raw_path=path + b"?" + address.raw_query if address.query else path
        )

    def _answer_headers(self, scope: Scope, response: httpx.Response) -> Headers:
        root: str = scope.get("root_path", "")
        headers: Headers = []
        for name, value in _end_to_end(response.headers.raw):
            if name.lower() == b"location":
                headers.append((name, self._location(value.decode("latin-1"), root).encode()))
            else:
                headers.append((name.lower(), value))
        return headers

    def _location(self, location: str, root: str) -> str:
        """A place in the database as its client sees it: below the mount, without a host."""
        parts = urlsplit(location)
        if parts.netloc and parts.netloc.encode() != self._origin.netloc:
            return location
        path = root + "/" + parts.path.removeprefix(self._path.decode()).lstrip("/")
        return path + ("?" + parts.query if parts.query else "")


class _Body:
    """The request's body as it arrives, and then the watch for its sender's leaving."""

    def __init__(self, receive: Receive, gone: asyncio.Event) -> None:
        self._receive = receive
        self._gone = gone
        self._watching: asyncio.Task[None] | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._gone.set()
                # The request behind must not end as if it were whole.
                raise httpx.ReadError("the client left")
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                self.watch()
                return

    def watch(self) -> None:
        """From now on all that its sender can still say is that it left."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._until_gone())

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
