"""`./dev bench sync`: how sync bears a county, measured here and printed beside the bars.

`load`: the first load of a clinic in Chromium, beside PouchDB's own and raw IndexedDB, and its
resumption after a kill. `morning`: every tablet of a county syncs a morning's work at once.
`heavy`: a first load beside light syncs. `views`: views are changed while the county works.
"""

import argparse
import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import couchdb
import orjson
from playwright.sync_api import Playwright, sync_playwright
from tests.bench.clinic import (
    Row,
    Times,
    browser,
    build_page,
    cards,
    first_child,
    log_in,
    measure_first_load,
    p95,
    table,
)
from tests.bench.clinic import county as one_clinic
from tests.bench.wire import Connection
from tests.e2e.harness import BIN, ROOT, Server

from miaopu.provision.catalog import constants
from miaopu.provision.changes import Change, _design
from miaopu.provision.designs import design_documents
from miaopu.serve.api import instant

Json = dict[str, Any]
PASSWORD = "miaopu-demo"
COUNTY = "region-990121"
HEAVY = "site-9901219999"
VIEWS = "region-990199"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_STATION = "01K9A3Q6Z0000000000000000S"


def ulid() -> str:
    """A ULID of this moment."""
    number = time.time_ns() // 1_000_000 << 80 | random.getrandbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def now() -> str:
    """The present instant as documents hold it."""
    return instant(dt.datetime.now(dt.UTC))


def site_code(index: int) -> str:
    return f"990121{index + 1:04d}"


def county(sites: int, children: int) -> Path:
    """The data folder of a demo county; made at the first call."""
    data = ROOT / ".miaopu" / f"bench-{sites}x{children}"
    if not (data / "demo.json").exists():
        data.mkdir(parents=True, exist_ok=True)
        sizes = ["--sites", str(sites), "--children", str(children)]
        command = [str(BIN / "miaopu"), "demo", "--quiet", "--data", str(data), *sizes]
        subprocess.run(command, check=True)  # noqa: S603 - our own program
    return data


async def settle(data: Path) -> None:
    """Lets a new county come to rest, so that no measurement waits for its first replication."""
    mark = data / "settled"
    if mark.exists():
        return
    with tempfile.TemporaryDirectory(prefix="miaopu-settle-") as temporary:
        async with served(data, Path(temporary) / "serve.log") as clients:
            await _at_rest(clients)
    mark.touch()


@dataclass
class Clients:
    """What all simulated tablets share: the server's address and how long requests took."""

    url: str
    admin_password: str = field(repr=False)
    server: int
    """The server's process."""
    took: dict[str, Times] = field(default_factory=dict)
    """Kind of request → ms."""

    def connection(self) -> Connection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None and parts.port is not None
        return Connection(parts.hostname, parts.port)

    def administrator(self) -> Connection:
        connection = self.connection()
        pair = base64.b64encode(f"miaopu-admin:{self.admin_password}".encode()).decode()
        connection.headers["authorization"] = f"Basic {pair}"
        return connection

    async def login(self, name: str) -> Connection:
        connection = self.connection()
        await connection.json("POST", "/db/_session", {"name": name, "password": PASSWORD})
        return connection

    async def timed(self, kind: str, work: Awaitable[Any]) -> Any:
        start = time.monotonic()
        try:
            return await work
        finally:
            self.took.setdefault(kind, []).append((time.monotonic() - start) * 1000)

    def slowest(self) -> tuple[str, float]:
        """The kind and the time of the slowest request."""
        return max(((kind, max(times)) for kind, times in self.took.items()), key=lambda p: p[1])


def with_dose(child: Json, site: str, account: str) -> Json:
    """The next revision of a child who was given a dose now, with its history."""
    event = {
        "kind": "dose",
        "date": time.strftime("%Y-%m-%d"),
        "vaccine": "0201",
        "origin": "given",
        "lot": "BENCH1",
        "expiry": "2035-12-31",
        "self_paid": False,
        "at": now(),
        "by": account,
        "station": _STATION,
        "site": site,
        "offset_ms": 0,
        "app": "bench",
    }
    body = {k: v for k, v in child.items() if k not in ("_rev", "_revisions")}
    body["events"] = {**child["events"], ulid(): event}
    start, _, parent = child["_rev"].partition("-")
    digest = hashlib.md5(os.urandom(16), usedforsecurity=False).hexdigest()
    revisions = {"start": int(start) + 1, "ids": [digest, parent]}
    return {**body, "_rev": f"{int(start) + 1}-{digest}", "_revisions": revisions}


_END = re.compile(rb'"last_seq":("[^"]*"|[0-9]+)(?:,"pending":([0-9]+))?}\s*$')


@dataclass
class Tablet:
    """A tablet as the server sees it: the requests of the application's sync, in their order."""

    clients: Clients
    connection: Connection
    site: str
    since: Any = 0

    @property
    def remote(self) -> str:
        return f"/db/site-{self.site}"

    async def ask(self, kind: str, method: str, path: str, body: object = None) -> Any:
        return await self.clients.timed(kind, self.connection.json(method, path, body))

    async def greet(self) -> None:
        await self.ask("time", "GET", "/api/time")
        await self.ask("session", "GET", "/db/_session")
        await self.ask("catalog", "GET", "/db/catalog/_changes?since=now&limit=2000")

    async def push(self, documents: list[Json]) -> None:
        leaves = {document["_id"]: [document["_rev"]] for document in documents}
        missing = await self.ask("diff", "POST", f"{self.remote}/_revs_diff", leaves)
        wanted = [document for document in documents if document["_id"] in missing]
        body = {"docs": wanted, "new_edits": False}
        refused = await self.ask("write", "POST", f"{self.remote}/_bulk_docs", body)
        still = await self.ask("diff", "POST", f"{self.remote}/_revs_diff", leaves)
        if still or any("error" in row for row in refused):
            raise AssertionError(f"not taken: {refused} {still}")

    async def pull(self) -> int:
        """Reads on to the end of the feed; returns how many rows came."""
        rows = 0
        while True:
            path = (
                f"{self.remote}/_changes?style=all_docs&include_docs=true"
                f"&since={quote(str(self.since))}&limit=2000"
            )
            text = await self.clients.timed("pull", self.connection.text("GET", path))
            # Each tablet reads its documents with a processor of its own, and not with this one.
            end = _END.search(text, max(0, len(text) - 200))
            assert end is not None, text[-200:]
            self.since = orjson.loads(end[1])
            count: int = text.count(b'"changes":[')
            rows += count
            if count < 2000 and int(end[2] or 0) == 0:
                return rows


class Watcher:
    """The county's page: notes when each revision has come to the county's database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seen: dict[str, float] = {}
        self.since: Any = "now"

    async def begin(self) -> None:
        feed = await self.connection.json("GET", f"/db/{COUNTY}/_changes?since=now&limit=1")
        self.since = feed["last_seq"]

    async def follow(self) -> None:
        while True:
            feed = await self.connection.json(
                "GET",
                f"/db/{COUNTY}/_changes?feed=longpoll&timeout=20000&style=all_docs&limit=5000"
                f"&since={quote(str(self.since))}",
            )
            at = time.monotonic()
            for row in feed["results"]:
                for change in row["changes"]:
                    self.seen.setdefault(f"{row['id']} {change['rev']}", at)
            self.since = feed["last_seq"]


def processor_ms(server: int) -> float:
    """What the server and the processes that it has started have had of the processors."""
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            number, _, rest = entry.read_text().partition(" ")
            # Behind the name, which may hold anything: state, parent, …, utime, stime.
            fields = rest.rpartition(")")[2].split()
            if server in (int(number), int(fields[1])):
                ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def served(data: Path, log: Path) -> AsyncIterator[Clients]:
    """A server over `data`, with its log."""
    server = Server(data, log)
    await asyncio.to_thread(server.start)
    try:
        secrets = json.loads((data / "secrets.json").read_text("utf-8"))
        clients = Clients(server.url, secrets["admin_password"], server.pid)
        connection = clients.connection()
        for _ in range(600):
            if (await connection.json("GET", "/api/health"))["provisioned"]:
                break
            await asyncio.sleep(0.1)
        yield clients
    finally:
        await asyncio.to_thread(server.stop)


async def children_of(clients: Clients, site: str, count: int) -> list[Json]:
    """Children that this site manages: nobody else writes them meanwhile."""
    admin = clients.administrator()
    path = (
        f"/db/site-{site}/_all_docs?include_docs=true&startkey=%22child:%22&endkey=%22child%3B%22"
    )
    rows = (await admin.json("GET", path))["rows"]
    admin.close()
    managed = [row["doc"] for row in rows if row["doc"]["facts"]["site"]["value"] == site]
    assert len(managed) >= count, f"{site} manages {len(managed)} children, {count} are needed"
    return managed[:count]


async def measure_morning(clients: Clients, sites: int, tablets: int, doses: int) -> list[Row]:
    """All tablets of the county sync a morning's work at the same moment."""
    watcher = Watcher(await clients.login("county"))
    each = math.ceil(tablets / sites)
    work: list[tuple[Tablet, list[Json]]] = []
    for index in range(sites):
        site = site_code(index)
        account = f"nurse{index + 1}"
        children = await children_of(clients, site, each * doses)
        for n in range(each):
            connection = await clients.login(account)
            tablet = Tablet(clients, connection, site)
            feed = await connection.json("GET", f"{tablet.remote}/_changes?since=now&limit=1")
            tablet.since = feed["last_seq"]
            mine = children[n * doses : (n + 1) * doses]
            work.append((tablet, [with_dose(child, site, account) for child in mine]))
    work = work[:tablets]
    await _at_rest(clients)
    await watcher.begin()
    following = asyncio.create_task(watcher.follow())
    clients.took.clear()
    print("  everybody at once …", flush=True)
    start = time.monotonic()
    used = processor_ms(clients.server)
    ended: Times = []

    async def sync(tablet: Tablet, documents: list[Json]) -> None:
        await tablet.greet()
        await tablet.push(documents)
        await tablet.pull()
        ended.append(time.monotonic() - start)

    page = asyncio.create_task(_manager(clients, sites))
    await asyncio.gather(*(sync(tablet, documents) for tablet, documents in work))
    wanted = [f"{document['_id']} {document['_rev']}" for _, docs in work for document in docs]
    while len(watcher.seen) < len(wanted) or not all(key in watcher.seen for key in wanted):
        if following.done():
            following.result()
        if time.monotonic() - start > 300:
            break
        await asyncio.sleep(0.05)
    for task in (following, page):
        task.cancel()
    await asyncio.gather(following, page, return_exceptions=True)
    at_county = processor_ms(clients.server) - used
    await _come_up(clients)
    everywhere = processor_ms(clients.server) - used
    ways = [watcher.seen[key] - start for key in wanted if key in watcher.seen]
    kind, slowest = clients.slowest()
    for tablet, _ in work:
        tablet.connection.close()
    what = f"{tablets} tablets at {sites} sites, {doses} doses each"
    return [
        Row(
            f"{what}: done",
            f"{len(ended)} tablets in {max(ended):.1f} s, "
            f"{len(ways)} of {len(wanted)} doses at the county",
            "all",
            len(ended) == tablets and len(ways) == len(wanted),
        ),
        Row(
            "a dose's way to the county, from the start of all",
            f"p95 {p95(ways):.2f} s (last {max(ways):.2f})",
            "< 6 s",
            p95(ways) < 6,
        ),
        Row("slowest request", f"{slowest / 1000:.2f} s ({kind})", "< 10 s", slowest < 10_000),
        Row(
            "a dose costs the server's processors",
            f"{at_county / len(wanted):.2f} ms until all are at the county, "
            f"{everywhere / len(wanted):.2f} until they are at the province",
        ),
    ]


async def _manager(clients: Clients, sites: int) -> None:
    """Somebody at the county looks at the coverage table again and again, by the requests of its
    page (`pwa/src/reports/region-data.ts`): last year's children, clinic by clinic."""
    connections = [await clients.login("county") for _ in range(4)]
    year = dt.date.today().year
    while True:
        views = f"/db/{COUNTY}/_design/coverage/_view"
        waiting = [site_code(index) for index in range(sites)]

        async def ask(connection: Connection, path: str, **params: object) -> None:
            query = "&".join(f"{name}={quote(json.dumps(it))}" for name, it in params.items())
            asked = connection.json("GET", f"{views}/{path}?{query}")  # noqa: B023 - awaited here
            await clients.timed("county page", asked)

        async def read(connection: Connection) -> None:
            while waiting:  # noqa: B023 - awaited here
                site = waiting.pop()  # noqa: B023
                for view in ("children", "doses"):
                    keys = {"startkey": [site, year - 1, 1], "endkey": [site, year - 1, 12, {}]}
                    await ask(connection, view, **keys, group=True, stable=True, update=False)

        await ask(connections[0], "children", group_level=1, stable=True)
        await asyncio.gather(*(read(connection) for connection in connections))
        await asyncio.sleep(1)


async def _come_up(clients: Clients) -> None:
    """Waits until everything has come up to the highest region."""
    admin = clients.administrator()
    quiet = 0
    for _ in range(1200):
        jobs = (await admin.json("GET", "/db/_scheduler/docs?limit=1000"))["docs"]
        pending = [(job["info"] or {}).get("changes_pending") for job in jobs]
        quiet = quiet + 1 if pending and not any(left is None or left for left in pending) else 0
        if quiet == 3:
            break
        await asyncio.sleep(0.5)
    admin.close()


async def _at_rest(clients: Clients) -> None:
    """Waits until everything has come up to the highest region, and all views are built."""
    await _come_up(clients)
    admin = clients.administrator()
    for name in await admin.json("GET", "/db/_all_dbs"):
        if name.startswith("region-"):
            path = f"/db/{name}/_design_docs?include_docs=true"
            for row in (await admin.json("GET", path))["rows"]:
                for view in list(row["doc"].get("views", {}))[:1]:
                    asked = f"/db/{name}/{row['id']}/_view/{view}?limit=1&reduce=false"
                    await admin.json("GET", asked)
    admin.close()


async def fill(clients: Clients, database: str, count: int, make: Callable[[int], Json]) -> None:
    """Makes a database of `count` documents; one that is there already is taken as it is."""
    admin = clients.administrator()
    await admin.send("PUT", f"/db/{database}")
    for at in range(0, count, 1000):
        docs = [make(n) for n in range(at, min(at + 1000, count))]
        await admin.json("POST", f"/db/{database}/_bulk_docs", {"docs": docs})
    admin.close()


async def measure_heavy(clients: Clients, sites: int, children: int) -> list[Row]:
    """One tablet loads a large clinic for the first time while 100 others sync as every day."""
    some = await children_of(clients, site_code(0), 200)

    def copy(n: int) -> Json:
        child = some[n % len(some)]
        return {**{k: v for k, v in child.items() if k != "_rev"}, "_id": f"child:{ulid()}"}

    await fill(clients, HEAVY, children, copy)
    tablets: list[tuple[Tablet, list[Json], str]] = []
    for n in range(100):
        index = n % sites
        account = f"nurse{index + 1}"
        tablet = Tablet(clients, await clients.login(account), site_code(index))
        await tablet.pull()
        pool = await children_of(clients, tablet.site, 100)
        tablets.append((tablet, pool[n // sites :: math.ceil(100 / sites)], account))

    async def light(until: Callable[[], bool]) -> Times:
        times: Times = []

        async def live(tablet: Tablet, pool: list[Json], account: str) -> None:
            # Each syncs every two seconds, each at its own moment.
            await asyncio.sleep(random.random() * 2)
            while not until() and pool:
                begin = time.monotonic()
                await tablet.push([with_dose(pool.pop(), tablet.site, account)])
                await tablet.pull()
                times.append((time.monotonic() - begin) * 1000)
                await asyncio.sleep(max(0.0, 2 - (time.monotonic() - begin)))

        await asyncio.gather(*(live(*one) for one in tablets))
        return times

    await _at_rest(clients)
    end = time.monotonic() + 12
    alone = await light(lambda: time.monotonic() > end)
    heavy = Tablet(clients, clients.administrator(), HEAVY.removeprefix("site-"))
    start = time.monotonic()
    loading = asyncio.create_task(heavy.pull())
    beside = await light(loading.done)
    rows = await loading
    seconds = time.monotonic() - start
    grows = p95(beside) / p95(alone)
    return [
        Row("light sync, 100 tablets", f"p95 {p95(alone):.0f} ms (n={len(alone)})"),
        Row(
            f"light sync beside a first load of {rows}",
            f"p95 {p95(beside):.0f} ms (n={len(beside)}, load within {seconds:.1f} s)",
        ),
        Row("the light ones' p95 grows", f"{grows:.2f} times", "< 2", grows < 2),
    ]


async def measure_views(clients: Clients, count: int) -> list[Row]:
    """The coverage views of a county of `count` children change while people read and write."""
    some = await children_of(clients, site_code(0), 100)

    def copy(n: int) -> Json:
        child = some[n % len(some)]
        kept = dict(list(child["events"].items())[:4])
        facts = {k: v for k, v in child["facts"].items() if k in ("site", "birth_date", "name")}
        return {"_id": f"child:{ulid()}", "type": "child", "facts": facts, "events": kept}

    await fill(clients, VIEWS, count, copy)
    url = clients.url.replace("http://", f"http://miaopu-admin:{clients.admin_password}@")
    before = design_documents("region", constants())["_design/coverage"]
    before = {**before, "views": {k: before["views"][k] for k in ("given", "children")}}
    admin = clients.administrator()
    await admin.json("PUT", f"/db/{VIEWS}/_design/coverage", before)
    view = f"/db/{VIEWS}/_design/coverage/_view/given?group_level=1"
    start = time.monotonic()
    await admin.json("GET", view)
    first = time.monotonic() - start
    after = json.loads(json.dumps(before))
    after["views"]["given"]["map"] = after["views"]["given"]["map"].replace(
        "[dose.site, dose.date, dose.vaccine]", "[dose.site, dose.vaccine, dose.date]"
    )
    assert after != before

    def change() -> float:
        begin = time.monotonic()
        own = couchdb.Server(url + "/db/")
        made: list[Change] = []
        for one in _design(own, VIEWS, after):
            one.make()
            made.append(one)
        assert made
        return time.monotonic() - begin

    clients.took.clear()
    building = asyncio.create_task(asyncio.to_thread(change))
    reader, writer = clients.administrator(), clients.administrator()

    async def read() -> None:
        while not building.done():
            await clients.timed("view read", reader.json("GET", view))
            await asyncio.sleep(0.05)

    async def write() -> None:
        while not building.done():
            document = copy(0)
            await clients.timed("write", writer.json("POST", f"/db/{VIEWS}", document))
            await asyncio.sleep(0.05)

    await asyncio.gather(read(), write())
    seconds = await building
    start = time.monotonic()
    await admin.json("GET", view)
    swapped = (time.monotonic() - start) * 1000
    rows = []
    for kind in ("view read", "write"):
        times = clients.took[kind]
        value = f"max {max(times):.0f} ms, p95 {p95(times):.0f} (n={len(times)})"
        rows.append(Row(f"{kind} while views change", value, "< 1000 ms", max(times) < 1000))
    return [
        Row(f"views of {count} documents, built", f"{first:.1f} s"),
        Row("the same changed, built beside", f"{seconds:.1f} s"),
        *rows,
        Row("first read of the new view", f"{swapped:.0f} ms", "< 1000 ms", swapped < 1000),
    ]


def measure_load(
    playwright: Playwright, server: Server, folder: Path, children: int
) -> Iterator[Row]:
    """The first load in a real browser, its resumption after a kill, and the first child."""
    yield from measure_first_load(playwright, server.url, folder / "load")
    card, child = cards(server, 5)[-1]
    profile = folder / "killed"
    with browser(playwright, profile) as page:
        page.goto(server.url)
        page.get_by_test_id("login-submit").wait_for()
        start = time.monotonic()
        log_in(page)
        page.get_by_test_id("search").first.wait_for()
        page.evaluate("([card, id]) => probe.swipe(card, id)", [card, child])
        yield first_child(time.monotonic() - start)
        page.get_by_test_id("nav-home").click()
        page.wait_for_function(
            "least => Number(document.querySelector('[data-testid=\"child-count\"]')"
            "?.dataset.count ?? 0) >= least",
            arg=min(2000, children // 3),
        )
        with page.context.expect_event("close"):
            _kill_browser(profile)
    before = time.monotonic()
    with browser(playwright, profile) as page:
        page.goto(server.url)
        log_in(page)
        counter = page.get_by_test_id("child-count").first
        counter.wait_for()
        kept = int(counter.get_attribute("data-count") or 0)
        page.locator(f'[data-testid="child-count"][data-count="{children}"]').wait_for()
        page.get_by_test_id("first-load").wait_for(state="detached")
        seconds = time.monotonic() - before
        yield Row(
            "killed in the middle of its first load",
            f"goes on from {kept} children, complete after {seconds:.1f} s",
            "resumes",
            kept > 0,
        )


def _kill_browser(profile: Path) -> None:
    """As a power cut ends it: SIGKILL to the browser that has this profile."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in words:
            os.kill(int(entry.parent.name), 9)


def main(arguments: list[str]) -> int:
    """Measures, prints, and returns 1 when a bar was missed."""
    parser = argparse.ArgumentParser(prog="./dev bench sync", description=__doc__)
    parts = ("load", "morning", "heavy", "views")
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="all when none is named")
    parser.add_argument("--children", type=int, default=20_000, help="of the first load")
    parser.add_argument("--sites", type=int, default=30)
    parser.add_argument("--tablets", type=int, default=300)
    parser.add_argument("--doses", type=int, default=15, help="a tablet's work of a morning")
    parser.add_argument("--documents", type=int, default=100_000, help="of the views' county")
    parser.add_argument("--data", type=Path, help="a demo county that exists, with --sites clinics")
    options = parser.parse_args(arguments)
    chosen = options.parts or parts
    rows: list[Row] = []

    def take(some: list[Row] | Iterator[Row]) -> None:
        for row in some:
            rows.append(row)
            print(f"  {row.what}: {row.value}", flush=True)

    async def many(folder: Path) -> None:
        # Some of a clinic's children are visitors, whom another manages.
        each = max(200, math.ceil(options.tablets / options.sites) * options.doses * 5 // 4)
        data = options.data or county(options.sites, each)
        await settle(data)
        copy = folder / "data"
        await asyncio.to_thread(shutil.copytree, data, copy)
        async with served(copy, folder / "serve.log") as clients:
            if "morning" in chosen:
                take(await measure_morning(clients, options.sites, options.tablets, options.doses))
            if "heavy" in chosen:
                take(await measure_heavy(clients, options.sites, options.children))
            if "views" in chosen:
                take(await measure_views(clients, options.documents))

    with tempfile.TemporaryDirectory(prefix="miaopu-sync-") as temporary:
        folder = Path(temporary)
        if "load" in chosen:
            data = one_clinic(options.children)
            build_page()
            server = Server(data, folder / "load.log")
            server.start()
            try:
                with sync_playwright() as playwright:
                    take(measure_load(playwright, server, folder, options.children))
            finally:
                server.stop()
        if set(chosen) - {"load"}:
            asyncio.run(many(folder))
    print(f"\n{table(rows)}")
    return 1 if any(row.good is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
