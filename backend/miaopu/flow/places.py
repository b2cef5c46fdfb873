"""Which site and region databases there are, by the catalog."""

import logging
from collections.abc import AsyncIterator

import anyio
import httpx

from miaopu.couch.follow import FAULTS, reason

log = logging.getLogger(__name__)

_EVERY_S = 5.0
KINDS = ("region", "site")


async def database_names(client: httpx.AsyncClient) -> list[str]:
    """`region-<code>` and `site-<code>` for every place that the catalog describes."""
    names: list[str] = []
    for kind in KINDS:
        answer = await client.get(
            "catalog/_all_docs", params={"startkey": f'"{kind}:"', "endkey": f'"{kind};"'}
        )
        answer.raise_for_status()
        names += [row["id"].replace(":", "-") for row in answer.json()["rows"]]
    return names


async def watch_names(client: httpx.AsyncClient) -> AsyncIterator[list[str]]:
    """The names, asked for again every few seconds; skipped while the catalog does not answer."""
    while True:
        try:
            yield await database_names(client)
        except FAULTS as error:
            log.warning("the catalog does not say which databases there are: %s", reason(error))
        await anyio.sleep(_EVERY_S)
