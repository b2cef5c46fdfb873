"""The two sides of a replication: a database across HTTP, or one of this very server.

Both say and do the same. A database of this server is asked directly: between two of them documents
go as they are stored, and no text of JSON is made of them or read.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import logging
import re
import sqlite3
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
import orjson

from . import store
from .auth import User
from .database import GIVE_WAY_SECONDS, Database
from .documents import Document, NewDocument, Options, dumps, from_json, loads
from .errors import CouchError, bad_request
from .names import check_database_name

log = logging.getLogger(__name__)

FEED_SECONDS = 60.0
"""The longest that a side is asked to wait for changes."""

T = TypeVar("T")

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class ReplicationError(Exception):
    """A replication that cannot go on. `permanent`: trying again will not help."""

    def __init__(self, status: int, error: str, reason: str, permanent: bool = False) -> None:
        super().__init__(f"{error}: {reason}")
        self.status = status
        self.error = error
        self.reason = reason
        self.permanent = permanent


class Changes(NamedTuple):
    """A part of a feed: the leaves of each document, the sequence reached, and how many changes
    are left (None: not known)."""

    leaves: dict[str, list[str]]
    last: Any
    pending: int | None


class Wanted(NamedTuple):
    """A revision to be fetched; attachments that came later than `since` are needed with it."""

    id: str
    rev: str
    since: tuple[str, ...] = ()


class Fetched(NamedTuple):
    """Revisions that a source gave, and how many it could not give for now. One that is gone was
    purged, and is neither."""

    documents: list[NewDocument]
    owed: int


class Rejected(NamedTuple):
    """A document that a target does not take, and the word for why."""

    id: str
    error: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Which changes of the source are wanted: parameters of the feed, and its body."""

    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    winning_only: bool = False

    @property
    def everything(self) -> bool:
        return not self.params and self.body is None


class Peer(Protocol):
    """One side. Every method raises `ReplicationError` when the side does not do it."""

    async def create(self) -> None:
        """Makes the database where there is none."""

    async def open(self) -> Any:
        """The sequence of the database, which is there."""

    async def log(self, name: str) -> dict[str, Any]:
        """The checkpoints kept under `name`; {} when there are none."""

    async def keep_log(self, name: str, body: dict[str, Any]) -> str:
        """Keeps checkpoints; returns the revision of the log."""

    async def changes(self, wish: Wish, since: Any, limit: int, patience: float) -> Changes:
        """Up to `limit` changes after `since`; waits up to `patience` seconds for the first."""

    async def missing(
        self, offered: dict[str, list[str]]
    ) -> dict[str, tuple[list[str], list[str]]]:
        """Per document: revisions not known here, and what may be their ancestors."""

    async def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Those of the revisions (or what came after them) that are there."""

    async def put(self, documents: list[NewDocument]) -> list[Rejected]:
        """Writes revisions as they are."""

    async def close(self) -> None:
        """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One side as it was named: a database's address and what is sent along. `local`: a database
    of this very server, by its name."""

    url: str
    local: bool
    headers: tuple[tuple[str, str], ...] = ()
    auth: tuple[str, str] | None = None

    @classmethod
    def parse(cls, value: Any, side: str) -> Endpoint:
        """Raises 400 for what is no database."""
        headers: dict[str, str] = {}
        auth: tuple[str, str] | None = None
        if isinstance(value, dict):
            given = value.get("headers", {})
            if not isinstance(given, dict) or not all(
                _is_header(name, one) for name, one in given.items()
            ):
                raise bad_request(f"`{side}.headers` must be an object of strings.")
            headers = given
            auth = _basic(value.get("auth"), side)
            value = value.get("url")
        if not isinstance(value, str) or not value:
            raise bad_request(f"`{side}` must be a database's URL or name.")
        if "://" not in value:
            name = unquote(value)
            check_database_name(name)
            return cls(f"http://local/{quote(name, safe='')}", True)
        try:
            parts = urlsplit(value)
            port = parts.port
            # What the client will make of it; a host may be no name at all.
            readable = bool(httpx.URL(value).host)
        except (ValueError, httpx.InvalidURL):
            raise _no_url(side) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not readable:
            raise _no_url(side)
        if parts.username is not None and auth is None:
            auth = (unquote(parts.username), unquote(parts.password or ""))
        host = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
        netloc = host if port is None else f"{host}:{port}"
        url = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
        return cls(url, False, tuple(sorted(headers.items())), auth)

    @property
    def name(self) -> str:
        """The database's name; of a local one."""
        return unquote(self.url.rpartition("/")[2])

    @property
    def shown(self) -> str:
        """The address without anything secret."""
        return self.name if self.local else self.url + "/"


def _no_url(side: str) -> CouchError:
    return bad_request(f"`{side}` has an invalid url", "invalid_replication")


def _is_header(name: str, value: Any) -> bool:
    return (
        _HEADER_NAME.fullmatch(name) is not None
        and isinstance(value, str)
        and value.isascii()
        and value.isprintable()
    )


def _basic(value: Any, side: str) -> tuple[str, str] | None:
    if value is None:
        return None
    basic = value.get("basic") if isinstance(value, dict) else None
    if not isinstance(basic, dict):
        raise bad_request(f"`{side}.auth` must hold `basic`.")
    name, password = basic.get("username"), basic.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise bad_request(f"`{side}.auth.basic` must hold a username and a password.")
    return name, password


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates that are trusted, read once: each copy costs milliseconds and megabytes."""
    return httpx.create_ssl_context(trust_env=False)


class Remote:
    """A database across HTTP; `transport` leads to one that is reached in another way."""

    def __init__(
        self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._endpoint = endpoint
        headers = dict(endpoint.headers)
        if endpoint.auth is not None:
            token = base64.b64encode(":".join(endpoint.auth).encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        self._client = httpx.AsyncClient(
            base_url=endpoint.url + "/",
            headers=headers,
            timeout=httpx.Timeout(30.0, read=FEED_SECONDS + 30.0),
            transport=transport,
            verify=_tls(),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def create(self) -> None:
        if (await self._ask("GET", "")).status_code == 404:
            made = await self._ask("PUT", "")
            if made.status_code not in (201, 202, 412):
                raise _refused(made, f"could not create {self._endpoint.shown}")

    async def open(self) -> Any:
        shown = self._endpoint.shown
        answer = await self._ask("GET", "")
        if answer.status_code == 404:
            raise ReplicationError(404, "db_not_found", f"could not open {shown}")
        if answer.status_code != 200:
            raise _refused(answer, f"could not open {shown}")
        return _object(answer).get("update_seq", 0)

    async def log(self, name: str) -> dict[str, Any]:
        answer = await self._ask("GET", f"_local/{name}")
        return _object(answer) if answer.status_code == 200 else {}

    async def keep_log(self, name: str, body: dict[str, Any]) -> str:
        answer = await self._ask("PUT", f"_local/{name}", body)
        if answer.status_code not in (200, 201, 202):
            raise _refused(answer, "the checkpoint was not stored")
        return str(_object(answer).get("rev"))

    async def changes(self, wish: Wish, since: Any, limit: int, patience: float) -> Changes:
        asked = {
            "style": "main_only" if wish.winning_only else "all_docs",
            "limit": str(limit),
            "seq_interval": "1",
            **wish.params,
            "feed": "longpoll" if patience else "normal",
            "since": since if isinstance(since, str) else dumps(since).decode(),
        }
        if patience:
            asked["timeout"] = str(int(patience * 1000))
        method = "GET" if wish.body is None else "POST"
        answer = await self._ask(method, "_changes", wish.body, asked)
        if answer.status_code != 200:
            raise _refused(answer, "the changes of the source cannot be read")
        found = _object(answer)
        rows = found.get("results")
        if not isinstance(rows, list) or "last_seq" not in found:
            raise ReplicationError(502, "replication_failed", "the source's feed was cut short")
        pending = found.get("pending")
        if not isinstance(pending, int):
            pending = None if len(rows) >= limit else 0
        leaves = {
            row["id"]: [change["rev"] for change in row["changes"]]
            for row in rows
            if isinstance(row.get("id"), str) and row["id"]
        }
        return Changes(leaves, found["last_seq"], pending)

    async def missing(
        self, offered: dict[str, list[str]]
    ) -> dict[str, tuple[list[str], list[str]]]:
        answer = await self._ask("POST", "_revs_diff", offered)
        if answer.status_code != 200:
            raise _refused(answer, "the target cannot compare revisions")
        return {
            doc_id: (found["missing"], found.get("possible_ancestors") or [])
            for doc_id, found in _object(answer).items()
        }

    async def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        asked = [
            {"id": one.id, "rev": one.rev} | ({"atts_since": one.since} if one.since else {})
            for one in wanted
        ]
        options = {"revs": "true", "latest": "true", "attachments": "true"}
        answer = await self._ask("POST", "_bulk_get", {"docs": asked}, options)
        if answer.status_code != 200:
            raise _refused(answer, "the documents of the source cannot be read")
        return await _aside(_documents, _object(answer))

    async def put(self, documents: list[NewDocument]) -> list[Rejected]:
        unfit = [
            Rejected(one.id, one.refused.error) for one in documents if one.refused is not None
        ]
        if unfit:
            fit = [one for one in documents if one.refused is None]
            return unfit + await self.put(fit)
        if not documents:
            return []
        data = await _aside(_bulk, documents)
        answer = await self._ask("POST", "_bulk_docs", data)
        if answer.status_code in (201, 202):
            rows = orjson.loads(answer.content)
            return [
                Rejected(row["id"], row["error"])
                for row in rows
                if isinstance(row, dict) and row.get("error")
            ]
        if answer.status_code not in (400, 403, 412, 413):
            raise _refused(answer, "the target does not take the documents")
        return await _in_halves(self, documents, str(_object(answer).get("error", "refused")))

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else await _aside(dumps, body)
        headers = {"Content-Type": "application/json"} if data is not None else None
        try:
            return await self._client.request(
                method, path, content=data, headers=headers, params=params
            )
        except httpx.HTTPError as error:
            raise ReplicationError(
                502, "replication_failed", f"{type(error).__name__}: the connection failed"
            ) from None


async def _in_halves(peer: Peer, documents: list[NewDocument], error: str) -> list[Rejected]:
    """One document may be what a target cannot take with all the others: those still go."""
    if len(documents) == 1:
        return [Rejected(documents[0].id, error)]
    half = len(documents) // 2
    return await peer.put(documents[:half]) + await peer.put(documents[half:])


async def _aside(work: Callable[[Any], T], argument: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, work, argument)


def _documents(answer: dict[str, Any]) -> Fetched:
    """The documents in an answer of `_bulk_get`, each revision once."""
    found: dict[tuple[str, str], NewDocument] = {}
    owed = 0
    for result in answer.get("results", []):
        for one in result.get("docs", []):
            if "ok" in one:
                document = _document(one["ok"])
                found.setdefault((document.id, document.revs[0]), document)
            elif one.get("error", {}).get("error") != "not_found":
                owed += 1
    return Fetched(list(found.values()), owed)


def _document(value: dict[str, Any]) -> NewDocument:
    try:
        return from_json(value, new_edits=False)
    except CouchError as error:
        # What this server would not store, no side gets from it.
        return NewDocument(value["_id"], [value["_rev"]], False, b"{}", refused=error)


def _bulk(documents: list[NewDocument]) -> bytes:
    return b'{"new_edits":false,"docs":[%b]}' % b",".join(one.replicated() for one in documents)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise ReplicationError(502, "replication_failed", "an answer could not be read")
    return value


def _refused(answer: httpx.Response, what: str) -> ReplicationError:
    try:
        said = orjson.loads(answer.content)
        word = str(said.get("error", "error"))
        reason = str(said.get("reason", ""))[:200]
    except (orjson.JSONDecodeError, AttributeError):
        word, reason = "error", ""
    status = answer.status_code
    if status in (401, 403):
        return ReplicationError(status, word, f"{what}: {reason}")
    return ReplicationError(
        status if 400 <= status < 500 else 502, "replication_failed", f"{what}: {status} {reason}"
    )


class Local:
    """A database of this server. `find` gives it for as long as `user` may have it; then, and when
    it is gone, it raises `CouchError`."""

    def __init__(self, find: Callable[[], Database], user: User) -> None:
        self._find = find
        self._user = user
        self._source: Database | None = None
        """The database whose changes this side has given."""

    async def close(self) -> None:
        if self._source is not None:
            self._source.carried(self, None)

    async def create(self) -> None:
        """It was found, so it is there."""

    async def open(self) -> Any:
        database = self._database()
        return database.sequence(database.seq)

    async def log(self, name: str) -> dict[str, Any]:
        found = await self._read(lambda cx: store.read_local(cx, f"_local/{name}"))
        return {} if found is None else {**loads(found[1]), "_rev": found[0]}

    async def keep_log(self, name: str, body: dict[str, Any]) -> str:
        document = from_json({**body, "_id": f"_local/{name}"})
        (outcome,) = await self._write([document])
        if outcome.error is not None:
            raise _failed(outcome.error)
        return outcome.rev

    async def changes(self, wish: Wish, since: Any, limit: int, patience: float) -> Changes:
        database = self._database()
        after = database.parse_sequence(str(since))
        # Who asks for what follows has brought the rest to where it belongs.
        self._source = database
        database.carried(self, after)
        if patience and not await database.changed(after, patience):
            return Changes({}, since, 0)
        await database.rest(GIVE_WAY_SECONDS)
        end = database.seq
        rows = await self._read(lambda cx: store.read_leaves(cx, after, limit))
        leaves = {doc_id: found[:1] if wish.winning_only else found for _, doc_id, found in rows}
        full = len(rows) >= limit
        last = rows[-1][0] if rows else after
        pending = await self._read(lambda cx: store.count_changes(cx, last)) if full else 0
        return Changes(leaves, database.sequence(last if full else max(last, end)), pending)

    async def missing(
        self, offered: dict[str, list[str]]
    ) -> dict[str, tuple[list[str], list[str]]]:
        return await self._read(lambda cx: store.read_missing(cx, offered))

    async def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        found = await self._read(lambda cx: _revisions(cx, wanted))
        return Fetched([document.copied() for document in found], 0)

    async def put(self, documents: list[NewDocument]) -> list[Rejected]:
        try:
            with self._database().being_filled():
                outcomes = await self._write(documents, new_edits=False)
        except ReplicationError as error:
            if error.error == "missing_stub":
                return await _in_halves(self, documents, error.error)
            raise
        return [
            Rejected(outcome.id, outcome.error.error)
            for outcome in outcomes
            if outcome.error is not None
        ]

    def _database(self) -> Database:
        try:
            return self._find()
        except CouchError as error:
            raise _failed(error) from None

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._database().read(work)
        except CouchError as error:
            raise _failed(error) from None
        except sqlite3.Error as error:
            log.error("a database cannot be read: %s", error)
            raise ReplicationError(
                500, "replication_failed", "the database cannot be read"
            ) from None

    async def _write(
        self, documents: list[NewDocument], new_edits: bool = True
    ) -> list[store.Outcome]:
        try:
            return await self._database().update(documents, self._user, new_edits)
        except CouchError as error:
            raise _failed(error) from None


def _failed(error: CouchError) -> ReplicationError:
    word = "db_not_found" if error.status == 404 else error.error
    return ReplicationError(error.status, word, error.reason or "")


def _revisions(cx: sqlite3.Connection, wanted: Sequence[Wanted]) -> list[Document]:
    """What is wanted with its history and the attachments that are needed, each revision once."""
    found: dict[tuple[str, str], Document] = {}
    for one in wanted:
        options = Options(revs=True, latest=True, attachments=True, attachments_since=[*one.since])
        for document in store.read_open_revs(cx, one.id, [one.rev], options):
            if isinstance(document, Document):
                found.setdefault((document.id, document.rev), document)
    return list(found.values())
