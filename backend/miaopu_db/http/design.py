"""What is asked of a design document: its views and how they stand."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import orjson

from .. import store, viewquery
from ..database import Database
from ..errors import bad_request, forbidden, not_found, query_error
from ..readers import Moment
from ..viewquery import UNSET, Query
from ..views import Design, Index, Row, View
from .messages import Answer, Request, Stream, only, reply

Read = Callable[[sqlite3.Connection], list[Row]]


async def handle(request: Request, database: Database, doc_id: str, rest: list[str]) -> Answer:
    if request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise forbidden("Only admins can use design documents of system databases.")
    action = rest[0]
    if action == "_info":
        return await _info(request, database, doc_id)
    if action != "_view" or len(rest) < 2:
        raise not_found("missing handler: " + action)
    design = read_design(database, doc_id)
    view = design.view(rest[1])
    if rest[2:] == ["queries"]:
        only(request, "POST")
        return await _several(request, database, design, view)
    if rest[2:]:
        raise not_found()
    only(request, "GET,HEAD,POST")
    query = Query()
    if request.method == "POST":
        request.require_json()
        body = await request.json_object()
        if "queries" in body:
            raise bad_request("The `queries` parameter is no longer supported at this endpoint")
        query = viewquery.parse(body, query, decoded=True)
    query = viewquery.parse(dict(request.query), query, decoded=False)
    query = _single_key(query)
    reducing = viewquery.check(query, view)
    index = await up_to_date(request, database, design, query.update)

    async def chunks() -> AsyncIterator[bytes]:
        with index.moment(database.scripts if reducing else database.pool) as moment:
            async for part in _answer(moment, database, index, view, query, reducing):
                yield part
        yield b"\n"

    return Stream(chunks())


def read_design(database: Database, doc_id: str) -> Design:
    """The views of a living design document, or 404."""
    document = database.read_now(lambda cx: store.read_winner(cx, doc_id))
    if document is None:
        raise not_found()
    return Design.parse(doc_id, orjson.loads(document.body))


def _single_key(query: Query) -> Query:
    """One key in a list is a range of one key, as in CouchDB."""
    if query.keys is not None and len(query.keys) == 1 and query.start is UNSET:
        key = query.keys[0]
        return dataclasses.replace(query, keys=None, start=key, end=key)
    return query


async def open_index(request: Request, database: Database, design: Design) -> Index:
    """The index of a design document as it stands."""
    server = request.server
    views = server.views(database)
    return await asyncio.get_running_loop().run_in_executor(server.pool, views.index, design)


async def up_to_date(request: Request, database: Database, design: Design, update: str) -> Index:
    """The index, as fresh as was asked for."""
    server = request.server
    index = await open_index(request, database, design)
    seq = database.seq
    if update == "true":
        if index.seq < seq or index.purge_seq < database.purge_seq:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(server.building, index.bring_up, seq)
        server.tidy_views(database)
    elif update == "lazy":
        index.start(seq)
    return index


async def _several(request: Request, database: Database, design: Design, view: View) -> Answer:
    body = await request.json_object()
    given = body.get("queries")
    if not isinstance(given, list):
        raise bad_request("POST body must include `queries` parameter.")
    base = viewquery.parse(dict(request.query), Query(), decoded=False)
    queries: list[tuple[Query, bool]] = []
    for one in given:
        if not isinstance(one, dict):
            raise query_error("`queries` must hold objects.")
        query = _single_key(viewquery.parse(one, base, decoded=True))
        queries.append((query, viewquery.check(query, view)))
    index = await up_to_date(request, database, design, base.update)
    scripts = any(reducing for _, reducing in queries)

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"results":[\r\n'
        with index.moment(database.scripts if scripts else database.pool) as moment:
            for number, (query, reducing) in enumerate(queries):
                if number:
                    yield b",\r\n"
                async for part in _answer(moment, database, index, view, query, reducing):
                    yield part
        yield b"\r\n]}\n"

    return Stream(chunks())


async def _answer(
    moment: Moment, database: Database, index: Index, view: View, query: Query, reducing: bool
) -> AsyncIterator[bytes]:
    def seq_of(cx: sqlite3.Connection) -> bytes:
        if not query.update_seq:
            return b""
        return b'"update_seq":"%b",' % database.sequence(store.read_meta(cx, "seq")).encode()

    if reducing:
        seq, reduced = await moment.read(
            lambda cx: (seq_of(cx), viewquery.reduce_rows(cx, index, query, view))
        )
        parts = [b'{"key":%b,"value":%b}' % row for row in reduced]
        yield b"{%b" % seq + b'"rows":[\r\n' + b",\r\n".join(parts) + b"\r\n]}"
        return
    seq, total, offset = await moment.read(
        lambda cx: (seq_of(cx), viewquery.total(cx, view), viewquery.offset(cx, query, view))
    )
    place = b"null" if query.keys is not None else b"%d" % min(total, offset + query.skip)
    yield b'{"total_rows":%d,"offset":%b,%b"rows":[\r\n' % (total, place, seq)
    sent = False
    async for chunk in _rows(moment, database, view, query):
        yield b",\r\n" + chunk if sent else chunk
        sent = True
    yield b"\r\n]}"


async def _rows(
    moment: Moment, database: Database, view: View, query: Query
) -> AsyncIterator[bytes]:
    left = query.limit
    skip = query.skip
    keys: list[Any] = [UNSET] if query.keys is None else viewquery.keys_of(query)
    step = 200 if query.include_docs else 5000

    def shown(rows: list[Row]) -> bytes:
        if not query.include_docs:
            return b",\r\n".join(viewquery.show_row(None, row, query) for row in rows)
        with database.reader() as documents:
            return b",\r\n".join(viewquery.show_row(documents, row, query) for row in rows)

    for key in keys:
        within = viewquery.span(query, view, key)
        if skip and len(keys) > 1:
            number = await moment.read(partial(viewquery.count, within=within))
            if number <= skip:
                skip -= number
                continue
        after: Row | None = None
        while left is None or left > 0:
            most = step if left is None else min(step, left)
            read = partial(viewquery.read_rows, within=within, skip=skip, limit=most, after=after)

            def part(cx: sqlite3.Connection, read: Read = read) -> tuple[list[Row], bytes]:
                rows = read(cx)
                return rows, shown(rows) if rows else b""

            rows, chunk = await moment.read(part)
            skip = 0
            if not rows:
                break
            after = rows[-1]
            yield chunk
            if left is not None:
                left -= len(rows)


async def _info(request: Request, database: Database, doc_id: str) -> Answer:
    only(request, "GET,HEAD")
    design = read_design(database, doc_id)
    index = await open_index(request, database, design)
    loop = asyncio.get_running_loop()
    size, free = await loop.run_in_executor(request.server.pool, index.size)
    return reply(
        {
            "name": doc_id.removeprefix("_design/"),
            "view_index": {
                "signature": design.signature,
                "language": design.language,
                "updater_running": index.building,
                "compact_running": index.compacting,
                "waiting_commit": False,
                "waiting_clients": 0,
                "update_seq": index.seq,
                "purge_seq": index.purge_seq,
                "sizes": {"file": size, "external": size - free, "active": size - free},
                "updates_pending": {
                    "total": max(0, database.seq - index.seq),
                    "minimum": max(0, database.seq - index.seq),
                    "preferred": 0,
                },
            },
        }
    )
