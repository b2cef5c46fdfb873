"""Loads the demo county into databases that exist, over HTTP."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

import httpx
import orjson

from miaopu.demo.clinic import Json
from miaopu.demo.county import CATALOG, County

_BATCH_BYTES = 2_000_000
_IN_FLIGHT = 3
_REFUSED_SHOWN = 5


class LoadError(Exception):
    """The database did not take the documents; the message says which and why."""


async def load(
    county: County, client: httpx.AsyncClient, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Writes all documents of the county; returns how many were new.

    `client`'s base URL is the database server's root and its account has the role `server` or is
    the server's administrator. A document that is there already is left as it is: the county is the
    same each time, so an interrupted load can be run again. `progress` hears of each batch how many
    children it held. Raises LoadError when a document is refused.
    """
    written = 0
    running: set[asyncio.Task[int]] = set()
    try:
        for database in (*county.databases, CATALOG):
            for batch in batches(county.documents(database)):
                if len(running) >= _IN_FLIGHT:
                    written += await _first(running)
                running.add(asyncio.create_task(_write(client, database, batch, progress)))
                # Generating a batch takes as long as writing one, so writers get their turn.
                await asyncio.sleep(0)
        while running:
            written += await _first(running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return written


def batches(documents: Iterable[Json], size: int = _BATCH_BYTES) -> Iterator[list[bytes]]:
    """Encoded documents in batches of about `size` bytes."""
    batch: list[bytes] = []
    length = 0
    for document in documents:
        encoded = orjson.dumps(document)
        batch.append(encoded)
        length += len(encoded)
        if length >= size:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


async def _first(running: set[asyncio.Task[int]]) -> int:
    done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    running -= done
    return sum(task.result() for task in done)


async def _write(
    client: httpx.AsyncClient, database: str, batch: list[bytes], progress: Callable[[int], None]
) -> int:
    response = await client.post(
        f"{database}/_bulk_docs",
        content=b'{"docs":[' + b",".join(batch) + b"]}",
        headers={"content-type": "application/json"},
    )
    if response.status_code not in (201, 202):
        raise LoadError(
            f"database {database} answered {response.status_code} to a batch of {len(batch)} "
            f"documents: {response.text[:200]}"
        )
    rows = response.json()
    refused = [row for row in rows if "error" in row and row["error"] != "conflict"]
    if refused:
        shown = "; ".join(
            f"{row['id']}: {row['error']}, {row.get('reason', '')}"
            for row in refused[:_REFUSED_SHOWN]
        )
        raise LoadError(f"database {database} refused {len(refused)} of {len(rows)}: {shown}")
    progress(sum(document.startswith(b'{"_id":"child:') for document in batch))
    return sum("error" not in row for row in rows)
