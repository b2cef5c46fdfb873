"""One document: read, write, delete, copy."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from typing import Any
from urllib.parse import unquote

import orjson

from .. import multipart, revtree, store
from ..database import Database
from ..documents import (
    Document,
    NewAttachment,
    NewDocument,
    Options,
    from_json,
    loads,
)
from ..errors import CouchError, bad_request, not_found
from ..names import check_document_id
from ..users import require_reader
from .messages import (
    Answer,
    Request,
    Response,
    matches,
    not_modified,
    only,
    reply,
)
from .writing import given_revision, new_id, store_one, written


def options_of(request: Request) -> Options:
    """What the query wants to see of documents."""
    meta = request.flag("meta")
    return Options(
        revs=request.flag("revs"),
        revs_info=meta or request.flag("revs_info"),
        conflicts=meta or request.flag("conflicts"),
        deleted_conflicts=meta or request.flag("deleted_conflicts"),
        local_seq=request.flag("local_seq"),
        attachments=request.flag("attachments"),
        encoding_info=request.flag("att_encoding_info"),
        latest=request.flag("latest"),
    )


def with_since(options: Options, since: list[str]) -> Options:
    return dataclasses.replace(options, attachments=True, attachments_since=since)


def revisions_parameter(request: Request, name: str) -> list[str] | None:
    value = request.json_parameter(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise bad_request("Invalid list of revisions")
    return [revtree.parse(rev) for rev in value]


async def handle(request: Request, database: Database, doc_id: str) -> Answer:
    only(request, "DELETE,GET,HEAD,POST,PUT,COPY")
    if request.method in ("GET", "HEAD"):
        return await _get(request, database, doc_id)
    if request.method == "PUT":
        return await _put(request, database, doc_id)
    if request.method == "DELETE":
        return await _delete(request, database, doc_id)
    if request.method == "COPY":
        return await _copy(request, database, doc_id)
    raise CouchError(415, "bad_content_type", "Content-Type must be multipart/form-data")


# -- reading ---------------------------------------------------------------------------------


async def _get(request: Request, database: Database, doc_id: str) -> Answer:
    if database.name == "_users":
        require_reader(doc_id, request.user, database.security)
    if doc_id.startswith("_local/"):
        return _get_local(request, database, check_document_id(doc_id))
    options = options_of(request)
    since = revisions_parameter(request, "atts_since")
    if since is not None:
        options = with_since(options, since)
    if "open_revs" in request.query:
        revs = _open_revs_parameter(request)
        if revs != []:
            return await _open_revs(request, database, doc_id, revs, options.of_revisions())
    rev = request.query.get("rev")
    wanted = None if rev is None else revtree.parse(rev)
    if wanted is not None:
        options = options.of_revisions()
    multi = options.attachments and request.accepts("multipart/related")

    def read(cx: Any) -> tuple[Document, bytes]:
        document = _read(cx, doc_id, wanted, options)
        shown = dataclasses.replace(options, follows=True) if multi else options
        if multi and not document.data:
            shown = options
        return document, document.render(shown, database.sequence(document.seq))

    document, body = await database.read(read) if options.attachments else database.read_now(read)
    if multi and document.data:
        return _related(document, body)
    headers = {}
    if not options.has_meta:
        etag = f'"{document.rev}"'
        if matches(request, etag):
            return not_modified(etag)
        headers["ETag"] = etag
    if multi:
        return Response(200, body + b"\n", headers)
    return Response(200, body + b"\n", headers)


def _read(cx: Any, doc_id: str, rev: str | None, options: Options) -> Document:
    row = store.read_row(cx, doc_id)
    if row is None:
        raise not_found()
    if rev is None:
        if row.deleted:
            raise not_found("deleted")
        found = store.read_revision(cx, row, None, options)
    else:
        if options.latest:
            rev = next(iter(revtree.latest(revtree.load(row.tree), rev)), rev)
        found = store.read_revision(cx, row, rev, options)
    if found is None:
        raise not_found()
    return found


def _get_local(request: Request, database: Database, doc_id: str) -> Answer:
    found = database.read_now(lambda cx: store.read_local(cx, doc_id))
    if found is None:
        raise not_found()
    rev, body = found
    etag = f'"{rev}"'
    if matches(request, etag):
        return not_modified(etag)
    document = Document(doc_id, rev, False, body, {}, 0)
    return Response(200, document.render(Options()) + b"\n", {"ETag": etag})


def _related(document: Document, body: bytes) -> Response:
    boundary = uuid.uuid4().hex
    parts = [
        multipart.Part(name, document.attachments[name], data)
        for name, data in document.data.items()
    ]
    return Response(
        200,
        multipart.related(boundary, body, parts),
        {},
        f'multipart/related; boundary="{boundary}"',
    )


def _open_revs_parameter(request: Request) -> list[str] | None:
    """The revisions that `open_revs` names; None: all leaves."""
    if request.query["open_revs"] == "all":
        return None
    revs = revisions_parameter(request, "open_revs")
    if revs is None:
        raise bad_request("Invalid list of revisions")
    return revs


async def _open_revs(
    request: Request, database: Database, doc_id: str, revs: list[str] | None, options: Options
) -> Answer:
    multi = request.accepts("multipart/mixed")
    if multi:
        options = dataclasses.replace(options, attachments=True, follows=True, encoding_info=True)
    found = await database.read(lambda cx: store.read_open_revs(cx, doc_id, revs, options))
    if revs is None and not found:
        raise not_found()
    # In CouchDB's order: what is held, then what is not, the oldest first.
    found.sort(
        key=lambda one: (
            isinstance(one, str),
            revtree.order(one if isinstance(one, str) else one.rev),
        )
    )
    if not multi:
        rows = [
            orjson.dumps({"missing": one})
            if isinstance(one, str)
            else b'{"ok":%b}' % one.render(options, database.sequence(one.seq))
            for one in found
        ]
        return Response(200, b"[" + b",".join(rows) + b"]\n")
    outer, inner = uuid.uuid4().hex, uuid.uuid4().hex
    body = bytearray(b"--" + outer.encode())
    for one in found:
        if isinstance(one, str):
            body += b'\r\nContent-Type: application/json; error="true"\r\n\r\n'
            body += orjson.dumps({"missing": one})
        else:
            body += mixed_part(one, options, inner, named=False)
        body += b"\r\n--" + outer.encode()
    body += b"--"
    return Response(200, bytes(body), {}, f'multipart/mixed; boundary="{outer}"')


def mixed_part(document: Document, options: Options, inner: str, named: bool) -> bytes:
    """One document within multipart/mixed: JSON, or multipart/related with its attachments."""
    shown = document.render(options)
    if not document.data:
        return b"\r\nContent-Type: application/json\r\n\r\n" + shown
    parts = [
        multipart.Part(name, document.attachments[name], data)
        for name, data in document.data.items()
    ]
    head = b""
    if named:
        head = f"\r\nX-Doc-Id: {document.id}\r\nX-Rev-Id: {document.rev}".encode()
    return (
        head
        + f'\r\nContent-Type: multipart/related; boundary="{inner}"\r\n\r\n'.encode()
        + multipart.related(inner, shown, parts)
    )


# -- writing ---------------------------------------------------------------------------------


def require_batch_ok(request: Request, database: Database, document: NewDocument) -> None:
    """A batch write is answered before it is known to succeed, so what can be refused at once
    is refused at once."""
    if document.id.startswith("_design/"):
        database.security.require_admin(request.user)


async def post(request: Request, database: Database) -> Answer:
    request.require_json()
    document = from_json(await request.json())
    if not document.id:
        document.id = new_id()
    if request.query.get("batch") == "ok":
        require_batch_ok(request, database, document)
        request.server.spawn(_batched(request, database, document))
        return reply({"ok": True, "id": document.id}, 202)
    return written(request, database, await store_one(request, database, document))


async def _batched(request: Request, database: Database, document: NewDocument) -> None:
    try:
        await store_one(request, database, document)
    except CouchError:
        # What `batch=ok` means: nobody waits for the outcome.
        return


async def _put(request: Request, database: Database, doc_id: str) -> Answer:
    check_document_id(doc_id)
    new_edits = request.query.get("new_edits") != "false"
    kind = request.header(b"content-type") or ""
    if kind.lower().startswith("multipart/related"):
        document = await _from_multipart(request, kind)
    else:
        document = from_json(await request.json())
    document.id = doc_id
    rev = None if "rev" not in request.query else revtree.parse(request.query["rev"])
    if document.revs:
        if rev is not None and rev != document.revs[0]:
            raise bad_request(
                "Document rev from request body and query string have different values"
            )
        header = request.header(b"if-match")
        if header is not None and revtree.parse(header.strip().strip('"')) != document.revs[0]:
            raise bad_request("Document rev and etag have different values")
    else:
        given = given_revision(request)
        document.revs = [given] if given is not None else []
    if not new_edits and not document.revs:
        raise bad_request(
            "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"
        )
    if request.query.get("batch") == "ok":
        require_batch_ok(request, database, document)
        request.server.spawn(_batched(request, database, document))
        return reply({"ok": True, "id": document.id}, 202)
    deleted = document.deleted
    outcome = await store_one(request, database, document, new_edits)
    return written(request, database, outcome, 200 if deleted else 201)


async def _from_multipart(request: Request, kind: str) -> NewDocument:
    """A document whose attachments follow it in the same request."""
    body = await request.body()
    loop = asyncio.get_running_loop()
    first, rest = await loop.run_in_executor(
        request.server.pool, multipart.parse_related, body, kind
    )
    document = from_json(loads(first))
    following = [name for name, one in document.attachments.items() if one.follows]
    multipart.assign(document, following, rest)
    return document


async def _delete(request: Request, database: Database, doc_id: str) -> Answer:
    rev = given_revision(request)
    if doc_id.startswith("_local/"):
        if database.read_now(lambda cx: store.read_local(cx, doc_id)) is None:
            raise not_found()
    else:
        if database.name == "_users":
            require_reader(doc_id, request.user, database.security)
        row = database.read_now(lambda cx: store.require_row(cx, doc_id))
        if row.deleted:
            raise not_found("deleted")
    document = NewDocument(doc_id, [rev] if rev is not None else [], True, b"{}")
    return written(request, database, await store_one(request, database, document), 200)


async def _copy(request: Request, database: Database, doc_id: str) -> Answer:
    destination = request.header(b"destination")
    if not destination:
        raise bad_request("Destination header is mandatory for COPY.")
    if "://" in destination.split("?")[0]:
        raise bad_request("Destination URL must be relative.")
    target, _, query = destination.partition("?")
    name = check_document_id(unquote(target.lstrip("/")))
    revs = [revtree.parse(query.removeprefix("rev="))] if query.startswith("rev=") else []
    rev = given_revision(request)
    if database.name == "_users":
        require_reader(doc_id, request.user, database.security)

    def read(cx: Any) -> Document:
        return _read(cx, check_document_id(doc_id), rev, Options(attachments=True))

    source = await database.read(read)
    copied = NewDocument(
        name,
        revs,
        False,
        source.body,
        {
            one: NewAttachment(att.content_type, source.data[one], encoding=att.encoding)
            for one, att in source.attachments.items()
        },
    )
    return written(request, database, await store_one(request, database, copied))
