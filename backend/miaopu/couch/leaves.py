"""The leaves of a document: read with what they come from, and written as they are."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from miaopu.couch.rows import refused

Json = dict[str, Any]

_LOOKS = 3


async def leaves_of(client: httpx.AsyncClient, database: str, doc_id: str) -> list[Json]:
    """The live leaves of a document, the winner first; empty when there is none.

    Raises httpx.HTTPError.
    """
    leaves: list[Json] = []
    for _ in range(_LOOKS):
        answer = await client.get(
            f"{database}/{quote(doc_id, safe='')}", params={"conflicts": "true"}
        )
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        document = answer.json()
        others = document.pop("_conflicts", [])
        if not others:
            return [document]
        answer = await client.post(
            f"{database}/_bulk_get",
            json={"docs": [{"id": doc_id, "rev": revision} for revision in others]},
        )
        answer.raise_for_status()
        found = [
            entry["ok"]
            for result in answer.json()["results"]
            for entry in result["docs"]
            if "ok" in entry and not entry["ok"].get("_deleted")
        ]
        leaves = [document, *found]
        # A leaf that went in the meantime is named no more when one looks again.
        if len(found) == len(others):
            break
    return leaves


async def histories(
    client: httpx.AsyncClient, database: str, revisions: Iterable[tuple[str, str]]
) -> list[Json]:
    """These revisions, each with `_revisions`. Raises httpx.HTTPError."""
    answer = await client.post(
        f"{database}/_bulk_get",
        params={"revs": "true"},
        json={"docs": [{"id": doc_id, "rev": rev} for doc_id, rev in revisions]},
    )
    answer.raise_for_status()
    return [
        one["ok"]
        for result in orjson.loads(answer.content)["results"]
        for one in result["docs"]
        if "ok" in one
    ]


async def write(client: httpx.AsyncClient, database: str, documents: list[Json]) -> dict[str, str]:
    """Writes revisions as they are; returns id → reason of those that were refused.

    Raises httpx.HTTPError, also when the database could not judge one of them.
    """
    if not documents:
        return {}
    answer = await client.post(
        f"{database}/_bulk_docs", json={"docs": documents, "new_edits": False}
    )
    answer.raise_for_status()
    return refused(database, answer.json())
