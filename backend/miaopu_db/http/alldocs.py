"""`_all_docs`, `_design_docs` and `_local_docs`: documents by id."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson

from .. import parameters, store
from ..database import Database
from ..documents import Document, Options, dumps, splice, unpack
from ..errors import bad_request, query_error, unauthorized
from ..readers import Moment
from .messages import Answer, Request, Stream, only

CHUNK = 1 << 20
_LAST = "\U0010ffff" * 4


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `keys` set: those documents in that order; otherwise a range of ids."""

    prefix: str = ""
    start: str | None = None
    end: str | None = None
    keys: tuple[Any, ...] | None = None
    descending: bool = False
    inclusive_end: bool = True
    limit: int | None = None
    skip: int = 0
    include_docs: bool = False
    conflicts: bool = False
    attachments: bool = False
    encoding_info: bool = False
    update_seq: bool = False


def parse(given: dict[str, Any], base: Query, *, decoded: bool) -> Query:
    """`base` with the parameters in `given`; their keys are JSON text unless `decoded`."""
    asked = parameters.read(given, decoded=decoded)
    if asked.get("reduce"):
        raise query_error("Reduce is invalid for map-only views.")
    if "group_level" in asked or asked.get("group"):
        raise query_error("Invalid use of grouping on a map view.")
    for name in ("start", "end"):
        if name in asked:
            asked[name] = _id(asked[name])
    query = replace(base, **{name: asked[name] for name in asked.keys() & _FIELDS})
    if "key" in given and query.start is None:
        query = replace(query, start="", end="")
    if query.keys and (query.start is not None or query.end is not None):
        if query.keys == (query.start,) == (query.end,):
            return query
        raise query_error("`keys` is incompatible with `key`, `start_key` and `end_key`")
    return query


_FIELDS = frozenset(field.name for field in fields(Query))
"""What all documents are asked for; that of views alone has no effect."""


def _id(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        # Ids are strings: any other value sorts before all of them, or after.
        return "" if not isinstance(value, (list, dict)) else _LAST
    return value


async def handle(request: Request, database: Database) -> Answer:
    kind = request.parts[1]
    if kind == "_local_docs":
        database.security.require_admin(request.user)
    elif request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise unauthorized("You are not a server admin.")
    prefix = "_design/" if kind == "_design_docs" else ""
    base = Query(prefix=prefix)
    if request.parts[2:] == ["queries"]:
        only(request, "POST")
        request.require_json()
        queries = (await request.json_object()).get("queries")
        if not isinstance(queries, list):
            raise bad_request("POST body must include `queries` parameter.")
        base = parse(dict(request.query), base, decoded=False)
        parsed = []
        for one in queries:
            if not isinstance(one, dict):
                raise bad_request("`queries` must hold objects.")
            parsed.append(parse(one, base, decoded=True))
        return Stream(_several(database, kind, parsed))
    only(request, "GET,HEAD,POST")
    query = base
    if request.method == "POST":
        request.require_json()
        body = await request.json_object()
        if not isinstance(body.get("keys", []), list):
            raise bad_request("`keys` body member must be an array.")
        query = parse(body, query, decoded=True)
    query = parse(dict(request.query), query, decoded=False)
    return Stream(_one(database, kind, query))


async def _several(database: Database, kind: str, queries: list[Query]) -> AsyncIterator[bytes]:
    yield b'{"results":[\r\n'
    with database.moment() as moment:
        for number, query in enumerate(queries):
            if number:
                yield b",\r\n"
            async for chunk in _answer(moment, database, kind, query):
                yield chunk
    yield b"\r\n]}\n"


async def _one(database: Database, kind: str, query: Query) -> AsyncIterator[bytes]:
    with database.moment() as moment:
        async for chunk in _answer(moment, database, kind, query):
            yield chunk
    yield b"\n"


async def _answer(
    moment: Moment, database: Database, kind: str, query: Query
) -> AsyncIterator[bytes]:
    if kind == "_local_docs":
        yield await moment.read(lambda cx: _local(cx, query))
        return
    total, offset, seq = await moment.read(lambda cx: _head(cx, query))
    parts = [b'"total_rows":%d' % total]
    parts.append(b'"offset":%b' % (b"null" if offset is None else b"%d" % offset))
    if query.update_seq:
        parts.append(b'"update_seq":"%b"' % database.sequence(seq).encode())
    yield b"{" + b",".join(parts) + b',"rows":[\r\n'
    source = (_by_range if query.keys is None else _by_keys)(moment, query)
    first = True
    async for chunk in source:
        if chunk:
            yield chunk if first else b",\r\n" + chunk
            first = False
    yield b"\r\n]}"


def _head(cx: sqlite3.Connection, query: Query) -> tuple[int, int | None, int]:
    info = store.read_info(cx)
    total = info.doc_count
    if query.prefix:
        total = cx.execute(
            "SELECT count(*) FROM doc WHERE deleted = 0 AND id >= ? AND id < ?",
            (query.prefix, query.prefix + _LAST),
        ).fetchone()[0]
    if query.keys is not None:
        return total, None, info.seq
    if query.start is None:
        return total, min(query.skip, total), info.seq
    side = ">" if query.descending else "<"
    before: int = cx.execute(
        f"SELECT count(*) FROM doc WHERE deleted = 0 AND id {side} ?",  # noqa: S608
        (query.start,),
    ).fetchone()[0]
    return total, min(before + query.skip, total), info.seq


async def _by_range(moment: Moment, query: Query) -> AsyncIterator[bytes]:
    low, high = (query.end, query.start) if query.descending else (query.start, query.end)
    low_side, high_side = ">=", "<="
    if not query.inclusive_end:
        if query.descending:
            low_side = ">"
        else:
            high_side = "<"
    if query.prefix:
        low = max(low or "", query.prefix)
        high = min(high if high is not None else _LAST, query.prefix + _LAST)
    left = query.limit
    skip = query.skip
    order = "DESC" if query.descending else "ASC"
    while left is None or left > 0:
        where = ["d.deleted = 0"]
        values: list[Any] = []
        if low is not None:
            where.append(f"d.id {low_side} ?")
            values.append(low)
        if high is not None:
            where.append(f"d.id {high_side} ?")
            values.append(high)
        body = "b.json, b.atts" if query.include_docs else "NULL, NULL"
        join = " JOIN body b ON b.num = d.body" if query.include_docs else ""
        sql = (
            f"SELECT d.id, d.rev, {body} FROM doc d{join} WHERE {' AND '.join(where)}"  # noqa: S608
            f" ORDER BY d.id {order} LIMIT ? OFFSET ?"
        )
        count = 2000 if left is None else min(left, 2000)
        chunk, rows, at = await moment.read(
            lambda cx, sql=sql, values=(*values, count, skip): _rows(  # type: ignore[misc]
                cx, sql, values, query
            )
        )
        skip = 0
        yield chunk
        if at is None:
            return
        if left is not None:
            left -= rows
        if query.descending:
            high, high_side = at, "<"
        else:
            low, low_side = at, ">"


def _rows(
    cx: sqlite3.Connection, sql: str, values: Any, query: Query
) -> tuple[bytes, int, str | None]:
    """Rows up to about `CHUNK` bytes, how many, and the last id (None: there are no more)."""
    parts: list[bytes] = []
    size = 0
    wanted = values[-2]
    for doc_id, rev, body, atts in cx.execute(sql, values):
        name = orjson.dumps(doc_id)
        if not query.include_docs:
            part = b'{"id":%b,"key":%b,"value":{"rev":"%b"}}' % (name, name, rev.encode())
        else:
            if atts is None and not query.conflicts:
                doc = splice(doc_id, rev, False, unpack(body))
            else:
                doc = _document(cx, doc_id, query)
            part = b'{"id":%b,"key":%b,"value":{"rev":"%b"},"doc":%b}' % (
                name,
                name,
                rev.encode(),
                doc,
            )
        parts.append(part)
        size += len(part)
        if size >= CHUNK:
            return b",\r\n".join(parts), len(parts), doc_id
    more = len(parts) == wanted
    return b",\r\n".join(parts), len(parts), doc_id if more and parts else None


def choose(names: list[str], query: Query) -> list[str]:
    """Of ids in ascending order those that the query asks for, in its order."""
    low, high = (query.end, query.start) if query.descending else (query.start, query.end)
    chosen = [
        name
        for name in names
        if (low is None or name >= low)
        and (high is None or name <= high)
        and (query.inclusive_end or name != query.end)
    ]
    if query.descending:
        chosen.reverse()
    chosen = chosen[query.skip :]
    return chosen if query.limit is None else chosen[: query.limit]


def options_of(query: Query) -> Options:
    return Options(
        conflicts=query.conflicts,
        attachments=query.attachments,
        encoding_info=query.encoding_info,
    )


def _document(cx: sqlite3.Connection, doc_id: str, query: Query) -> bytes:
    options = options_of(query)
    found = store.read_winner(cx, doc_id, options)
    return b"null" if found is None else found.render(options)


async def _by_keys(moment: Moment, query: Query) -> AsyncIterator[bytes]:
    keys = list(query.keys or ())
    if query.descending:
        keys.reverse()
    keys = keys[query.skip :]
    if query.limit is not None:
        keys = keys[: query.limit]
    step = 20 if query.include_docs else 500
    for start in range(0, len(keys), step):
        part = keys[start : start + step]
        yield await moment.read(
            lambda cx, part=part: b",\r\n".join(_keyed(cx, part, query))  # type: ignore[misc]
        )


def _keyed(cx: sqlite3.Connection, keys: list[Any], query: Query) -> list[bytes]:
    rows = store.read_rows(cx, [key for key in keys if isinstance(key, str)])
    parts: list[bytes] = []
    for key in keys:
        row = rows.get(key) if isinstance(key, str) else None
        name = dumps(key)
        if not str(key).startswith(query.prefix):
            continue
        if row is None:
            parts.append(b'{"key":%b,"error":"not_found"}' % name)
            continue
        rev = row.rev.encode()
        if row.deleted:
            doc = b',"doc":null' if query.include_docs else b""
            parts.append(
                b'{"id":%b,"key":%b,"value":{"rev":"%b","deleted":true}%b}' % (name, name, rev, doc)
            )
            continue
        doc = b""
        if query.include_docs:
            options = options_of(query)
            found = store.read_revision(cx, row, None, options)
            doc = b',"doc":' + (b"null" if found is None else found.render(options))
        parts.append(b'{"id":%b,"key":%b,"value":{"rev":"%b"}%b}' % (name, name, rev, doc))
    return parts


def _local(cx: sqlite3.Connection, query: Query) -> bytes:
    found = {
        doc_id: (rev, body)
        for doc_id, rev, body in cx.execute("SELECT id, rev, json FROM local ORDER BY id")
    }
    rows: list[bytes] = []
    if query.keys is None:
        names = choose(list(found), query)
    else:
        names = [key for key in query.keys if isinstance(key, str)][query.skip :]
        if query.limit is not None:
            names = names[: query.limit]
    for name in names:
        key = orjson.dumps(name)
        if name not in found:
            rows.append(b'{"key":%b,"error":"not_found"}' % key)
            continue
        rev, body = found[name]
        doc = b""
        if query.include_docs:
            doc = b',"doc":' + Document(name, f"0-{rev}", False, body, {}, 0).render(Options())
        rows.append(b'{"id":%b,"key":%b,"value":{"rev":"0-%d"}%b}' % (key, key, rev, doc))
    return b'{"total_rows":null,"offset":null,"rows":[\r\n' + b",\r\n".join(rows) + b"\r\n]}"
