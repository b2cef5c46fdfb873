"""Brings every child's new revisions to all the sites that hold it (个案分发).

A worker follows each region's database. What a clinic writes reaches the region by replication;
from there it goes to the others to whom the case was given (`miaopu.flow.held`), so that the doses
of a visiting child flow back. Cases of one child travel together. Nothing is ever removed. A case
that a clinic has not had before is read by that clinic: it stands in the trail.

What is missing is asked of the target each time, so doing it twice changes nothing; the place in
the feed is kept in a `_local` document of the region, after the work.
"""

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from miaopu.accounts.actor import Actor
from miaopu.accounts.limits import Limit
from miaopu.accounts.tree import Tree, read_tree
from miaopu.audit.trail import Trail
from miaopu.case.case import NotTakenError, add
from miaopu.case.events import cards, value
from miaopu.case.joined import (
    ever_linked,
    group_of,
    is_provisional,
    joins_by_itself,
    links,
    told_apart,
)
from miaopu.case.seal import Stamp
from miaopu.couch.follow import FAULTS, Followers, Place, changes, reason
from miaopu.couch.leaves import histories, write
from miaopu.couch.place import clinic_database, region_database
from miaopu.couch.views import query
from miaopu.flow.glance import is_at_home, rows_of
from miaopu.flow.held import doubtful, held, on_whose_word
from miaopu.ids import ms_of

log = logging.getLogger(__name__)

Json = dict[str, Any]

_CHECKPOINT = "_local/miaopu-distribution"
_BATCH = 200
_POLL_MS = 20_000
_KEEP_EVERY_S = 10.0
_TOGETHER_S = 0.25
"""What changes within this time is looked at together, not dose by dose."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(slots=True)
class Tally:
    """What the distribution did since the server started."""

    brought: int = 0
    """Revisions that were brought to a site."""
    refused: int = 0
    """Revisions that a site's database refused."""
    joined: int = 0
    """Provisional cases that were joined to the true one."""


@dataclass(slots=True)
class Distributor:
    """Follows the regions of one server.

    `client` speaks to the database server's root with an account of role `server`.
    """

    client: httpx.AsyncClient
    stamp: Stamp
    trail: Trail | None = None
    joins: bool = True
    """Whether provisional cases are joined here. A clinic's hub leaves that to its county: both
    would, each by an event of its own."""
    copying: Limit = field(default_factory=lambda: Limit(60, 60))
    """How many cases a clinic's provisional ones are joined to: as many as it may fetch."""
    tally: Tally = field(default_factory=Tally)
    tree: Tree = field(default_factory=Tree)
    _followers: Followers = field(default_factory=lambda: Followers("is not distributed"))

    async def follow(self, names: Collection[str]) -> None:
        """Follows the regions among these databases too, and what the catalog says of places."""
        try:
            self.tree = (await read_tree(self.client)).among(names)
        except FAULTS as error:
            log.warning("the catalog does not say where the sites are: %s", reason(error))
            return
        for name in names:
            if name.startswith("region-"):
                self._followers.follow(name, _Feed(self, name.removeprefix("region-")).run)

    async def stop(self) -> None:
        """Follows none any more."""
        await self._followers.stop()


def targets(region: str, tree: Tree, held_by: Iterable[str]) -> set[str]:
    """The holders that the worker of `region` serves.

    The sites of its own; of those further below only where the holders are in several counties, as
    each county serves its own.
    """
    known = {site: tree.sites[site] for site in held_by if site in tree.sites}
    below = {site for site, county in known.items() if region in tree.above(county)}
    several = len({known[site] for site in below}) > 1
    return {site for site in below if several or known[site] == region}


def opened(case: str) -> dt.datetime:
    """When a case was opened, by its id.

    The server dates its joins so: a server that is restored from a backup joins the same two cases
    once more, and writes the same event as tablets still hold.
    """
    ms = ms_of(case.removeprefix("child:"))
    # A ULID may name a time that no calendar has.
    return _EPOCH + min(dt.timedelta(milliseconds=ms), _LATEST - _EPOCH)


class _Feed:
    """The changes feed of one region."""

    def __init__(self, distributor: Distributor, region: str) -> None:
        self.distributor = distributor
        self.client = distributor.client
        self.region = region
        self.database = region_database(region)
        self.since: Any = 0
        self.served: set[str] = set()
        self.settled: set[str] = set()
        """Of those served, the sites that have had all that came before."""
        self.absent: set[str] = set()
        self.place = Place(self.client, f"{self.database}/{_CHECKPOINT}")
        self.kept_at = time.monotonic()
        self.linked: dict[str, set[str]] = {}
        self.provisional: dict[str, Json] = {}
        self.later: dict[str, Json] = {}
        """Provisional cases whose clinic has been given enough for now, and the true ones."""

    async def run(self) -> None:
        await self._recall()
        for row in await query(self.client, self.database, "duplicates", "links", {}):
            self.linked.setdefault(row["key"][0], set()).add(row["key"][1])
        rows = await query(
            self.client, self.database, "duplicates", "provisional", {"include_docs": True}
        )
        self.provisional = {row["id"]: row["doc"] for row in rows}
        while True:
            await self._look_for_new_sites()
            answer = await changes(
                self.client,
                self.database,
                self.since,
                limit=_BATCH,
                timeout_ms=_POLL_MS,
                include_docs="true",
            )
            rows, count, last_seq = self._rows(answer)
            await self._take(rows)
            for doc_id, target in list(self.later.items()):
                await self._write_join(self.provisional[doc_id], target)
            self.since = last_seq
            full = count >= _BATCH
            if not full:
                self.settled = set(self.served)
            if full or time.monotonic() - self.kept_at > _KEEP_EVERY_S:
                await self._remember()
            if not full:
                await asyncio.sleep(_TOGETHER_S)

    def _rows(self, answer: bytes) -> tuple[list[Json], int, Any]:
        """The rows of the feed that may be of interest, how many there were, and where it ended."""
        found = rows_of(answer)
        if found is None:
            feed = orjson.loads(answer)
            return feed["results"], len(feed["results"]), feed["last_seq"]
        rows, rest = found
        linked = set(self.linked).union(*self.linked.values())
        numbers = [
            number.encode()
            for waiting in self.provisional.values()
            for number in (*cards(waiting), value(waiting, "id_number"))
            if number is not None
        ]
        tree, settled = self.distributor.tree, self.settled
        wanted = [row for row in rows if not is_at_home(row, tree, settled, linked, numbers)]
        return list(map(orjson.loads, wanted)), len(rows), orjson.loads(rest)["last_seq"]

    async def _look_for_new_sites(self) -> None:
        """Begins again for a site that is new: it may be among the holders of what went by."""
        tree = self.distributor.tree
        here = {site for site, county in tree.sites.items() if self.region in tree.above(county)}
        for site in self.absent & here:
            if (await self.client.head(clinic_database(site))).is_success:
                self.absent.discard(site)
        new = here - self.served - self.absent
        if new:
            self.since = 0
            self.served |= new

    async def _recall(self) -> None:
        kept = await self.place.recall()
        self.since = kept.get("since", 0)
        self.served = set(kept.get("sites", ()))
        self.settled = set(kept.get("settled", ()))

    async def _remember(self) -> None:
        self.kept_at = time.monotonic()
        # Where another server distributes the same region, its place will do as well.
        await self.place.remember(
            {
                "since": self.since,
                "sites": sorted(self.served),
                "settled": sorted(self.settled),
            }
        )

    async def _take(self, rows: list[Json]) -> None:
        """Brings what these rows of the feed name to where it belongs."""
        children = {row["id"]: row for row in rows if row["id"].startswith("child:")}
        documents: dict[str, Json] = {}
        for doc_id, row in children.items():
            if row.get("doc") is None or row["doc"].get("_deleted"):
                continue
            documents[doc_id] = row["doc"]
            for target in ever_linked(row["doc"]):
                self.linked.setdefault(doc_id, set()).add(target)
        revisions = {
            doc_id: [change["rev"] for change in row["changes"]] for doc_id, row in children.items()
        }
        groups = {doc_id: self._group(doc_id) for doc_id in documents}
        await self._load(set().union(*groups.values()) - set(documents), documents, revisions)

        held_by = await self._held(documents)
        wanted: dict[str, dict[str, list[str]]] = {}
        for doc_id in set().union(*groups.values()) & documents.keys():
            for site in targets(self.region, self.distributor.tree, held_by[doc_id]):
                wanted.setdefault(site, {})[doc_id] = revisions[doc_id]
        for site, asked in wanted.items():
            await self._bring(site, asked, documents)
        for doc_id in children:
            if doc_id in documents and self.distributor.joins:
                await self._join(documents[doc_id])

    async def _held(self, documents: dict[str, Json]) -> dict[str, set[str]]:
        """The sites that are handed each of these cases."""
        is_sealed = self.distributor.stamp.is_own
        here = self.distributor.tree.sites
        there = {
            site: await self._present(site, cases)
            for site, cases in doubtful(documents, is_sealed).items()
            if site in here
        }
        return held(documents, is_sealed, there)

    async def _present(self, site: str, cases: Iterable[str]) -> set[str]:
        """Those of these cases that a site's database has."""
        answer = await self.client.post(
            f"{clinic_database(site)}/_all_docs", json={"keys": sorted(cases)}
        )
        if answer.status_code == 404:
            return set()
        answer.raise_for_status()
        rows = answer.json()["rows"]
        return {row["id"] for row in rows if "id" in row and not row["value"].get("deleted")}

    def _group(self, doc_id: str) -> set[str]:
        # Nearly every case stands alone: only the few that are linked are walked.
        return group_of(doc_id, self.linked) if self.linked else {doc_id}

    async def _load(
        self, ids: set[str], documents: dict[str, Json], revisions: dict[str, list[str]]
    ) -> None:
        """Reads members of groups that the feed did not bring."""
        if not ids:
            return
        answer = await self.client.post(
            f"{self.database}/_all_docs",
            params={"include_docs": "true", "conflicts": "true"},
            json={"keys": sorted(ids)},
        )
        answer.raise_for_status()
        for row in orjson.loads(answer.content)["rows"]:
            document = row.get("doc")
            if document is not None:
                revisions[row["id"]] = [document["_rev"], *document.pop("_conflicts", [])]
                documents[row["id"]] = document

    async def _bring(
        self, site: str, asked: dict[str, list[str]], documents: dict[str, Json]
    ) -> None:
        target = clinic_database(site)
        answer = await self.client.post(f"{target}/_revs_diff", json=asked)
        if answer.status_code == 404:
            # The catalog names a site whose database is made in the next moments.
            log.warning("database=%s is not there yet", target)
            self.absent.add(site)
            self.served.discard(site)
            self.settled.discard(site)
            return
        answer.raise_for_status()
        missing = [
            (doc_id, rev) for doc_id, said in answer.json().items() for rev in said["missing"]
        ]
        if not missing:
            return
        cases = {doc_id for doc_id, _ in missing}
        new = cases - await self._present(site, cases)
        found = await histories(self.client, self.database, missing)
        refused = await write(self.client, target, found)
        self._note(site, new - refused.keys(), documents)
        self.distributor.tally.brought += len(found) - len(refused)
        self.distributor.tally.refused += len(refused)
        for doc_id, why in refused.items():
            log.error("database=%s document=%s was refused: %s", target, doc_id, why)

    def _note(self, site: str, cases: set[str], documents: dict[str, Json]) -> None:
        """Enters in the trail that a site was shown cases that it had not had."""
        trail = self.distributor.trail
        if trail is None:
            return
        for doc_id in sorted(cases):
            if value(documents[doc_id], "site") == site:
                continue  # its own child, of which it has lost its record
            group = {one: documents[one] for one in self._group(doc_id) if one in documents}
            who = on_whose_word(group, site) or self.distributor.stamp.account
            trail.record(
                Actor(who, (f"site:{site}",)),
                "read",
                address="localhost",
                database=self.database,
                request="distribution",
                documents=[doc_id],
            )

    async def _join(self, child: Json) -> None:
        """Joins a provisional case to the true one, whichever of the two came last."""
        doc_id = child["_id"]
        if is_provisional(child) and not links(child):
            self.provisional[doc_id] = child
            for other in await self._alike(child):
                if joins_by_itself(child, other) and _comes_first(other, child):
                    await self._write_join(child, other)
                    return
        else:
            self._settle(doc_id)
        for waiting in list(self.provisional.values()):
            if waiting["_id"] == doc_id or not joins_by_itself(waiting, child):
                continue
            if _comes_first(child, waiting):
                await self._write_join(waiting, child)

    async def _alike(self, child: Json) -> list[Json]:
        """Other cases of the region with the same card or ID number, the oldest first."""
        id_number = value(child, "id_number")
        asked = [("by_card", sorted(cards(child)))]
        asked += [("by_id_number", [id_number])] if id_number is not None else []
        found: dict[str, Json] = {}
        for view, keys in asked:
            if keys:
                more = {"keys": keys, "include_docs": True}
                for row in await query(self.client, self.database, "lookup", view, more):
                    if row["id"] != child["_id"] and row.get("doc") is not None:
                        found[row["id"]] = row["doc"]
        return sorted(found.values(), key=lambda one: (is_provisional(one), one["_id"]))

    async def _write_join(self, provisional: Json, target: Json) -> None:
        events = [event for _, event in sorted(provisional["events"].items())]
        sites = [value(provisional, "site"), *(event["site"] for event in events)]
        site = next((code for code in sites if code in self.distributor.tree.sites), None)
        if site is None:
            return
        if self.distributor.copying.wait(site) > 0:
            self.later[provisional["_id"]] = target
            return
        stamp = self.distributor.stamp
        event = {
            "kind": "same_as",
            "target": target["_id"],
            **stamp.provenance(site, stamp.account, opened(provisional["_id"])),
        }

        def make(there: Json) -> dict[str, Json]:
            if links(there) or told_apart(there, target):
                return {}
            return {stamp.sealed(there["_id"], event): event}

        try:
            await add(self.client, clinic_database(site), provisional["_id"], make)
        except NotTakenError as error:
            self.distributor.tally.refused += 1
            self.later.pop(provisional["_id"], None)
            log.error("document=%s is not joined: %s", provisional["_id"], error)
            return
        self._settle(provisional["_id"])
        self.distributor.tally.joined += 1
        log.info("document=%s joined to document=%s", provisional["_id"], target["_id"])

    def _settle(self, doc_id: str) -> None:
        """The case does not wait to be joined any more."""
        self.provisional.pop(doc_id, None)
        self.later.pop(doc_id, None)


def _comes_first(target: Json, provisional: Json) -> bool:
    """Whether `target` is the true case: not provisional itself, or the older of two that are."""
    return not is_provisional(target) or target["_id"] < provisional["_id"]
