"""How others read an address, written apart from the program: what it hands on is held to this."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True)
class Reading:
    """Segments of the path, and parameters of the query in their order."""

    segments: tuple[bytes, ...]
    query: tuple[tuple[bytes, bytes], ...]


def as_couchdb(path: bytes, query: bytes) -> Reading:
    """CouchDB 3 (mochiweb): a path is parted at slashes and then decoded, a query at `&` and `;`;
    a `+` is a space in both."""
    segments = tuple(_decoded(part) for part in path.split(b"/") if part)
    pieces = query.replace(b";", b"&").split(b"&")
    pairs = (piece.partition(b"=") for piece in pieces if piece)
    return Reading(segments, tuple((_decoded(name), _decoded(value)) for name, _, value in pairs))


def _decoded(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))
