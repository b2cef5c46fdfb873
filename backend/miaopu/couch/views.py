"""Asks a view with what is looked for in the body, so that no child's data stands in an address."""

from typing import Any

import httpx
import orjson

Json = dict[str, Any]


async def query(
    client: httpx.AsyncClient, database: str, design: str, view: str, asked: Json
) -> list[Json]:
    """The rows of one query of a view. Raises httpx.HTTPError."""
    answer = await client.post(
        f"{database}/_design/{design}/_view/{view}/queries",
        json={"queries": [{"reduce": False, **asked}]},
        timeout=httpx.Timeout(10, read=300),
    )
    answer.raise_for_status()
    rows: list[Json] = orjson.loads(answer.content)["results"][0]["rows"]
    return rows
