"""One attachment of one document."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

from .. import store
from ..database import Database
from ..documents import (
    Attachment,
    Document,
    NewAttachment,
    NewDocument,
    Options,
    check_size,
    inflate,
    plain_length,
)
from ..errors import CouchError, bad_content_type, conflict, not_found
from ..names import check_attachment_name, check_document_id
from ..revtree import parse
from ..users import require_reader
from .messages import Answer, Request, Response, matches, not_modified, only, reply
from .writing import given_revision, store_one

_RANGE = re.compile(r"(\d*)-(\d*)")


async def handle(request: Request, database: Database, doc_id: str, name: str) -> Answer:
    only(request, "DELETE,GET,HEAD,PUT")
    if request.method == "PUT":
        check_document_id(doc_id)
    if database.name == "_users":
        require_reader(doc_id, request.user, database.security)
    if request.method in ("GET", "HEAD"):
        return await _get(request, database, doc_id, name)
    return await _change(request, database, doc_id, check_attachment_name(name))


async def _get(request: Request, database: Database, doc_id: str, name: str) -> Answer:
    rev = request.query.get("rev")
    wanted = None if rev is None else parse(rev)

    def read(cx: Any) -> tuple[Attachment, bytes]:
        row = store.read_row(cx, doc_id)
        if row is None or (wanted is None and row.deleted):
            raise not_found("missing" if row is None else "deleted")
        document = store.read_revision(cx, row, wanted, Options())
        if document is None:
            raise not_found()
        if name not in document.attachments:
            raise not_found("Document is missing attachment")
        attachment = document.attachments[name]
        return attachment, store.read_attachment(cx, attachment.key)

    attachment, data = await database.read(read)
    etag = f'"{attachment.digest.removeprefix("md5-")}"'
    if matches(request, etag):
        return not_modified(etag)
    headers = {
        "ETag": etag,
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "none" if attachment.encoding else "bytes",
    }
    if attachment.encoding:
        if "gzip" in (request.header(b"accept-encoding") or ""):
            headers["Content-Encoding"] = "gzip"
        else:
            loop = asyncio.get_running_loop()
            data = await loop.run_in_executor(request.server.pool, inflate, data)
        return Response(200, data, headers, attachment.content_type)
    headers["Content-MD5"] = attachment.digest.removeprefix("md5-")
    ranges = _ranges(request.header(b"range"), len(data))
    if not ranges:
        return Response(200, data, headers, attachment.content_type)
    if len(ranges) == 1:
        first, last = ranges[0]
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        return Response(206, data[first : last + 1], headers, attachment.content_type)
    boundary = uuid.uuid4().hex
    body = bytearray(b"--" + boundary.encode())
    for first, last in ranges:
        body += (
            f"\r\nContent-Type: {attachment.content_type}"
            f"\r\nContent-Range: bytes {first}-{last}/{len(data)}\r\n\r\n"
        ).encode()
        body += data[first : last + 1] + b"\r\n--" + boundary.encode()
    body += b"--"
    return Response(206, bytes(body), headers, f'multipart/byteranges; boundary="{boundary}"')


def _ranges(header: str | None, size: int) -> list[tuple[int, int]]:
    """The byte ranges asked for; none when the whole is to be sent. 416 for an impossible one."""
    if header is None or not header.startswith("bytes=") or size == 0:
        return []
    result: list[tuple[int, int]] = []
    for part in header.removeprefix("bytes=").split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None or found.group() == "-" or len(found.group()) > 40:
            return []
        start, end = found.groups()
        if start == "":
            first, last = max(0, size - int(end)), size - 1
        else:
            first, last = int(start), min(int(end), size - 1) if end else size - 1
        if end and start and int(end) < int(start):
            raise _unsatisfiable()
        if first >= size or last < first:
            raise _unsatisfiable()
        if not end and first == 0:
            return []
        result.append((first, last))
    return result if len(result) < 10 else []


def _unsatisfiable() -> CouchError:
    return CouchError(416, "requested_range_not_satisfiable", "Requested range not satisfiable")


async def _change(request: Request, database: Database, doc_id: str, name: str) -> Answer:
    """Puts or deletes one attachment: a new revision of its document."""
    rev = given_revision(request)
    put = request.method == "PUT"
    new: NewAttachment | None = None
    if put:
        new = await _received(request, name)

    def read(cx: Any) -> Document | None:
        row = store.read_row(cx, doc_id)
        if rev is None:
            if not put:
                if row is None or row.deleted:
                    raise not_found()
                current = store.read_revision(cx, row, None, Options())
                if current is None or name not in current.attachments:
                    raise not_found("Document is missing attachment")
                raise conflict()
            return None
        if row is None:
            raise CouchError(409, "conflict", "Document update conflict.")
        found = store.read_revision(cx, row, rev, Options())
        if found is None:
            raise CouchError(409, "not_found", "missing_rev")
        if not put and name not in found.attachments:
            raise not_found("Document is missing attachment")
        return found

    old = await database.read(read)
    attachments = {
        one: NewAttachment(att.content_type, None)
        for one, att in (old.attachments if old is not None else {}).items()
        if one != name
    }
    if new is not None:
        attachments[name] = new
    document = NewDocument(
        doc_id,
        [rev] if rev is not None else [],
        False,
        old.body if old is not None else b"{}",
        attachments,
    )
    outcome = await store_one(request, database, document)
    body = {"ok": True, "id": outcome.id, "rev": outcome.rev}
    if not put:
        return reply(body, 200)
    location = request.url(database.name, doc_id, name)
    return reply(body, 201, Location=location, ETag=f'"{outcome.rev}"')


async def _received(request: Request, name: str) -> NewAttachment:
    encoding = (request.header(b"content-encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise bad_content_type("Only gzip and identity content-encodings are supported")
    parts = [part async for part in request.stream()]
    data = b"".join(parts)
    check_size(name, data)
    kind = request.header(b"content-type") or "application/octet-stream"
    given = NewAttachment(
        kind, data, encoding="gzip" if encoding == "gzip" else None, length=len(data)
    )
    if given.encoding:
        loop = asyncio.get_running_loop()
        given.length = await loop.run_in_executor(request.server.pool, plain_length, data)
    return given
