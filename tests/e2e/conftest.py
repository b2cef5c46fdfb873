"""Fixtures of the end-to-end tests: a demo county, its server, a bridge and tablets."""

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import BIN, ROOT, Bridge, Server, Tablet
from playwright.sync_api import Playwright, sync_playwright

from miaopu.serve.demo_note import Note, read_note

CHILDREN = int(os.environ.get("MIAOPU_E2E_CHILDREN", "1000"))
SEED = 1
ARTIFACTS = ROOT / "build" / "e2e"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Lets fixtures know whether the test failed, to keep what explains it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result
    if report.when == "call":
        item.stash[_FAILED] = report.failed


_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def county_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as `miaopu demo` makes it; not to be changed."""
    if not (ROOT / "pwa" / "dist" / "index.html").exists():
        pytest.fail("the browser application is not built; run ./dev setup")
    folder = tmp_path_factory.mktemp("county") / "data"
    command = [str(BIN / "miaopu"), "demo", "--data", str(folder)]
    command += ["--sites", "3", "--children", str(CHILDREN), "--seed", str(SEED)]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT)  # noqa: S603
    return folder


@pytest.fixture(scope="session")
def note(county_data: Path) -> Note:
    """What `miaopu demo` noted of its county: seed, day, accounts."""
    found = read_note(county_data)
    assert found is not None
    return found


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the test's processes keep their data; kept when the test fails."""
    path = ARTIFACTS / str(request.node.name)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    yield path
    if not request.node.stash.get(_FAILED, True):
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(county_data: Path, folder: Path) -> Iterator[Server]:
    """A server of its own copy of the demo county, running."""
    data = folder / "data"
    shutil.copytree(county_data, data)
    server = Server(data, folder / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bridge(server: Server, folder: Path) -> Iterator[Bridge]:
    """A bridge with simulated devices that lets the server's origin in."""
    bridge = Bridge(folder / "bridge", [server.url], folder / "bridge.log")
    bridge.start()
    yield bridge
    bridge.stop()


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    # One for each test: while it runs there is an event loop in this thread, which other tests'
    # own loops do not bear.
    with sync_playwright() as running:
        yield running


@pytest.fixture
def tablet(
    request: pytest.FixtureRequest, playwright: Playwright, server: Server, folder: Path
) -> Iterator[Callable[[str], Tablet]]:
    """Makes tablets of the server by name; on failure the last screen of each is kept."""
    made: list[Tablet] = []

    def make(name: str) -> Tablet:
        made.append(Tablet(name, playwright, server.url, folder / name))
        return made[-1]

    yield make
    for one in made:
        if request.node.stash.get(_FAILED, True) and one.is_open:
            one.picture("failed")
        one.close()


@pytest.fixture
def today() -> dt.date:
    """The day in the clinics' time zone."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
