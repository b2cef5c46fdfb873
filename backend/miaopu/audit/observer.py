"""Reads along what goes through `/db` and has the trail remember it."""

import logging
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import orjson

from miaopu.accounts.actor import Actor, Identities
from miaopu.audit.requests import Seen, Watch, bulk, cases_shown, ids_in_text, single, watched
from miaopu.audit.trail import Trail
from miaopu.serve.asgi import Application, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_LONGEST = 512 * 1024
"""Bytes of a body that are read along as JSON: some sixty children, more than a device sends at
once on a working day. Of a longer one, a first load or an import, only ids and revisions are told:
reading it all would add a quarter to the work of writing it."""
_OVERLAP = 200
_MOST_IDS = 100_000
_UNAVAILABLE = b'{"error":"service unavailable","reason":"The database does not answer."}\n'


class _Copy:
    """A body that passes by: whole while it is short, then only the ids in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._unpack: Callable[[bytes], bytes] | None = None
        self._tail = b""
        self.ids: dict[str, None] = {}
        self.long = False

    def packed(self, encoding: str) -> None:
        """Says how the body is encoded."""
        if encoding.lower() in ("gzip", "x-gzip"):
            self._unpack = zlib.decompressobj(wbits=31).decompress

    def add(self, piece: bytes) -> None:
        if self._unpack is not None:
            try:
                piece = self._unpack(piece)
            except zlib.error:
                # The database will not read it either.
                piece = b""
        self._size += len(piece)
        self._parts.append(piece)
        if self._size > _LONGEST:
            self.long = True
            self._scan()

    def _scan(self) -> None:
        text = self._tail + b"".join(self._parts)
        self._parts.clear()
        self._tail = text[-_OVERLAP:]
        if len(self.ids) < _MOST_IDS:
            self.ids.update(dict.fromkeys(ids_in_text(text)))

    def json(self) -> Any:
        """The body as JSON; None when it is none, or too long."""
        if self.long or not self._parts:
            return None
        try:
            return orjson.loads(b"".join(self._parts))
        except orjson.JSONDecodeError:
            return None


class _Exchange:
    """One request that is watched, and its answer."""

    def __init__(self, watch: Watch, actor: Actor, scope: Scope) -> None:
        self.watch = watch
        self.actor = actor
        self.status: int | None = None
        self.request = _Copy()
        self.answer = _Copy()
        self.recorded = False
        self._headers = _headers(scope)
        self._query = scope["query_string"].decode("latin-1")
        client = scope.get("client")
        self._address = client[0] if client is not None else "unknown"
        self.request.packed(self._headers.get("content-encoding", ""))

    def record(self, trail: Trail, *, whole: bool) -> None:
        """Has the trail remember the exchange, once."""
        if self.recorded:
            return
        self.recorded = True
        if self.watch.action == "read":
            self._read(trail, whole)
        else:
            self._write(trail, whole)

    def _tell(self, trail: Trail, action: str, documents: list[Seen], cut: bool) -> None:
        trail.record(
            self.actor,
            action,
            address=self._address,
            database=self.watch.database,
            request=self.watch.request,
            documents=documents,
            cut=cut,
        )

    def _read(self, trail: Trail, whole: bool) -> None:
        if self.status is None or not 200 <= self.status < 300:
            return
        ids = cases_shown(self.watch, self.request.json(), self.answer.json())
        ids += [one for one in self.answer.ids if one.startswith("child:")]
        cut = self.answer.long or not whole
        # A look-up that found nobody is one all the same.
        if ids or cut or self.watch.request.startswith("lookup/"):
            self._tell(trail, "read", [Seen(one) for one in dict.fromkeys(ids)], cut)

    def _write(self, trail: Trail, whole: bool) -> None:
        # Whoever leaves before the answer may have written all the same.
        status = self.status if self.status is not None else 202
        if status not in (401, 403) and not 200 <= status < 300:
            return
        cut = self.status is None or not whole or self.request.long
        body, answer = self.request.json(), self.answer.json()
        if self.request.long and self.watch.request == "_bulk_docs":
            body = {"docs": [{"_id": one} for one in self.request.ids]}
        if self.watch.request == "_bulk_docs":
            written = bulk(body if isinstance(body, dict) else {}, answer, status)
        else:
            written = single(self.watch.doc_id, body, answer, status, self._before())
        if written.done:
            self._tell(trail, "write", written.done, cut)
        if written.refused:
            self._tell(trail, "refused", written.refused, cut)

    def _before(self) -> str | None:
        given = parse_qs(self._query).get("rev", [self._headers.get("if-match", "")])[0]
        return given.strip('"') if re.match(r'^"?[0-9]+-[0-9a-f]+"?$', given) else None


class Observer:
    """An ASGI application around the database."""

    def __init__(self, application: Application, trail: Trail, identities: Identities) -> None:
        self._application = application
        self._trail = trail
        self._identities = identities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch = _watch(scope) if scope["type"] == "http" else None
        if watch is None:
            await self._application(scope, receive, send)
            return
        try:
            actor = await self._identities.of(_headers(scope))
        except httpx.HTTPError as error:
            # Nothing goes on unseen.
            log.warning("who sends a request is not known: %s", type(error).__name__)
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": _UNAVAILABLE})
            return
        if actor is None or actor.is_server or (watch.action == "read" and _inside(actor, watch)):
            await self._application(scope, receive, send)
            return
        await self._watched(_Exchange(watch, actor, scope), scope, receive, send)

    async def _watched(
        self, exchange: _Exchange, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def arriving() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                exchange.request.add(message["body"])
            return message

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                for name, value in message["headers"]:
                    if name.lower() == b"content-encoding":
                        exchange.answer.packed(value.decode("latin-1"))
                if exchange.watch.request == "_changes":
                    # A feed may never end; that it was opened is what counts.
                    exchange.record(self._trail, whole=False)
            elif not exchange.recorded:
                if message.get("body"):
                    exchange.answer.add(message["body"])
                if not message.get("more_body"):
                    exchange.record(self._trail, whole=True)
            await send(message)

        try:
            await self._application(scope, arriving, leaving)
        finally:
            exchange.record(self._trail, whole=False)


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _watch(scope: Scope) -> Watch | None:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.split(b"?")[0].decode("latin-1").removeprefix(scope.get("root_path", ""))
    parts = [unquote(part) for part in path.strip("/").split("/")]
    return watched(scope["method"], parts, scope["query_string"].decode("latin-1"))


def _inside(actor: Actor, watch: Watch) -> bool:
    """Whether an account reads its own clinic's cases, or nobody's."""
    if watch.database in ("catalog", "_users", "_replicator"):
        return True
    return actor.site is not None and watch.database == f"site-{actor.site}"
