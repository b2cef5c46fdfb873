"""The door: which hosts, which web origins, and how much. Runs before everything else.

A page of any web site can send requests to 127.0.0.1. So the Host header must be this PC's loopback
name (DNS rebinding), and the Origin must be on the list; only then a browser gets the CORS headers
that let its page read an answer. The preflight also answers Private Network Access, which came
before Local Network Access; the latter asks the person and needs nothing from us.
"""

from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from miaopu_bridge.messages import say
from miaopu_bridge.pairing import Pairings

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})
MAX_BODY = 1_000_000
_METHODS = "GET, POST, PUT, DELETE"
_HEADERS = "Authorization, Content-Type"


def problem(status: int, code: str, **more: object) -> JSONResponse:
    """An error answer: {code, message: {zh, en}, …}."""
    return JSONResponse({"code": code, "message": say(code).model_dump(), **more}, status)


def origin_of(headers: Headers) -> str | None:
    """The web origin that sent a request; None for none.

    A page's GET to its own origin carries no Origin header; there Sec-Fetch-Site, which no page can
    set, says that the page is the bridge's own.
    """
    if (origin := headers.get("origin")) is not None:
        return origin
    if headers.get("sec-fetch-site") == "same-origin":
        return f"http://{headers.get('host', '')}"
    return None


class Guard:
    """ASGI middleware; `pairings` knows the allowed origins."""

    def __init__(self, app: ASGIApp, pairings: Pairings) -> None:
        self._app = app
        self._pairings = pairings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal is not None:
                # Closing before accepting makes the server answer 403.
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self._app(scope, receive, send)
            return
        origin = headers.get("origin")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message), origin)
            await send(message)

        if refusal is None and scope["method"] == "OPTIONS" and origin is not None:
            refusal = _preflight(headers)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        body = await _read_body(receive)
        if body is None:
            await problem(413, "request.too_big")(scope, receive, send_with_headers)
            return
        await self._app(scope, _replay(body, receive), send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not _is_here(headers.get("host", ""), scope["server"][1]):
            return problem(421, "host.not_allowed")
        origin = headers.get("origin")
        if origin is None and scope["type"] == "websocket":
            return problem(403, "origin.missing")
        if origin is not None and not self._pairings.may_speak(origin):
            return problem(403, "origin.not_allowed")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > MAX_BODY:
            return problem(413, "request.too_big")
        return None

    def _add_headers(self, headers: MutableHeaders, origin: str | None) -> None:
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers.add_vary_header("Origin")
        if origin is not None and self._pairings.may_speak(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Retry-After"


def _is_here(host: str, port: int) -> bool:
    name, _, number = host.partition(":")
    return name.lower() in LOOPBACK_HOSTS and (number or "80") == str(port)


def _preflight(headers: Headers) -> Response:
    answer = Response(status_code=204)
    answer.headers["Access-Control-Allow-Methods"] = _METHODS
    answer.headers["Access-Control-Allow-Headers"] = _HEADERS
    answer.headers["Access-Control-Max-Age"] = "600"
    if headers.get("access-control-request-private-network") == "true":
        answer.headers["Access-Control-Allow-Private-Network"] = "true"
    return answer


async def _read_body(receive: Receive) -> bytes | None:
    """The request's body, or None when it is longer than MAX_BODY, whatever its header says."""
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body if len(body) <= MAX_BODY else None
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
