"""`miaopu demo` into a data folder: accounts, documents, the mark, and what it refuses."""

import time
from asyncio import BaseEventLoop
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from miaopu.cli import build as build_cli
from miaopu.demo.clinic import Json
from miaopu.demo.load import batches
from miaopu.serve.demo_note import FILE, announcement, read_note
from miaopu_db.app import create_app
from miaopu_db.auth import hash_password
from miaopu_db.server import Settings

ARGUMENTS = ["--sites", "2", "--children", "25", "--seed", "4", "--today", "2026-11-23"]


def run(data: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_cli(["demo"]), ["demo", "--data", str(data), *more])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "county"
    code, output = run(folder, *ARGUMENTS)
    assert code == 0, output
    assert "DEMO" in output
    assert "nurse1" in output
    assert "county-admin" in output
    return folder


async def test_accounts_read_what_is_theirs(data: Path) -> None:
    app = create_app(data / "couch", {"x": hash_password("y")}, Settings())
    note = read_note(data)
    assert note is not None
    passwords = {login.name: login.password for login in note.logins}
    async with app.running():
        transport = httpx.ASGITransport(app)

        async def get(name: str, path: str) -> httpx.Response:
            auth = (name, passwords[name])
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.get(path, auth=auth)

        async def children(name: str, site: str) -> int:
            path = f'/site-{site}/_all_docs?startkey="child:"&endkey="child%3B"'
            return len((await get(name, path)).json()["rows"])

        assert await children("nurse1", "9901210001") == 25
        assert await children("county", "9901210002") == 25
        assert (await get("nurse1", "/site-9901210002")).status_code == 403
        session = (await get("admin2", "/_session")).json()["userCtx"]
        assert set(session["roles"]) == {"site:9901210002", "grade:admin"}
        site = (await get("nurse1", "/catalog/site:9901210001")).json()
        assert site["region"] == "990121"
        assert (await get("county", "/region-990121")).status_code == 200


def test_folder_is_marked_for_its_owner_only(data: Path) -> None:
    assert (data / FILE).stat().st_mode & 0o077 == 0
    note = read_note(data)
    assert note is not None
    assert (note.sites, note.children_per_site, note.seed) == (2, 25, 4)
    assert note.today == "2026-11-23"
    assert any("nurse2" in line for line in announcement(note))


def test_a_county_is_not_made_twice(data: Path) -> None:
    code, output = run(data, *ARGUMENTS)
    assert code == 1
    assert "already" in output


def test_an_interrupted_one_is_finished(data: Path) -> None:
    mark = (data / FILE).read_bytes()
    (data / FILE).unlink()
    code, output = run(data, *ARGUMENTS)
    assert code == 0, output
    assert (data / FILE).read_bytes() == mark


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--today", "yesterday"], "no date"),
        (["--sites", "0"], "1 to 700 clinics"),
        (["--children", "99999"], "30000 children"),
        (["--url", "http://127.0.0.1:1"], "MIAOPU_COUCHDB_USER"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    code, output = run(tmp_path / "new", *arguments)
    assert code == 1
    assert said in " ".join(output.split())


def test_no_mark_and_a_damaged_one(tmp_path: Path) -> None:
    assert read_note(tmp_path) is None
    (tmp_path / FILE).write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        read_note(tmp_path)


def test_batches_that_take_a_minute_to_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database, in the same process, does not hang up meanwhile: a batch was lost so."""
    late = 0.0

    def slow(documents: Iterable[Json]) -> Iterator[list[bytes]]:
        nonlocal late
        for batch in batches(documents, 20_000):
            late += 60
            yield batch

    monkeypatch.setattr(BaseEventLoop, "time", lambda _: time.monotonic() + late)
    monkeypatch.setattr("miaopu.demo.load.batches", slow)
    monkeypatch.setattr("miaopu.demo.command._TIMEOUT", None)
    code, output = run(tmp_path / "county", *ARGUMENTS)
    assert code == 0, output
