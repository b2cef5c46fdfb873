"""What is asked of one database: its settings, many documents at once, and the way to the rest."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from typing import Any

from .. import revtree, store
from ..database import Database
from ..documents import Document, NewDocument, Options, dumps, from_json
from ..errors import CouchError, bad_request, forbidden, not_found, unauthorized
from ..names import check_document_id
from ..security import require_server_admin
from ..users import refuse_foreign, require_path, require_reader, with_hashed_password
from . import alldocs, attachments, changes, design, documents, find
from .messages import Answer, Request, Stream, only, reply
from .root import info_of

LARGE = 256 * 1024
"""Bytes of a body whose documents are read beside the event loop."""


async def handle(request: Request) -> Answer:
    server = request.server
    name = request.parts[0]
    rest = request.parts[1:]
    if not rest:
        if request.method == "PUT":
            return await _create(request, name)
        if request.method == "DELETE":
            return await _delete(request, name)
    database = server.database(name)
    database.security.require_member(request.user)
    if name == "_users":
        require_path(rest, request.user, database.security)
    if not rest:
        only(request, "DELETE,GET,HEAD,POST")
        if request.method == "POST":
            return await documents.post(request, database)
        return reply(await info_of(database))
    first = rest[0]
    if first.startswith("_"):
        handler = _handler(rest)
        if handler is not None:
            return await handler(request, database)  # type: ignore[no-any-return]
        # An id may come with its slash encoded or not.
        if first in ("_design", "_local"):
            rest = [f"{first}/{rest[1] if len(rest) > 1 else ''}", *rest[2:]]
        if rest[0].startswith("_design/") and len(rest) > 1 and rest[1].startswith("_"):
            return await design.handle(request, database, check_document_id(rest[0]), rest[1:])
    if len(rest) == 1:
        return await documents.handle(request, database, rest[0])
    if rest[0].startswith("_local/"):
        raise bad_request("_local documents do not accept attachments.")
    return await attachments.handle(request, database, rest[0], "/".join(rest[1:]))


def _handler(rest: list[str]) -> Any:
    """What serves this path below a database. None: it names a document or an attachment."""
    first, *more = rest
    lists = first in ("_all_docs", "_design_docs", "_local_docs") and more == ["queries"]
    if not more or lists or first in ("_compact", "_index"):
        return _HANDLERS.get(first)
    return None


async def _create(request: Request, name: str) -> Answer:
    require_server_admin(request.user)
    if request.query.get("partitioned", "false") != "false":
        raise bad_request("Partitioned databases are not supported.")
    await request.server.create(name)
    return reply({"ok": True}, 201, Location=request.url(name))


async def _delete(request: Request, name: str) -> Answer:
    require_server_admin(request.user)
    if "rev" in request.query:
        raise bad_request(
            "You tried to DELETE a database with a ?=rev parameter. "
            "Did you mean to DELETE a document instead?"
        )
    await request.server.delete(name)
    return reply({"ok": True})


async def prepare(
    request: Request, database: Database, batch: list[NewDocument], new_edits: bool = True
) -> list[NewDocument]:
    """What the server itself does to documents before they are written."""
    if database.name == "_users":
        refuse_foreign(batch, request.user, database.security, new_edits)
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(
                loop.run_in_executor(request.server.hashing, with_hashed_password, document)
                for document in batch
            )
        )
    if database.name == "_replicator":
        return [
            request.server.check_replication(document, request.user, database) for document in batch
        ]
    return batch


async def _bulk_docs(request: Request, database: Database) -> Answer:
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
            document.id = documents.new_id()
        batch.append(document)
    return batch


async def _bulk_get(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    body = await request.json_object()
    wanted = body.get("docs")
    if not isinstance(wanted, list):
        raise bad_request("Missing JSON list of 'docs'.")
    for name in ("open_revs", "new_edits", "w", "rev", "atts_since"):
        if name in request.query:
            raise bad_request(f'"{name}" query parameter is not acceptable')
    options = documents.options_of(request).of_revisions()
    if not request.accepts("application/json") and request.asks_for("multipart/"):
        return await documents.bulk_get_multipart(request, database, wanted, options)

    async def chunks() -> Any:
        yield b'{"results":['
        done = 0

        def read(cx: Any) -> tuple[bytes, int]:
            rows: list[bytes] = []
            size = 0
            for one in wanted[done : done + 200]:
                rows.append(_bulk_get_row(request, database, cx, one, options))
                size += len(rows[-1])
                if size >= alldocs.CHUNK:
                    break
            return b",".join(rows), len(rows)

        while done < len(wanted):
            data, count = await database.read(read)
            yield (b"," if done else b"") + data
            done += count
        yield b"]}\n"

    return Stream(chunks())


def _bulk_get_row(
    request: Request, database: Database, cx: Any, wanted: Any, options: Options
) -> bytes:
    doc_id, found, options = bulk_get_one(request, database, cx, wanted, options)
    docs = b",".join(
        b'{"ok":%b}' % one.render(options) if isinstance(one, Document) else dumps({"error": one})
        for one in found
    )
    return b'{"id":%b,"docs":[%b]}' % (dumps(doc_id), docs)


def bulk_get_one(
    request: Request, database: Database, cx: Any, wanted: Any, options: Options
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
            options = documents.with_since(options, [revtree.parse(one) for one in since])
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


def _revs_of(body: dict[str, Any]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for doc_id, revs in body.items():
        if not isinstance(revs, list):
            raise bad_request("Invalid list of revisions")
        wanted[doc_id] = [revtree.parse(rev) for rev in revs]
    return wanted


def _require_listing(request: Request, database: Database) -> None:
    """What tells which documents there are is no user's to ask of a system database."""
    if request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise unauthorized("You are not a server admin.")


async def _missing(request: Request, database: Database) -> Any:
    only(request, "POST")
    _require_listing(request, database)
    request.require_json()
    wanted = _revs_of(await request.json_object())
    if len(wanted) <= 20:
        return database.read_now(lambda cx: store.read_missing(cx, wanted))
    return await database.read(lambda cx: store.read_missing(cx, wanted))


async def _revs_diff(request: Request, database: Database) -> Answer:
    found = await _missing(request, database)
    return reply(
        {
            doc_id: {"missing": revs} | ({"possible_ancestors": ancestors} if ancestors else {})
            for doc_id, (revs, ancestors) in found.items()
        }
    )


async def _missing_revs(request: Request, database: Database) -> Answer:
    found = await _missing(request, database)
    return reply({"missing_revs": {doc_id: revs for doc_id, (revs, _) in found.items()}})


async def _security(request: Request, database: Database) -> Answer:
    only(request, "GET,HEAD,PUT")
    if request.method == "PUT":
        database.security.require_admin(request.user)
        if database.name == "_users":
            raise forbidden("You can't edit the security object of the user database.")
        await database.set_security(await request.json_object())
        return reply({"ok": True})
    return reply(database.security.given)


async def _limit(request: Request, database: Database, name: str) -> Answer:
    only(request, "GET,HEAD,PUT")
    if name == "purged_infos_limit":
        require_server_admin(request.user)
    if request.method == "PUT":
        database.security.require_admin(request.user)
        value = await request.json()
        if type(value) is not int or not 0 < value <= 1_000_000_000:
            raise bad_request(f"`{name.lstrip('_')}` must be positive integer")
        await database.write(lambda writer: writer.set_meta(name, value))
        return reply({"ok": True})
    return reply(database.read_now(lambda cx: store.read_meta(cx, name)))


async def _revs_limit(request: Request, database: Database) -> Answer:
    return await _limit(request, database, "revs_limit")


async def _purged_infos_limit(request: Request, database: Database) -> Answer:
    return await _limit(request, database, "purged_infos_limit")


async def _purge(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    require_server_admin(request.user)
    wanted = _revs_of(await request.json_object())
    purged = await database.write(lambda writer: writer.purge(wanted))
    database.purge_seq = database.read_now(lambda cx: store.read_meta(cx, "purge_seq"))
    return reply({"purge_seq": None, "purged": purged}, 201)


async def _purged_infos(request: Request, database: Database) -> Answer:
    only(request, "GET,HEAD")
    _require_listing(request, database)
    rows = await database.read(store.read_purged)
    return reply({"purged_infos": [{"id": doc_id, "revs": revs} for doc_id, revs in rows]})


async def _compact(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    database.security.require_keeper(request.user)
    server = request.server
    if len(request.parts) > 2:
        index = await design.open_index(
            request, database, design.read_design(database, "_design/" + request.parts[2])
        )
        server.spawn(server.compactor.index(database, index))
    else:
        server.spawn(server.compactor.database(database))
    return reply({"ok": True}, 202)


async def _view_cleanup(request: Request, database: Database) -> Answer:
    only(request, "POST")
    database.security.require_keeper(request.user)
    await request.server.clean_views(database)
    return reply({"ok": True}, 202)


async def _ensure_full_commit(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    # Every acknowledged write is on the disk already.
    return reply({"ok": True, "instance_start_time": str(database.created)}, 201)


async def _shards(request: Request, _: Database) -> Answer:
    only(request, "GET,HEAD")
    return reply({"shards": {"00000000-ffffffff": ["miaopu@127.0.0.1"]}})


_HANDLERS: dict[str, Any] = {
    "_all_docs": alldocs.handle,
    "_design_docs": alldocs.handle,
    "_local_docs": alldocs.handle,
    "_bulk_docs": _bulk_docs,
    "_bulk_get": _bulk_get,
    "_changes": changes.handle,
    "_compact": _compact,
    "_ensure_full_commit": _ensure_full_commit,
    "_explain": find.handle,
    "_find": find.handle,
    "_index": find.handle,
    "_missing_revs": _missing_revs,
    "_purge": _purge,
    "_purged_infos": _purged_infos,
    "_purged_infos_limit": _purged_infos_limit,
    "_revs_diff": _revs_diff,
    "_revs_limit": _revs_limit,
    "_security": _security,
    "_shards": _shards,
    "_view_cleanup": _view_cleanup,
}
