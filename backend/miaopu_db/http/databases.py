"""What is asked of one database: its settings, many documents at once, and the way to the rest."""

from __future__ import annotations

from typing import Any

from .. import revtree, store
from ..database import Database
from ..errors import bad_request, forbidden, unauthorized
from ..names import check_document_id
from ..security import require_server_admin
from ..users import require_path
from . import alldocs, attachments, bulk, changes, design, documents, find
from .messages import Answer, Request, only, reply
from .root import info_of


async def handle(request: Request) -> Answer:
    server = request.server
    name = request.parts[0]
    rest = request.parts[1:]
    if not rest:
        if request.method == "PUT":
            return await _create(request, name)
        if request.method == "DELETE":
            return await _delete(request, name)
    database = server.database(name)
    database.security.require_member(request.user)
    if name == "_users":
        require_path(rest, request.user, database.security)
    if not rest:
        only(request, "DELETE,GET,HEAD,POST")
        if request.method == "POST":
            return await documents.post(request, database)
        return reply(await info_of(database))
    first = rest[0]
    if first.startswith("_"):
        handler = _handler(rest)
        if handler is not None:
            return await handler(request, database)  # type: ignore[no-any-return]
        # An id may come with its slash encoded or not.
        if first in ("_design", "_local"):
            rest = [f"{first}/{rest[1] if len(rest) > 1 else ''}", *rest[2:]]
        if rest[0].startswith("_design/") and len(rest) > 1 and rest[1].startswith("_"):
            return await design.handle(request, database, check_document_id(rest[0]), rest[1:])
    if len(rest) == 1:
        return await documents.handle(request, database, rest[0])
    if rest[0].startswith("_local/"):
        raise bad_request("_local documents do not accept attachments.")
    return await attachments.handle(request, database, rest[0], "/".join(rest[1:]))


def _handler(rest: list[str]) -> Any:
    """What serves this path below a database. None: it names a document or an attachment."""
    first, *more = rest
    lists = first in ("_all_docs", "_design_docs", "_local_docs") and more == ["queries"]
    if not more or lists or first in ("_compact", "_index"):
        return _HANDLERS.get(first)
    return None


async def _create(request: Request, name: str) -> Answer:
    require_server_admin(request.user)
    if request.query.get("partitioned", "false") != "false":
        raise bad_request("Partitioned databases are not supported.")
    await request.server.create(name)
    return reply({"ok": True}, 201, Location=request.url(name))


async def _delete(request: Request, name: str) -> Answer:
    require_server_admin(request.user)
    if "rev" in request.query:
        raise bad_request(
            "You tried to DELETE a database with a ?=rev parameter. "
            "Did you mean to DELETE a document instead?"
        )
    await request.server.delete(name)
    return reply({"ok": True})


def _revs_of(body: dict[str, Any]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for doc_id, revs in body.items():
        if not isinstance(revs, list):
            raise bad_request("Invalid list of revisions")
        wanted[doc_id] = [revtree.parse(rev) for rev in revs]
    return wanted


def _require_listing(request: Request, database: Database) -> None:
    """What tells which documents there are is no user's to ask of a system database."""
    if request.server.is_system(database.name) and not database.security.is_admin(request.user):
        raise unauthorized("You are not a server admin.")


async def _missing(request: Request, database: Database) -> Any:
    only(request, "POST")
    _require_listing(request, database)
    request.require_json()
    wanted = _revs_of(await request.json_object())
    if len(wanted) <= 20:
        return database.read_now(lambda cx: store.read_missing(cx, wanted))
    return await database.read(lambda cx: store.read_missing(cx, wanted))


async def _revs_diff(request: Request, database: Database) -> Answer:
    found = await _missing(request, database)
    return reply(
        {
            doc_id: {"missing": revs} | ({"possible_ancestors": ancestors} if ancestors else {})
            for doc_id, (revs, ancestors) in found.items()
        }
    )


async def _missing_revs(request: Request, database: Database) -> Answer:
    found = await _missing(request, database)
    return reply({"missing_revs": {doc_id: revs for doc_id, (revs, _) in found.items()}})


async def _security(request: Request, database: Database) -> Answer:
    only(request, "GET,HEAD,PUT")
    if request.method == "PUT":
        database.security.require_admin(request.user)
        if database.name == "_users":
            raise forbidden("You can't edit the security object of the user database.")
        await database.set_security(await request.json_object())
        return reply({"ok": True})
    return reply(database.security.given)


async def _limit(request: Request, database: Database, name: str) -> Answer:
    only(request, "GET,HEAD,PUT")
    if name == "purged_infos_limit":
        require_server_admin(request.user)
    if request.method == "PUT":
        database.security.require_admin(request.user)
        value = await request.json()
        if type(value) is not int or not 0 < value <= 1_000_000_000:
            raise bad_request(f"`{name.lstrip('_')}` must be positive integer")
        await database.write(lambda writer: writer.set_meta(name, value))
        return reply({"ok": True})
    return reply(database.read_now(lambda cx: store.read_meta(cx, name)))


async def _revs_limit(request: Request, database: Database) -> Answer:
    return await _limit(request, database, "revs_limit")


async def _purged_infos_limit(request: Request, database: Database) -> Answer:
    return await _limit(request, database, "purged_infos_limit")


async def _purge(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    require_server_admin(request.user)
    wanted = _revs_of(await request.json_object())
    purged = await database.write(lambda writer: writer.purge(wanted))
    database.purge_seq = database.read_now(lambda cx: store.read_meta(cx, "purge_seq"))
    return reply({"purge_seq": None, "purged": purged}, 201)


async def _purged_infos(request: Request, database: Database) -> Answer:
    only(request, "GET,HEAD")
    _require_listing(request, database)
    rows = await database.read(store.read_purged)
    return reply({"purged_infos": [{"id": doc_id, "revs": revs} for doc_id, revs in rows]})


async def _compact(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    database.security.require_keeper(request.user)
    server = request.server
    if len(request.parts) > 2:
        index = await design.open_index(
            request, database, design.read_design(database, "_design/" + request.parts[2])
        )
        server.spawn(server.compactor.index(database, index))
    else:
        server.spawn(server.compactor.database(database))
    return reply({"ok": True}, 202)


async def _view_cleanup(request: Request, database: Database) -> Answer:
    only(request, "POST")
    database.security.require_keeper(request.user)
    await request.server.clean_views(database)
    return reply({"ok": True}, 202)


async def _ensure_full_commit(request: Request, database: Database) -> Answer:
    only(request, "POST")
    request.require_json()
    # Every acknowledged write is on the disk already.
    return reply({"ok": True, "instance_start_time": str(database.created)}, 201)


async def _shards(request: Request, _: Database) -> Answer:
    only(request, "GET,HEAD")
    return reply({"shards": {"00000000-ffffffff": ["miaopu@127.0.0.1"]}})


_HANDLERS: dict[str, Any] = {
    "_all_docs": alldocs.handle,
    "_design_docs": alldocs.handle,
    "_local_docs": alldocs.handle,
    "_bulk_docs": bulk.bulk_docs,
    "_bulk_get": bulk.bulk_get,
    "_changes": changes.handle,
    "_compact": _compact,
    "_ensure_full_commit": _ensure_full_commit,
    "_explain": find.handle,
    "_find": find.handle,
    "_index": find.handle,
    "_missing_revs": _missing_revs,
    "_purge": _purge,
    "_purged_infos": _purged_infos,
    "_purged_infos_limit": _purged_infos_limit,
    "_revs_diff": _revs_diff,
    "_revs_limit": _revs_limit,
    "_security": _security,
    "_shards": _shards,
    "_view_cleanup": _view_cleanup,
}
