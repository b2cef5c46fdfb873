"""A file that is not what was written: the others go on, and the server knows which it is."""

import asyncio
from pathlib import Path

import httpx
import pytest

from miaopu_db.app import EmbeddedCouch, create_app
from miaopu_db.auth import SYSTEM, hash_password


def application(folder: Path) -> EmbeddedCouch:
    return create_app(folder, {"admin": hash_password("secret")})


async def fill(folder: Path) -> None:
    async with application(folder).running() as couch:
        client = couch.client(SYSTEM)
        for name in ("sound", "spoilt"):
            await client.put(f"/{name}")
            docs = [{"_id": f"d{n}", "text": "x" * 200} for n in range(200)]
            assert (await client.post(f"/{name}/_bulk_docs", json={"docs": docs})).is_success
        assert couch.damaged() == []


async def look(folder: Path) -> tuple[httpx.Response, httpx.Response, list[str]]:
    async with application(folder).running() as couch:
        client = couch.client(SYSTEM)
        sound = await client.get("/sound/_all_docs?include_docs=true")
        spoilt = await client.get("/spoilt/_all_docs?include_docs=true")
        return sound, spoilt, couch.damaged()


@pytest.mark.parametrize("start", [0, 8192], ids=["its head", "its tables"])
def test_a_damaged_file_is_known_by_name(tmp_path: Path, start: int) -> None:
    asyncio.run(fill(tmp_path))
    (path,) = (tmp_path / "dbs").glob("spoilt*/data.sqlite")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * (size - start))
    sound, spoilt, damaged = asyncio.run(look(tmp_path))
    assert len(sound.json()["rows"]) == 200
    assert spoilt.status_code == 503
    assert damaged == ["spoilt"]
