"""Workers that begin again whatever they are answered, and know how far they had come."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from miaopu.couch.follow import Followers, Place, reason
from miaopu.flow.merger import Merger

Json = dict[str, Any]
PAGE = "<html>Please log in to the network</html>"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the workers would have slept."""
    slept: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return slept


def client(answer: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://db/")


async def test_a_worker_goes_on_after_any_fault_each_pause_longer(pauses: list[float]) -> None:
    faults = [httpx.ConnectError("gone"), ValueError("no JSON"), KeyError("rows"), TypeError("")]
    ended = asyncio.Event()

    async def work() -> None:
        if faults:
            raise faults.pop(0)
        ended.set()
        await asyncio.Event().wait()

    followers = Followers("is not followed", longest=5)
    followers.follow("site-1", work)
    followers.follow("site-1", work)
    await ended.wait()
    assert pauses == [1, 2, 4, 5]
    await followers.stop()


@pytest.mark.usefixtures("pauses")
async def test_a_page_for_people_does_not_end_the_merger() -> None:
    asked = asyncio.Event()
    pages = [PAGE, '{"results": "none"}', "[]", "null", "{}"]

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("_changes"):
            return httpx.Response(404)
        if pages:
            return httpx.Response(200, text=pages.pop(0))
        asked.set()
        return httpx.Response(200, json={"results": [], "last_seq": "1-x"})

    async with client(answer) as database:
        merger = Merger(database, database)
        merger.follow(["site-3301020001"])
        await asyncio.wait_for(asked.wait(), 5)
        await merger.stop()


def test_a_reason_tells_where_and_nothing_of_what() -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        raise ValueError("secret")
    assert reason(caught.value) == "ValueError"
    response = httpx.Response(502, request=httpx.Request("GET", "http://db/secret"))
    with pytest.raises(httpx.HTTPStatusError) as status:
        response.raise_for_status()
    assert reason(status.value) == "status 502"


class Kept:
    """One `_local` document."""

    def __init__(self) -> None:
        self.document: Json | None = None
        self.writes = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        there = self.document
        if request.method == "GET":
            return httpx.Response(404) if there is None else httpx.Response(200, json=there)
        given = json.loads(request.content)
        if given.get("_rev") != (there or {}).get("_rev"):
            return httpx.Response(409)
        self.writes += 1
        self.document = {**given, "_id": "_local/place", "_rev": f"0-{self.writes}"}
        return httpx.Response(201, json={"rev": f"0-{self.writes}"})


async def test_a_place_is_written_when_it_changes_and_known_again() -> None:
    kept = Kept()
    async with client(kept.answer) as database:
        place = Place(database, "site-1/_local/place")
        assert await place.recall() == {}
        since = {"since": "1-x", "held": {}}
        assert await place.remember(since)
        assert await place.remember({"since": "1-x", "held": {}})
        assert kept.writes == 1
        since["held"] = {"child": "refused"}
        assert await place.remember(since)
        assert kept.writes == 2
        assert await Place(database, "site-1/_local/place").recall() == since


async def test_what_another_server_has_remembered_is_taken_over() -> None:
    kept = Kept()
    async with client(kept.answer) as database:
        mine, other = (Place(database, "site-1/_local/place") for _ in range(2))
        assert await other.remember({"since": "5-x"})
        assert not await mine.remember({"since": "3-x"})
        assert mine.kept == {"since": "5-x"}
        assert await mine.remember({"since": "6-x"})
