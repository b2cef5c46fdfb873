"""Filters of the changes feed that are functions of design documents."""

from __future__ import annotations

from typing import Any

import orjson

from .. import store
from ..changes import Filter
from ..database import Database
from ..documents import dumps
from ..errors import bad_request, not_found
from ..sandbox import Program, Stopped, Unreadable, answered, javascript_lists
from .messages import Request


def _design(database: Database, name: str) -> tuple[str, dict[str, Any]]:
    document = database.read_now(lambda cx: store.read_winner(cx, "_design/" + name))
    if document is None:
        raise not_found()
    return document.rev, orjson.loads(document.body)


def _source(design: dict[str, Any], *path: str) -> str:
    value: Any = design
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise not_found(f"missing json key: {'.'.join(path)}")
    return value


def _request_object(request: Request, database: Database) -> dict[str, Any]:
    """What a filter sees of the request: never its credentials."""
    hidden = (b"authorization", b"cookie", b"proxy-authorization")
    return {
        "method": request.method,
        "path": request.parts,
        "query": request.query,
        "headers": {
            name.decode("latin-1"): value
            for name, value in request.headers.items()
            if name not in hidden
        },
        "userCtx": request.user.context(database.name),
        "secObj": database.security.given,
        "info": {"db_name": database.name},
        "uuid": database.uuid,
    }


async def script_filter(request: Request, database: Database, design: str, name: str) -> Filter:
    """`filters.NAME` of a design document, or 404."""
    rev, members = _design(database, design)
    source = _source(members, "filters", name)
    asked = dumps(_request_object(request, database)).decode()
    return _runner(request, database, (database.uuid, rev, "f", name), source, members, asked)


async def view_filter(request: Request, database: Database, design: str, name: str) -> Filter:
    """The documents for which a view's map function emits anything."""
    rev, members = _design(database, design)
    source = _source(members, "views", name, "map")
    views = members.get("views", {})
    library = {"views": {"lib": views.get("lib", {})}, "lib": views.get("lib", {})}
    return _runner(request, database, (database.uuid, rev, "v", name), source, library, None)


def _runner(
    request: Request,
    database: Database,
    key: tuple[str, str, str, str],
    source: str,
    library: dict[str, Any],
    asked: str | None,
) -> Filter:
    workshop = request.server.workshop(database.name)

    def accepts(texts: list[bytes], _: list[str]) -> list[bool]:
        def work() -> list[bool]:
            program = workshop.programs.get(key)
            if program is None:
                program = Program([source], library)
                workshop.keep(key, program)
            call = ("emits",) if asked is None else ("filter",)
            extra = () if asked is None else (asked,)
            try:
                text = program.call(*call, javascript_lists(texts), *extra)
                return [bool(passed) for passed in answered(text, len(texts))]
            except Unreadable:
                raise bad_request(
                    "The filter function changes what it runs in.", "javascript_error"
                ) from None
            except Stopped:
                pass
            # One document at a time, so that only the one that does not end is left out.
            result: list[bool] = []
            stopped = 0
            for one in texts:
                try:
                    text = program.call(*call, javascript_lists([one]), *extra)
                    result.append(bool(answered(text, 1)[0]))
                except (Stopped, Unreadable):
                    stopped += 1
                    if stopped > 2:
                        raise bad_request(
                            "The filter function was stopped at its limit.", "timeout"
                        ) from None
                    result.append(False)
            return result

        return workshop.run(work)

    return accepts
