"""multipart/related as CouchDB sends and expects it: a document, then its attachments' bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import quote, unquote

from .documents import Attachment, NewDocument, check_size, plain_length
from .errors import bad_request

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """An attachment that is sent: its name, what it is and its bytes as stored."""

    name: str
    attachment: Attachment
    data: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A part that came in: the file name it gave (None: none) and its bytes."""

    name: str | None
    data: bytes


def related(boundary: str, document: bytes, parts: list[Part]) -> bytes:
    """The body of a multipart/related answer."""
    out = bytearray()
    out += f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
    out += document
    out += f"\r\n--{boundary}".encode()
    for part in parts:
        name = part.name.replace("\\", "\\\\").replace('"', '\\"')
        if not name.isprintable():
            name = quote(part.name)
        head = (
            f'\r\nContent-Disposition: attachment; filename="{name}"'
            f"\r\nContent-Type: {part.attachment.content_type}"
            f"\r\nContent-Length: {len(part.data)}"
        )
        if part.attachment.encoding:
            head += f"\r\nContent-Encoding: {part.attachment.encoding}"
        out += head.encode() + b"\r\n\r\n" + part.data
        out += f"\r\n--{boundary}".encode()
    out += b"--"
    return bytes(out)


def parse_related(body: bytes, content_type: str) -> tuple[bytes, list[Received]]:
    """The document's JSON and the parts that follow it; 400 when the body is cut short."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise bad_request("The multipart boundary is missing.")
    mark = b"--" + found.group(1).strip().encode()
    if not body.startswith(mark):
        start = body.find(b"\r\n" + mark)
        if start < 0:
            raise bad_request("The multipart body has no parts.")
        body = body[start + 2 :]
    sections: list[tuple[bytes, bytes]] = []
    position = len(mark)
    closed = False
    while not closed:
        if body[position : position + 2] == b"--":
            closed = True
            break
        end = body.find(b"\r\n" + mark, position)
        if end < 0:
            break
        section = body[position:end].lstrip(b" \t")
        head, blank, data = section.partition(b"\r\n\r\n")
        if not blank:
            raise bad_request("A part of the multipart body has no headers.")
        sections.append((head, data))
        position = end + 2 + len(mark)
    if not closed or not sections:
        raise bad_request("The multipart body ends before its last boundary.")
    return sections[0][1], [Received(_file_name(head), data) for head, data in sections[1:]]


def _file_name(head: bytes) -> str | None:
    message = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            message["content-disposition"] = value.strip()
    name = message.get_filename() if message.get("content-disposition") else None
    return unquote(name) if name and "%" in name else name


def assign(document: NewDocument, following: list[str], parts: list[Received]) -> None:
    """Gives each attachment that was to follow its bytes: by name, otherwise in order."""
    if len(parts) < len(following):
        raise bad_request("Fewer attachments follow than the document announces.")
    named = {part.name: part for part in parts if part.name is not None}
    by_name = all(name in named for name in following)
    for index, name in enumerate(following):
        attachment = document.attachments[name]
        data = (named[name] if by_name else parts[index]).data
        check_size(name, data)
        if attachment.encoding == "gzip":
            plain_length(data)
        elif attachment.length is not None and attachment.length != len(data):
            raise bad_request(f"Attachment {name} is not as long as announced.")
        attachment.data = data
        attachment.length = attachment.length if attachment.length is not None else len(data)
        attachment.follows = False
