"""Serves the built application: right caching, compressed, and a page's policy."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from miaopu.couch.asgi import Headers, Receive, Scope, Send

# The device bridge runs on the clinic's own PC, on a port of its choice.
_BRIDGE = "http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        # Components set style attributes; style sheets are files.
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        f"connect-src 'self' {_BRIDGE}",
        "worker-src 'self'",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SECURITY: Headers = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
_INDEX = "index.html"
_HASHED = b"public, max-age=31536000, immutable"
_FRESH = b"no-cache"
_LEAST_TO_COMPRESS = 1024
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_COMPRESSIBLE = frozenset({".js", ".mjs", ".css", ".html", ".json", ".webmanifest", ".svg"})
NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Miaopu 苗圃</title>"
    "<p>应用尚未构建。请在仓库目录运行 <code>./dev run</code>。"
    "<p>The application is not built. Run <code>./dev run</code> in the repository."
).encode()


@dataclass(frozen=True, slots=True)
class _File:
    """A file in memory, in each encoding that it has."""

    kind: bytes
    tag: bytes
    bodies: dict[str, bytes]
    stamp: tuple[int, int]


class Pwa:
    """An ASGI application for the files below `dist`; unknown pages get `index.html`."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist.resolve()
        self._files: dict[Path, _File] = {}

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        name = scope["path"].lstrip("/") or _INDEX
        file = self._file(name)
        if file is None and name != _INDEX:
            if name.startswith("assets/") or "." in name.rpartition("/")[2]:
                await _answer(send, 404, [(b"cache-control", _FRESH)], b"")
                return
            name = _INDEX
            file = self._file(name)
        if file is None:
            kind = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", _FRESH)]
            await _answer(send, 503, kind, NOT_BUILT)
            return
        asked = dict(scope["headers"])
        headers: Headers = [
            (b"content-type", file.kind),
            (b"cache-control", _HASHED if name.startswith("assets/") else _FRESH),
            (b"etag", file.tag),
            (b"vary", b"accept-encoding"),
        ]
        if file.tag in asked.get(b"if-none-match", b""):
            await _answer(send, 304, headers, None)
            return
        encoding = _best(asked.get(b"accept-encoding", b"").decode("latin-1"), file)
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        body = file.bodies[encoding]
        headers.append((b"content-length", str(len(body)).encode()))
        await _answer(send, 200, headers, body if scope["method"] == "GET" else None)

    def _file(self, name: str) -> _File | None:
        try:
            path = (self._dist / name).resolve()
            if not path.is_relative_to(self._dist) or not path.is_file():
                return None
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            # By what it is, and not by the name that was asked for: of those there is no end.
            known = self._files.get(path)
            if known is None or known.stamp != stamp:
                known = self._files[path] = _read(path, stamp)
        except (OSError, ValueError):
            # A name that no file can have.
            return None
        return known


def _read(path: Path, stamp: tuple[int, int]) -> _File:
    plain = path.read_bytes()
    bodies = {"identity": plain}
    for encoding, ending in (("br", ".br"), ("gzip", ".gz")):
        packed = path.with_name(path.name + ending)
        if packed.is_file():
            bodies[encoding] = packed.read_bytes()
    if path.suffix in _COMPRESSIBLE and len(plain) >= _LEAST_TO_COMPRESS and "gzip" not in bodies:
        bodies["gzip"] = gzip.compress(plain, 6, mtime=0)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    tag = hashlib.sha256(plain).hexdigest()[:24]
    return _File((kind or "application/octet-stream").encode(), f'"{tag}"'.encode(), bodies, stamp)


def _best(accepted: str, file: _File) -> str:
    refused = {
        part.partition(";")[0].strip()
        for part in accepted.split(",")
        if part.replace(" ", "").endswith(";q=0")
    }
    offered = {part.partition(";")[0].strip() for part in accepted.split(",")} - refused
    for encoding in ("br", "gzip"):
        if encoding in offered and encoding in file.bodies:
            return encoding
    return "identity"


async def _answer(send: Send, status: int, headers: Headers, body: bytes | None) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_SECURITY]})
    await send({"type": "http.response.body", "body": body or b""})
