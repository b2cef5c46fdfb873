"""What a plan and the program brought to a server last (上次带入的内容), kept in its catalog.

By it an update tells what a person has edited since from what only grew old.
"""

from typing import Any

import couchdb

from miaopu.provision.merge import Marks, Merged, mark, marks, merge

Json = dict[str, Any]

PLACE = "_local/miaopu-content"


class Brought:
    """The marks of what was brought, by document."""

    def __init__(self, kept: Json | None) -> None:
        self._kept: Json = kept or {"_id": PLACE}
        self._rows: dict[str, dict[str, str]] = {**self._kept.get("rows", {})}
        # Version 0.1.0 remembered only which revisions it had written.
        self._revisions: dict[str, str] = self._kept.get("revisions", {})

    def last(self, there: Json, rows: Json) -> Marks | None:
        """The marks of what was brought as the document `there`, whose rows are `rows`."""
        doc_id = there["_id"]
        if doc_id not in self._rows and self._revisions.get(doc_id) == there["_rev"]:
            return marks(rows)
        return self._rows.get(doc_id)

    def merged(self, there: Json, rows: Json, ours: Json) -> Merged:
        """What should stand of `rows`, those of `there`, when `ours` are brought."""
        return merge(self.last(there, rows), rows, ours)

    def remember(self, doc_id: str, ours: Json) -> None:
        """`ours` are the rows that were brought as this document."""
        self._rows[doc_id] = marks(ours)

    @property
    def is_news(self) -> bool:
        """Whether there is something to be written down."""
        return mark(self._rows) != mark(self._kept.get("rows", {}))

    def save(self, database: couchdb.Database) -> None:
        """Writes it down, over what another server with the same work wrote meanwhile."""
        there = database.get(PLACE)
        revision = {} if there is None else {"_rev": there.rev}
        database.save({"_id": PLACE, "rows": self._rows, **revision})
