"""What is looked at of a request before anything else: pure.

Every part of the server must read a request alike. Its address is read here, once, and handed on in
its parts. What two readers could take for two things is refused here, so that nothing is let in by
one as something that another took for something else.
"""

from urllib.parse import urlsplit

from miaopu.couch.asgi import Headers, Scope
from miaopu_db.address import ADDRESS, Address, AddressError, read_address

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({b"same-origin", b"none"})
"""Values of Sec-Fetch-Site for what this origin's page, or a person, has asked for."""
_ONCE = frozenset({b"authorization", b"host", b"origin", b"sec-fetch-site", b"content-type"})
_PLACES = 2
"""Segments that say whose something is: the mount, and a database below it."""


class BadAddressError(Exception):
    """A request that goes no further: the status, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def entered(scope: Scope) -> Scope:
    """The request as all parts of the server are to read it, its address in `ADDRESS`; whoever
    reads a path or a query by itself finds the same. Raises BadAddressError."""
    headers = _once(scope["headers"])
    address = _address(scope)
    _check_origin(scope["method"], dict(headers))
    return {
        **scope,
        "headers": headers,
        ADDRESS: address,
        "path": address.path,
        "raw_path": address.raw_path,
        "query_string": address.raw_query,
    }


def _once(headers: Headers) -> Headers:
    """Each header that decides who asks stands there once. Parts of a cookie are put together, as
    HTTP/2 may part them (RFC 9113, 8.2.3)."""
    names = [name.lower() for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise BadAddressError(400, f"the header {name.decode()} stands there twice")
    cookies = [value for name, value in headers if name.lower() == b"cookie"]
    if len(cookies) < 2:
        return headers
    others = [(name, value) for name, value in headers if name.lower() != b"cookie"]
    return [*others, (b"cookie", b"; ".join(cookies))]


def _address(scope: Scope) -> Address:
    raw: bytes = scope["raw_path"]
    if b"@" in raw:
        # Glued to an origin, what stands before it would be a name, and what follows a host.
        raise BadAddressError(400, "the address holds an @")
    try:
        found = read_address(raw, scope["query_string"])
    except AddressError as error:
        raise BadAddressError(400, str(error)) from None
    if any("/" in part for part in found.segments[:_PLACES]):
        raise BadAddressError(400, "the address hides a slash in a name")
    for part in found.segments:
        if part in (".", ".."):
            raise BadAddressError(400, "the address holds a step of . or ..")
        if part.startswith("_") and "/" in part:
            raise BadAddressError(400, "the address hides a slash in a name")
    return found


def _check_origin(method: str, headers: dict[bytes, bytes]) -> None:
    """A page of another origin changes nothing here, whatever the browser sends along for it.

    Programs that are no browser send neither header.
    """
    if method in _READING:
        return
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site not in _OWN:
            raise BadAddressError(403, "a page of another origin asks")
        return
    origin = headers.get(b"origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin.decode("latin-1")).netloc.encode("latin-1")
    except ValueError:
        host = b""
    if not host or host.lower() != headers.get(b"host", b"").lower():
        raise BadAddressError(403, "a page of another origin asks")
