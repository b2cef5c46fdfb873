"""What a request would write: read, and nothing asked of anybody."""

import re
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from miaopu.couch.asgi import Receive, Scope
from miaopu.couch.place import clinic_of, place_of
from miaopu.gate.answers import AnswerError
from miaopu.models.denials import deny
from miaopu_db.address import Address

Json = dict[str, Any]

_LONGEST = 64 * 1024 * 1024
"""Bytes of a request that are held; the database takes no more either."""
_TRAIL = re.compile(r"audit-[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Write:
    """A request that writes."""

    database: str
    way: Literal["bulk", "single", "local", "other", "closed"]
    """`closed`: not people's at all; `other`: no whole JSON documents."""
    doc_id: str | None = None
    """The document that the address names."""
    new_edits: bool = True

    @property
    def clinic(self) -> str | None:
        """The clinic for whose database it is; None for others."""
        return clinic_of(self.database)

    @property
    def is_clinics(self) -> bool:
        """Whether it is for the database of a clinic, whose documents are judged."""
        return self.clinic is not None

    @property
    def is_catalogs(self) -> bool:
        """Whether it is for the catalog."""
        return self.database == "catalog"


def write_of(method: str, address: Address) -> Write | None:
    """What a request would write; None where that is nothing, or nothing that is guarded."""
    if method not in ("PUT", "POST", "DELETE", "COPY") or not address.segments:
        return None
    database, *rest = address.segments
    if database in ("_replicate", "_replicator"):
        return Write(database, "closed")
    if not _is_guarded(database):
        return None
    if method == "COPY":
        return Write(database, "closed")  # its target is another address, in a header
    if not rest:
        return _single(database, None, address) if method == "POST" else None
    if rest[0] == "_local":
        return None if method == "POST" else Write(database, "local", "/".join(rest))
    if rest[0] == "_bulk_docs":
        return Write(database, "bulk")
    if rest[0] == "_purge":
        return Write(database, "other")
    if method == "POST" or rest[0].startswith("_"):
        return None
    if method == "DELETE" and len(rest) == 1:
        return None  # only the servers delete, says the database
    if method != "PUT" or len(rest) > 1:
        return Write(database, "other")
    return _single(database, rest[0], address)


def _is_guarded(database: str) -> bool:
    is_place = place_of(database) is not None
    return is_place or database == "catalog" or _TRAIL.fullmatch(database) is not None


def _single(database: str, doc_id: str | None, address: Address) -> Write:
    new_edits = address.parameters.get("new_edits", "true")
    if new_edits not in ("true", "false"):
        raise AnswerError(400, "query_parse_error", "Invalid boolean parameter: new_edits")
    return Write(database, "single", doc_id, new_edits == "true")


async def body_of(scope: Scope, receive: Receive) -> tuple[bytes, Json]:
    """The body's text, unpacked, and what it says."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    if headers.get(b"content-type", b"").strip().lower().startswith(b"multipart/"):
        raise AnswerError(403, "forbidden", deny("whole-documents-only"))
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise AnswerError(400, "bad_request", "The request broke off.")
        part = message.get("body", b"")
        size += len(part)
        if size > _LONGEST:
            raise AnswerError(413, "too_large", "the request entity is too large")
        parts.append(part)
        if not message.get("more_body"):
            break
    data = _unpacked(b"".join(parts), headers.get(b"content-encoding", b"").strip().lower())
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise AnswerError(400, "bad_request", "invalid UTF-8 JSON") from None
    if not isinstance(given, dict):
        raise AnswerError(400, "bad_request", "Request body must be a JSON object")
    return data, given


def _unpacked(data: bytes, encoding: bytes) -> bytes:
    if encoding in (b"", b"identity"):
        return data
    if encoding not in (b"gzip", b"x-gzip"):
        raise AnswerError(415, "bad_ctype", "unsupported content encoding")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _LONGEST)
    except zlib.error:
        raise AnswerError(400, "bad_request", "the gzip body cannot be read") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise AnswerError(413, "too_large", "the request entity is too large")
    return plain


def documents_of(write: Write, given: Json) -> tuple[list[Json], bool]:
    """The documents of a request, and whether they are written with `new_edits=false`."""
    if write.way == "single":
        doc_id = {"_id": write.doc_id} if write.doc_id is not None else {}
        return [{**given, **doc_id}], not write.new_edits
    documents = given.get("docs")
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise AnswerError(400, "bad_request", "`docs` parameter must be an array of objects.")
    new_edits = given.get("new_edits", True)
    if not isinstance(new_edits, bool):
        raise AnswerError(400, "bad_request", "`new_edits` must be true or false.")
    return documents, not new_edits
