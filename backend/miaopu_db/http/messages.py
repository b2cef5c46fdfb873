"""A request as the handlers read it, and the answers they give."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..address import AddressError, address_in
from ..auth import NOBODY, User
from ..documents import dumps, inflate, loads
from ..errors import (
    CouchError,
    bad_content_type,
    bad_request,
    method_not_allowed,
    request_too_large,
)
from ..server import Server

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = b"application/json"


@dataclass(slots=True)
class Response:
    """An answer whose body is known."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(slots=True)
class Stream:
    """An answer sent piece by piece, so that its size costs no memory."""

    chunks: AsyncIterator[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Answer = Response | Stream


def reply(value: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer. Header names are given with `_` for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, dumps(value) + b"\n", named)


class Disconnected(Exception):  # noqa: N818 - an event, not a failure
    """The client has gone; there is nobody to answer."""


PARSED = "miaopu_db.parsed"
"""In a request's scope: its JSON body as one has parsed it through whom the request came."""


class Request:
    """One HTTP request. `parts` are the segments of its path below the mount point; `[""]` is the
    root."""

    def __init__(self, server: Server, scope: Scope, receive: Receive) -> None:
        self.server = server
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.user: User = NOBODY
        try:
            found = address_in(scope)
        except AddressError as error:
            raise bad_request(str(error)) from None
        self.root = quote(found.mount)
        self.parts = list(found.segments) or [""]
        self.query = found.parameters
        self.headers: dict[bytes, str] = {
            name: value.decode("latin-1") for name, value in scope["headers"]
        }
        self._body: bytes | None = None

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name."""
        return self.headers.get(name)

    @property
    def address(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def is_secure(self) -> bool:
        return bool(self.scope.get("scheme") == "https")

    def cookie(self, name: str) -> str | None:
        for part in self.headers.get(b"cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value.strip('"')
        return None

    def url(self, *parts: str) -> str:
        """The absolute address of something on this server."""
        host = self.headers.get(b"host") or "localhost"
        path = "/".join(quote(part, safe="") for part in parts)
        return f"{self.scope.get('scheme', 'http')}://{host}{self.root}/{path}"

    async def stream(self, most: int | None = None) -> AsyncIterator[bytes]:
        """The body as it arrives; 413 once it is larger than the server takes, or than `most`."""
        limit = self.server.settings.max_request if most is None else most
        declared = self.headers.get(b"content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            raise request_too_large()
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise request_too_large()
            if part:
                yield part
            if not message.get("more_body"):
                return

    async def body(self, most: int | None = None) -> bytes:
        """The whole body, unpacked when it was sent as gzip."""
        if self._body is None:
            limit = self.server.settings.max_request if most is None else most
            parts = [part async for part in self.stream(limit)]
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            encoding = self.headers.get(b"content-encoding", "identity").strip().lower()
            if encoding == "gzip":
                data = await asyncio.get_running_loop().run_in_executor(
                    self.server.pool, inflate, data, limit
                )
            elif encoding not in ("identity", ""):
                raise bad_content_type(f"{encoding} is not a supported content encoding.")
            self._body = data
        return self._body

    async def json(self) -> Any:
        if PARSED in self.scope:
            return self.scope[PARSED]
        data = await self.body()
        if not data:
            raise bad_request("invalid UTF-8 JSON")
        return loads(data)

    async def json_object(self) -> dict[str, Any]:
        value = await self.json()
        if not isinstance(value, dict):
            raise bad_request("Request body must be a JSON object")
        return value

    def require_json(self) -> None:
        """415 unless the body is declared to be JSON, which also keeps a foreign page's form
        from being taken for a request."""
        given = self.headers.get(b"content-type", "")
        if not given.lower().startswith("application/json"):
            raise bad_content_type("Content-Type must be application/json")

    def accepts(self, kind: str) -> bool:
        """Whether the client names the media type (or a wider range) as acceptable."""
        accept = self.headers.get(b"accept")
        if accept is None:
            return True
        family = kind.partition("/")[0]
        ranges = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
        return any(one in (kind, f"{family}/*", "*/*") for one in ranges)

    def asks_for(self, kind: str) -> bool:
        """Whether the client names the media type itself."""
        return kind in (self.headers.get(b"accept") or "").lower()

    # -- parameters --------------------------------------------------------------------------

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is true only as `true`."""
        value = self.query.get(name)
        return default if value is None else value == "true"

    def json_parameter(self, name: str) -> Any:
        text = self.query.get(name)
        return None if text is None else loads(text)


def only(request: Request, allowed: str) -> None:
    """405 unless the method is one of `allowed`, given as CouchDB lists them."""
    if request.method not in allowed.split(","):
        raise method_not_allowed(allowed)


def etag_of(*parts: bytes) -> str:
    digest = hashlib.sha256(b"\0".join(parts)).digest()[:16]
    return '"' + base64.b32encode(digest).decode().rstrip("=") + '"'


def matches(request: Request, etag: str) -> bool:
    """Whether the client holds what `etag` names already."""
    held = request.header(b"if-none-match")
    if held is None:
        return False
    return held.strip() == "*" or etag in [
        one.strip().removeprefix("W/") for one in held.split(",")
    ]


def not_modified(etag: str) -> Response:
    return Response(304, b"", {"ETag": etag})


def error_answer(error: CouchError) -> Response:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="server"'
    if error.allowed is not None:
        headers["Allow"] = error.allowed
    return Response(error.status, error.body(), headers)


Headers = Mapping[str, str]
