"""Documents as they come in and go out.

A body is kept as the JSON bytes of the document without its underscore members, compressed where
it is long; these are spliced in as text when a document is sent, so that reading one never parses
it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import lz4.block
import orjson

from . import revtree
from .errors import CouchError, bad_request, doc_validation, too_large
from .names import check_attachment_name, check_document_id

MAX_DOCUMENT = 8_000_000
"""Bytes of a document without its attachments, CouchDB's default."""

MAX_ATTACHMENT = 256 * 1024 * 1024

MAX_DEPTH = 1000
"""How deep a document nests at most: what holds it, such as the answer of `_bulk_get`, must still
be JSON that both ends can read."""

_LONG = 1024
"""Bytes of a body from which on it is worth compressing."""
_PACKED = b"\x04"
"""What a compressed body begins with; the JSON of an object begins with a brace."""

_IGNORED = frozenset({"_revs_info", "_local_seq", "_conflicts", "_deleted_conflicts"})
_KEPT = frozenset(
    {
        "_access",
        "_replication_state",
        "_replication_state_time",
        "_replication_state_reason",
        "_replication_id",
        "_replication_stats",
    }
)


@dataclass(slots=True)
class Attachment:
    """One attachment of a revision. `digest` is `md5-…` over the bytes as stored, `key` the
    SHA-256 they are stored under; `encoding` is "gzip" when a client stored them compressed,
    and then `length` counts the plain bytes (None: not known) and `stored` the compressed."""

    content_type: str
    revpos: int
    digest: str
    length: int
    stored: int
    key: str
    encoding: str | None = None

    def pack(self) -> list[Any]:
        return [
            self.content_type,
            self.revpos,
            self.digest,
            self.length,
            self.stored,
            self.key,
            self.encoding,
        ]

    def stub(self, encoding_info: bool = False) -> dict[str, Any]:
        """The attachment's description without its bytes."""
        members: dict[str, Any] = {
            "content_type": self.content_type,
            "revpos": self.revpos,
            "digest": self.digest,
            "length": self.length,
        }
        if encoding_info and self.encoding:
            members["encoding"] = self.encoding
            members["encoded_length"] = self.stored
        return members


def pack_attachments(attachments: dict[str, Attachment]) -> str | None:
    if not attachments:
        return None
    return orjson.dumps({name: att.pack() for name, att in attachments.items()}).decode()


def unpack_attachments(packed: str | None) -> dict[str, Attachment]:
    if packed is None:
        return {}
    return {name: Attachment(*members) for name, members in orjson.loads(packed).items()}


@dataclass(slots=True)
class NewAttachment:
    """An attachment as a client sent it: its bytes, a stub of what the server holds, or (in a
    multipart request) a promise that the bytes follow."""

    content_type: str
    data: bytes | None
    revpos: int | None = None
    digest: str | None = None
    encoding: str | None = None
    follows: bool = False
    length: int | None = None

    def store(self, revpos: int) -> Attachment:
        """What is kept of it; `revpos` is the generation that brought it."""
        data = self.data or b""
        length = len(data) if self.encoding is None else plain_length(data)
        return Attachment(
            self.content_type,
            revpos,
            digest_of(data),
            length,
            len(data),
            hashlib.sha256(data).hexdigest(),
            self.encoding,
        )

    def sent(self) -> dict[str, Any]:
        """Its description with its plain bytes, as they go to another server; or its stub."""
        members: dict[str, Any] = {"content_type": self.content_type}
        if self.revpos is not None:
            members["revpos"] = self.revpos
        if self.data is None:
            return members | {"stub": True, "digest": self.digest, "length": self.length}
        data = self.data if self.encoding is None else inflate(self.data)
        return members | {"data": base64.b64encode(data).decode()}


def digest_of(data: bytes) -> str:
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    return "md5-" + base64.b64encode(md5).decode()


def inflate(data: bytes, limit: int = MAX_ATTACHMENT) -> bytes:
    """The plain bytes of gzip data, at most `limit` of them; 400 when it is not gzip."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error:
        raise bad_request("Request body is not properly gzipped.") from None
    if len(plain) > limit:
        raise CouchError(413, "too_large", "the request entity is too large")
    return plain


def plain_length(data: bytes) -> int:
    """How long the plain bytes of gzip data are, without holding them all."""
    unpacker = zlib.decompressobj(wbits=31)
    length = 0
    rest = data
    try:
        while True:
            part = unpacker.decompress(rest, 1 << 20)
            length += len(part)
            rest = unpacker.unconsumed_tail
            if length > MAX_ATTACHMENT:
                raise CouchError(413, "too_large", "the request entity is too large")
            if not part and not rest:
                return length
    except zlib.error:
        raise bad_request("Request body is not properly gzipped.") from None


@dataclass(slots=True)
class NewDocument:
    """A document that a client wants to write.

    `revs`: newest first. In an interactive edit the first is the parent (none: a new document);
    in a replicated one the first is the revision itself. `body` is what the document holds
    beside its underscore members.
    """

    id: str
    revs: list[str]
    deleted: bool
    body: bytes
    attachments: dict[str, NewAttachment] = field(default_factory=dict)
    refused: CouchError | None = None
    """Why it is not written, where that is known before what stands there is looked at."""

    def render(self) -> bytes:
        """The document as a validation function sees it."""
        parts = [b'{"_id":', orjson.dumps(self.id)]
        if self.revs:
            parts += [b',"_rev":', orjson.dumps(self.revs[0])]
        if len(self.body) > 2:
            parts += [b",", self.body[1:-1]]
        if self.deleted:
            parts.append(b',"_deleted":true')
        if self.revs:
            parts += [b',"_revisions":', _revisions(self.revs)]
        if self.attachments:
            stubs = {
                name: {"content_type": att.content_type, "stub": True, "length": att.length or 0}
                | ({"revpos": att.revpos} if att.revpos is not None else {})
                | ({"digest": att.digest} if att.digest is not None else {})
                for name, att in self.attachments.items()
            }
            parts += [b',"_attachments":', orjson.dumps(stubs)]
        parts.append(b"}")
        return b"".join(parts)

    def replicated(self) -> bytes:
        """The document as it is sent to another server with `new_edits=false`."""
        extra = [b',"_revisions":', _revisions(self.revs)]
        if self.attachments:
            sent = {name: att.sent() for name, att in self.attachments.items()}
            extra += [b',"_attachments":', orjson.dumps(sent)]
        return splice(self.id, self.revs[0], self.deleted, self.body, b"".join(extra))


def pack(body: bytes) -> bytes:
    """A body as it is kept on the disk."""
    if len(body) < _LONG:
        return body
    packed = _PACKED + lz4.block.compress(body)
    return packed if len(packed) < len(body) else body


def unpack(kept: bytes) -> bytes:
    """The inverse of `pack`."""
    return lz4.block.decompress(memoryview(kept)[1:]) if kept[:1] == _PACKED else kept


def dumps(value: Any, *, sort_keys: bool = False) -> bytes:
    """JSON bytes; 400 where the value nests too deep to be kept."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except (orjson.JSONEncodeError, RecursionError):
        pass
    try:
        return json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys
        ).encode()
    except (RecursionError, UnicodeEncodeError, ValueError):
        raise bad_request("invalid UTF-8 JSON or nested too deep") from None


def loads(data: bytes | str) -> Any:
    """The JSON value of a request; 400 in CouchDB's words when it is none."""
    try:
        return orjson.loads(data)
    except (orjson.JSONDecodeError, RecursionError):
        raise bad_request("invalid UTF-8 JSON") from None


def from_json(value: Any, new_edits: bool = True) -> NewDocument:
    """A document out of parsed JSON. Its id is "" when it has none.

    Raises 400 in CouchDB's words for anything that no document may be, 413 for one too large.
    """
    if not isinstance(value, dict):
        raise bad_request("Document must be a JSON object")
    doc_id = check_document_id(value["_id"]) if "_id" in value else ""
    revs: list[str] = []
    deleted = False
    attachments: dict[str, NewAttachment] = {}
    special = [name for name in value if name[:1] == "_"]
    if special:
        body = dict(value)
        for name in special:
            if name in _KEPT:
                continue
            member = body.pop(name)
            if name == "_rev":
                if not revs:
                    revs = [revtree.parse(member)]
            elif name == "_revisions":
                revs = _history(member)
            elif name == "_deleted":
                if not isinstance(member, bool):
                    raise doc_validation("Bad special document member: _deleted")
                deleted = member
            elif name == "_attachments":
                attachments = _attachments(member)
            elif name != "_id" and name not in _IGNORED:
                raise doc_validation(f"Bad special document member: {name}")
        encoded = dumps(body)
    else:
        encoded = dumps(value)
    if len(encoded) > MAX_DOCUMENT:
        raise too_large(doc_id)
    if encoded.count(b"[") + encoded.count(b"{") > MAX_DEPTH:
        _check_depth(encoded)
    if not new_edits and not revs:
        raise bad_request(
            "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"
        )
    return NewDocument(doc_id, revs, deleted, encoded, attachments)


def _check_depth(encoded: bytes) -> None:
    room = 1024 - MAX_DEPTH  # the parser's own limit
    loads(b"[" * room + encoded + b"]" * room)


def _history(member: Any) -> list[str]:
    if not isinstance(member, dict):
        raise doc_validation("_revisions isn't an object.")
    start, ids = member.get("start"), member.get("ids")
    if isinstance(start, bool) or not isinstance(start, int):
        raise doc_validation("_revisions.start isn't an integer.")
    if not isinstance(ids, list):
        raise doc_validation("_revisions.ids isn't a array.")
    if not all(isinstance(name, str) for name in ids):
        raise doc_validation("RevId isn't a string")
    if not ids or start < len(ids) - (start == 0):
        raise doc_validation("_revisions.start is less than the number of revisions.")
    return [revtree.parse(f"{start - index}-{name}") for index, name in enumerate(ids)]


def _attachments(member: Any) -> dict[str, NewAttachment]:
    if not isinstance(member, dict):
        raise doc_validation("_attachments isn't an object.")
    result: dict[str, NewAttachment] = {}
    for name, given in member.items():
        check_attachment_name(name)
        if not isinstance(given, dict):
            raise doc_validation(f"Attachment '{name}' isn't an object.")
        content_type = given.get("content_type", "application/octet-stream")
        revpos = given.get("revpos")
        digest = given.get("digest")
        length = given.get("length")
        encoding = given.get("encoding")
        if not isinstance(content_type, str) or not content_type.isprintable():
            raise doc_validation(f"The content_type of attachment '{name}' isn't a string.")
        if encoding not in (None, "identity", "gzip"):
            raise doc_validation(f"The encoding of attachment '{name}' is not supported.")
        attachment = NewAttachment(
            content_type,
            None,
            revpos if type(revpos) is int and revpos >= 0 else None,
            digest if isinstance(digest, str) else None,
            encoding if encoding == "gzip" else None,
            follows=given.get("follows") is True,
            length=length if type(length) is int and length >= 0 else None,
        )
        if given.get("stub") is not True and not attachment.follows:
            data = given.get("data")
            if not isinstance(data, str):
                raise bad_request(f"Invalid attachment data for {name}")
            try:
                attachment.data = base64.b64decode(data.translate(_BASE64_SPACE), validate=True)
            except (binascii.Error, ValueError):
                raise bad_request(f"Invalid attachment data for {name}") from None
            check_size(name, attachment.data)
            attachment.length = len(attachment.data)
            # Bytes given inline are plain, whatever `encoding` said, as in CouchDB.
            attachment.encoding = None
        result[name] = attachment
    return result


_BASE64_SPACE = {ord(character): None for character in " \t\r\n"}


def check_size(name: str, data: bytes) -> None:
    if len(data) > MAX_ATTACHMENT:
        raise CouchError(413, "attachment_too_large", name)


def new_revision(document: NewDocument, parent: str | None, kept: dict[str, Attachment]) -> str:
    """The id of the revision that an edit makes: the same edit of the same parent gives the same
    id on every server."""
    source = [
        document.deleted,
        parent,
        sorted((name, att.content_type, att.digest) for name, att in kept.items()),
    ]
    # Processors have instructions for SHA-256, and none for MD5.
    digest = hashlib.sha256(orjson.dumps(source))
    digest.update(document.body)
    generation = revtree.generation(parent) + 1 if parent else 1
    return f"{generation}-{digest.hexdigest()[:32]}"


def _revisions(path: Sequence[str]) -> bytes:
    start = revtree.generation(path[0])
    return orjson.dumps({"start": start, "ids": [rev.partition("-")[2] for rev in path]})


@dataclass(slots=True)
class Options:
    """What a reader wants to see beside the document itself."""

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    local_seq: bool = False
    attachments: bool = False
    encoding_info: bool = False
    latest: bool = False
    follows: bool = False
    attachments_since: list[str] = field(default_factory=list)

    def of_revisions(self) -> Options:
        """What is shown of revisions asked for by name: not how they stand to others."""
        return replace(
            self, revs_info=False, conflicts=False, deleted_conflicts=False, local_seq=False
        )

    @property
    def needs_tree(self) -> bool:
        return self.revs or self.revs_info or self.conflicts or self.deleted_conflicts

    @property
    def has_meta(self) -> bool:
        return self.revs_info or self.conflicts or self.deleted_conflicts or self.local_seq


@dataclass(slots=True)
class Document:
    """One stored revision. `tree` is loaded when `Options.needs_tree`; `data` holds attachments'
    bytes as stored, by name, when they are wanted."""

    id: str
    rev: str
    deleted: bool
    body: bytes
    attachments: dict[str, Attachment]
    seq: int
    tree: revtree.Tree = field(default_factory=dict)
    data: dict[str, bytes] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """The parsed document, with `_id` and `_rev`."""
        value: dict[str, Any] = {"_id": self.id, "_rev": self.rev}
        value.update(orjson.loads(self.body))
        if self.deleted:
            value["_deleted"] = True
        return value

    def copied(self) -> NewDocument:
        """The revision as it is to be written elsewhere: its history, and the bytes of those
        attachments whose bytes were read."""
        attachments = {
            name: NewAttachment(
                att.content_type,
                self.data.get(name),
                att.revpos,
                att.digest,
                att.encoding,
                length=att.length,
            )
            for name, att in self.attachments.items()
        }
        history = revtree.path(self.tree, self.rev)
        return NewDocument(self.id, history, self.deleted, self.body, attachments)

    def render(self, options: Options, seq_text: str = "") -> bytes:
        """The document's JSON as CouchDB shows it under `options`."""
        if not self.attachments and not options.needs_tree and not options.local_seq:
            return splice(self.id, self.rev, self.deleted, self.body)
        extra: list[bytes] = []
        if options.revs:
            extra += [b',"_revisions":', _revisions(revtree.path(self.tree, self.rev))]
        if options.revs_info:
            infos = [
                {"rev": rev, "status": _status(self.tree[rev])}
                for rev in revtree.path(self.tree, self.rev)
            ]
            extra += [b',"_revs_info":', orjson.dumps(infos)]
        if options.local_seq:
            extra += [b',"_local_seq":', orjson.dumps(seq_text)]
        if options.conflicts or options.deleted_conflicts:
            others = [leaf for leaf in revtree.leaves(self.tree) if leaf != self.rev]
            live = [leaf for leaf in others if not self.tree[leaf].deleted]
            gone = [leaf for leaf in others if self.tree[leaf].deleted]
            if options.conflicts and live:
                extra += [b',"_conflicts":', orjson.dumps(live)]
            if options.deleted_conflicts and gone:
                extra += [b',"_deleted_conflicts":', orjson.dumps(gone)]
        if self.attachments:
            shown = {name: self._show(name, att, options) for name, att in self.attachments.items()}
            extra += [b',"_attachments":', orjson.dumps(shown)]
        return splice(self.id, self.rev, self.deleted, self.body, b"".join(extra))

    def wants(self, name: str, options: Options) -> bool:
        """Whether the bytes of an attachment are to be sent."""
        if not options.attachments:
            return False
        if not options.attachments_since:
            return True
        ancestors = set(revtree.path(self.tree, self.rev)) if self.tree else {self.rev}
        known = [revtree.generation(rev) for rev in options.attachments_since if rev in ancestors]
        return self.attachments[name].revpos > max(known, default=0)

    def _show(self, name: str, att: Attachment, options: Options) -> dict[str, Any]:
        members = att.stub(options.encoding_info)
        if not self.wants(name, options):
            return members | {"stub": True}
        if options.follows:
            return members | {"follows": True}
        data = self.data[name]
        if att.encoding:
            data = inflate(data)
            members.pop("encoding", None)
            members.pop("encoded_length", None)
        del members["length"]
        return members | {"data": base64.b64encode(data).decode()}


def _status(node: revtree.Node) -> str:
    if not node.body:
        return "missing"
    return "deleted" if node.deleted else "available"


def splice(doc_id: str, rev: str, deleted: bool, body: bytes, extra: bytes = b"") -> bytes:
    """The document's JSON: its body between its underscore members, as text."""
    head = b'{"_id":%b,"_rev":"%b"' % (orjson.dumps(doc_id), rev.encode())
    if len(body) > 2:
        head += b","
    tail = b',"_deleted":true' if deleted else b""
    return b"%b%b%b%b}" % (head, body[1:-1], tail, extra)
