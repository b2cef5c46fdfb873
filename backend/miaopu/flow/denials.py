"""What the server above refuses of what this one took (上级拒收).

A clinic's hub and its county, or a county and its city, may run programs of different days: what
the lower one took, the upper one may refuse. Replication goes past such a document, as CouchDB's
does, and past whatever is recorded of that child later. So each database that goes up is followed
here as well. What the server above does not have, though the replication has had its time, is
offered to it once more; of a child that it refuses, all but the refused part is brought
(`miaopu.case.parts`). What stays refused is kept, reported as a `problem:` in the clinic's
database, and asked for again when this server starts and on every day after.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from miaopu.accounts.tree import read_tree
from miaopu.case.conflicts import merged
from miaopu.case.events import value, voided
from miaopu.case.merge import merge_all
from miaopu.case.parts import Held, divide, nothing_of, parts_of
from miaopu.case.seal import Stamp
from miaopu.couch.follow import FAULTS, Followers, Place, changes, reason
from miaopu.couch.leaves import histories, leaves_of
from miaopu.couch.leaves import write as written
from miaopu.couch.place import clinic_database, clinic_of, region_database
from miaopu.ids import new_ulid

log = logging.getLogger(__name__)

Json = dict[str, Any]

_PLACE = "_local/miaopu-refusals"
_BATCH = 500
_OFFERED = 50
"""Documents of one write."""
_POLL_MS = 50_000
_LATER_MS = 5_000
_REPLICATION_S = 4.0
"""How long the replication may stand still before what it left out is looked at."""
_LOOK_S = 1.0
_DAY_S = 24 * 3600.0
_LONGEST_PAUSE_S = 300.0
_REFUSED = (400, 403, 413)
_WHOLE = ""
"""The part that stands for a document which is no child's."""


class _ChangingError(Exception):
    """The server above has several versions of a child, or gets another one just now."""


@dataclass(frozen=True, slots=True)
class Link:
    """A database here and the one above that it goes into."""

    here: str
    above: str


@dataclass(slots=True)
class Denials:
    """Follows the databases that go up.

    `client` speaks to this server's databases with the role `server`, `feeds` as well, to wait for
    changes; `above` to those of the server above with the account that replicates there.
    """

    client: httpx.AsyncClient
    feeds: httpx.AsyncClient
    above: httpx.AsyncClient
    stamp: Stamp
    region: str | None
    """The region there that this server's highest regions go into; None: this is a clinic's hub."""
    _names: frozenset[str] = frozenset()
    _upward: dict[Link, "_Upward"] = field(default_factory=dict)
    _followers: Followers = field(
        default_factory=lambda: Followers("is not compared with the server above", _LONGEST_PAUSE_S)
    )

    @property
    def count(self) -> int:
        """Parts of documents that the server above refuses."""
        return sum(upward.count for upward in self._upward.values())

    async def follow(self, names: Collection[str]) -> None:
        """Follows what goes up of these databases, as `miaopu.provision` has it replicated."""
        if self._names == frozenset(names):
            return
        links = [Link(name, name) for name in names if clinic_of(name) is not None]
        if self.region is not None:
            try:
                roots = (await read_tree(self.client)).among(names).roots()
            except FAULTS as error:
                log.warning("what goes up is not known: %s", reason(error))
                return
            links = [Link(region_database(root), region_database(self.region)) for root in roots]
        for link in links:
            if link not in self._upward:
                upward = _Upward(self.client, self.feeds, self.above, self.stamp, link)
                self._upward[link] = upward
                self._followers.follow(link.here, upward.run)
        self._names = frozenset(names)

    async def stop(self) -> None:
        """Follows none any more."""
        await self._followers.stop()
        self._upward.clear()


@dataclass(slots=True)
class _Upward:
    """One database on its way up."""

    client: httpx.AsyncClient
    feeds: httpx.AsyncClient
    above: httpx.AsyncClient
    stamp: Stamp
    link: Link
    since: Any = 0
    held: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Document → part → {problem, site, reason, withdrawn}."""
    later: set[str] = field(default_factory=set)
    """Children of which the server above has several versions, which it has to join first."""
    _place: Place = field(init=False)

    def __post_init__(self) -> None:
        self._place = Place(self.client, f"{self.link.here}/{_PLACE}")

    @property
    def count(self) -> int:
        return sum(not part["withdrawn"] for parts in self.held.values() for part in parts.values())

    async def run(self) -> None:
        """Compares until something breaks off; then httpx.HTTPError is raised."""
        await self._recall()
        asked = -_DAY_S
        while True:
            if time.monotonic() - asked >= _DAY_S:
                asked = time.monotonic()
                await self._look(await self._leaves(self.held), again=True)
            leaves, since = await self._changes()
            later = await self._leaves(self.later - leaves.keys())
            if leaves or later:
                await self._look({**later, **leaves}, again=False)
            self.since = since
            if leaves or later:
                await self._remember()

    async def _changes(self) -> tuple[dict[str, list[str]], Any]:
        poll = _LATER_MS if self.later else _POLL_MS
        answer = await changes(
            self.feeds, self.link.here, self.since, limit=_BATCH, timeout_ms=poll
        )
        feed = orjson.loads(answer)
        leaves = {
            row["id"]: [one["rev"] for one in row["changes"]]
            for row in feed["results"]
            if not row["id"].startswith("_design/")
        }
        return leaves, feed["last_seq"]

    async def _leaves(self, ids: Iterable[str]) -> dict[str, list[str]]:
        return {
            doc_id: [one["_rev"] for one in await leaves_of(self.client, self.link.here, doc_id)]
            for doc_id in ids
        }

    async def _look(self, leaves: Mapping[str, list[str]], *, again: bool) -> None:
        """Finds out what of these revisions the server above refuses. `again`: parts that it is
        known to refuse are asked for, too."""
        missing = await self._waited(leaves)
        refused = await self._offered(missing)
        for doc_id in leaves:
            if doc_id not in refused and doc_id not in self.held and doc_id not in self.later:
                continue
            self.later.discard(doc_id)
            here = await self._here(doc_id)
            if not doc_id.startswith("child:"):
                why = {_WHOLE: refused[doc_id]} if here and doc_id in refused else {}
                await self._hold(doc_id, why, here)
                continue
            try:
                why = await self._divided(doc_id, here, again=again)
            except _ChangingError:
                self.later.add(doc_id)
            else:
                await self._hold(doc_id, why, here)

    async def _waited(self, leaves: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Which of these the server above lacks, once replication has brought what it brings."""
        missing = dict(leaves)
        moved = time.monotonic()
        while missing and time.monotonic() - moved < _REPLICATION_S:
            await asyncio.sleep(_LOOK_S)
            answer = await self.above.post(f"{self.link.above}/_revs_diff", json=missing)
            answer.raise_for_status()
            said = orjson.loads(answer.content)
            still = {doc_id: sorted(one["missing"]) for doc_id, one in said.items()}
            if still != missing:
                missing, moved = still, time.monotonic()
        return missing

    async def _offered(self, missing: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Brings these revisions; id → reason of what the server above refuses."""
        revisions = [(doc_id, rev) for doc_id, revs in missing.items() for rev in revs]
        refused: dict[str, str] = {}
        for start in range(0, len(revisions), _OFFERED):
            some = revisions[start : start + _OFFERED]
            found = await histories(self.client, self.link.here, some)
            # A deletion is a server's to make; each makes its own.
            living = [one for one in found if not one.get("_deleted")]
            refused |= await written(self.above, self.link.above, living)
        return refused

    async def _divided(self, doc_id: str, here: Json, *, again: bool) -> dict[str, str]:
        """Brings everything of a child that the server above takes; part → reason of the rest."""
        if not here:
            return {}
        versions = await leaves_of(self.above, self.link.above, doc_id)
        if len(versions) > 1:
            raise _ChangingError
        base = merge_all(versions) if versions else nothing_of(doc_id)
        rev = versions[0]["_rev"] if versions else None

        async def take(record: Json) -> str | None:
            nonlocal rev
            document = record if rev is None else {**record, "_rev": rev}
            path = f"{self.link.above}/{quote(doc_id, safe='')}"
            answer = await self.above.put(path, json=document)
            if answer.status_code in _REFUSED:
                return str(orjson.loads(answer.content).get("reason"))
            if answer.status_code == 409:
                raise _ChangingError
            answer.raise_for_status()
            rev = orjson.loads(answer.content)["rev"]
            return None

        parts = parts_of(base, here)
        before = {} if again else self.held.get(doc_id, {})
        known = [Held(one, before[one.name]["reason"]) for one in parts if one.name in before]
        return {one.part.name: one.reason for one in await divide(base, parts, take, known)}

    async def _here(self, doc_id: str) -> Json:
        """The document as this server has it, its versions merged; empty when it has none."""
        leaves = await leaves_of(self.client, self.link.here, doc_id)
        if not leaves:
            return {}
        return {**merged(leaves), "_rev": leaves[0]["_rev"]}

    async def _hold(self, doc_id: str, refused: Mapping[str, str], here: Json) -> None:
        """Notes what is refused of a document, and reports it, or that it is not any more."""
        before = self.held.get(doc_id, {})
        withdrawn = withdrawn_of(refused, here)
        now = {
            name: {
                "problem": before[name]["problem"] if name in before else new_ulid(),
                "site": self._site(here),
                "reason": why,
                "withdrawn": name in withdrawn,
            }
            for name, why in refused.items()
        }
        if now:
            # Noted first: whatever breaks off then, the report gets the same id.
            self.held[doc_id] = now
            await self._remember()
        for name, part in now.items():
            if name not in withdrawn:
                await self._report(doc_id, here["_rev"], part)
        for name, part in before.items():
            if name not in now or name in withdrawn:
                await self._settle(doc_id, part)
        if before and not now:
            del self.held[doc_id]
            await self._remember()

    def _site(self, here: Json) -> str:
        """The clinic in whose database the report stands."""
        clinic = clinic_of(self.link.here)
        if clinic is not None:
            return clinic
        return str(value(here, "site") if here.get("type") == "child" else here.get("site"))

    async def _report(self, doc_id: str, rev: str, part: Json) -> None:
        report = {
            "type": "problem",
            **self.stamp.provenance(part["site"], self.stamp.account),
            "document": doc_id,
            "revision": rev,
            "reason": part["reason"][:2000] or "refused",
        }
        answer = await self.client.put(_path(part), json=report)
        if answer.status_code == 409:
            return  # it is reported
        if answer.status_code != 404:
            answer.raise_for_status()
        log.warning("document=%s is refused above: %s", doc_id, part["reason"])

    async def _settle(self, doc_id: str, part: Json) -> None:
        """Says of a report that nobody has to act upon it any more."""
        answer = await self.client.get(_path(part))
        if answer.status_code == 404:
            return
        answer.raise_for_status()
        report = orjson.loads(answer.content)
        if "resolved_at" in report:
            return
        moment = self.stamp.provenance(part["site"], self.stamp.account)["at"]
        answer = await self.client.put(_path(part), json={**report, "resolved_at": moment})
        answer.raise_for_status()
        log.info("document=%s is not refused above any more", doc_id)

    async def _recall(self) -> None:
        kept = await self._place.recall()
        if kept:
            self.since, self.held, self.later = kept["since"], kept["held"], {*kept["later"]}

    async def _remember(self) -> None:
        place = {"since": self.since, "held": self.held, "later": sorted(self.later)}
        if not await self._place.remember(place):
            raise ValueError("another server compares the same database")


def _path(part: Json) -> str:
    return f"{clinic_database(part['site'])}/problem%3A{part['problem']}"


def withdrawn_of(refused: Iterable[str], here: Json) -> set[str]:
    """Names of refused parts that a person has taken back: an event that was voided here, and the
    void of what the server above never had."""
    if here.get("type") != "child":
        return set()
    gone = voided(here)
    names = {name: name.removeprefix("event ") for name in refused if name.startswith("event ")}
    withdrawn = {name for name, ulid in names.items() if ulid in gone}
    while True:
        more = {
            name
            for name, ulid in names.items()
            if f"event {here['events'].get(ulid, {}).get('target')}" in withdrawn
        }
        if more <= withdrawn:
            return withdrawn
        withdrawn |= more
