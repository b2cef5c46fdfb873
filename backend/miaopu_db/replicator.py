"""Replication: CouchDB's protocol, as a client of two servers that may be any mixture of this
one and CouchDB."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from .auth import User
from .documents import NewDocument, dumps
from .errors import CouchError, bad_request, forbidden
from .peers import FEED_SECONDS, Endpoint, Peer, Rejected, ReplicationError, Wanted, Wish

log = logging.getLogger(__name__)

BATCH = 500
"""Changes looked at in one round."""

FETCH = 100
"""Documents asked for at once: with their attachments they are held in memory."""

CHECKPOINT_SECONDS = 5.0
"""How long a place is reached before it is written down."""

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

Reach = Callable[[Endpoint, User, bool], Awaitable[Peer]]
"""How a server gets at an endpoint for a user; the last says whether all of its changes are wanted,
or some that a filter finds."""


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

    @property
    def wish(self) -> Wish:
        """Which changes of the source are wanted."""
        if self.doc_ids is not None:
            return Wish({"filter": "_doc_ids"}, {"doc_ids": [*self.doc_ids]}, self.winning_only)
        if self.selector is not None:
            chosen = {"selector": orjson.loads(self.selector)}
            return Wish({"filter": "_selector"}, chosen, self.winning_only)
        if self.filter is not None:
            params = {"filter": self.filter, **dict(self.query_params)}
            return Wish(params, None, self.winning_only)
        return Wish(winning_only=self.winning_only)

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
    _unsaved: float | None = None
    """When a place was reached that is not written down."""

    async def run(self) -> dict[str, Any]:
        """Replicates what there is (for ever, when continuous). Returns what `_replicate`
        answers; raises `ReplicationError`."""
        peers: list[Peer] = []
        try:
            for endpoint, everything in (
                (self.spec.source, self.spec.wish.everything),
                (self.spec.target, True),
            ):
                peers.append(await self.reach(endpoint, self.user, everything))
            return await self._run(*peers)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # What the other side says is not what a database says.
            log.warning("a replication met an answer that is none: %s", type(error).__name__)
            raise ReplicationError(
                502, "replication_failed", "an answer could not be read"
            ) from None
        finally:
            for peer in peers:
                await peer.close()

    async def _run(self, source: Peer, target: Peer) -> dict[str, Any]:
        self.source_seq = await source.open()
        if self.spec.create_target:
            await target.create()
        await target.open()
        since = await self._find_checkpoint(source, target)
        start = since
        self.through_seq = self.checkpointed_seq = since
        async for leaves, last in self._changes(source, since):
            await self._batch(source, target, leaves)
            if self.owed:
                continue  # what comes after them goes on its way all the same
            if last != self.through_seq and self._unsaved is None:
                self._unsaved = time.monotonic()
            self.through_seq = last
            if self._due() <= 0:
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

    # -- checkpoints -------------------------------------------------------------------------

    async def _find_checkpoint(self, source: Peer, target: Peer) -> Any:
        if not self.spec.checkpoints:
            return self.spec.since or 0
        self._source_log, self._target_log = await source.log(self.id), await target.log(self.id)
        if self.spec.since is not None:
            return self.spec.since
        return common_checkpoint(self._source_log, self._target_log)

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

    def _due(self) -> float:
        """Seconds until the place is to be written down."""
        if self._unsaved is None:
            return FEED_SECONDS
        return self._unsaved + CHECKPOINT_SECONDS - time.monotonic()

    async def _checkpoint(self, source: Peer, target: Peer, start: Any) -> None:
        """Records on both sides how far this has come; the target's word comes first."""
        self._unsaved = None
        if not self.spec.checkpoints or self.through_seq == self.checkpointed_seq:
            return
        entry = self._history(start)
        for peer, old in ((target, self._target_log), (source, self._source_log)):
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
            try:
                rev = await peer.keep_log(self.id, body)
            except ReplicationError as error:
                # A source that may only be read keeps no checkpoint; the target's is enough to
                # finish, and the next run looks again.
                if peer is source and error.status in (401, 403):
                    continue
                raise
            old.clear()
            old.update(body, _rev=rev)
        self.checkpointed_seq = self.through_seq

    # -- the work ----------------------------------------------------------------------------

    async def _changes(
        self, source: Peer, since: Any
    ) -> AsyncIterator[tuple[dict[str, list[str]], Any]]:
        wish = self.spec.wish
        patience = 0.0
        while True:
            found = await source.changes(wish, since, BATCH, patience)
            since = self.source_seq = found.last
            self.pending = found.pending
            yield found.leaves, since
            patience = 0.0
            if found.pending == 0:
                if not self.spec.continuous or self.owed:
                    return
                patience = max(0.1, min(FEED_SECONDS, self._due()))

    async def _batch(self, source: Peer, target: Peer, leaves: dict[str, list[str]]) -> None:
        if not leaves:
            return
        self.stats.revisions_checked += sum(map(len, leaves.values()))
        missing = await target.missing(leaves)
        wanted = [
            Wanted(doc_id, rev, tuple(ancestors))
            for doc_id, (revs, ancestors) in missing.items()
            for rev in revs
        ]
        self.stats.missing_revisions_found += len(wanted)
        for start in range(0, len(wanted), FETCH):
            await self._transfer(source, target, wanted[start : start + FETCH])

    async def _transfer(self, source: Peer, target: Peer, wanted: list[Wanted]) -> None:
        documents = await self._fetch(source, wanted)
        rejected = await self._put(target, documents)
        # A stub that the target cannot resolve is sent again with its bytes.
        stubs = {one.id for one in rejected if one.error == "missing_stub"}
        if stubs:
            again = [Wanted(one.id, one.rev) for one in wanted if one.id in stubs]
            rejected = [one for one in rejected if one.error != "missing_stub"]
            rejected += await self._put(target, await self._fetch(source, again))
        refused = sum(one.error in REFUSALS for one in rejected)
        self.owed += len(rejected) - refused
        self.stats.doc_write_failures += refused
        self.stats.docs_written += len(documents) - len(rejected)

    async def _fetch(self, source: Peer, wanted: list[Wanted]) -> list[NewDocument]:
        documents, owed = await source.fetch(wanted)
        self.owed += owed
        self.stats.docs_read += len(documents)
        return documents

    @staticmethod
    async def _put(target: Peer, documents: list[NewDocument]) -> list[Rejected]:
        """Writes revisions; returns those that were not taken."""
        if not documents:
            return []
        rejected = await target.put(documents)
        owed = {one.id for one in rejected if one.error not in REFUSALS}
        again = [one for one in documents if one.id in owed]
        if not 0 < len(again) < len(documents):
            return rejected
        # The others may have been what kept the target from judging these.
        left = await Replication._put(target, again)
        return [one for one in rejected if one.id not in owed] + left


def common_checkpoint(source: dict[str, Any], target: dict[str, Any]) -> Any:
    """The last sequence that both sides' logs agree on; 0 when there is none.

    Of two that are different the lower one counts. A side that was restored from a backup says less
    of a session than the other: a target does not have all that it had, and a source may have given
    the same sequences to other changes since. More says who had no right to: more people may write
    at the source of what is reported upward.
    """
    if not source or not target:
        return 0
    if source.get("session_id") and source.get("session_id") == target.get("session_id"):
        return _lower(source.get("source_last_seq", 0), target.get("source_last_seq", 0))
    there = {
        one.get("session_id"): one.get("recorded_seq", 0)
        for one in source.get("history", [])
        if isinstance(one, dict)
    }
    for one in target.get("history", []):
        if isinstance(one, dict) and one.get("session_id") in there:
            return _lower(there[one.get("session_id")], one.get("recorded_seq", 0))
    return 0


def _lower(a: Any, b: Any) -> Any:
    """Of two sequences of one database; 0 where one is none."""
    try:
        return min(a, b, key=lambda seq: int(str(seq).partition("-")[0]))
    except ValueError:
        return 0


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
