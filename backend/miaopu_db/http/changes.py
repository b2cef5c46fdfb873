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


async def _chunk(
    database: Database,
    query: changes.Query,
    since: int,
    limit: int | None,
    until: int | None = None,
) -> changes.Chunk:
    pool = database.pool if query.accepts is None else database.scripts
    return await asyncio.get_running_loop().run_in_executor(
        pool, changes.read, database, query, since, limit, until
    )


async def _normal(
    database: Database, query: changes.Query, feed: Feed, head: bytes = b'{"results":[\n'
) -> AsyncIterator[bytes]:
    """All changes up to the moment of asking. While one chunk is sent the next is read."""
    if feed.limit == 0:
        pending = await database.read(lambda cx: store.count_changes(cx, feed.since))
        yield head + _tail(database, feed.since, pending)
        return
    end = database.seq
    since = end + 1 if query.descending else feed.since
    limit = feed.limit
    until = None if query.descending else end
    reading = asyncio.ensure_future(_chunk(database, query, since, limit, until))
    pending_head = head
    sent = False
    try:
        while True:
            chunk = await reading
            if limit is not None:
                limit -= chunk.rows
            finished = chunk.exhausted or (limit is not None and limit <= 0)
            if not finished:
                reading = asyncio.ensure_future(_chunk(database, query, chunk.last, limit, until))
            if chunk.data:
                yield pending_head + (b",\r\n" if sent else b"") + chunk.data
                pending_head = b""
                sent = True
            if finished:
                break
    finally:
        reading.cancel()
    if query.descending:
        last = chunk.last_row if sent else feed.since
        pending = 0
    elif chunk.exhausted:
        last, pending = max(end, feed.since), 0
    else:
        last = chunk.last
        pending = await database.read(lambda cx: store.count_changes(cx, last))
        if pending == 0 and not query.filtered:
            last = max(last, end)
    yield pending_head + _tail(database, last, pending)


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
    head = b'{"results":[\n'
    since = feed.since
    started = time.monotonic()
    while True:
        end = database.seq
        chunk = await _chunk(database, query, since, feed.limit, end)
        if chunk.rows:
            # The rest, from where this chunk began, is an ordinary reading.
            rest = replace(feed, since=since)
            async for part in _normal(database, query, rest, head):
                yield part
            return
        if not chunk.exhausted:
            since = chunk.last
            continue
        if head:
            # The client learns that the feed stands.
            yield head
            head = b""
        since = max(since, end)
        came, beat = await _wait(database, since, feed, started)
        if not going_on() or not (came or beat):
            yield _tail(database, since, 0)
            return
        if beat:
            yield b"\n"


async def _rows(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[tuple[bytes, int, bool]]:
    """For feeds that go on: rows, the sequence reached, and whether the feed ends."""
    since = feed.since
    limit = feed.limit
    started = time.monotonic()
    if limit == 0:
        yield b"", since, True
        return
    if query.descending:
        chunk = await _chunk(database, query, database.seq + 1, limit)
        yield chunk.data, chunk.last_row, True
        return
    while True:
        end = database.seq
        chunk = await _chunk(database, query, since, limit)
        since = chunk.last if not chunk.exhausted else max(chunk.last, end)
        if limit is not None:
            limit -= chunk.rows
        ends = limit is not None and limit <= 0
        if chunk.rows:
            started = time.monotonic()
            yield chunk.data, chunk.last_row if ends else since, ends
        if ends:
            return
        if not chunk.exhausted:
            continue
        came, beat = await _wait(database, since, feed, started)
        if not going_on() or not (came or beat):
            yield b"", since, True
            return
        if beat:
            yield b"", since, False


async def _continuous(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    async for data, seq, ends in _rows(database, query, feed, going_on):
        text = data + b"\n" if data else (b"" if ends else b"\n")
        if ends:
            pending = 0
            if not database.closed and not query.descending:
                pending = await database.read(lambda cx, at=seq: store.count_changes(cx, at))  # type: ignore[misc]
            text += b'{"last_seq":"%b","pending":%d}\n' % (
                database.sequence(seq).encode(),
                pending,
            )
        yield text


async def _eventsource(
    database: Database, query: changes.Query, feed: Feed, going_on: Callable[[], bool]
) -> AsyncIterator[bytes]:
    async for data, _, ends in _rows(database, query, feed, going_on):
        if data:
            lines = []
            for row in data.split(b"\n"):
                number = row[7 : row.index(b",", 7)]
                lines.append(b"data: " + row + b"\nid: " + number + b"\n\n")
            yield b"".join(lines)
        elif not ends:
            yield b"event: heartbeat\ndata: \n\n"
