"""Serving the built application."""

import gzip
from pathlib import Path

import httpx
import pytest

from miaopu.serve.pwa import Pwa


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>苗圃</title>")
    (folder / "sw.js").write_text("// worker")
    (folder / "assets" / "app-1a2b.js").write_text("console.log('x');" * 200)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def client(dist: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(Pwa(dist)), base_url="http://x")


async def test_a_page_of_the_application_is_the_index(client: httpx.AsyncClient) -> None:
    for path in ("/", "/index.html", "/children/01K", "/reports"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "苗圃" in answer.text
        assert answer.headers["cache-control"] == "no-cache"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_hashed_file_is_kept_for_good(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1a2b.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    plain = await client.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    refused = await client.get("/assets/app-1a2b.js", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers


async def test_the_worker_is_asked_for_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sw.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get("/sw.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_a_precompressed_file_is_preferred(client: httpx.AsyncClient, dist: Path) -> None:
    (dist / "assets" / "app-1a2b.js.gz").write_bytes(gzip.compress(b"packed"))
    answer = await client.get("/assets/app-1a2b.js", headers={"accept-encoding": "gzip"})
    assert answer.text == "packed"


async def test_a_new_build_shows(client: httpx.AsyncClient, dist: Path) -> None:
    await client.get("/")
    (dist / "index.html").write_text("<title>new build</title>")
    assert "new build" in (await client.get("/")).text


@pytest.mark.parametrize("path", ["/assets/gone.js", "/gone.js", "/link.txt", "/assets/"])
async def test_a_file_that_is_not_there_is_no_page(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"]
)
async def test_no_path_leaves_the_folder(client: httpx.AsyncClient, path: str) -> None:
    assert "secret" not in (await client.get(path)).text


async def test_nothing_is_written_here(client: httpx.AsyncClient) -> None:
    assert (await client.post("/")).status_code == 405
    assert (await client.head("/sw.js")).content == b""


async def test_an_application_that_is_not_built_says_so(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(Pwa(tmp_path / "none"))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "./dev run" in answer.text


@pytest.mark.parametrize(
    "path", ["/%00", "/a%00.js", "/" + "x" * 300, "/" + "x/" * 3000 + "y.js", "/%ff%fe.js"]
)
async def test_a_name_that_no_file_can_have(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in (200, 404)


async def test_one_file_is_held_once_whatever_it_is_called(dist: Path) -> None:
    pwa = Pwa(dist)
    names = ["sw.js", "./sw.js", "assets/../sw.js", "././sw.js", ".//sw.js"]
    assert len({id(pwa._file(name)) for name in names}) == 1
    assert len(pwa._files) == 1
