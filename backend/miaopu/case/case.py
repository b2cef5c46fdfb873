"""Reads and writes one case with its whole history, in any database of the server."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from miaopu.case.conflicts import winner
from miaopu.case.merge import body, computed_revision, merge_all
from miaopu.couch.leaves import leaves_of
from miaopu.problems import CollisionError

Json = dict[str, Any]

_TRIES = 8


class NotTakenError(CollisionError):
    """The database refused a case; the message is its reason and names no child's data."""

    code = "case.not_taken"


async def merged(client: httpx.AsyncClient, database: str, doc_id: str) -> Json | None:
    """The case with all its versions merged, `_rev` the winner's; None when it is not there.

    Raises httpx.HTTPError.
    """
    leaves = await leaves_of(client, database, doc_id)
    if not leaves:
        return None
    return {**merge_all(leaves), "_rev": leaves[0]["_rev"]}


def with_event(versions: Sequence[Json], ulid: str, event: Json) -> Json:
    """The winner of a case's versions with one event more, as a revision with its whole history.

    `versions` each have `_revisions`.
    """
    top = next(one for one in versions if one["_rev"] == winner(v["_rev"] for v in versions))
    document = {**body(top), "events": {**top["events"], ulid: event}}
    rev = computed_revision(document, top["_rev"], [top["_rev"]])
    start, _, digest = rev.partition("-")
    ids = [digest, *top["_revisions"]["ids"]]
    return {**document, "_rev": rev, "_revisions": {"start": int(start), "ids": ids}}


async def add(
    client: httpx.AsyncClient, database: str, doc_id: str, make: Callable[[Json], dict[str, Json]]
) -> str | None:
    """Adds the events that `make` returns for the merged case to its winner.

    Returns the new revision, or the one there when nothing is to be added; None when there is no
    such case. Raises NotTakenError and httpx.HTTPError.
    """
    path = f"{database}/{quote(doc_id, safe='')}"
    for _ in range(_TRIES):
        leaves = await leaves_of(client, database, doc_id)
        if not leaves:
            return None
        top = leaves[0]
        events = {u: e for u, e in make(merge_all(leaves)).items() if u not in top["events"]}
        if not events:
            return str(top["_rev"])
        answer = await client.put(path, json={**top, "events": {**top["events"], **events}})
        if answer.status_code == 409:
            continue
        if answer.status_code == 403:
            raise NotTakenError(str(answer.json().get("reason", "forbidden")))
        answer.raise_for_status()
        return str(answer.json()["rev"])
    raise NotTakenError(f"{doc_id} is being changed by others all the time; try again")
