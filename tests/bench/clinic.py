"""`./dev bench clinic`: what a clinic feels, measured in real Chromium and printed beside the bars.

One clinic with `--children` children is made (and kept in `.miaopu/bench-<children>` for the next
time), served, and loaded into browsers with profiles of their own.
"""

import argparse
import gzip
import json
import mimetypes
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Page, Playwright, Response, Route, sync_playwright
from tests.e2e.harness import BIN, BROWSER, BROWSER_ARGUMENTS, ROOT, Server

SITE = "9901210001"
NAME, PASSWORD = "nurse1", "miaopu-demo"
PWA = ROOT / "pwa"
BENCH_PAGE = PWA / ".vite" / "bench"
PROBE = Path(__file__).with_name("probe.js").read_text("utf-8")
LONG_MS = 600_000
Times = list[float]


@dataclass
class Row:
    """One line of the table; `good` is None where there is no bar."""

    what: str
    value: str
    bar: str = ""
    good: bool | None = None


def p95(times: Times) -> float:
    """The 95th percentile of at least two times."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def measured(what: str, times: Times, bar_ms: float) -> Row:
    """A row for times in ms whose 95th percentile has a bar."""
    value = f"p95 {p95(times):.1f} ms (median {statistics.median(times):.1f}, n={len(times)})"
    return Row(what, value, f"< {bar_ms:.0f} ms", p95(times) < bar_ms)


def county(children: int) -> Path:
    """The data folder of a clinic with so many children; made at the first call."""
    data = ROOT / ".miaopu" / f"bench-{children}"
    if not (data / "demo.json").exists():
        data.mkdir(parents=True, exist_ok=True)
        command = ["demo", "--data", str(data), "--sites", "1", "--children", str(children)]
        subprocess.run([str(BIN / "miaopu"), *command], check=True)  # noqa: S603
    return data


def build_page() -> None:
    """Builds the bench's own page, which is no part of the application."""
    command = ["npx", "vite", "build", "-c", "bench/clinic/vite.config.ts", "--logLevel", "error"]
    subprocess.run(command, cwd=PWA, check=True)  # noqa: S603


def cards(server: Server, count: int) -> list[tuple[str, str]]:
    """Card numbers and their children's ids, spread over the clinic."""
    with httpx.Client(base_url=server.url, timeout=120) as client:
        login = {"name": NAME, "password": PASSWORD}
        client.post("/db/_session", json=login).raise_for_status()
        view = f"/db/site-{SITE}/_design/lookup/_view/by_card"
        rows = client.get(view).raise_for_status().json()["rows"]
    step = max(1, len(rows) // count)
    return [(row["key"], row["id"]) for row in rows[::step]][:count]


@contextmanager
def browser(playwright: Playwright, profile: Path, *, worker: bool = True) -> Iterator[Page]:
    """A browser with a profile that lasts over a restart."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=BROWSER,
        headless=True,
        args=BROWSER_ARGUMENTS,
        viewport={"width": 1366, "height": 768},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        service_workers="allow" if worker else "block",
    )
    context.set_default_timeout(LONG_MS)
    context.add_init_script(PROBE)
    closed: list[BrowserContext] = []
    context.on("close", lambda one: closed.append(one))
    try:
        yield context.pages[0] if context.pages else context.new_page()
    finally:
        # One that was killed cannot be closed.
        if not closed:
            context.close()


def log_in(page: Page) -> None:
    page.get_by_test_id("login-user").fill(NAME)
    page.get_by_test_id("login-password").fill(PASSWORD)
    page.get_by_test_id("login-submit").click()


def measure_first_load(playwright: Playwright, url: str, folder: Path) -> Iterator[Row]:
    """The three ways of filling an empty browser, in one run, and the recording of doses."""

    def serve(route: Route) -> None:
        name = route.request.url.split("/bench/")[1] or "index.html"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        route.fulfill(path=BENCH_PAGE / name, content_type=kind)

    with browser(playwright, folder, worker=False) as page:
        page.route("**/bench/**", serve)
        page.goto(f"{url}/bench/")
        page.wait_for_function("window.bench !== undefined")
        page.evaluate("([name, password]) => bench.login(name, password)", [NAME, PASSWORD])
        rates: dict[str, float] = {}
        for way in ("load", "replicate", "raw"):
            result: dict[str, float] = page.evaluate(f"bench.{way}({SITE!r})")
            rates[way] = result["documents"] / result["ms"] * 1000
            print(f"  {way}: {result['documents']:.0f} in {result['ms'] / 1000:.1f} s", flush=True)
        ratio = rates["load"] / rates["replicate"]
        yield Row(
            "first load, documents/s",
            f"{rates['load']:.0f} (replicate {rates['replicate']:.0f}, raw {rates['raw']:.0f})",
        )
        yield Row(
            "first load beside PouchDB.replicate", f"{ratio:.2f} times", ">= 2.5", ratio >= 2.5
        )
        share = rates["load"] / rates["raw"]
        yield Row("first load beside raw IndexedDB", f"{share:.0%}", ">= 80 %", share >= 0.8)
        yield measured("record a dose, durable", page.evaluate(f"bench.record({SITE!r}, 200)"), 150)


def first_child(seconds: float) -> Row:
    """The row of an empty tablet's first swipe."""
    return Row("login, empty tablet -> first child", f"{seconds:.2f} s", "< 2 s", seconds < 2)


def measure_home(page: Page, shown: float) -> Row:
    """Home since it was `shown` after a login: how long it counts, and if it is right then."""
    page.get_by_test_id("due-counting").wait_for(state="detached")
    seconds = time.monotonic() - shown
    lists = page.get_by_test_id("home-page").get_by_role("radiogroup")
    told = lists.inner_text()
    page.wait_for_timeout(5000)
    right = lists.inner_text() == told
    value = f"{seconds:.2f} s" if right else f"{seconds:.2f} s, and not right"
    return Row("home shown -> its counts are right", value, "< 1 s", right and seconds < 1)


def measure_login(
    playwright: Playwright, url: str, folder: Path, card: tuple[str, str], children: int
) -> Iterator[Row]:
    """An empty tablet: what it downloads, and when the first child can be vaccinated."""
    sizes: dict[str, int] = {}

    def heard(response: Response) -> None:
        kind = response.headers.get("content-type", "")
        if response.ok and any(part in kind for part in ("javascript", "css", "html")):
            sizes[response.url] = len(gzip.compress(response.body()))

    with browser(playwright, folder / "counted", worker=False) as page:
        page.on("response", heard)
        page.goto(url)
        log_in(page)
        page.get_by_test_id("search").first.wait_for()
        page.wait_for_timeout(1500)
        total = sum(sizes.values())
        yield Row("first screen, gzip", f"{total / 1000:.0f} kB", "< 400 kB", total < 400_000)
    with browser(playwright, folder / "tablet") as page:
        page.goto(url)
        page.get_by_test_id("login-submit").wait_for()
        start = time.monotonic()
        log_in(page)
        page.get_by_test_id("search").first.wait_for()
        page.evaluate("([card, id]) => probe.swipe(card, id)", list(card))
        yield first_child(time.monotonic() - start)
        page.get_by_test_id("nav-home").click()
        page.locator(f'[data-testid="child-count"][data-count="{children}"]').wait_for()
        page.get_by_test_id("first-load").wait_for(state="detached")
        seconds = time.monotonic() - start
        yield Row("login -> the whole clinic on the tablet", f"{seconds:.1f} s")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        # The snapshot of the index is written a few seconds after the last change.
        page.wait_for_timeout(8000)


def measure_work(page: Page, sample: list[tuple[str, str]]) -> Iterator[Row]:
    """Swipes and searches on a tablet that has everything."""
    swipes: Times = [
        page.evaluate("([card, id]) => probe.swipe(card, id)", list(one)) for one in sample
    ]
    yield measured("swipe -> child and due list", swipes[3:], 35)
    page.get_by_test_id("nav-home").click()
    page.get_by_test_id("search").first.wait_for()
    words = page.evaluate("probe.words")
    keys: Times = [time for word in words for time in page.evaluate("probe.search", word)]
    yield measured("search, per keystroke", keys, 20)


def measure_offline(
    playwright: Playwright, url: str, folder: Path, sample: list[tuple[str, str]], children: int
) -> Iterator[Row]:
    """The same tablet, the server gone."""
    with browser(playwright, folder / "tablet") as page:
        start = time.monotonic()
        page.goto(url)
        page.get_by_test_id("login-submit").wait_for()
        seconds = time.monotonic() - start
        yield Row("offline start -> usable", f"{seconds:.2f} s", "< 2 s", seconds < 2)
        start = time.monotonic()
        log_in(page)
        page.get_by_test_id("search").first.wait_for()
        shown = time.monotonic()
        page.locator(f'[data-testid="child-count"][data-count="{children}"]').wait_for()
        seconds = time.monotonic() - start
        yield Row("offline login -> all children in memory", f"{seconds:.2f} s")
        yield measure_home(page, shown)
        yield from measure_work(page, sample)


def table(rows: list[Row]) -> str:
    """The rows in columns, with a sign where there is a bar."""
    signs = {True: "ok", False: "MISSED", None: ""}
    cells = [(row.what, row.value, row.bar, signs[row.good]) for row in rows]
    widths = [max(len(cell[i]) for cell in cells) for i in range(4)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(cell, widths, strict=True)).rstrip()
        for cell in cells
    )


def main(arguments: list[str]) -> int:
    """Measures, prints, and returns 1 when a bar was missed."""
    parser = argparse.ArgumentParser(prog="./dev bench clinic", description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--data", type=Path, help="a demo county that exists, with one clinic")
    parser.add_argument("--json", type=Path, help="also writes the rows to this file")
    options = parser.parse_args(arguments)
    data = options.data or county(options.children)
    build_page()
    rows: list[Row] = []

    def take(some: Iterator[Row]) -> None:
        for row in some:
            rows.append(row)
            print(f"  {row.what}: {row.value}", flush=True)

    with tempfile.TemporaryDirectory(prefix="miaopu-bench-") as temporary:
        folder = Path(temporary)
        server = Server(data, folder / "serve.log")
        server.start()
        try:
            sample = cards(server, 60)
            with sync_playwright() as playwright:
                take(measure_login(playwright, server.url, folder, sample[-1], options.children))
                take(measure_first_load(playwright, server.url, folder / "load"))
                server.stop()
                offline = measure_offline(playwright, server.url, folder, sample, options.children)
                take(offline)
        finally:
            server.stop()
    print(f"\n{options.children} children on the device\n{table(rows)}")
    if options.json:
        options.json.write_text(json.dumps([vars(row) for row in rows], indent=1))
    return 1 if any(row.good is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
