"""Writing one document or many: what the server itself does to them, and how one is answered."""

from __future__ import annotations

import asyncio
import uuid

import orjson

from .. import revtree
from ..database import Database
from ..documents import NewDocument
from ..errors import bad_request
from ..store import Outcome
from ..users import refuse_foreign, with_hashed_password
from .messages import Answer, Request, Response


def new_id() -> str:
    """An id for a document that came without one."""
    return uuid.uuid4().hex


async def prepare(
    request: Request, database: Database, batch: list[NewDocument], new_edits: bool = True
) -> list[NewDocument]:
    """What the server itself does to documents before they are written."""
    if database.name == "_users":
        refuse_foreign(batch, request.user, database.security, new_edits)
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            *(
                loop.run_in_executor(request.server.hashing, with_hashed_password, document)
                for document in batch
            )
        )
    if database.name == "_replicator":
        return [
            request.server.check_replication(document, request.user, database) for document in batch
        ]
    return batch


def given_revision(request: Request) -> str | None:
    """The revision in `?rev=` or `If-Match`; 400 when they differ."""
    query, header = request.query.get("rev"), request.header(b"if-match")
    explicit = None if query is None else revtree.parse(query)
    matched = None if header is None else revtree.parse(header.strip().strip('"'))
    if explicit is not None and matched is not None and explicit != matched:
        raise bad_request("Document rev and etag have different values")
    return explicit if explicit is not None else matched


async def store_one(
    request: Request, database: Database, document: NewDocument, new_edits: bool = True
) -> Outcome:
    """Writes one document; raises what its write came to."""
    prepared = await prepare(request, database, [document], new_edits)
    (outcome,) = await database.update(prepared, request.user, new_edits)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def written(request: Request, database: Database, outcome: Outcome, status: int = 201) -> Answer:
    """The answer to a write."""
    headers = {
        "ETag": f'"{outcome.rev}"',
        "Location": request.url(database.name, outcome.id),
    }
    if outcome.id.startswith(("_design/", "_local/")):
        head, _, name = outcome.id.partition("/")
        headers["Location"] = request.url(database.name, head, name)
    body = b'{"ok":true,"id":%b,"rev":"%b"}\n' % (
        orjson.dumps(outcome.id),
        outcome.rev.encode(),
    )
    return Response(status, body, headers)
