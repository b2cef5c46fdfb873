"""From an ASGI request to an answer: who asks, which handler, and what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import zlib
from typing import Any

from ..auth import NOBODY
from ..errors import CouchError, bad_request, closing, unauthorized
from ..server import Server
from . import databases, root, session
from .messages import (
    Answer,
    Disconnected,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Stream,
    error_answer,
)

log = logging.getLogger(__name__)

_SERVER = b"CouchDB/3.5.0 (Miaopu)"
_OPEN = frozenset({"", "_up", "_session"})
_GZIP_LEAST = 1024
_GZIP_STREAM = 32 * 1024
INTERNAL_USER = "miaopu_db.user"
"""A key in the ASGI scope, which no client can set, by which the server calls itself."""


async def answer(server: Server, request: Request) -> Answer:
    """Authenticates the request and hands it to its handler."""
    if server.stopping.is_set():
        raise closing()
    first = request.parts[0] if request.parts else ""
    if first == "_session":
        return await session.handle(request)
    cookie = None
    internal = request.scope.get(INTERNAL_USER)
    if internal is not None:
        request.user = internal
    else:
        login = await server.login(
            request.header(b"authorization"), request.cookie("AuthSession"), request.address
        )
        request.user, cookie = login.user, login.cookie
    if request.user is NOBODY and first not in _OPEN:
        raise unauthorized()
    result = await (
        root.handle(request) if first == "" or first in root.NAMES else databases.handle(request)
    )
    if cookie is not None:
        result.headers.setdefault("Set-Cookie", session.cookie(request, cookie))
    return result


async def serve(server: Server, scope: Scope, receive: Receive, send: Send) -> None:
    """One HTTP request, start to end. Nothing that a client sends makes a 500."""
    cors: list[tuple[bytes, bytes]] = []
    try:
        request = Request(server, scope, receive)
        cors = _cors(server, request)
        if request.method == "OPTIONS":
            result: Answer = _preflight(request, bool(cors))
        else:
            result = await answer(server, request)
    except Disconnected:
        return
    except Exception as error:  # noqa: BLE001 - every failure becomes an answer
        result = error_answer(_failure(error, scope))
    if isinstance(result, Response):
        await _send_whole(scope, result, cors, send)
    else:
        await _send_stream(server, scope, result, cors, receive, send)


def _failure(error: Exception, scope: Scope) -> CouchError:
    """What a client is told of anything that goes wrong."""
    if isinstance(error, CouchError):
        return error
    if isinstance(error, RecursionError):
        return bad_request("The request nests too deep.")
    if isinstance(error, sqlite3.Error):
        log.error("the database could not answer: %s", error)
        return CouchError(503, "service unavailable", "The database cannot be read now.")
    # The last line: a defect is logged, never shown.
    log.error("unexpected failure in %s", scope["method"], exc_info=error)
    return CouchError(500, "internal_server_error", "Unexpected failure.")


def _headers(
    result: Answer, cors: list[tuple[bytes, bytes]], length: int | None
) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"server", _SERVER),
        (b"cache-control", b"must-revalidate"),
        *cors,
    ]
    if result.content_type and not (isinstance(result, Response) and result.status == 304):
        headers.append((b"content-type", result.content_type.encode("latin-1", "replace")))
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    for name, value in result.headers.items():
        headers.append((name.lower().encode(), value.encode("latin-1", "replace")))
    return headers


async def _send_whole(
    scope: Scope, result: Response, cors: list[tuple[bytes, bytes]], send: Send
) -> None:
    body = result.body
    extra: list[tuple[bytes, bytes]] = []
    if len(body) >= _GZIP_LEAST and _packs(scope, result):
        packer = zlib.compressobj(1, wbits=31)
        body = packer.compress(body) + packer.flush()
        extra = _PACKED
    await send(
        {
            "type": "http.response.start",
            "status": result.status,
            "headers": _headers(result, cors, len(body)) + extra,
        }
    )
    await send({"type": "http.response.body", "body": body})


_PACKED = [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]


def _packs(scope: Scope, result: Answer) -> bool:
    """Whether an answer goes as gzip: on a network, never on loopback, where plain is faster."""
    if result.content_type != "application/json":
        return False
    client = scope.get("client")
    if client is None or client[0] in ("127.0.0.1", "::1"):
        return False
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


async def _send_stream(
    server: Server,
    scope: Scope,
    result: Stream,
    cors: list[tuple[bytes, bytes]],
    receive: Receive,
    send: Send,
) -> None:
    start = {
        "type": "http.response.start",
        "status": result.status,
        "headers": _headers(result, cors, None),
    }
    chunks = result.chunks
    if scope["method"] == "HEAD":
        await send(start)
        await send({"type": "http.response.body", "body": b""})
        await _close(chunks)
        return
    begun = False
    gone = asyncio.ensure_future(_wait_gone(receive))
    stopping = asyncio.ensure_future(server.stopping.wait())
    following: asyncio.Future[bytes] | None = None
    whole = False
    failure: CouchError | None = None
    packer = None
    loop = asyncio.get_running_loop()
    try:
        while True:
            following = asyncio.ensure_future(_next(chunks))
            await asyncio.wait({following, gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if gone.done() or not following.done():
                break
            try:
                chunk = following.result()
            except _End:
                whole = True
                break
            except Exception as error:  # noqa: BLE001 - every failure becomes an answer
                failure = _failure(error, scope)
                break
            if not begun:
                begun = True
                # A feed's short lines go as they are.
                if len(chunk) >= _GZIP_STREAM and _packs(scope, result):
                    packer = zlib.compressobj(1, wbits=31)
                    start["headers"] = [*_headers(result, cors, None), *_PACKED]
                await send(start)
            if packer is not None:
                chunk = await loop.run_in_executor(server.pool, _pack, packer, chunk)
            if chunk:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        tasks = [task for task in (following, gone, stopping) if task is not None]
        for task in tasks:
            task.cancel()
        try:
            # Not `await task`: who is cancelled meanwhile must not take that for the task's end.
            await asyncio.wait(tasks)
        finally:
            for task in tasks:
                # Whoever asked has gone while the answer ended: no failure to be logged.
                if task.done() and not task.cancelled():
                    task.exception()
            await _close(chunks)
    if failure is not None and not begun:
        # What fails before the first piece fails as a whole.
        await _send_whole(scope, error_answer(failure), cors, send)
        return
    if failure is not None:
        # Too late for a status: the answer ends with the error, and not as JSON that could be
        # taken for the whole.
        text = failure.body()
        if packer is not None:
            text = _pack(packer, text)
        await send({"type": "http.response.body", "body": text, "more_body": True})
        whole = True
    if whole or stopping.done():
        if not begun:
            await send(start)
        last = packer.flush() if packer is not None else b""
        await send({"type": "http.response.body", "body": last})


def _pack(packer: Any, chunk: bytes) -> bytes:
    packed: bytes = packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed


async def _next(chunks: Any) -> bytes:
    try:
        chunk: bytes = await anext(chunks)
    except StopAsyncIteration:
        raise _End from None
    return chunk


class _End(Exception):  # noqa: N818 - a signal, not a failure
    """The stream is complete. (A future may not carry StopAsyncIteration.)"""


async def _close(chunks: Any) -> None:
    closer = getattr(chunks, "aclose", None)
    if closer is not None:
        with contextlib.suppress(RuntimeError):
            await closer()


async def _wait_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _cors(server: Server, request: Request) -> list[tuple[bytes, bytes]]:
    origin = request.header(b"origin")
    allowed = server.settings.cors_origins
    if origin is None or not origin.isascii() or not allowed:
        return []
    if origin not in allowed and "*" not in allowed:
        return []
    headers = [
        (b"vary", b"origin"),
        (
            b"access-control-expose-headers",
            b"content-type, cache-control, accept-ranges, etag, server, location, "
            b"x-couch-request-id, content-range",
        ),
    ]
    if server.settings.cors_credentials and origin in allowed:
        headers.append((b"access-control-allow-credentials", b"true"))
        headers.append((b"access-control-allow-origin", origin.encode()))
    else:
        # With "*" a page of any origin may read, but never with the user's cookies.
        headers.append((b"access-control-allow-origin", b"*"))
    return headers


def _preflight(request: Request, allowed: bool) -> Response:
    if not allowed:
        return Response(405, b'{"error":"method_not_allowed","reason":"Only GET,HEAD allowed"}\n')
    return Response(
        204,
        b"",
        {
            "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE, COPY",
            "access-control-allow-headers": request.header(b"access-control-request-headers")
            or "accept, authorization, content-type, origin, referer, if-match",
            "access-control-max-age": "600",
        },
    )
