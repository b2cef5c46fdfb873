"""`_find`, `_explain` and `_index`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson

from .. import findquery, store
from ..database import Database
from ..documents import NewDocument, Options, dumps
from ..errors import CouchError, bad_request, forbidden, not_found
from ..findquery import PRIMARY, Find, MangoIndex, Plan
from ..parameters import integer
from ..views import Design
from .design import up_to_date
from .messages import Answer, Request, Stream, only, reply
from .writing import store_one

BATCH = 500


async def handle(request: Request, database: Database) -> Answer:
    if request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise forbidden("Only admins can query system databases.")
    kind, rest = request.parts[1], request.parts[2:]
    if kind == "_index":
        return await _indexes(request, database, rest)
    if rest:
        raise not_found()
    only(request, "POST")
    request.require_json()
    find = findquery.parse_find(await request.json_object())
    designs = await database.read(_designs)
    plan = findquery.plan(find, _listed(designs))
    if kind == "_explain":
        return _explain(database, find, plan)
    return Stream(_answer(request, database, find, plan, designs))


def _designs(cx: Any) -> dict[str, dict[str, Any]]:
    return {
        document.id: orjson.loads(document.body)
        for document in store.iterate_design(cx)
        if b'"query"' in document.body
    }


def _listed(designs: dict[str, dict[str, Any]]) -> list[MangoIndex]:
    return [
        index
        for doc_id, members in designs.items()
        for index in findquery.indexes_of(doc_id, members)
    ]


# -- indexes ----------------------------------------------------------------------------------


async def _indexes(request: Request, database: Database, rest: list[str]) -> Answer:
    if rest == ["_bulk_delete"]:
        only(request, "POST")
        return await _bulk_delete(request, database)
    if rest:
        only(request, "DELETE")
        if rest[0] == "_design":
            rest = [f"_design/{rest[1]}", *rest[2:]] if len(rest) > 1 else rest
        if len(rest) != 3 or rest[1] != "json":
            raise not_found()
        design = rest[0] if rest[0].startswith("_design/") else "_design/" + rest[0]
        await _drop(request, database, design, rest[2])
        return reply({"ok": True})
    only(request, "GET,HEAD,POST")
    if request.method == "POST":
        return await _create(request, database)
    found = [PRIMARY, *_listed(await database.read(_designs))]
    skip = integer(request.query.get("skip", 0), "skip")
    limit = integer(request.query.get("limit", len(found)), "limit")
    shown = [index.members() for index in found[skip : skip + limit]]
    return reply({"total_rows": len(found), "indexes": shown})


async def _create(request: Request, database: Database) -> Answer:
    request.require_json()
    body = await request.json_object()
    index, view = findquery.parse_index(body)
    design = index.design or ""
    old = database.read_now(lambda cx: store.read_winner(cx, design))
    members: dict[str, Any] = orjson.loads(old.body) if old is not None else {}
    if members.get("language", "query") != "query":
        raise bad_request("Invalid design document query language.", "invalid_index")
    members["language"] = "query"
    views = members.setdefault("views", {})
    done = {"id": design, "name": index.name}
    if views.get(index.name) == view:
        return reply({"result": "exists", **done})
    views[index.name] = view
    document = NewDocument(design, [old.rev] if old is not None else [], False, dumps(members))
    database.security.require_admin(request.user)
    await store_one(request, database, document)
    return reply({"result": "created", **done})


async def _drop(request: Request, database: Database, design: str, name: str | None) -> None:
    """Removes one index, or (None) all indexes of a design document."""
    database.security.require_admin(request.user)
    old = database.read_now(lambda cx: store.read_winner(cx, design))
    members = orjson.loads(old.body) if old is not None else {}
    names = [index.name for index in findquery.indexes_of(design, members)]
    if old is None or not names or (name is not None and name not in names):
        raise not_found()
    for one in names if name is None else [name]:
        del members["views"][one]
    gone = not members["views"]
    body = b"{}" if gone else dumps(members)
    await store_one(request, database, NewDocument(design, [old.rev], gone, body))


async def _bulk_delete(request: Request, database: Database) -> Answer:
    request.require_json()
    ids = (await request.json_object()).get("docids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise bad_request("docids must be a list of ids of design documents.")
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for one in ids:
        design = one if one.startswith("_design/") else "_design/" + one
        try:
            await _drop(request, database, design, None)
            done.append({"id": design, "ok": True})
        except CouchError as error:
            failed.append({"id": design, "error": error.error})
    return reply({"success": done, "fail": failed})


def _explain(database: Database, find: Find, plan: Plan) -> Answer:
    return reply(
        {
            "dbname": database.name,
            "index": plan.index.members(),
            "partitioned": False,
            "selector": find.selector.given,
            "opts": {
                "use_index": list(find.use_index),
                "bookmark": find.given.get("bookmark", "nil"),
                "limit": find.limit,
                "skip": find.skip,
                "sort": find.given.get("sort", {}),
                "fields": list(find.fields) if find.fields is not None else [],
                "partition": "",
                "r": 1,
                "conflicts": find.conflicts,
                "stale": False,
                "update": find.update,
                "stable": False,
                "execution_stats": find.execution_stats,
                "allow_fallback": find.allow_fallback,
            },
            "limit": find.limit,
            "skip": find.skip,
            "fields": list(find.fields) if find.fields is not None else [],
            "index_candidates": [],
            "selector_hints": [],
            "covering": False,
        }
    )


# -- finding ----------------------------------------------------------------------------------


async def _answer(
    request: Request,
    database: Database,
    find: Find,
    plan: Plan,
    designs: dict[str, dict[str, Any]],
) -> AsyncIterator[bytes]:
    started = time.perf_counter()
    index = None
    if plan.index.design is not None:
        design = Design.parse(plan.index.design, designs[plan.index.design])
        number = design.view(plan.index.name).number
        index = await up_to_date(request, database, design, "true" if find.update else "false")
    loop = asyncio.get_running_loop()
    position = find.bookmark
    left, skip = find.limit, find.skip if find.bookmark is None else 0
    if find.asks_nothing:
        left = 0
    examined = returned = 0
    head = b'{"docs":['
    while left > 0:

        def step(position: list[str] | None = position) -> list[tuple[list[str], str]]:
            if index is None:
                return database.read_now(lambda cx: _by_id(cx, find, position))
            found: list[tuple[list[str], str]] = index.read(
                lambda cx: _by_key(cx, find, plan, number, position)
            )
            return found

        def look(
            position: list[str] | None, left: int, skip: int
        ) -> tuple[list[bytes], list[str] | None, int, int, bool]:
            rows = step(position)
            with database.reader() as cx:
                parts, at, skipped, seen = _select(cx, find, rows, left, skip)
            ended = len(rows) < BATCH and seen == len(rows)
            return parts, at or position, skipped, seen, ended

        parts, position, skipped, seen, ended = await loop.run_in_executor(
            database.pool, look, position, left, skip
        )
        skip -= skipped
        examined += seen
        returned += len(parts)
        left -= len(parts)
        if parts:
            yield head + b",\r\n".join(parts)
            head = b",\r\n"
        if ended:
            break
    if returned == 0:
        yield head
    bookmark = "nil" if position is None else findquery.make_bookmark(position)
    tail: dict[str, Any] = {"bookmark": bookmark}
    if find.execution_stats:
        tail["execution_stats"] = {
            "total_keys_examined": examined if index is not None else 0,
            "total_docs_examined": examined,
            "total_quorum_docs_examined": 0,
            "results_returned": returned,
            "execution_time_ms": round((time.perf_counter() - started) * 1000, 3),
        }
    warnings = [plan.warning] if plan.warning is not None else []
    if examined > findquery.SCANNED_PER_RESULT * max(1, returned):
        warnings.append(findquery.MANY_SCANNED)
    if warnings:
        tail["warning"] = "\n".join(warnings)
    yield b"\r\n]," + orjson.dumps(tail)[1:] + b"\n"


def _by_id(cx: Any, find: Find, position: list[str] | None) -> list[tuple[list[str], str]]:
    """The next ids, with the place in the order that each one is at."""
    low, high = findquery.primary_range(find.selector)
    where, values = ["deleted = 0", "id >= ?"], [low]
    if high is not None:
        where.append("id <= ?")
        values.append(high)
    order = "DESC" if find.descending else "ASC"
    if position:
        where.append("id < ?" if find.descending else "id > ?")
        values.append(position[-1])
    sql = f"SELECT id FROM doc WHERE {' AND '.join(where)} ORDER BY id {order} LIMIT ?"  # noqa: S608
    return [([doc_id], doc_id) for (doc_id,) in cx.execute(sql, (*values, BATCH))]


def _by_key(
    cx: Any, find: Find, plan: Plan, view: int, position: list[str] | None
) -> list[tuple[list[str], str]]:
    where = ["view = ?", "key >= ?", "key < ?"]
    values: list[Any] = [view, plan.low, plan.high]
    order = "DESC" if find.descending else "ASC"
    if position and len(position) == 2:
        try:
            key = bytes.fromhex(position[0])
        except ValueError:
            raise bad_request("Invalid bookmark value.", "invalid_bookmark") from None
        side = "<" if find.descending else ">"
        where += [f"key {side}= ?", f"(key, doc) {side} (?, ?)"]
        values += [key, key, position[1]]
    sql = (
        f"SELECT key, doc FROM entry WHERE {' AND '.join(where)}"  # noqa: S608
        f" ORDER BY key {order}, doc {order} LIMIT ?"
    )
    return [([key.hex(), doc], doc) for key, doc in cx.execute(sql, (*values, BATCH))]


def _select(
    cx: Any, find: Find, rows: list[tuple[list[str], str]], left: int, skip: int
) -> tuple[list[bytes], list[str] | None, int, int]:
    """The matches among `rows`: their JSON, the place of the last row looked at, how many
    matches were skipped and how many rows were looked at."""
    parts: list[bytes] = []
    at: list[str] | None = None
    skipped = seen = 0
    options = Options(conflicts=find.conflicts)
    for place, doc_id in rows:
        seen += 1
        at = place
        if doc_id.startswith("_design/"):
            continue
        document = store.read_winner(cx, doc_id, options)
        if document is None:
            continue
        text = document.render(options)
        value = orjson.loads(text)
        if not find.selector.matches(value):
            continue
        if skipped < skip:
            skipped += 1
            continue
        if find.fields is not None:
            text = dumps(findquery.project(value, find.fields))
        parts.append(text)
        if len(parts) >= left:
            break
    return parts, at, skipped, seen


__all__ = ["handle"]
