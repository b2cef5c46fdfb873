"""What a database said of documents that were written as they are (`new_edits=false`)."""

from collections.abc import Iterable
from typing import Any

import httpx

from miaopu_db.replicator import REFUSALS

Json = dict[str, Any]


class UndecidedError(httpx.HTTPError):
    """The database has neither taken nor refused a document: it is to be brought again."""


def refused(database: str, rows: Iterable[Json]) -> dict[str, str]:
    """Id → reason of what was refused. Raises UndecidedError where the database could not say."""
    failed = [row for row in rows if "error" in row]
    if any(row["error"] not in REFUSALS for row in failed):
        raise UndecidedError(f"{database}: a document was neither taken nor refused")
    return {row["id"]: str(row.get("reason", row["error"])) for row in failed}
