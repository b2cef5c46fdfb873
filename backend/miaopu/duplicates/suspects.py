"""Suspected duplicates of a region (疑似重复个案), and a person's decision on them."""

from itertools import combinations, groupby
from typing import Any, Literal

import httpx

from miaopu.case.case import add, merged
from miaopu.case.events import standing, value
from miaopu.case.joined import links, suspicion, told_apart
from miaopu.case.seal import Stamp
from miaopu.couch.place import clinic_database, region_database
from miaopu.couch.views import query
from miaopu.lookup.cases import shown
from miaopu.problems import CollisionError

Json = dict[str, Any]
Decision = Literal["same", "different", "undo"]

MOST = 200
"""Pairs of one answer."""
_PAGE = 5000
_ALIKE = 8
"""Cases under one key that are held against each other."""
_RANK = {"id_number": 0, "card": 1, "person": 2, "family": 3}


class UndecidableError(CollisionError):
    """The decision cannot be recorded; the message says why."""

    code = "case.undecidable"


async def suspects(client: httpx.AsyncClient, region: str) -> list[Json]:
    """Pairs of cases that may be one child, the surest first: reason and both rows.

    Raises httpx.HTTPError.
    """
    pairs: dict[tuple[str, str], None] = {}
    for same in await _alike(client, region_database(region)):
        for first, second in combinations(sorted(set(same))[:_ALIKE], 2):
            pairs[first, second] = None
    documents = await _documents(client, region, {one for pair in pairs for one in pair})
    found = []
    for first, second in pairs:
        a, b = documents.get(first), documents.get(second)
        if a is None or b is None or told_apart(a, b) or _together(a, b):
            continue
        why = suspicion(a, b)
        if why is not None:
            found.append({"reason": why, "cases": [shown(a), shown(b)]})
    found.sort(key=lambda pair: _RANK[str(pair["reason"])])
    return found[:MOST]


async def joined(client: httpx.AsyncClient, region: str) -> list[Json]:
    """Pairs of cases that a person joined and nobody has parted, the latest first: both rows.

    Raises httpx.HTTPError.
    """
    rows = await query(client, region_database(region), "duplicates", "links", {})
    pairs = [tuple(row["key"]) for row in rows if row["value"] and row["key"][0] != row["key"][1]]
    # An id is a ULID: the younger case comes first.
    pairs = sorted(set(pairs), key=max, reverse=True)[:MOST]
    documents = await _documents(client, region, {one for pair in pairs for one in pair})
    return [
        {"cases": [shown(documents[first]), shown(documents[second])]}
        for first, second in pairs
        if first in documents and second in documents
    ]


async def _documents(client: httpx.AsyncClient, region: str, ids: set[str]) -> dict[str, Json]:
    """The winners of these cases, as far as they are there."""
    wanted = sorted(ids)
    documents: dict[str, Json] = {}
    for start in range(0, len(wanted), 500):
        answer = await client.post(
            f"{region_database(region)}/_all_docs",
            params={"include_docs": "true"},
            json={"keys": wanted[start : start + 500]},
        )
        answer.raise_for_status()
        rows = answer.json()["rows"]
        documents |= {row["id"]: row["doc"] for row in rows if row.get("doc") is not None}
    return documents


def _together(a: Json, b: Json) -> bool:
    return b["_id"] in links(a) or a["_id"] in links(b) or bool(links(a) & links(b))


async def _alike(client: httpx.AsyncClient, database: str) -> list[list[str]]:
    """The ids under each key of `candidates` that several cases have."""
    rows: list[Json] = []
    found: list[list[str]] = []
    page: Json = {"limit": _PAGE}
    while True:
        got = await query(client, database, "duplicates", "candidates", page)
        rows += got
        last = len(got) < _PAGE
        groups = [(key, [row["id"] for row in same]) for key, same in groupby(rows, _key)]
        # The last group may go on in the next page.
        done = groups if last else groups[:-1]
        found += [ids for _, ids in done if len(ids) > 1]
        if last:
            return found
        rows = [row for row in rows if row["key"] == groups[-1][0]]
        page = {
            "limit": _PAGE,
            "skip": 1,
            "startkey": got[-1]["key"],
            "startkey_docid": got[-1]["id"],
        }


def _key(row: Json) -> Any:
    return row["key"]


async def decide(
    client: httpx.AsyncClient,
    stamp: Stamp,
    by: str,
    sites: set[str],
    pair: tuple[Json, Json],
    decision: Decision,
) -> None:
    """Records a manager's decision on two cases, in the database of a clinic that holds them.

    `same` joins the first to the second, `different` tells them apart, `undo` takes either back.
    Raises UndecidableError, NotTakenError and httpx.HTTPError.
    """
    first, second = pair
    if decision == "undo":
        done = False
        for one, other in ((first, second), (second, first)):
            done = await _undo(client, stamp, by, sites, one, other) or done
        if not done:
            raise UndecidableError("nothing was decided on these two cases")
        return
    site = _site_of(first, sites)
    kind = "same_as" if decision == "same" else "not_same_as"
    event = {"kind": kind, "target": second["_id"], **stamp.provenance(site, by)}
    key = stamp.sealed(first["_id"], event)

    def make(there: Json) -> dict[str, Json]:
        said = any(e["target"] == second["_id"] for _, e in standing(there, kind))
        return {} if said else {key: event}

    await add(client, clinic_database(site), first["_id"], make)


def _site_of(child: Json, sites: set[str]) -> str:
    named = [value(child, "site"), *(event["site"] for event in child["events"].values())]
    site = next((code for code in named if code in sites), None)
    if site is None:
        raise UndecidableError("no clinic of this server holds the case")
    return str(site)


async def _undo(
    client: httpx.AsyncClient, stamp: Stamp, by: str, sites: set[str], one: Json, other: Json
) -> bool:
    site = _site_of(one, sites)
    there = await merged(client, clinic_database(site), one["_id"])
    decided = [
        ulid
        for ulid, event in (standing(there, "same_as", "not_same_as") if there else ())
        if event["target"] == other["_id"]
    ]
    said = {"kind": "void", "reason": "wrong_entry", **stamp.provenance(site, by)}
    voids = [{**said, "target": ulid} for ulid in decided]
    if voids:
        sealed = {stamp.sealed(one["_id"], void): void for void in voids}
        await add(client, clinic_database(site), one["_id"], lambda _: sealed)
    return bool(voids)
