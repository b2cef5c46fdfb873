"""Who may enter a database (`_security`), and the generation by which tablets know it again.

A cluster answers `_security` from any one copy and may write it on one alone: what is read is no
proof of what stands. So a `_local` document, which is read and written by the majority, says which
generation the database has and what was taken by all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import couchdb

from miaopu.ids import new_ulid
from miaopu.provision.merge import mark

Json = dict[str, Any]

PLACE = "_local/miaopu-security"
_ATTEMPTS = 4
_PAUSE_S = 0.3


def security(
    server: couchdb.Server, name: str, roles: list[str], *, is_new: bool
) -> Iterator[tuple[str, Callable[[], None]]]:
    """What has to be done so that `roles` alone enter a database: in words, and how. Nothing, where
    it stands so and was taken by the majority. `is_new`: the database was created just now."""
    known = {} if is_new else _known(server, name)
    there = {} if is_new else _read(server, name, known)
    wanted: Json = {
        "admins": {"names": [], "roles": ["_admin"]},
        "members": {"names": [], "roles": roles},
        # Of this database and of no replica or successor: tablets notice by it that they meet
        # another one under the same name. CouchDB keeps what it does not know here, for members to
        # read and for nobody but an administrator to change.
        "generation": known.get("generation") or there.get("generation") or new_ulid(),
    }
    if there == wanted and known.get("taken") == mark(wanted):
        return

    def make() -> None:
        database = server[name]
        # Before anybody can have met it, so that none is ever drawn anew.
        _remember(database, {"generation": wanted["generation"]})
        _set(database, wanted)
        _remember(database, {"generation": wanted["generation"], "taken": mark(wanted)})

    yield f"set who may read {name}: {', '.join(roles)}", make


def _known(server: couchdb.Server, name: str) -> Json:
    return dict(server[name].get(PLACE) or {})


def _read(server: couchdb.Server, name: str, known: Json) -> Json:
    """`_security`, asked again while it comes without a generation: a copy that missed the writing
    is no database without one. (One that never had one was left half made.)"""
    for attempt in range(_ATTEMPTS):
        there: Json = server[name].security
        if there.get("generation") or known.get("generation"):
            break
        if attempt < _ATTEMPTS - 1:
            time.sleep(_PAUSE_S)
    return there


def _set(database: couchdb.Database, wanted: Json) -> None:
    """Writes `_security`, again after "no majority": then it may stand on some copies only."""
    for attempt in range(_ATTEMPTS):
        try:
            database.security = wanted
            return
        except couchdb.ServerError:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE_S * 2**attempt)


def _remember(database: couchdb.Database, said: Json) -> None:
    there = database.get(PLACE)
    if there is None or {**there} != {**said, "_id": PLACE, "_rev": there.rev}:
        revision = {} if there is None else {"_rev": there.rev}
        database.save({"_id": PLACE, **said, **revision})
