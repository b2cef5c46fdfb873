"""What is asked of the server itself."""

from __future__ import annotations

import uuid
from typing import Any

from .. import store
from ..auth import ITERATIONS
from ..database import Database
from ..errors import CouchError, bad_request, no_database, not_found, query_error
from ..parameters import integer
from ..scheduler import NODE, STATES
from ..security import require_server_admin
from ..server import VERSION
from . import alldocs
from .messages import Answer, Request, Response, only, reply

NAMES = frozenset(
    {
        "_up",
        "_all_dbs",
        "_dbs_info",
        "_uuids",
        "_active_tasks",
        "_membership",
        "_node",
        "_replicate",
        "_scheduler",
        "_utils",
        "favicon.ico",
    }
)


async def handle(request: Request) -> Answer:
    name = request.parts[0]
    handler = _HANDLERS.get(name)
    if handler is None:
        raise not_found()
    return await handler(request)  # type: ignore[no-any-return]


async def _welcome(request: Request) -> Answer:
    only(request, "GET,HEAD")
    return reply(
        {
            "couchdb": "Welcome",
            "version": VERSION,
            "git_sha": "miaopu",
            "uuid": request.server.uuid,
            "features": ["pluggable-storage-engines", "scheduler"],
            "vendor": {"name": "Miaopu"},
        }
    )


async def _up(request: Request) -> Answer:
    only(request, "GET,HEAD")
    return reply({"status": "ok", "seeds": {}})


async def _all_dbs(request: Request) -> Answer:
    only(request, "GET,HEAD")
    require_server_admin(request.user)
    return reply(_chosen_names(request))


def _chosen_names(request: Request) -> list[str]:
    """The names of databases that the query asks for, in its order."""
    query = alldocs.parse(dict(request.query), alldocs.Query(), decoded=False)
    return alldocs.choose(request.server.names(), query)


async def info_of(database: Database) -> dict[str, Any]:
    """What `GET /db` answers."""
    info = await database.read(store.read_info)
    return {
        "instance_start_time": str(database.created),
        "db_name": database.name,
        "purge_seq": f"{info.purge_seq}-{database.uuid[:16]}",
        "update_seq": database.sequence(info.seq),
        "sizes": {
            "file": info.file_size,
            "external": info.active_size,
            "active": info.active_size,
        },
        "props": {},
        "doc_del_count": info.del_count,
        "doc_count": info.doc_count,
        "disk_format_version": 8,
        "compact_running": database.compacting,
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
    }


async def _dbs_info(request: Request) -> Answer:
    only(request, "GET,HEAD,POST")
    require_server_admin(request.user)
    keys: list[Any]
    if request.method == "POST":
        request.require_json()
        body = await request.json_object()
        if "keys" not in body:
            raise bad_request("`keys` member must exist.")
        keys = body["keys"]
        if not isinstance(keys, list):
            raise bad_request("`keys` member must be an array.")
        if len(keys) > 100:
            raise bad_request("too_many_keys")
    else:
        keys = list(_chosen_names(request))
    rows: list[dict[str, Any]] = []
    for key in keys:
        try:
            if not isinstance(key, str):
                raise no_database()
            rows.append({"key": key, "info": await info_of(request.server.database(key))})
        except CouchError:
            rows.append({"key": key, "error": "not_found"})
    return reply(rows)


async def _uuids(request: Request) -> Answer:
    only(request, "GET,HEAD")
    text = request.query.get("count", "1")
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise bad_request("count must be a positive integer")
    count = int(text)
    if count > 1000:
        raise bad_request("count parameter too large")
    answer = reply({"uuids": [uuid.uuid4().hex for _ in range(count)]})
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _active_tasks(request: Request) -> Answer:
    only(request, "GET,HEAD")
    require_server_admin(request.user)
    return reply(request.server.tasks())


async def _membership(request: Request) -> Answer:
    only(request, "GET,HEAD")
    require_server_admin(request.user)
    return reply({"all_nodes": [NODE], "cluster_nodes": [NODE]})


async def _node(request: Request) -> Answer:
    """The part of a node's settings that clients look at, read only."""
    require_server_admin(request.user)
    only(request, "GET,HEAD")
    rest = request.parts[1:]
    if rest[:1] == ["_local"] and len(rest) == 1:
        return reply({"name": NODE})
    if len(rest) < 2 or rest[1] not in ("_config", "_system", "_stats"):
        raise not_found()
    if rest[1] != "_config":
        return reply({})
    settings = request.server.settings
    config: dict[str, dict[str, str]] = {
        "couchdb": {
            "uuid": request.server.uuid,
            "max_document_size": "8000000",
            "users_db_security_editable": "false",
        },
        "chttpd": {
            "require_valid_user": "true",
            "max_http_request_size": str(settings.max_request),
            "enable_cors": str(bool(settings.cors_origins)).lower(),
        },
        "chttpd_auth": {"timeout": str(settings.session_seconds), "iterations": str(ITERATIONS)},
        "cors": {
            "origins": ",".join(settings.cors_origins),
            "credentials": str(settings.cors_credentials).lower(),
        },
        "admins": dict.fromkeys(request.server.admins, "(hidden)"),
    }
    value: Any = config
    for key in rest[2:]:
        if not isinstance(value, dict) or key not in value:
            raise not_found("unknown_config_value")
        value = value[key]
    return reply(value)


async def _utils(request: Request) -> Answer:
    only(request, "GET,HEAD")
    return Response(404, b'{"error":"not_found","reason":"There is no Fauxton here."}\n')


async def _replicate(request: Request) -> Answer:
    only(request, "POST")
    request.require_json()
    require_server_admin(request.user)
    body = await request.json_object()
    answer, status = await request.server.scheduler.replicate(body, request.user)
    return reply(answer, status)


async def _scheduler(request: Request) -> Answer:
    only(request, "GET,HEAD")
    require_server_admin(request.user)
    scheduler = request.server.scheduler
    rest = request.parts[1:]
    skip = integer(request.query.get("skip", 0), "skip")
    if rest[:1] == ["jobs"] and len(rest) <= 2:
        jobs = [job.job_members() for job in scheduler.jobs()]
        if len(rest) == 2:
            for job in jobs:
                if job["id"] == rest[1]:
                    return reply(job)
            raise not_found()
        limit = integer(request.query.get("limit", 25), "limit")
        page = jobs[skip : skip + limit]
        return reply({"total_rows": len(jobs), "offset": skip, "jobs": page})
    if rest[:1] == ["docs"]:
        if len(rest) >= 3:
            return reply(scheduler.document("/".join(rest[2:])).members())
        docs = [job.members() for job in scheduler.documents()]
        if "states" in request.query:
            states = request.query["states"].split(",")
            if not STATES.issuperset(states):
                shown = ",".join(sorted(STATES))
                raise query_error(f"States must be one or more of [{shown}]")
            docs = [doc for doc in docs if doc["state"] in states]
        limit = integer(request.query.get("limit", 25), "limit")
        page = docs[skip : skip + limit]
        return reply({"total_rows": len(docs), "offset": skip, "docs": page})
    raise not_found()


_HANDLERS: dict[str, Any] = {
    "": _welcome,
    "_up": _up,
    "_all_dbs": _all_dbs,
    "_dbs_info": _dbs_info,
    "_uuids": _uuids,
    "_active_tasks": _active_tasks,
    "_membership": _membership,
    "_node": _node,
    "_replicate": _replicate,
    "_scheduler": _scheduler,
    "_utils": _utils,
}
