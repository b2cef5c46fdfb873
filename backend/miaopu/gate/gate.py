"""The gate before the database: judges what people's accounts write by all that is known.

The database's own validators see one revision at a time, the one that a write stands on. Where a
write stands on nothing, on a revision that was left behind, or on one side of a conflict, this
judges it as `miaopu.gate.judgement` says, by the validator of the clinics' databases itself. The
places in the feeds that replication keeps in `_local` documents, which no validator sees, are the
servers' to write. What the program's own account sends passes untouched.

What this server recorded itself and lost, when it was restored from a backup, it takes from any
clinic that brings it (`miaopu.gate.lost`): the database would refuse that in another's name.
"""

import asyncio
import datetime as dt
import logging
import re
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, quote, unquote

import httpx
import orjson
from starlette.requests import Request

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.accounts.tree import Tree, read_tree
from miaopu.audit.observer import READ
from miaopu.case.case import RefusedError as NotTakenError
from miaopu.case.case import add
from miaopu.case.seal import Stamp
from miaopu.couch.asgi import Headers, Message, Receive, Scope, Send
from miaopu.couch.database import Database, Heads
from miaopu.couch.follow import FAULTS, reason
from miaopu.couch.leaves import write as written
from miaopu.gate.judgement import (
    Change,
    RefusedError,
    change,
    check_dates,
    check_path,
    is_plain,
    path_of,
    takes_a_side,
)
from miaopu.gate.lost import lacking, sealed_events
from miaopu.models.denials import deny
from miaopu.provision.catalog import constants
from miaopu.provision.designs import design_documents
from miaopu_db.documents import dumps
from miaopu_db.errors import CouchError
from miaopu_db.http.messages import PARSED
from miaopu_db.validation import Validation, Validator, pair

log = logging.getLogger(__name__)

Json = dict[str, Any]

_LONGEST = 64 * 1024 * 1024
"""Bytes of a request that are held; the database takes no more either."""
_TREE_S = 60.0
_GUARDED = re.compile(r"site-[0-9]{10}|region-[0-9]{6}|audit-[0-9]{6}|catalog")
_OWN = "_local/miaopu-"
"""Where the program keeps its own places."""


class _AnswerError(Exception):
    """A request that goes no further, and CouchDB's answer to it."""

    def __init__(self, status: int, error: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.reason = reason


@dataclass(slots=True)
class Gate:
    """An ASGI application around the database.

    `client` speaks to the database with the role `server`; it may go through this very gate.
    """

    database: Database
    identities: Identities
    client: Callable[[], httpx.AsyncClient]
    stamp: Stamp
    county: Callable[[], httpx.AsyncClient | None] = lambda: None
    """Of a clinic's hub: speaks to the databases of its county's server with the hub's account."""
    _tree: Tree = field(default_factory=Tree)
    _tree_at: float | None = None
    _authority: Validator | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            write = _write_of(scope) if scope["type"] == "http" else None
            if write is None:
                await self.database.application(scope, receive, send)
                return
            actor = await self._actor(scope)
            if actor.is_server or "_admin" in actor.roles:
                await self.database.application(scope, receive, send)
            else:
                await self._judged(write, actor, scope, receive, send)
        except _AnswerError as error:
            await _answer(send, error.status, {"error": error.error, "reason": error.reason})
        except httpx.HTTPError as error:
            log.warning("a write cannot be judged: %s", type(error).__name__)
            why = "The database does not answer; try again later."
            await _answer(send, 503, {"error": "service unavailable", "reason": why})

    async def _actor(self, scope: Scope, *, fresh: bool = False) -> Actor:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        actor = await self.identities.of(headers, address_of(Request(scope)), fresh=fresh)
        if actor is None:
            raise _AnswerError(401, "unauthorized", "You are not authorized to access this db.")
        return actor

    async def _judged(
        self, write: "_Write", actor: Actor, scope: Scope, receive: Receive, send: Send
    ) -> None:
        is_clinics = write.database.startswith("site-")
        if write.way == "closed":
            # A replication writes past this gate, by whoever's account it was begun.
            raise _AnswerError(403, "forbidden", deny("server-only"))
        if write.local is not None:
            _check_local(write.database, write.local, actor)
        if write.way == "other" and is_clinics:
            raise _AnswerError(403, "forbidden", deny("whole-documents-only"))
        if write.way in (None, "other"):
            await self.database.application(scope, receive, send)
            return
        data, given = await _body(scope, receive)
        scope.get(READ, {})["json"] = given
        documents, is_replicated = _documents(write, given)
        lost = await self._lost(write.database, documents, actor) if is_clinics else {}
        if lost:
            # The server's own account will write, so this one is judged by what it may do now.
            actor = await self._actor(scope, fresh=True)
        now = dt.datetime.now(dt.UTC)
        judged = [one for one in documents if is_clinics and _is_judged(one)]
        if judged and self.database.heads is not None:
            heads = _heads(self.database.heads, write.database, judged)
            judged = [one for one in judged if not _is_settled(one, heads, is_replicated, now)]
        known = await self._known(write.database, judged)
        reasons = await self._reasons(
            write.database, documents, is_replicated, actor, known, lost, now
        )
        whole = set[int]()
        if write.way == "bulk" and is_replicated:
            whole = {
                number
                for number, one in lost.items()
                if reasons[number] is None and _is_whole(documents[number], one)
            }
        await self._take_back(write.database, documents, lost, whole, reasons)
        if write.way == "single":
            if reasons[0] is not None:
                raise _AnswerError(403, "forbidden", reasons[0])
            county = self.county()
            if county is not None and _is_claim(documents[0]):
                await self._claim(county, write.database, documents[0], send)
                return
            await self._pass(scope, data, given, send)
            return
        taken = [
            one
            for number, one in enumerate(documents)
            if reasons[number] is None and number not in whole
        ]
        if len(taken) == len(documents):
            await self._pass(scope, data, given, send)
            return
        held = _Held(send, documents, reasons, is_replicated)
        less = {**given, "docs": taken}
        await self._pass(scope, dumps(less), less, held.send)

    async def _claim(
        self, county: httpx.AsyncClient, database: str, block: Json, send: Send
    ) -> None:
        """Claims a block of numbers (号段) at the county, which alone gives them out: a hub that is
        new, or was cut off for long, does not know which are taken. 424 without the county: nothing
        is wrong with this server, and tablets go on without a number."""
        doc_id = block["_id"]
        if await self._leaves(database, [doc_id]):
            raise _AnswerError(409, "conflict", "Document update conflict.")
        try:
            answer = await county.put(f"{database}/{quote(doc_id, safe='')}", json=block)
            said = answer.json()
            if answer.status_code in (403, 409):
                raise _AnswerError(answer.status_code, said["error"], said["reason"])
            answer.raise_for_status()
            rev: str = said["rev"]
        except FAULTS as error:
            log.warning("no numbers can be claimed at the county: %s", reason(error))
            raise _AnswerError(
                424,
                "county_unreachable",
                "The county, which alone gives out numbers, does not answer; try again later.",
            ) from None
        refused = await written(self.client(), database, [{**block, "_rev": rev}])
        if refused:
            raise _AnswerError(403, "forbidden", refused[doc_id])
        await _answer(send, 201, {"ok": True, "id": doc_id, "rev": rev})

    async def _lost(
        self, database: str, documents: Sequence[Json], actor: Actor
    ) -> dict[int, "_Lost"]:
        """What this server recorded itself and has lost, by the number of the document that an
        account of the clinic brings it with."""
        if f"site:{database.removeprefix('site-')}" not in actor.roles:
            return {}
        sealed = sealed_events(self.stamp, documents)
        there = await self._leaves(database, [documents[number]["_id"] for number in sealed])
        found: dict[int, _Lost] = {}
        for number, events in sealed.items():
            leaves = there.get(documents[number]["_id"], [])
            lost = lacking(leaves, events)
            if lost:
                found[number] = _Lost(lost, leaves)
        return found

    async def _take_back(
        self,
        database: str,
        documents: Sequence[Json],
        lost: Mapping[int, "_Lost"],
        whole: set[int],
        reasons: list[str | None],
    ) -> None:
        """Has the server's own account write what was lost: the documents in `whole` as they are,
        and of the others that alone. Enters in `reasons` what the database refuses."""
        refused = await written(self.client(), database, [documents[number] for number in whole])
        for number in whole:
            reasons[number] = refused.get(documents[number]["_id"])
        for number, one in lost.items():
            doc_id = documents[number]["_id"]
            why = None
            if number not in whole or reasons[number] is not None:
                why = await self._add(database, doc_id, one.events)
            log.log(
                logging.INFO if why is None else logging.ERROR,
                "database=%s document=%s lost what was recorded here, events=%s: %s",
                database,
                doc_id,
                " ".join(sorted(one.events)),
                why or "they are back",
            )

    async def _add(self, database: str, doc_id: str, events: dict[str, Json]) -> str | None:
        """Why the database refuses events of the server; None: they are there."""
        try:
            await add(self.client(), database, doc_id, lambda _: events)
        except NotTakenError as error:
            return str(error)
        return None

    async def _pass(self, scope: Scope, content: bytes, given: Json, send: Send) -> None:
        """Hands on what was judged, and not what came: no two readings of it can differ. A database
        in this process is given what was read here; another one, that written anew."""
        if self.database.url is not None:
            content = dumps(given)
        headers: Headers = [
            (name, value)
            for name, value in scope["headers"]
            if name.lower() not in (b"content-length", b"content-encoding", b"transfer-encoding")
        ]
        headers.append((b"content-length", str(len(content)).encode()))
        came = False
        forever: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        async def again() -> Message:
            nonlocal came
            if came:
                return await forever
            came = True
            return {"type": "http.request", "body": content, "more_body": False}

        inner = {**scope, "headers": headers, PARSED: given}
        await self.database.application(inner, again, send)

    async def _reasons(
        self,
        database: str,
        documents: Sequence[Json],
        is_replicated: bool,
        actor: Actor,
        known: Mapping[str, "_Known"],
        lost: Mapping[int, "_Lost"],
        now: dt.datetime,
    ) -> list[str | None]:
        """Why each of these is refused here, or None: then the database has the word."""
        reasons: list[str | None] = []
        changes: dict[int, Change] = {}
        for number, document in enumerate(documents):
            try:
                if str(document.get("_id")).startswith("_local/"):
                    _check_local(database, document["_id"], actor)
                found = _changed(document, known, lost.get(number), is_replicated, now)
            except (RefusedError, _AnswerError) as error:
                reasons.append(str(error))
                continue
            reasons.append(None)
            if found is not None:
                changes[number] = found
        if changes:
            said = await self._authorities_word(database, list(changes.values()), actor)
            for number, why in zip(changes, said, strict=True):
                reasons[number] = why
        return reasons

    async def _known(self, database: str, documents: Sequence[Json]) -> dict[str, "_Known"]:
        ids = [one["_id"] for one in documents]
        here = await self._leaves(database, ids)
        found = {doc_id: _Known(leaves, True) for doc_id, leaves in here.items()}
        new = [one for one in dict.fromkeys(ids) if one.startswith("child:") and one not in here]
        if new:
            for region in await self._regions(database):
                for doc_id, leaves in (await self._leaves(f"region-{region}", new)).items():
                    found.setdefault(doc_id, _Known([], False)).leaves.extend(leaves)
        return found

    async def _leaves(self, database: str, ids: Sequence[str]) -> dict[str, list[Json]]:
        if not ids:
            return {}
        asked = [{"id": one} for one in dict.fromkeys(ids)]
        answer = await self.client().post(f"{database}/_bulk_get", json={"docs": asked})
        if answer.status_code == 404:
            return {}
        answer.raise_for_status()
        found: dict[str, list[Json]] = {}
        for result in orjson.loads(answer.content)["results"]:
            for one in result["docs"]:
                if "ok" in one:
                    found.setdefault(result["id"], []).append(one["ok"])
                elif one["error"].get("error") != "not_found":
                    raise httpx.HTTPError("a document cannot be read")
        return found

    async def _regions(self, database: str) -> list[str]:
        site = database.removeprefix("site-")
        old = self._tree_at is None or time.monotonic() - self._tree_at > _TREE_S
        if old or site not in self._tree.sites:
            self._tree = await read_tree(self.client())
            self._tree_at = time.monotonic()
        county = self._tree.sites.get(site)
        return self._tree.above(county) if county is not None else []

    async def _authorities_word(
        self, database: str, changes: Sequence[Change], actor: Actor
    ) -> list[str | None]:
        context = {"db": database, "name": actor.name, "roles": list(actor.roles)}

        def judge() -> list[CouchError | None]:
            if self._authority is None:
                designs = design_documents("site", constants())
                names = ("_design/authority", "_design/history")
                self._authority = Validator(
                    {name: designs[name]["validate_doc_update"] for name in names}
                )
            pairs = [pair(dumps(one.after), dumps(one.before)) for one in changes]
            return Validation([self._authority], context, {}).check(pairs)

        try:
            errors = await asyncio.get_running_loop().run_in_executor(None, judge)
        except CouchError as error:
            raise _AnswerError(error.status, error.error, error.reason or "") from None
        undecided = next((one for one in errors if one is not None and one.status == 503), None)
        if undecided is not None:
            raise _AnswerError(undecided.status, undecided.error, undecided.reason or "")
        return [one.reason if one is not None else None for one in errors]


@dataclass(slots=True)
class _Known:
    """The leaves of a document, in the clinic's own database or else in the regions above it."""

    leaves: list[Json]
    is_here: bool


@dataclass(frozen=True, slots=True)
class _Lost:
    """Events of a child that this server recorded, and that none of its living leaves has."""

    events: dict[str, Json]
    leaves: list[Json]


def _is_whole(document: Json, lost: _Lost) -> bool:
    """Whether a document with what was lost may be written by the server's own account. It was
    found right with that, and the database, which is not told of it, would refuse it to whoever
    brings it: a hub, which does not take documents apart as tablets do, would bring it for ever."""
    return not takes_a_side(path_of(document, True), lost.leaves)


def _is_claim(document: Json) -> bool:
    return str(document.get("_id")).startswith("numbers:") and "_rev" not in document


def _is_judged(document: Json) -> bool:
    doc_id = document.get("_id")
    return isinstance(doc_id, str) and doc_id != "" and not doc_id.startswith("_")


def _heads(ask: Heads, database: str, documents: Sequence[Json]) -> dict[str, list[Json]]:
    """The leaves without what they hold."""
    try:
        found = ask(database, [one["_id"] for one in documents])
    except CouchError as error:
        raise _AnswerError(error.status, error.error, error.reason or "") from None
    return {
        doc_id: [{"_rev": rev, "_deleted": deleted} for rev, deleted in leaves]
        for doc_id, leaves in found.items()
    }


def _is_settled(
    document: Json, heads: Mapping[str, list[Json]], is_replicated: bool, now: dt.datetime
) -> bool:
    """Whether the database has the word on a write, as its leaves alone show."""
    leaves = heads.get(document["_id"], [])
    try:
        path = path_of(document, is_replicated)
        check_path(path, leaves)
        check_dates(document, [], now)
    except RefusedError:
        return False
    return bool(leaves) and is_plain(path, leaves, is_replicated)


def _changed(
    document: Json,
    known: Mapping[str, _Known],
    lost: _Lost | None,
    is_replicated: bool,
    now: dt.datetime,
) -> Change | None:
    """What is to be judged of a write; None: nothing, or the database does so by itself."""
    if not _is_judged(document) or document.get("_deleted"):
        return None  # only the servers delete, says the database
    there = known.get(document["_id"], _Known([], True))
    if lost is not None:
        there = _Known(lost.leaves, True)
    path = path_of(document, is_replicated)
    check_path(path, there.leaves)
    check_dates(document, there.leaves, now)
    is_next = there.is_here and is_plain(path, there.leaves, is_replicated)
    if lost is not None:
        return change(document, there.leaves, lost.events, replaces=is_next)
    return change(document, there.leaves) if there.leaves and not is_next else None


def _check_local(database: str, name: str, actor: Actor) -> None:
    """A hub writes where it stands in its clinic's database, as an administrator of the clinic."""
    is_hub = actor.grade == "admin" and database == f"site-{actor.site}"
    if not is_hub or name.startswith(_OWN):
        raise _AnswerError(403, "forbidden", deny("server-only"))


@dataclass(frozen=True, slots=True)
class _Write:
    """A request that writes."""

    database: str
    way: Literal["bulk", "single", "other", "closed"] | None
    """`closed`: not people's at all. None where the path names the `local` document."""
    doc_id: str | None = None
    local: str | None = None
    new_edits: bool = True


def _write_of(scope: Scope) -> _Write | None:
    method = scope["method"]
    if method not in ("PUT", "POST", "DELETE", "COPY"):
        return None
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.split(b"?")[0].decode("latin-1").removeprefix(scope.get("root_path", ""))
    database, *parts = [unquote(part) for part in path.strip("/").split("/")]
    if database in ("_replicate", "_replicator"):
        return _Write(database, "closed")
    if _GUARDED.fullmatch(database) is None:
        return None
    rest = [part for part in "/".join(parts).split("/") if part]
    if method == "COPY":
        target = unquote(dict(scope["headers"]).get(b"destination", b"").decode("latin-1"))
        return _Write(database, "other", local=target if target.startswith("_local/") else None)
    if not rest:
        return _single(database, None, scope) if method == "POST" else None
    if rest[0] == "_local":
        return None if method == "POST" else _Write(database, None, local="/".join(rest))
    if rest[0] == "_bulk_docs":
        return _Write(database, "bulk")
    if rest[0] == "_purge":
        return _Write(database, "other")
    if method == "POST" or rest[0].startswith("_"):
        return None
    if method == "DELETE" and len(rest) == 1:
        return None  # only the servers delete, says the database
    if method != "PUT" or len(rest) > 1:
        return _Write(database, "other")
    return _single(database, rest[0], scope)


def _single(database: str, doc_id: str | None, scope: Scope) -> _Write:
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = set(query.get("new_edits", ["true"]))
    if given not in ({"true"}, {"false"}):
        raise _AnswerError(400, "query_parse_error", "Invalid boolean parameter: new_edits")
    return _Write(database, "single", doc_id, None, given == {"true"})


async def _body(scope: Scope, receive: Receive) -> tuple[bytes, Json]:
    """The body's text, unpacked, and what it says."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    if headers.get(b"content-type", b"").strip().lower().startswith(b"multipart/"):
        raise _AnswerError(403, "forbidden", deny("whole-documents-only"))
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _AnswerError(400, "bad_request", "The request broke off.")
        part = message.get("body", b"")
        size += len(part)
        if size > _LONGEST:
            raise _AnswerError(413, "too_large", "the request entity is too large")
        parts.append(part)
        if not message.get("more_body"):
            break
    data = _unpacked(b"".join(parts), headers.get(b"content-encoding", b"").strip().lower())
    try:
        given = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _AnswerError(400, "bad_request", "invalid UTF-8 JSON") from None
    if not isinstance(given, dict):
        raise _AnswerError(400, "bad_request", "Request body must be a JSON object")
    return data, given


def _unpacked(data: bytes, encoding: bytes) -> bytes:
    if encoding in (b"", b"identity"):
        return data
    if encoding not in (b"gzip", b"x-gzip"):
        raise _AnswerError(415, "bad_ctype", "unsupported content encoding")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _LONGEST)
    except zlib.error:
        raise _AnswerError(400, "bad_request", "the gzip body cannot be read") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise _AnswerError(413, "too_large", "the request entity is too large")
    return plain


def _documents(write: _Write, given: Json) -> tuple[list[Json], bool]:
    """The documents of a request, and whether they are written with `new_edits=false`."""
    if write.way == "single":
        doc_id = {"_id": write.doc_id} if write.doc_id is not None else {}
        return [{**given, **doc_id}], not write.new_edits
    documents = given.get("docs")
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise _AnswerError(400, "bad_request", "`docs` parameter must be an array of objects.")
    new_edits = given.get("new_edits", True)
    if not isinstance(new_edits, bool):
        raise _AnswerError(400, "bad_request", "`new_edits` must be true or false.")
    return documents, not new_edits


class _Held:
    """The answer to a part of `_bulk_docs`, to which the rows of what was refused are added."""

    def __init__(
        self, send: Send, documents: Sequence[Json], reasons: Sequence[str | None], replicated: bool
    ) -> None:
        self._send = send
        self._rows = [
            None if why is None else _row(document, why)
            for document, why in zip(documents, reasons, strict=True)
        ]
        self._replicated = replicated
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body") or self._start is None:
            return
        content = b"".join(self._parts)
        if 200 <= self._start["status"] < 300:
            content = orjson.dumps(self._merged(orjson.loads(content))) + b"\n"
        headers = [
            (name, value)
            for name, value in self._start["headers"]
            if name.lower() not in (b"content-length", b"transfer-encoding")
        ]
        headers.append((b"content-length", str(len(content)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": content})

    def _merged(self, rows: list[Json]) -> list[Json]:
        refused = [row for row in self._rows if row is not None]
        if self._replicated:
            return [*rows, *refused]  # only what failed has a row
        answered = iter(rows)
        return [row if row is not None else next(answered) for row in self._rows]


def _row(document: Json, why: str) -> Json:
    row = {"id": document.get("_id"), "error": "forbidden", "reason": why}
    try:
        rev = path_of(document, True)[:1]
    except RefusedError:
        rev = []
    return {**row, "rev": rev[0]} if rev else row


async def _answer(send: Send, status: int, content: Json) -> None:
    body = orjson.dumps(content) + b"\n"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
