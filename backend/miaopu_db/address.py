"""What a request is about, read once: pure.

Who guards, who remembers and who stores are handed the parts of this one reading, and read no raw
path or query again: what two readers could take for two things would be let in by one of them as
what the other never saw. It is CouchDB's reading (a `+` is a space, also in a path); what CouchDB
reads otherwise than a form is read (`;` between parameters, a name twice) is no address here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes

ADDRESS = "miaopu_db.address"
"""A key in the ASGI scope: the `Address` of the request, as it was read at the entrance."""

_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NOT_IN_PATH = re.compile(rb"[^!-~]|[\\#?]")
"""What is no letter of a URL, ends its path, or is a slash to some."""
_NOT_IN_QUERY = re.compile(rb"[^!-~]|#")
_MOST = 1000
"""Parameters of a query."""
_TWO = ("_design", "_local")
"""Ids of two segments, whose slash a client may write encoded or not."""


class AddressError(ValueError):
    """No address that can be read in one way alone; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a request's address.

    `segments` are those of the path below `mount`, decoded: `()` is the root, and an id of two
    segments (`_design/x`, `_local/x`) stands as two. `query` are the parameters in their order,
    each name once.
    """

    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    mount: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """The query by names."""
        return dict(self.query)

    @property
    def path(self) -> str:
        """The decoded path with its mount."""
        return f"{self.mount}/{'/'.join(self.segments)}"

    @property
    def raw_path(self) -> bytes:
        """The path below the mount, written so that every reader finds the same segments."""
        return b"/" + b"/".join(quote(part, safe="").encode() for part in self.segments)

    @property
    def raw_query(self) -> bytes:
        """The query, written so that every reader finds the same parameters."""
        pairs = (f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in self.query)
        return "&".join(pairs).encode()

    def below(self) -> Address:
        """The same, as what is mounted at the first segment sees it."""
        first, *rest = self.segments
        return Address(tuple(rest), self.query, f"{self.mount}/{first}")


def address_in(scope: Mapping[str, Any]) -> Address:
    """The address of an ASGI request: as it was read at the entrance, or read here where this is
    the entrance. Raises AddressError."""
    known = scope.get(ADDRESS)
    if isinstance(known, Address):
        return known
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    found = read_address(raw, scope.get("query_string", b""))
    root = [part for part in scope.get("root_path", "").split("/") if part]
    if list(found.segments[: len(root)]) != root:
        raise AddressError("The path does not lie below the mount.")
    for _ in root:
        found = found.below()
    return found


def read_address(path: bytes, query: bytes) -> Address:
    """Reads the raw path and query of a request. Raises AddressError."""
    if _NOT_IN_PATH.search(path):
        raise AddressError("The path must be percent-encoded.")
    if not path.startswith(b"/"):
        raise AddressError("The path must begin with a slash.")
    raw = path[1:].removesuffix(b"/").split(b"/")
    parts = [] if raw == [b""] else [_decoded(part) for part in raw]
    if "" in parts:
        raise AddressError("The path has an empty segment.")
    return Address(tuple(_apart(parts)), _parameters(query))


def _apart(parts: Sequence[str]) -> list[str]:
    """The segments, ids of two of them as two."""
    found: list[str] = []
    for part in parts:
        first, slash, rest = part.partition("/")
        found += [first, rest] if slash and rest and first in _TWO else [part]
    return found


def _parameters(query: bytes) -> tuple[tuple[str, str], ...]:
    if b";" in query:
        raise AddressError("Parameters are parted by & alone.")
    if _NOT_IN_QUERY.search(query):
        raise AddressError("The query must be percent-encoded.")
    pieces = [piece for piece in query.split(b"&") if piece]
    if len(pieces) > _MOST:
        raise AddressError("The query has too many parameters.")
    found: dict[str, str] = {}
    for piece in pieces:
        name, _, value = piece.partition(b"=")
        key = _decoded(name)
        if key in found:
            raise AddressError("A parameter stands there twice.")
        found[key] = _decoded(value)
    return tuple(found.items())


def _decoded(part: bytes) -> str:
    if _BROKEN.search(part):
        raise AddressError("invalid_url_encoding")
    try:
        text = unquote_to_bytes(part.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise AddressError("The address is not valid UTF-8.") from None
    if "\0" in text:
        raise AddressError("The address holds a NUL.")
    return text
