"""`_changes`: the feed's parameters, its filters, and the ways it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from .. import changes, mango, store
from ..database import Database
from ..errors import CouchError, bad_request, unauthorized
from ..readers import Moment
from .filters import script_filter, view_filter
from .messages import Answer, Request, Stream, only

DEFAULT_TIMEOUT = 60.0
_FEEDS = ("normal", "longpoll", "continuous", "eventsource")


@dataclass(frozen=True, slots=True)
class Feed:
    """How the feed is read: `heartbeat` and `timeout` in seconds (None: none)."""

    kind: str
    since: int
    limit: int | None
    heartbeat: float | None
    timeout: float


async def handle(request: Request, database: Database) -> Answer:
    only(request, "GET,HEAD,POST")
    if request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise unauthorized("You are not a server admin.")
    body: dict[str, Any] = {}
    if request.method == "POST":
        request.require_json()
        if await request.body():
            body = await request.json_object()
    feed = _feed(request, database)
    query = await _query(request, database, body)

    def going_on() -> bool:
        return not database.closed and request.server.still_reads(request.user, database)

    if feed.kind == "continuous":
        query = replace(query, separator=b"\n")
        return Stream(_continuous(database, query, feed, going_on))
    if feed.kind == "eventsource":
        query = replace(query, separator=b"\n")
        return Stream(
            _eventsource(database, query, feed, going_on), content_type="text/event-stream"
        )
    if feed.kind == "longpoll":
        return Stream(_longpoll(database, query, feed, going_on))
    return Stream(_normal(database, query, feed))


def _number(text: str, message: str, least: int = 0) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15 or int(text) < least:
        raise bad_request(message)
    return int(text)


def _feed(request: Request, database: Database) -> Feed:
    given = request.query
    kind = given.get("feed", "normal")
    kind = "continuous" if kind == "live" else kind
    if kind not in _FEEDS:
        raise bad_request("Supported `feed` types: normal, continuous, live, longpoll, eventsource")
    text = given.get("since", given.get("last-event-id", "0"))
    if kind == "eventsource":
        text = request.header(b"last-event-id") or text
    text = text.strip('"')
    since = database.seq if text == "now" else database.parse_sequence(text or "0")
    limit = None
    if "limit" in given:
        limit = _number(given["limit"], "The limit value should be a non-negative integer")
    heartbeat = None
    beat = given.get("heartbeat")
    if beat == "true":
        heartbeat = 60.0
    elif beat is not None:
        heartbeat = (
            _number(beat, "The heartbeat value should be a positive integer (in milliseconds).", 1)
            / 1000
        )
    timeout = DEFAULT_TIMEOUT
    if "timeout" in given:
        message = "The timeout value should be a non-negative integer"
        timeout = _number(given["timeout"], message) / 1000
        if heartbeat is None:
            timeout = min(timeout, DEFAULT_TIMEOUT)
    return Feed(kind, since, limit, heartbeat, timeout)


async def _query(request: Request, database: Database, body: dict[str, Any]) -> changes.Query:
    given = request.query
    style = given.get("style", "main_only")
    if style not in ("main_only", "all_docs"):
        raise bad_request("Supported `style` values: main_only, all_docs")
    interval = 1
    if "seq_interval" in given:
        interval = _number(given["seq_interval"], "invalid_seq_interval", 1)
    query = changes.Query(
        include_docs=request.flag("include_docs"),
        all_leaves=style == "all_docs",
        descending=request.flag("descending"),
        conflicts=request.flag("conflicts"),
        attachments=request.flag("attachments"),
        encoding_info=request.flag("att_encoding_info"),
        seq_interval=interval,
    )
    name = given.get("filter")
    if name is None and "doc_ids" in body and isinstance(body["doc_ids"], list):
        name = None if "filter" not in given else name
    if not name:
        return query
    if name == "_doc_ids":
        ids = body.get("doc_ids", request.json_parameter("doc_ids"))
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise bad_request("`doc_ids` filter parameter is not a list of doc ids.")
        return replace(query, ids=frozenset(ids))
    if name == "_design":
        return replace(query, prefix="_design/")
    if name == "_selector":
        if request.method != "POST" or "selector" not in body:
            raise bad_request("Selector error: a `selector` in the body is needed")
        try:
            selector = mango.parse_selector(body["selector"])
        except CouchError as error:
            raise bad_request(f"Selector error: {error.reason}") from None
        return replace(query, accepts=lambda texts, _: mango.select(selector, texts))
    if name == "_view":
        view = given.get("view", "")
        design, slash, function = view.partition("/")
        if not slash:
            raise bad_request("`view` filter parameter is not provided or invalid.")
        return replace(query, accepts=await view_filter(request, database, design, function))
    design, slash, function = name.partition("/")
    if not slash or not design or not function:
        raise bad_request("filter parameter must be of the form `designname/filtername`")
    return replace(query, accepts=await script_filter(request, database, design, function))


LATEST = 1 << 62
"""After every sequence: where a descending feed begins."""


def _moment(database: Database, query: changes.Query) -> Moment:
    return database.moment(None if query.accepts is None else database.scripts)


async def _chunk(
    moment: Moment, database: Database, query: changes.Query, since: int, limit: int | None
) -> changes.Chunk:
    return await moment.read(
        lambda cx: changes.read(cx, database, query, since, limit),
        is_last=lambda chunk: chunk.left is not None,
    )


async def _normal(database: Database, query: changes.Query, feed: Feed) -> AsyncIterator[bytes]:
    """All changes up to the moment of asking."""
    if query.include_docs:
        await database.give_way()
    if feed.limit == 0:
        pending = await database.read(lambda cx: store.count_changes(cx, feed.since))
        yield _HEAD + _tail(database, feed.since, pending)
        return
    with _moment(database, query) as moment:
        since = LATEST if query.descending else feed.since
        first = await _chunk(moment, database, query, since, feed.limit)
        async for part in _from(moment, database, query, feed, first, _HEAD):
            yield part


async def _from(
    moment: Moment,
    database: Database,
    query: changes.Query,
    feed: Feed,
    chunk: changes.Chunk,
    head: bytes,
) -> AsyncIterator[bytes]:
    """`chunk`, all that follows it, and the end. While one chunk is sent the next is read."""
    limit = feed.limit
    last_row = feed.since
    sent = False
    while True:
        if limit is not None:
            limit -= chunk.rows
        following = None
        if chunk.left is None:
            following = asyncio.ensure_future(_chunk(moment, database, query, chunk.last, limit))
        try:
            if chunk.data:
                yield head + (b",\r\n" if sent else b"") + chunk.data
                head, sent, last_row = b"", True, chunk.last_row
            if following is None:
                break
            chunk = await following
        finally:
            if following is not None:
                following.cancel()
    if query.descending:
        yield head + _tail(database, last_row, 0)
    else:
        yield head + _tail(database, max(chunk.reached, feed.since), chunk.left or 0)


_HEAD = b'{"results":[\n'


def _tail(database: Database, last: int, pending: int) -> bytes:
    return b'\n],\n"last_seq":"%b","pending":%d}\n' % (database.sequence(last).encode(), pending)


async def _wait(database: Database, since: int, feed: Feed, started: float) -> tuple[bool, bool]:
    """Waits for a change: whether one came, and whether a heartbeat is due instead."""
    if feed.heartbeat is not None:
        if await database.changed(since, feed.heartbeat):
            return True, False
        return False, True
    left = started + feed.timeout - time.monotonic()
    if left <= 0:
        return False, False
    return await database.changed(since, left), False


async def _longpoll(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    if query.descending or feed.limit == 0:
        async for part in _normal(database, query, feed):
            yield part
        return
    head = _HEAD
    since = feed.since
    started = time.monotonic()
    while True:
        if query.include_docs:
            await database.give_way()
        with _moment(database, query) as moment:
            chunk = await _chunk(moment, database, query, since, feed.limit)
            if chunk.rows:
                async for part in _from(moment, database, query, feed, chunk, head):
                    yield part
                return
        since = max(since, chunk.reached)
        if chunk.left is None:
            continue
        if head:
            # The client learns that the feed stands.
            yield head
            head = b""
        came, beat = await _wait(database, since, feed, started)
        if not going_on() or not (came or beat):
            yield _tail(database, since, 0)
            return
        if beat:
            yield b"\n"


@dataclass(frozen=True, slots=True)
class _Part:
    """What a feed that goes on has to tell. `ended`: how many changes are left, where it ends."""

    data: bytes
    seq: int
    ended: int | None = None


async def _parts(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[_Part]:
    """The rows of a feed that goes on, and nothing now and then."""
    since = LATEST if query.descending else feed.since
    limit = feed.limit
    started = time.monotonic()
    if limit == 0:
        yield _Part(b"", feed.since, await database.read(lambda cx: store.count_changes(cx, since)))
        return
    while True:
        if query.include_docs:
            await database.give_way()
        with _moment(database, query) as moment:
            while True:
                chunk = await _chunk(moment, database, query, since, limit)
                since = chunk.last if query.descending else max(since, chunk.reached)
                if limit is not None:
                    limit -= chunk.rows
                if limit == 0 or (query.descending and chunk.left is not None):
                    yield _Part(chunk.data, chunk.last_row, chunk.left or 0)
                    return
                if chunk.rows:
                    started = time.monotonic()
                    yield _Part(chunk.data, since)
                if chunk.left is not None:
                    break
        came, beat = await _wait(database, since, feed, started)
        if not going_on() or not (came or beat):
            yield _Part(b"", since, 0)
            return
        if beat:
            yield _Part(b"", since)


async def _continuous(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    async for part in _parts(database, query, feed, going_on):
        text = part.data + b"\n" if part.data else (b"" if part.ended is not None else b"\n")
        if part.ended is not None:
            text += b'{"last_seq":"%b","pending":%d}\n' % (
                database.sequence(part.seq).encode(),
                part.ended,
            )
        yield text


async def _eventsource(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    async for part in _parts(database, query, feed, going_on):
        if part.data:
            lines = []
            for row in part.data.split(b"\n"):
                number = row[7 : row.index(b",", 7)]
                lines.append(b"data: " + row + b"\nid: " + number + b"\n\n")
            yield b"".join(lines)
        elif part.ended is None:
            yield b"event: heartbeat\ndata: \n\n"
