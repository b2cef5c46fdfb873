"""Replication: CouchDB's protocol, as a client of two servers that may be any mixture of this
one and CouchDB."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import logging
import re
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
import orjson

from .auth import User
from .documents import dumps
from .errors import CouchError, bad_request, forbidden
from .names import check_database_name

log = logging.getLogger(__name__)

BATCH = 500
"""Changes looked at in one round."""

FETCH = 100
"""Documents asked for at once: with their attachments they are held in memory."""

CHECKPOINT_SECONDS = 5.0
FEED_SECONDS = 60.0
FIRST_RETRY = 1.0
LONGEST_RETRY = 300.0
HISTORY = 50
REFUSALS = frozenset(
    {
        "forbidden",
        "unauthorized",
        "bad_request",
        "doc_validation",
        "illegal_docid",
        "document_too_large",
        "attachment_too_large",
        "too_large",
        "missing_stub",
        "refused",
    }
)
"""A target's last words on a document. After any other it is offered again: it must not be lost."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class ReplicationError(Exception):
    """A replication that cannot go on. `permanent`: trying again will not help."""

    def __init__(self, status: int, error: str, reason: str, permanent: bool = False) -> None:
        super().__init__(f"{error}: {reason}")
        self.status = status
        self.error = error
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One side: a database's address and what is sent along. `local`: a database of this very
    server, by its name."""

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
    def shown(self) -> str:
        """The address without anything secret."""
        if self.local:
            return unquote(self.url.rpartition("/")[2])
        return self.url + "/"

    def client(self, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        headers = dict(self.headers)
        if self.auth is not None:
            token = base64.b64encode(":".join(self.auth).encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        return httpx.AsyncClient(
            base_url=self.url + "/",
            headers=headers,
            timeout=httpx.Timeout(30.0, read=FEED_SECONDS + 30.0),
            transport=transport,
            verify=_tls(),
            trust_env=False,
        )


def _no_url(side: str) -> CouchError:
    return bad_request(f"`{side}` has an invalid url", "invalid_replication")


def _is_header(name: str, value: Any) -> bool:
    return (
        _HEADER_NAME.fullmatch(name) is not None
        and isinstance(value, str)
        and value.isascii()
        and value.isprintable()
    )


Reach = Callable[[Endpoint, User], httpx.AsyncBaseTransport | None]
"""How a server reaches an endpoint for a user where that is itself; None: over the network."""


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates that are trusted, read once: each copy costs milliseconds and megabytes."""
    return httpx.create_ssl_context(trust_env=False)


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


@dataclass(frozen=True, slots=True)
class Spec:
    """What is to be replicated."""

    source: Endpoint
    target: Endpoint
    continuous: bool = False
    create_target: bool = False
    filter: str | None = None
    query_params: tuple[tuple[str, str], ...] = ()
    doc_ids: tuple[str, ...] | None = None
    selector: bytes | None = None
    since: str | None = None
    winning_only: bool = False
    checkpoints: bool = True

    @classmethod
    def parse(cls, body: dict[str, Any]) -> Spec:
        """Raises 400 for a replication that cannot be."""
        for side in ("source", "target"):
            if side not in body:
                raise bad_request(f"`{side}` is missing.")
        params = body.get("query_params") or {}
        if not isinstance(params, dict):
            raise bad_request("`query_params` must be an object.")
        doc_ids = body.get("doc_ids")
        if doc_ids is not None and (
            not isinstance(doc_ids, list) or not all(isinstance(one, str) for one in doc_ids)
        ):
            raise bad_request("`doc_ids` must be a list of strings.")
        chosen = body.get("selector")
        if chosen is not None and not isinstance(chosen, dict):
            raise bad_request("`selector` must be an object.")
        name = body.get("filter")
        if name is not None and not isinstance(name, str):
            raise bad_request("`filter` must be a string.")
        if sum(one is not None for one in (doc_ids, chosen, name)) > 1:
            raise bad_request("`doc_ids`, `filter` and `selector` are mutually exclusive")
        for switch in ("continuous", "create_target", "cancel", "winning_revs_only"):
            if not isinstance(body.get(switch, False), bool):
                raise bad_request(f"`{switch}` must be a boolean.")
        since = body.get("since_seq")
        return cls(
            Endpoint.parse(body["source"], "source"),
            Endpoint.parse(body["target"], "target"),
            body.get("continuous") is True,
            body.get("create_target") is True,
            name,
            tuple(sorted((str(key), _parameter(value)) for key, value in params.items())),
            tuple(doc_ids) if doc_ids is not None else None,
            dumps(chosen) if chosen is not None else None,
            str(since) if since is not None else None,
            body.get("winning_revs_only") is True,
            body.get("use_checkpoints") is not False,
        )

    def identity(self, server: str) -> str:
        """The same for the same replication, so that it goes on where it was left."""
        parts = [
            server,
            self.source.url,
            self.source.auth[0] if self.source.auth else None,
            self.target.url,
            self.target.auth[0] if self.target.auth else None,
            self.filter,
            self.query_params,
            self.doc_ids,
            self.selector.decode() if self.selector else None,
            self.winning_only,
        ]
        return hashlib.md5(orjson.dumps(parts), usedforsecurity=False).hexdigest()


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value).decode()


@dataclass(slots=True)
class Stats:
    """Counters, by CouchDB's names."""

    revisions_checked: int = 0
    missing_revisions_found: int = 0
    docs_read: int = 0
    docs_written: int = 0
    doc_write_failures: int = 0

    def members(self) -> dict[str, int]:
        return {
            "revisions_checked": self.revisions_checked,
            "missing_revisions_found": self.missing_revisions_found,
            "docs_read": self.docs_read,
            "docs_written": self.docs_written,
            "doc_write_failures": self.doc_write_failures,
        }


def _now() -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())


def iso_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@dataclass(slots=True)
class Replication:
    """One run of a replication, from its checkpoint on."""

    spec: Spec
    id: str
    user: User
    reach: Reach
    stats: Stats = field(default_factory=Stats)
    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: str = field(default_factory=_now)
    source_seq: Any = 0
    through_seq: Any = 0
    checkpointed_seq: Any = 0
    pending: int | None = None
    owed: int = 0
    """Revisions that the target has neither taken nor refused. The checkpoint stays before them."""
    _source_log: dict[str, Any] = field(default_factory=dict)
    _target_log: dict[str, Any] = field(default_factory=dict)
    _last_checkpoint: float = 0.0

    async def run(self) -> dict[str, Any]:
        """Replicates what there is (for ever, when continuous). Returns what `_replicate`
        answers; raises `ReplicationError`."""
        async with contextlib.AsyncExitStack() as stack:
            source = await stack.enter_async_context(self._client(self.spec.source))
            target = await stack.enter_async_context(self._client(self.spec.target))
            try:
                return await self._run(source, target)
            except httpx.HTTPError as error:
                raise ReplicationError(
                    502, "replication_failed", f"{type(error).__name__}: the connection failed"
                ) from None
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # What the other side says is not what a database says.
                log.warning("a replication met an answer that is none: %s", type(error).__name__)
                raise ReplicationError(
                    502, "replication_failed", "an answer could not be read"
                ) from None

    def _client(self, endpoint: Endpoint) -> httpx.AsyncClient:
        return endpoint.client(self.reach(endpoint, self.user))

    async def _run(self, source: httpx.AsyncClient, target: httpx.AsyncClient) -> dict[str, Any]:
        info = await self._open(source, self.spec.source)
        await self._open(target, self.spec.target)
        since = await self._find_checkpoint(source, target)
        start = since
        self.through_seq = self.checkpointed_seq = since
        self._last_checkpoint = time.monotonic()
        self.source_seq = info.get("update_seq", 0)
        async for rows, last in self._changes(source, since):
            await self._batch(source, target, rows)
            if self.owed:
                continue  # what comes after them goes on its way all the same
            self.through_seq = last
            if time.monotonic() - self._last_checkpoint >= CHECKPOINT_SECONDS:
                await self._checkpoint(source, target, start)
        await self._checkpoint(source, target, start)
        if self.owed:
            raise ReplicationError(
                503,
                "replication_failed",
                f"{self.owed} revisions could not be carried over for now",
            )
        if self.through_seq == start and self._source_log.get("history"):
            return {
                "ok": True,
                "no_changes": True,
                "session_id": self.session,
                "source_last_seq": self.through_seq,
                "replication_id_version": 4,
                "history": self._source_log["history"],
            }
        return {
            "ok": True,
            "session_id": self.session,
            "source_last_seq": self.through_seq,
            "replication_id_version": 4,
            "history": self._source_log.get("history") or [self._history(start)],
        }

    async def _open(self, client: httpx.AsyncClient, side: Endpoint) -> dict[str, Any]:
        answer = await client.get("")
        if answer.status_code == 404 and side is self.spec.target and self.spec.create_target:
            made = await client.put("")
            if made.status_code not in (201, 202, 412):
                raise _refused(made, f"could not create {side.shown}")
            answer = await client.get("")
        if answer.status_code == 404:
            raise ReplicationError(404, "db_not_found", f"could not open {side.shown}")
        if answer.status_code != 200:
            raise _refused(answer, f"could not open {side.shown}")
        return _object(answer)

    # -- checkpoints -------------------------------------------------------------------------

    async def _find_checkpoint(self, source: httpx.AsyncClient, target: httpx.AsyncClient) -> Any:
        if not self.spec.checkpoints:
            return self.spec.since or 0
        logs = []
        for client in (source, target):
            answer = await client.get(f"_local/{self.id}")
            logs.append(_object(answer) if answer.status_code == 200 else {})
        self._source_log, self._target_log = logs
        if self.spec.since is not None:
            return self.spec.since
        return common_checkpoint(*logs)

    def _history(self, start: Any) -> dict[str, Any]:
        return {
            "session_id": self.session,
            "start_time": self.started,
            "end_time": _now(),
            "start_last_seq": start,
            "end_last_seq": self.through_seq,
            "recorded_seq": self.through_seq,
            "missing_checked": self.stats.revisions_checked,
            "missing_found": self.stats.missing_revisions_found,
            "docs_read": self.stats.docs_read,
            "docs_written": self.stats.docs_written,
            "doc_write_failures": self.stats.doc_write_failures,
        }

    async def _checkpoint(
        self, source: httpx.AsyncClient, target: httpx.AsyncClient, start: Any
    ) -> None:
        """Records on both sides how far this has come; the target's word comes first."""
        self._last_checkpoint = time.monotonic()
        if not self.spec.checkpoints or self.through_seq == self.checkpointed_seq:
            return
        entry = self._history(start)
        for client, old in ((target, self._target_log), (source, self._source_log)):
            history = [
                one
                for one in old.get("history", [])
                if isinstance(one, dict) and one.get("session_id") != self.session
            ]
            body: dict[str, Any] = {
                "_id": f"_local/{self.id}",
                "session_id": self.session,
                "source_last_seq": self.through_seq,
                "replication_id_version": 4,
                "history": [entry, *history][:HISTORY],
            }
            if "_rev" in old:
                body["_rev"] = old["_rev"]
            answer = await client.put(f"_local/{self.id}", content=orjson.dumps(body))
            if answer.status_code not in (200, 201, 202):
                # A source that may only be read keeps no checkpoint; the target's is enough to
                # finish, and the next run looks again.
                if client is source and answer.status_code in (401, 403):
                    continue
                raise _refused(answer, "the checkpoint was not stored")
            old.clear()
            old.update(body, _rev=_object(answer).get("rev"))
        self.checkpointed_seq = self.through_seq

    # -- the work ----------------------------------------------------------------------------

    async def _changes(
        self, source: httpx.AsyncClient, since: Any
    ) -> AsyncIterator[tuple[list[dict[str, Any]], Any]]:
        params: dict[str, str] = {
            "style": "main_only" if self.spec.winning_only else "all_docs",
            "limit": str(BATCH),
            "seq_interval": "1",
        }
        body: dict[str, Any] | None = None
        if self.spec.doc_ids is not None:
            params["filter"] = "_doc_ids"
            body = {"doc_ids": list(self.spec.doc_ids)}
        elif self.spec.selector is not None:
            params["filter"] = "_selector"
            body = {"selector": orjson.loads(self.spec.selector)}
        elif self.spec.filter is not None:
            params["filter"] = self.spec.filter
            params.update(self.spec.query_params)
        feed = "normal"
        while True:
            asked = params | {"feed": feed, "since": _sequence(since)}
            if feed == "longpoll":
                # A place that is not kept yet is kept soon, also when nothing more comes.
                unsaved = self.through_seq != self.checkpointed_seq
                patience = CHECKPOINT_SECONDS if unsaved else FEED_SECONDS
                asked["timeout"] = str(int(patience * 1000))
            if body is None:
                answer = await source.get("_changes", params=asked)
            else:
                answer = await source.post(
                    "_changes",
                    params=asked,
                    content=orjson.dumps(body),
                    headers={"Content-Type": "application/json"},
                )
            if answer.status_code != 200:
                raise _refused(answer, "the changes of the source cannot be read")
            found = _object(answer)
            rows = found.get("results")
            if not isinstance(rows, list) or "last_seq" not in found:
                raise ReplicationError(502, "replication_failed", "the source's feed was cut short")
            since = found["last_seq"]
            self.source_seq = since
            pending = found.get("pending")
            self.pending = pending if isinstance(pending, int) else None
            yield rows, since
            more = self.pending if self.pending is not None else len(rows) >= BATCH
            if not more:
                if not self.spec.continuous or self.owed:
                    return
                feed = "longpoll"
            else:
                feed = "normal"

    async def _batch(
        self,
        source: httpx.AsyncClient,
        target: httpx.AsyncClient,
        rows: list[dict[str, Any]],
    ) -> None:
        if not rows:
            return
        offered = {
            row["id"]: [change["rev"] for change in row["changes"]]
            for row in rows
            if isinstance(row.get("id"), str) and row["id"]
        }
        self.stats.revisions_checked += sum(map(len, offered.values()))
        answer = await _post(target, "_revs_diff", offered)
        if answer.status_code != 200:
            raise _refused(answer, "the target cannot compare revisions")
        missing = _object(answer)
        wanted: list[dict[str, Any]] = []
        for doc_id, found in missing.items():
            self.stats.missing_revisions_found += len(found["missing"])
            since = found.get("possible_ancestors")
            for rev in found["missing"]:
                one: dict[str, Any] = {"id": doc_id, "rev": rev}
                if since:
                    one["atts_since"] = since
                wanted.append(one)
        for start in range(0, len(wanted), FETCH):
            await self._transfer(source, target, wanted[start : start + FETCH])

    async def _transfer(
        self,
        source: httpx.AsyncClient,
        target: httpx.AsyncClient,
        wanted: list[dict[str, Any]],
    ) -> None:
        docs = await self._fetch(source, wanted)
        if not docs:
            return
        rejected = await self._store(target, docs)
        # A stub that the target cannot resolve is sent again with its bytes.
        stubs = [row["id"] for row in rejected if row.get("error") == "missing_stub"]
        if stubs:
            again = [{"id": one["id"], "rev": one["rev"]} for one in wanted if one["id"] in stubs]
            whole = await self._fetch(source, again)
            rejected = [row for row in rejected if row.get("error") != "missing_stub"]
            rejected += await self._store(target, whole)
        refused = sum(row.get("error") in REFUSALS for row in rejected)
        self.owed += len(rejected) - refused
        self.stats.doc_write_failures += refused
        self.stats.docs_written += len(docs) - len(rejected)

    async def _fetch(
        self, source: httpx.AsyncClient, wanted: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        answer = await _post(
            source, "_bulk_get?revs=true&latest=true&attachments=true", {"docs": wanted}
        )
        if answer.status_code != 200:
            raise _refused(answer, "the documents of the source cannot be read")
        docs: list[dict[str, Any]] = []
        seen: set[tuple[str, str]] = set()
        for result in _object(answer).get("results", []):
            for one in result.get("docs", []):
                doc = one.get("ok")
                # A revision that is gone was purged; any other error is the source's trouble.
                if doc is None and one.get("error", {}).get("error") != "not_found":
                    self.owed += 1
                if doc is not None and (doc["_id"], doc["_rev"]) not in seen:
                    seen.add((doc["_id"], doc["_rev"]))
                    docs.append(doc)
        self.stats.docs_read += len(docs)
        return docs

    @staticmethod
    async def _store(target: httpx.AsyncClient, docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Writes revisions; returns the rows of those that were not taken."""
        if not docs:
            return []
        answer = await _post(target, "_bulk_docs", {"docs": docs, "new_edits": False})
        if answer.status_code in (201, 202):
            rows = [row for row in orjson.loads(answer.content) if row.get("error")]
            owed = {row.get("id") for row in rows if row["error"] not in REFUSALS}
            again = [doc for doc in docs if doc["_id"] in owed]
            if not 0 < len(again) < len(docs):
                return rows
            # The others may have been what kept the target from judging these.
            left = await Replication._store(target, again)
            return [row for row in rows if row.get("id") not in owed] + left
        if answer.status_code not in (400, 403, 412, 413) or len(docs) == 1:
            if len(docs) == 1 and answer.status_code in (400, 403, 412, 413):
                return [{"id": docs[0]["_id"], "error": _object(answer).get("error", "refused")}]
            raise _refused(answer, "the target does not take the documents")
        # One document may be what the target cannot take: the others still go.
        half = len(docs) // 2
        return await Replication._store(target, docs[:half]) + await Replication._store(
            target, docs[half:]
        )


def common_checkpoint(source: dict[str, Any], target: dict[str, Any]) -> Any:
    """The last sequence that both sides' logs agree on; 0 when there is none.

    What the target says of it counts: there it was written first, and more people may write at the
    source of what is reported upward.
    """
    if not source or not target:
        return 0
    if source.get("session_id") and source.get("session_id") == target.get("session_id"):
        return target.get("source_last_seq", 0)
    mine = {
        one.get("session_id"): one.get("recorded_seq", 0)
        for one in source.get("history", [])
        if isinstance(one, dict)
    }
    for one in target.get("history", []):
        if isinstance(one, dict) and one.get("session_id") in mine:
            return one.get("recorded_seq", 0)
    return 0


def _sequence(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value).decode()


async def _post(client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
    data = await asyncio.get_running_loop().run_in_executor(None, dumps, body)
    return await client.post(path, content=data, headers={"Content-Type": "application/json"})


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


def check_document(members: dict[str, Any], user: User, old_owner: str | None) -> dict[str, Any]:
    """A `_replicator` document as it is stored: with its owner. 403 for one that cannot run."""
    try:
        Spec.parse(members)
    except CouchError as error:
        raise forbidden(error.reason or "Not a replication.") from None
    owner = members.get("owner")
    if user.is_admin:
        return members if isinstance(owner, str) else {**members, "owner": user.name}
    if old_owner is not None and old_owner != user.name:
        raise forbidden("Only the owner may change a replication document.")
    if owner is not None and owner != user.name:
        raise forbidden("Can't create replication documents in other users' names.")
    return {**members, "owner": user.name}
