"""Reads along what goes through `/db` and has the trail remember it."""

import logging
import zlib
from typing import Any

import httpx
import orjson
from starlette.requests import Request

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.audit.requests import (
    Seen,
    Watch,
    bulk,
    cases_shown,
    ids_in_text,
    shown_rev,
    single,
    watched,
)
from miaopu.audit.trail import Trail
from miaopu.couch.asgi import Application, Message, Receive, Scope, Send
from miaopu.couch.place import clinic_database
from miaopu.problems import TooOftenError
from miaopu_db.address import address_in

log = logging.getLogger(__name__)

_LONGEST = 512 * 1024
"""Bytes of a body that are read along as JSON: some sixty children, more than a device sends at
once on a working day. Of a longer one, a first load or an import, only ids and revisions are told:
reading it all would add a quarter to the work of writing it."""
_PIECE = 256 * 1024
"""Bytes that are unpacked at once: a small packed body may hold a very large one."""
_MOST = 64 * 1024 * 1024
"""Bytes of one body that are looked at at all."""
_OVERLAP = 200
_MOST_IDS = 100_000


READ = "miaopu.audit.read"
"""In a request's scope: a dict to which whoever reads the body as JSON gives it as `json`."""


class _Copy:
    """A body that passes by: whole while it is short, then only the ids in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._unpacker: Any = None
        self._tail = b""
        self.ids: dict[str, None] = {}
        self.long = False
        """Too long to be read as JSON; `ids` may lack some."""
        self.unread = False
        """Not even looked through for ids."""
        self.read: dict[str, Any] = {}
        """What somebody else has read of it."""

    def packed(self, encoding: str) -> None:
        """Says how the body is encoded."""
        if encoding.strip().lower() in ("gzip", "x-gzip"):
            self._unpacker = zlib.decompressobj(wbits=31)

    def add(self, piece: bytes) -> None:
        if self._size > _MOST:
            self.unread = True
            return
        if self._unpacker is None:
            self._take(piece)
            return
        try:
            while piece and self._size <= _MOST:
                self._take(self._unpacker.decompress(piece, _PIECE))
                piece = self._unpacker.unconsumed_tail
        except zlib.error:
            # What the database makes of it is not known here.
            self.long = self.unread = True

    def _take(self, piece: bytes) -> None:
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
        if "json" in self.read:
            return self.read["json"]
        try:
            return orjson.loads(b"".join(self._parts))
        except orjson.JSONDecodeError:
            # A database may take for JSON what is none here, such as what nests very deep.
            self.long = True
            self._scan()
            return None


class _Exchange:
    """One request that is watched, and its answer."""

    def __init__(self, watch: Watch, scope: Scope) -> None:
        self.watch = watch
        self.status: int | None = None
        self.request = _Copy()
        self.answer = _Copy()
        self.ended = False
        self._headers = _headers(scope)
        self._query = address_in(scope).parameters
        self._address = _address(scope)
        self.request.packed(self._headers.get("content-encoding", ""))

    def record(self, trail: Trail, actor: Actor, *, whole: bool) -> None:
        """Has the trail remember the exchange."""
        if self.watch.action == "read":
            self._read(trail, actor, whole)
        else:
            self._write(trail, actor, whole)

    def _tell(
        self, trail: Trail, actor: Actor, action: str, documents: list[Seen], cut: bool
    ) -> None:
        trail.record(
            actor,
            action,
            address=self._address,
            database=self.watch.database,
            request=self.watch.request,
            documents=documents,
            cut=cut,
        )

    def _read(self, trail: Trail, actor: Actor, whole: bool) -> None:
        if self.status is None:
            return
        body, answer = self.request.json(), self.answer.json()
        if self.status in (401, 403):
            named = [Seen(one) for one in cases_shown(self.watch, body, {}).ids]
            self._tell(trail, actor, "refused", named, self.request.long)
            return
        if not 200 <= self.status < 300:
            return
        shown = cases_shown(self.watch, body, answer)
        ids = shown.ids + [one for one in self.answer.ids if one.startswith("child:")]
        cut = shown.more or self.answer.long or self.request.long or not whole
        if not ids and self.watch.is_count and whole and not self.answer.unread:
            return  # numbers, and nobody's
        # A look-up that found nobody is one all the same.
        if ids or cut or self.watch.request.startswith(("lookup/", "_find")):
            self._tell(trail, actor, "read", [Seen(one) for one in dict.fromkeys(ids)], cut)

    def _write(self, trail: Trail, actor: Actor, whole: bool) -> None:
        # Whoever leaves before the answer may have written all the same.
        status = self.status if self.status is not None else 202
        if status not in (401, 403) and not 200 <= status < 300:
            return
        body, answer = self.request.json(), self.answer.json()
        cut = self.status is None or not whole or self.request.long
        if self.request.long and self.watch.request == "_bulk_docs":
            body = {"docs": [{"_id": one} for one in self.request.ids]}
        if self.watch.request == "_bulk_docs":
            written = bulk(body if isinstance(body, dict) else {}, answer, status)
        else:
            written = single(self.watch.doc_id, body, answer, status, self._before())
        if written.done or (cut and not written.refused and not written.beats):
            self._tell(trail, actor, "write", written.done, cut)
        if written.refused:
            self._tell(trail, actor, "refused", written.refused, cut)

    def _before(self) -> str | None:
        given = self._query.get("rev", self._headers.get("if-match", ""))
        return shown_rev(given.strip('"'))


class Observer:
    """An ASGI application around the database."""

    def __init__(self, application: Application, trail: Trail, identities: Identities) -> None:
        self._application = application
        self._trail = trail
        self._identities = identities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watch = watched(scope["method"], address_in(scope)) if scope["type"] == "http" else None
        if watch is None:
            await self._application(scope, receive, send)
            return
        actor = self._identities.remembered(_headers(scope))
        if actor is not None and not _leaves_trace(actor, watch):
            await self._application(scope, receive, send)
            return
        await self._watched(_Exchange(watch, scope), actor, scope, receive, send)

    async def _let_in(self, scope: Scope) -> Actor:
        """Whom the database has just let in. Asked only now, a wrong password is tried once."""
        try:
            found = await self._identities.of(_headers(scope), _address(scope))
        except (httpx.HTTPError, TooOftenError) as error:
            log.warning("who sent a request is not known: %s", type(error).__name__)
            found = None
        return found or _SOMEBODY

    async def _watched(
        self,
        exchange: _Exchange,
        actor: Actor | None,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        async def arriving() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                exchange.request.add(message["body"])
            return message

        async def begins(message: Message) -> None:
            nonlocal actor
            exchange.status = message["status"]
            for name, value in message["headers"]:
                if name.lower() == b"content-encoding":
                    exchange.answer.packed(value.decode("latin-1"))
            if actor is None and _has_credentials(scope) and message["status"] != 401:
                actor = await self._let_in(scope)
            if exchange.watch.request == "_changes":
                # A feed may never end; that it was opened is what counts.
                self._record(exchange, actor, whole=False)

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                await begins(message)
            elif not exchange.ended:
                if message.get("body"):
                    exchange.answer.add(message["body"])
                if not message.get("more_body"):
                    self._record(exchange, actor, whole=True)
            await send(message)

        try:
            await self._application({**scope, READ: exchange.request.read}, arriving, leaving)
        finally:
            self._record(exchange, actor, whole=False)

    def _record(self, exchange: _Exchange, actor: Actor | None, *, whole: bool) -> None:
        if exchange.ended:
            return
        exchange.ended = True
        if actor is not None and _leaves_trace(actor, exchange.watch):
            exchange.record(self._trail, actor, whole=whole)


_SOMEBODY = Actor("?")
"""Whom the database let in and does not know any more a moment later."""


def _has_credentials(scope: Scope) -> bool:
    return any(name.lower() in (b"authorization", b"cookie") for name, _ in scope["headers"])


def _address(scope: Scope) -> str:
    return address_of(Request(scope))


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _leaves_trace(actor: Actor, watch: Watch) -> bool:
    """Whether the trail has to do with it: not with the program itself, and not with who reads the
    own clinic's cases, or nobody's."""
    if actor.is_server:
        return False
    if watch.action == "write":
        return True
    if watch.database in ("catalog", "_users", "_replicator"):
        return False
    return actor.site is None or watch.database != clinic_database(actor.site)
