"""Finds a case beyond the clinic's own database, and brings it there with its whole history."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from miaopu.accounts.tree import Tree, read_tree
from miaopu.case.case import NotTakenError, add, merged, with_event
from miaopu.case.events import value
from miaopu.case.joined import ever_linked, group_of, links, representative
from miaopu.case.merge import merge_all
from miaopu.case.moving import may, move_state
from miaopu.case.name import comparable_name
from miaopu.case.seal import Stamp
from miaopu.couch.leaves import histories, leaves_of, write
from miaopu.couch.place import clinic_database, region_database
from miaopu.couch.views import query
from miaopu.days import day_of
from miaopu.models.base import ULID_PATTERN

Json = dict[str, Any]
Purpose = Literal["visit", "move"]

_ID = re.compile(f"child:{ULID_PATTERN}")
MOST = 20
"""Rows of one answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where something was found."""

    region: str | None
    """The region whose database knew it; None: a server above."""
    rows: list[Json]
    searched: list[str]
    """The regions that were asked, the nearest first."""


def shown(child: Json) -> Json:
    """What is told of a case to whoever looks for it, and nothing more."""
    return {
        "id": child["_id"],
        "name": value(child, "name"),
        "sex": value(child, "sex"),
        "birth_date": value(child, "birth_date"),
        "site": value(child, "site"),
    }


def asked_views(wanted: Json) -> tuple[str, list[Any]]:
    """The view of `lookup` and the key for what is wanted: exactly one way of looking."""
    if "card" in wanted:
        return "by_card", [wanted["card"]]
    if "id_number" in wanted:
        return "by_id_number", [wanted["id_number"]]
    if "child_code" in wanted:
        return "by_child_code", [wanted["child_code"]]
    return "by_name_birth", [[comparable_name(wanted["name"]), wanted["birth_date"]]]


@dataclass(slots=True)
class Cases:
    """The cases of the regions that this server holds.

    `client` speaks to the database with the role `server`.
    """

    client: Callable[[], httpx.AsyncClient]
    stamp: Stamp
    databases: Callable[[], frozenset[str] | None] = lambda: None
    """Of the places that are this server's; None: not known yet, and taken for all."""

    async def tree(self) -> Tree:
        """The places whose records are here. Raises httpx.HTTPError."""
        tree, here = await read_tree(self.client()), self.databases()
        return tree if here is None else tree.among(here)

    async def find(self, tree: Tree, start: str, wanted: Json) -> Found:
        """Cases in the region `start`, else in those above it. Raises httpx.HTTPError."""
        view, keys = asked_views(wanted)
        searched: list[str] = []
        for region in tree.above(start):
            searched.append(region)
            rows = await query(
                self.client(),
                region_database(region),
                "lookup",
                view,
                {"keys": keys, "include_docs": True, "limit": MOST},
            )
            documents = {row["id"]: row["doc"] for row in rows if row.get("doc") is not None}
            if documents:
                return Found(region, await self._shown(region, documents), searched)
        return Found(None, [], searched)

    async def named(self, region: str, text: str) -> list[Json]:
        """Rows of the children of a region that a name, a number or an id may mean.

        Raises httpx.HTTPError.
        """
        compact = "".join(unicodedata.normalize("NFKC", text).split())
        if _ID.fullmatch(compact):
            child = await merged(self.client(), region_database(region), compact)
            return [shown(child)] if child is not None else []
        name = comparable_name(text)
        ways: list[tuple[str, Json]] = [
            ("by_name_birth", {"startkey": [name], "endkey": [name, {}]})
        ]
        if any(letter.isdigit() for letter in compact):
            number = compact.upper()
            ways = [
                (view, {"key": number}) for view in ("by_id_number", "by_child_code", "by_card")
            ]
        documents: dict[str, Json] = {}
        for view, asked in ways:
            more = {"include_docs": True, "limit": MOST, **asked}
            rows = await query(self.client(), region_database(region), "lookup", view, more)
            documents |= {row["id"]: row["doc"] for row in rows if row.get("doc") is not None}
        return [shown(child) for child in documents.values()]

    async def _shown(self, region: str, documents: dict[str, Json]) -> list[Json]:
        """One row for each child: of joined cases, the one under which they are shown."""
        rows: dict[str, Json] = {}
        for child in documents.values():
            group = await self.group(region, child["_id"])
            standing = _joined(group, child["_id"])
            rows.setdefault(representative(standing), shown(_of(standing)))
        return list(rows.values())

    async def group(self, region: str, doc_id: str) -> list[Json]:
        """The case and all that it was ever joined to, each merged; empty when it is not there.

        Raises httpx.HTTPError.
        """
        database = region_database(region)
        # Those that are joined to a case are known by the view alone.
        rows = await query(self.client(), database, "duplicates", "links", {})
        found: dict[str, Json] = {}
        todo = [doc_id]
        while todo:
            one = todo.pop()
            child = None if one in found else await merged(self.client(), database, one)
            if child is None:
                continue
            found[one] = child
            todo += ever_linked(child)
            todo += [row["key"][0] for row in rows if row["key"][1] == one]
        return list(found.values())

    async def histories(self, region: str, doc_id: str) -> list[Json]:
        """Every version of the case and of those joined to it, with `_revisions`.

        Raises httpx.HTTPError.
        """
        found: list[Json] = []
        for child in await self.group(region, doc_id):
            leaves = await leaves_of(self.client(), region_database(region), child["_id"])
            revisions = [(leaf["_id"], leaf["_rev"]) for leaf in leaves]
            found += await histories(self.client(), region_database(region), revisions)
        return found

    async def bring(self, site: str, by: str, documents: list[Json], purpose: Purpose) -> Json:
        """Writes a case into a clinic's database and records why it is there.

        `documents` are versions with `_revisions`. Returns id, revision and what was recorded.
        Raises NotTakenError and httpx.HTTPError.
        """
        database = clinic_database(site)
        by_id: dict[str, list[Json]] = {}
        for document in documents:
            by_id.setdefault(document["_id"], []).append(document)
        first = documents[0]["_id"]
        group = [merge_all(versions) for versions in by_id.values()]
        doc_id = representative(_joined(group, first))
        recorded: list[str] = []
        if await merged(self.client(), database, doc_id) is None:
            # What says why the case is here comes before all else of it: whatever breaks off, the
            # clinic is one of its holders, to whom the rest is brought.
            event = self._reason(merge_all(by_id[doc_id]), site, by, purpose)
            if event is not None:
                ulid = self.stamp.sealed(doc_id, event)
                documents = [with_event(by_id[doc_id], ulid, event), *documents]
                recorded.append(event["kind"])
                await self._write(database, documents[:1])
        await self._write(database, documents)

        def make(child: Json) -> dict[str, Json]:
            event = self._reason(child, site, by, purpose)
            if event is None:
                return {}
            recorded[:] = [event["kind"]]
            return {self.stamp.sealed(doc_id, event): event}

        rev = await add(self.client(), database, doc_id, make)
        return {"id": doc_id, "rev": rev, "recorded": recorded}

    async def copy(self, site: str, doc_id: str, source: httpx.AsyncClient) -> None:
        """Writes a case as another server has it in the clinic's database. Raises NotTakenError
        and httpx.HTTPError."""
        database = clinic_database(site)
        leaves = await leaves_of(source, database, doc_id)
        revisions = [(leaf["_id"], leaf["_rev"]) for leaf in leaves]
        await self._write(database, await histories(source, database, revisions))

    async def _write(self, database: str, documents: list[Json]) -> None:
        refused = await write(self.client(), database, documents)
        if refused:
            raise NotTakenError("; ".join(sorted(set(refused.values()))))

    def _reason(self, child: Json, site: str, by: str, purpose: Purpose) -> Json | None:
        """The event that says why the clinic holds the case; None when there is one already."""
        stamp = self.stamp.provenance(site, by)
        day = day_of(dt.datetime.fromisoformat(stamp["at"]))
        if purpose == "move" and "requested" in may(child, site):
            manager = move_state(child).from_site
            step = {"step": "requested", "from_site": manager, "to_site": site}
            return {"kind": "move", "date": day, **step, **stamp}
        known = any(e["site"] == site for e in child["events"].values())
        if known or value(child, "site") == site:
            return None
        return {"kind": "visit", "date": day, **stamp}


def _joined(group: list[Json], doc_id: str) -> list[Json]:
    """Those of a group that are joined to a case now."""
    together = group_of(doc_id, {child["_id"]: links(child) for child in group})
    return [child for child in group if child["_id"] in together]


def _of(group: list[Json]) -> Json:
    wanted = representative(group)
    return next(child for child in group if child["_id"] == wanted)
