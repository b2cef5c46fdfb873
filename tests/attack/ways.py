"""One write in every way that somebody could try to bring it in."""

import gzip
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import httpx

Json = dict[str, Any]

REFUSED = frozenset({400, 401, 403, 404, 405, 409, 411, 413, 415, 422, 429})


@dataclass(frozen=True)
class Wish:
    """A request that somebody would send."""

    method: str
    target: bytes
    """Path and query, below the origin."""
    body: bytes
    content_type: str = "application/json"

    @property
    def document(self) -> Json | None:
        """The document that it would write as a whole; None: it writes none."""
        path = self.target.partition(b"?")[0].decode().split("/")[2:]
        if self.method != "PUT" or len(path) != 2 or not self.body:
            return None
        name = unquote(path[1])
        if name.startswith("_") and not name.startswith(("_local/", "_design/")):
            return None
        return {**json.loads(self.body), "_id": name}

    @property
    def database(self) -> str:
        return self.target.decode().split("/")[2]


class Catch(httpx.BaseTransport):
    """Lets readings through, and keeps the write that an operation comes to."""

    def __init__(self, through: httpx.Client) -> None:
        self._through = through
        self.wish: Wish | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        self.wish = Wish(
            request.method,
            request.url.raw_path,
            body,
            request.headers.get("content-type", "application/json"),
        )
        if request.method == "GET":
            answer = self._through.get(request.url)
            return httpx.Response(answer.status_code, content=answer.content)
        return httpx.Response(403, json={"error": "forbidden", "reason": "kept for later"})


def sent(client: httpx.Client, wish: Wish) -> httpx.Response:
    """Sends a wish, its target as it is written."""
    url = client.base_url.copy_with(raw_path=wish.target)
    headers = {"content-type": wish.content_type} if wish.body else {}
    return client.request(wish.method, url, content=wish.body or None, headers=headers)


def hidden(wish: Wish) -> list[Wish]:
    """The same at addresses that two readers could read in two ways."""
    path, _, query = wish.target.partition(b"?")
    more = b"&" + query if query else b""
    _, mount, *rest = path.split(b"/")
    tail = b"/".join(rest)
    targets = [
        b"/" + mount + b"%2f/" + tail,
        b"/" + mount + b"%2Fx/" + tail,
        b"/" + mount + b"%2f@127.0.0.1:9/" + tail,
        b"/" + mount + b"//" + tail,
        b"//" + mount + b"/" + tail,
        b"/" + mount + b"/%2e%2e/" + mount + b"/" + tail,
        b"/" + mount + b"\\" + tail,
        b"/" + mount + b"/" + tail.replace(b"/", b"%2f", 1) + b"%2f",
        path + b"%00",
        path + b"?x=1;new_edits=false" + more,
        path + b"?new_edits=true&new_edits=false" + more,
        path + b"?new_edits=true&new%5Fedits=false" + more,
        path + b"?x=%" + more,
    ]
    return [Wish(wish.method, target, wish.body, wish.content_type) for target in targets]


def encoded(wish: Wish) -> Wish:
    """The same with every letter of its path written as a number, which is the same address."""
    path, mark, query = wish.target.partition(b"?")
    parts = [
        "".join(f"%{byte:02x}" for byte in unquote(part).encode())
        for part in path.decode().split("/")
    ]
    return Wish(wish.method, "/".join(parts).encode() + mark + query, wish.body, wish.content_type)


def in_bulk(wish: Wish) -> Wish:
    """A document by `_bulk_docs`, as PouchDB and administrators write."""
    assert wish.document is not None
    return _bulk(wish, {"docs": [wish.document]})


def replicated(wish: Wish, history: list[str], digest: str | None = None) -> Wish:
    """A document as a revision after those in `history` (the newest first), as tablets and hubs
    push it."""
    assert wish.document is not None
    digest = digest or secrets.token_hex(16)
    start = 1 + (int(history[0].partition("-")[0]) if history else 0)
    ids = [digest, *(rev.partition("-")[2] for rev in history)]
    document = {**wish.document, "_rev": f"{start}-{digest}"}
    document["_revisions"] = {"start": start, "ids": ids}
    return _bulk(wish, {"docs": [document], "new_edits": False})


def _bulk(wish: Wish, body: Json) -> Wish:
    return Wish("POST", f"/db/{wish.database}/_bulk_docs".encode(), json.dumps(body).encode())


def as_a_hub(client: httpx.Client, wish: Wish) -> httpx.Response:
    """Sends a replicated document as a hub's replication does: asks first, and packs."""
    (document,) = json.loads(wish.body)["docs"]
    asked = {document["_id"]: [document["_rev"]]}
    client.post(f"{wish.database}/_revs_diff", json=asked)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    url = client.base_url.copy_with(raw_path=wish.target)
    return client.post(url, content=gzip.compress(wish.body), headers=headers)


def is_refused(answer: httpx.Response) -> bool:
    """Whether nothing was written."""
    if answer.status_code in REFUSED:
        return True
    if not answer.is_success or not answer.content.startswith(b"["):
        return False
    rows = answer.json()
    return bool(rows) and all("error" in row for row in rows)


def path_of(database: str, doc_id: str) -> str:
    """Where a document lies below `/db/`."""
    return f"{database}/{quote(doc_id, safe='')}"
