"""The gate before the database: judges what people's accounts write by all that is known.

The database's own validators see one revision at a time, the one that a write stands on. Where a
write stands on nothing, on a revision that was left behind, or on one side of a conflict, this
judges it as `miaopu.gate.judgement` says, by the validator of the clinics' databases itself. The
places in the feeds that replication keeps in `_local` documents, which no validator sees, are the
servers' to write. What the program's own account sends passes untouched.

What this server recorded itself and lost, when it was restored from a backup, it takes from any
clinic that brings it (`miaopu.gate.lost`): the database would refuse that in another's name.

A write is one value, `Judging`, that is read (`requests`), gathered about (`gather`), judged
(`judgement`, `authority`), written and answered (`answers`), in this order.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

import httpx
from starlette.requests import Request

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.audit.observer import READ
from miaopu.case.case import NotTakenError, add
from miaopu.case.seal import Stamp
from miaopu.couch.asgi import Headers, Message, Receive, Scope, Send
from miaopu.couch.database import Database
from miaopu.couch.follow import FAULTS, reason
from miaopu.couch.leaves import write as write_leaves
from miaopu.gate.answers import AnswerError, Beside, answer
from miaopu.gate.authority import Authority
from miaopu.gate.gather import Gatherer
from miaopu.gate.judgement import (
    Judging,
    check_local,
    is_claim,
    is_whole,
    judged,
    path_of,
)
from miaopu.gate.quotas import Quotas, too_large
from miaopu.gate.requests import Write, body_of, documents_of, write_of
from miaopu.gate.rules import DeniedError
from miaopu.models.denials import deny
from miaopu.problems import MiaopuError
from miaopu.schedule.guard import denials
from miaopu_db.address import address_in
from miaopu_db.documents import dumps
from miaopu_db.http.messages import PARSED

log = logging.getLogger(__name__)

Json = dict[str, Any]


class Gate:
    """An ASGI application around the database.

    `client` speaks to the database with the role `server`; it may go through this very gate.
    `users` reads the accounts. `county`, of a clinic's hub, speaks to the databases of its county's
    server with the hub's account.
    """

    def __init__(
        self,
        database: Database,
        identities: Identities,
        client: Callable[[], httpx.AsyncClient],
        users: Callable[[], httpx.AsyncClient],
        stamp: Stamp,
        county: Callable[[], httpx.AsyncClient | None] = lambda: None,
    ) -> None:
        self._database = database
        self._identities = identities
        self._client = client
        self._county = county
        self._gatherer = Gatherer(client, users, stamp, database.heads)
        self._claiming = asyncio.Lock()
        self._authority = Authority()
        self._quotas = Quotas()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            write = (
                write_of(scope["method"], address_in(scope)) if scope["type"] == "http" else None
            )
            if write is None:
                await self._database.application(scope, receive, send)
                return
            actor = await self._actor(scope)
            if actor.is_server or "_admin" in actor.roles:
                await self._database.application(scope, receive, send)
                return
            if not _has_documents(write, actor):
                await self._database.application(scope, receive, send)
                return
            data, given = await body_of(scope, receive)
            scope.get(READ, {})["json"] = given
            judging = Judging(
                write, actor, given, *documents_of(write, given), dt.datetime.now(dt.UTC)
            )
            # One after the other, so that each sees what was given before.
            async with self._claiming if _claims_numbers(judging) else nullcontext():
                if write.is_clinics:
                    await self._gather(judging, scope)
                elif write.is_catalogs:
                    await self._guard(judging)
                await self._judge(judging)
                if write.is_clinics:
                    judging.denied |= too_large(len(data), judging.documents)
                    self._quotas.check(judging.actor, judging.taken_new)
                await self._take_back(judging)
                await self._write_joined(judging)
                await self._finish(judging, data, scope, send)
        except AnswerError as error:
            await answer(send, error.status, {"error": error.error, "reason": error.reason})
        except MiaopuError as error:
            await answer(send, error.status, {"error": error.code, "reason": str(error)})
        except httpx.HTTPError as error:
            log.warning("a write cannot be judged: %s", type(error).__name__)
            why = "The database does not answer; try again later."
            await answer(send, 503, {"error": "service unavailable", "reason": why})

    async def _actor(self, scope: Scope, *, fresh: bool = False) -> Actor:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        actor = await self._identities.of(headers, address_of(Request(scope)), fresh=fresh)
        if actor is None:
            raise AnswerError(401, "unauthorized", "You are not authorized to access this db.")
        return actor

    async def _gather(self, judging: Judging, scope: Scope) -> None:
        judging.lost = await self._gatherer.lost(judging)
        if judging.lost:
            # The server's own account will write, so this one is judged by what it may do now.
            judging.actor = await self._actor(scope, fresh=True)
        judging.accounts = await self._gatherer.accounts(judging)
        judging.codes = await self._gatherer.codes(judging)
        judging.known = await self._gatherer.known(judging)

    async def _guard(self, judging: Judging) -> None:
        """Has what people write of the programme compiled and checked. They bring no revisions of
        their own: one beside what the program brought might be shown in its place."""
        if judging.is_replicated:
            judging.denied = dict.fromkeys(range(len(judging.documents)), deny("server-only"))
        elif judging.actor.region is not None:
            judging.denied = await denials(
                self._client(), judging.documents, judging.actor.region, judging.now
            )

    async def _judge(self, judging: Judging) -> None:
        changes = judged(judging)
        if not changes:
            return
        said = await self._authority.word(
            judging.write.database, list(changes.values()), judging.actor
        )
        judging.denied |= {
            number: why for number, why in zip(changes, said, strict=True) if why is not None
        }

    async def _take_back(self, judging: Judging) -> None:
        """Has the server's own account write what was lost: documents as they are where that may
        be, and of the others what was lost alone."""
        database, documents = judging.write.database, judging.documents
        if judging.write.way == "bulk" and judging.is_replicated:
            whole = {
                number
                for number, one in judging.lost.items()
                if number not in judging.denied
                and number not in judging.joined
                and is_whole(documents[number], one)
            }
            await self._write(judging, {number: documents[number] for number in whole})
        for number, one in judging.lost.items():
            doc_id = documents[number]["_id"]
            why = None
            if number not in judging.written:
                why = await self._add(database, doc_id, one.events)
            log.log(
                logging.INFO if why is None else logging.ERROR,
                "database=%s document=%s lost what was recorded here, events=%s: %s",
                database,
                doc_id,
                " ".join(sorted(one.events)),
                why or "they are back",
            )

    async def _write_joined(self, judging: Judging) -> None:
        """Has the server's own account write versions together with what is known besides."""
        await self._write(
            judging,
            {
                number: one
                for number, one in judging.joined.items()
                if number not in judging.denied and number not in judging.written
            },
        )

    async def _write(self, judging: Judging, documents: dict[int, Json]) -> None:
        """Has the server's own account write documents in the place of those of these numbers."""
        database = judging.write.database
        refused = await write_leaves(self._client(), database, list(documents.values()))
        for number, document in documents.items():
            why = refused.get(document["_id"])
            if why is None:
                judging.written.add(number)
            else:
                judging.denied[number] = why

    async def _add(self, database: str, doc_id: str, events: dict[str, Json]) -> str | None:
        """Why the database refuses events of the server; None: they are there."""
        try:
            await add(self._client(), database, doc_id, lambda _: events)
        except NotTakenError as error:
            return str(error)
        return None

    async def _finish(self, judging: Judging, data: bytes, scope: Scope, send: Send) -> None:
        """Has the database write what is left, and answers."""
        given, left = judging.given, judging.left
        if judging.write.way == "single":
            if judging.conflicts:
                raise AnswerError(409, "conflict", judging.denied[0])
            if judging.denied:
                raise AnswerError(403, "forbidden", judging.denied[0])
            if judging.written:
                one = judging.documents[0]
                rev = path_of(one, True)[0]
                await answer(send, 201, {"ok": True, "id": one["_id"], "rev": rev})
                return
            county = self._county()
            if county is not None and is_claim(judging.documents[0]):
                await self._claim(county, judging.write.database, judging.documents[0], send)
                return
        if len(left) == len(judging.documents):
            await self._pass(scope, data, given, send)
            return
        rows = [judging.row(number) for number in range(len(judging.documents))]
        beside = Beside(send, rows, judging.is_replicated)
        less = {**given, "docs": left}
        await self._pass(scope, dumps(less), less, beside.send)
        if not beside.whole:
            raise AnswerError(502, "bad_gateway", "The database broke off its answer.")

    async def _claim(
        self, county: httpx.AsyncClient, database: str, block: Json, send: Send
    ) -> None:
        """Claims a block of numbers (号段) at the county, which alone gives them out: a hub that is
        new, or was cut off for long, does not know which are taken. 424 without the county: nothing
        is wrong with this server, and tablets go on without a number."""
        doc_id = block["_id"]
        if await self._gatherer.leaves(database, [doc_id]):
            raise AnswerError(409, "conflict", "Document update conflict.")
        try:
            given = await county.put(f"{database}/{quote(doc_id, safe='')}", json=block)
            said = given.json()
            if given.status_code in (403, 409):
                raise AnswerError(given.status_code, said["error"], said["reason"])
            given.raise_for_status()
            rev: str = said["rev"]
        except FAULTS as error:
            log.warning("no numbers can be claimed at the county: %s", reason(error))
            raise AnswerError(
                424,
                "county_unreachable",
                "The county, which alone gives out numbers, does not answer; try again later.",
            ) from None
        refused = await write_leaves(self._client(), database, [{**block, "_rev": rev}])
        if refused:
            raise AnswerError(403, "forbidden", refused[doc_id])
        await answer(send, 201, {"ok": True, "id": doc_id, "rev": rev})

    async def _pass(self, scope: Scope, content: bytes, given: Json, send: Send) -> None:
        """Hands on what was judged, and not what came: no two readings of it can differ. A database
        in this process is given what was read here; another one, that written anew."""
        if self._database.url is not None:
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
        await self._database.application(inner, again, send)


def _claims_numbers(judging: Judging) -> bool:
    """Whether blocks of numbers are written."""
    return any(one.get("type") == "numbers" for one in judging.documents)


def _has_documents(write: Write, actor: Actor) -> bool:
    """Whether a request brings documents to be judged. Raises AnswerError where it may not pass."""
    if write.way == "closed":
        # A replication, or a copy, writes past this gate, by whoever's account it was begun.
        raise AnswerError(403, "forbidden", deny("server-only"))
    if write.way == "local":
        try:
            check_local(write.database, write.doc_id or "", actor)
        except DeniedError as error:
            raise AnswerError(403, "forbidden", str(error)) from None
    if write.way == "other" and (write.is_clinics or write.is_catalogs):
        raise AnswerError(403, "forbidden", deny("whole-documents-only"))
    return write.way in ("bulk", "single")
