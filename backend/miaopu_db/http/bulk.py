"""Many documents at once: `_bulk_docs` and `_bulk_get`."""

from __future__ import annotations

import asyncio
import dataclasses
import queue
import sqlite3
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

from .. import revtree, store
from ..database import Database
from ..documents import Document, NewDocument, Options, dumps, from_json
from ..errors import CouchError, bad_request, not_found
from ..names import check_document_id
from ..users import require_reader
from .documents import mixed_part, options_of, with_since
from .messages import Answer, Request, Stream, only, reply
from .writing import new_id, prepare

CHUNK = 1 << 20

LARGE = 256 * 1024
"""Bytes of a body whose documents are read beside the event loop."""


async def bulk_docs(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    body = await request.json_object()
    if "docs" not in body:
        raise bad_request("POST body must include `docs` parameter.")
    given = body["docs"]
    if not isinstance(given, list):
        raise bad_request("`docs` parameter must be an array.")
    new_edits = body.get("new_edits", True)
    if not isinstance(new_edits, bool):
        raise bad_request("`new_edits` parameter must be a boolean.")
    if len(await request.body()) > LARGE and database.name not in ("_users", "_replicator"):
        stream = _Stream(given, new_edits)
        reading = asyncio.get_running_loop().run_in_executor(request.server.pool, stream.read)
        outcomes = await database.update(stream, request.user, new_edits)
        await reading
        batch = stream.batch
    else:
        batch = await prepare(request, database, _parse(given, new_edits), new_edits)
        outcomes = await database.update(batch, request.user, new_edits)
    if new_edits:
        return reply([outcome.members() for outcome in outcomes], 201)
    rows = [
        {"id": outcome.id, "rev": document.revs[0], **outcome.error.members()}
        for document, outcome in zip(batch, outcomes, strict=True)
        if outcome.error is not None
    ]
    return reply(rows, 201)


class _Stream:
    """Documents that one thread reads while another writes those that came before."""

    def __init__(self, given: list[Any], new_edits: bool) -> None:
        self.batch: list[NewDocument] = []
        self._given = given
        self._new_edits = new_edits
        self._parts: queue.SimpleQueue[list[NewDocument] | Exception | None] = queue.SimpleQueue()

    def read(self) -> None:
        """Reads them all, on any thread but the writer's."""
        try:
            for start in range(0, len(self._given), store.TOGETHER):
                part = _parse(self._given[start : start + store.TOGETHER], self._new_edits)
                self._parts.put(part)
        except Exception as error:  # noqa: BLE001 - raised where they are written
            self._parts.put(error)
        self._parts.put(None)

    def __iter__(self) -> Iterator[NewDocument]:
        while (part := self._parts.get()) is not None:
            if isinstance(part, Exception):
                raise part
            self.batch += part
            yield from part


def _parse(given: list[Any], new_edits: bool) -> list[NewDocument]:
    batch: list[NewDocument] = []
    for value in given:
        document = from_json(value, new_edits)
        if not document.id:
            document.id = new_id()
        batch.append(document)
    return batch


async def bulk_get(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    body = await request.json_object()
    wanted = body.get("docs")
    if not isinstance(wanted, list):
        raise bad_request("Missing JSON list of 'docs'.")
    for name in ("open_revs", "new_edits", "w", "rev", "atts_since"):
        if name in request.query:
            raise bad_request(f'"{name}" query parameter is not acceptable')
    options = options_of(request).of_revisions()
    if not request.accepts("application/json") and request.asks_for("multipart/"):
        return await _multipart(request, database, wanted, options)

    async def chunks() -> Any:
        yield b'{"results":['
        done = 0

        def read(cx: sqlite3.Connection) -> tuple[bytes, int]:
            rows: list[bytes] = []
            size = 0
            for one in wanted[done : done + 200]:
                rows.append(_row(request, database, cx, one, options))
                size += len(rows[-1])
                if size >= CHUNK:
                    break
            return b",".join(rows), len(rows)

        while done < len(wanted):
            data, count = await database.read(read)
            yield (b"," if done else b"") + data
            done += count
        yield b"]}\n"

    return Stream(chunks())


def _row(
    request: Request, database: Database, cx: sqlite3.Connection, wanted: Any, options: Options
) -> bytes:
    doc_id, found, options = _one(request, database, cx, wanted, options)
    docs = b",".join(
        b'{"ok":%b}' % one.render(options) if isinstance(one, Document) else dumps({"error": one})
        for one in found
    )
    return b'{"id":%b,"docs":[%b]}' % (dumps(doc_id), docs)


def _one(
    request: Request, database: Database, cx: sqlite3.Connection, wanted: Any, options: Options
) -> tuple[Any, list[Document | dict[str, Any]], Options]:
    """The id asked for; per revision the document or what is wrong with the wish; and how the
    documents are to be shown."""
    if not isinstance(wanted, dict):
        error = bad_request("document must be a JSON object")
        return None, [_wrong(None, None, error)], options
    doc_id: Any = wanted.get("id")
    rev = wanted.get("rev")
    try:
        if "id" not in wanted:
            raise bad_request("document id missed")
        doc_id = check_document_id(doc_id)
        revs = None if rev is None else [revtree.parse(rev)]
        if database.name == "_users":
            require_reader(doc_id, request.user, database.security)
        since = wanted.get("atts_since")
        if since is not None:
            if not isinstance(since, list):
                raise bad_request("Invalid list of revisions")
            options = with_since(options, [revtree.parse(one) for one in since])
    except CouchError as error:
        return doc_id, [_wrong(doc_id, rev, error)], options
    found: list[Document | dict[str, Any]] = []
    if revs is None:
        row = store.read_row(cx, doc_id)
        if row is None:
            return doc_id, [_wrong(doc_id, "undefined", not_found("missing"))], options
        wished = store.read_open_revs(cx, doc_id, None, options)
    else:
        wished = store.read_open_revs(cx, doc_id, revs, options)
    for one in wished:
        if isinstance(one, str):
            found.append(_wrong(doc_id, one, not_found("missing")))
        else:
            found.append(one)
    return doc_id, found, options


def _wrong(doc_id: Any, rev: Any, error: CouchError) -> dict[str, Any]:
    return {"id": doc_id, "rev": rev, **error.members()}


async def _multipart(
    request: Request, database: Database, wanted: list[Any], options: Options
) -> Answer:
    """`_bulk_get` as multipart/mixed, for a client that does not take JSON."""
    outer, inner = uuid.uuid4().hex, uuid.uuid4().hex
    options = dataclasses.replace(options, attachments=True, follows=True, encoding_info=True)
    kind = "mixed" if request.asks_for("multipart/mixed") else "related"

    async def chunks() -> AsyncIterator[bytes]:
        for one in wanted:
            _, found, shown = await database.read(
                lambda cx, one=one: _one(  # type: ignore[misc]
                    request, database, cx, one, options
                )
            )
            for document in found:
                head = b"\r\n--" + outer.encode()
                if isinstance(document, Document):
                    yield head + mixed_part(document, shown, inner, named=True)
                else:
                    yield (
                        head
                        + b'\r\nContent-Type: application/json; error="true"\r\n\r\n'
                        + dumps(document)
                    )
        if wanted:
            yield b"\r\n--" + outer.encode() + b"--\r\n"

    return Stream(chunks(), content_type=f'multipart/{kind}; boundary="{outer}"')
