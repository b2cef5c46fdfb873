"""What is looked at of a request before anything else: pure.

Every part of the server must read a request alike. What two of them could read differently is
refused here, so that nothing is let in by one as something that another took for something else.
"""

from urllib.parse import unquote_to_bytes, urlsplit

from miaopu.couch.asgi import Headers, Scope

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({b"same-origin", b"none"})
"""Values of Sec-Fetch-Site for what this origin's page, or a person, has asked for."""
_ONCE = frozenset({b"authorization", b"host", b"origin", b"sec-fetch-site", b"content-type"})


class RefusedError(Exception):
    """A request that goes no further: the status, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def entered(scope: Scope) -> Scope:
    """The request as all parts of the server are to read it. Raises RefusedError."""
    headers = _once(scope["headers"])
    _check_path(scope)
    _check_origin(scope["method"], dict(headers))
    return {**scope, "headers": headers}


def _once(headers: Headers) -> Headers:
    """Each header that decides who asks stands there once. Parts of a cookie are put together, as
    HTTP/2 may part them (RFC 9113, 8.2.3)."""
    names = [name.lower() for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            raise RefusedError(400, f"the header {name.decode()} stands there twice")
    cookies = [value for name, value in headers if name.lower() == b"cookie"]
    if len(cookies) < 2:
        return headers
    others = [(name, value) for name, value in headers if name.lower() != b"cookie"]
    return [*others, (b"cookie", b"; ".join(cookies))]


def _check_path(scope: Scope) -> None:
    """Neither a step out of a folder nor a letter that is not of a URL."""
    raw: bytes = scope.get("raw_path") or b""
    path = raw.split(b"?")[0]
    if not path.isascii() or not scope["query_string"].isascii():
        raise RefusedError(400, "the address must be percent-encoded")
    if b"\0" in unquote_to_bytes(path):
        raise RefusedError(400, "the address holds a NUL")
    if any(part in (b".", b"..") for part in path.split(b"/")):
        raise RefusedError(400, "the address holds a step of . or ..")


def _check_origin(method: str, headers: dict[bytes, bytes]) -> None:
    """A page of another origin changes nothing here, whatever the browser sends along for it.

    Programs that are no browser send neither header.
    """
    if method in _READING:
        return
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        if site not in _OWN:
            raise RefusedError(403, "a page of another origin asks")
        return
    origin = headers.get(b"origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin.decode("latin-1")).netloc.encode("latin-1")
    except ValueError:
        host = b""
    if not host or host.lower() != headers.get(b"host", b"").lower():
        raise RefusedError(403, "a page of another origin asks")
