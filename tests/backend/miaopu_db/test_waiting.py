"""Who waits for news of a database can be told to stop at any moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from miaopu_db.app import create_app
from miaopu_db.auth import SYSTEM, hash_password
from miaopu_db.http.app import _send_stream
from miaopu_db.http.messages import Stream
from miaopu_db.loopback import Message


def test_news_do_not_keep_one_who_waits_from_being_cancelled(tmp_path: Path) -> None:
    async def work() -> None:
        couch = create_app(tmp_path, {"admin": hash_password("correct horse")})
        async with couch.running(), couch.client(SYSTEM) as client:
            await client.put("/a")
            database = couch.server.database("a")
            waiting = asyncio.create_task(database.changed(database.seq, 60))
            await asyncio.sleep(0)
            database.wake()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(work())


def test_a_database_rests_when_nothing_is_brought_to_it(tmp_path: Path) -> None:
    async def work() -> None:
        couch = create_app(tmp_path, {"admin": hash_password("correct horse")})
        async with couch.running(), couch.client(SYSTEM) as client:
            await client.put("/a")
            database = couch.server.database("a")
            await asyncio.wait_for(database.rest(60), 1)
            with contextlib.ExitStack() as fillers:
                fillers.enter_context(database.being_filled())
                resting = asyncio.create_task(database.rest(60))
                done, _ = await asyncio.wait([resting], timeout=0.3)
                assert not done
                # It does not wait for ever.
                await asyncio.wait_for(database.rest(0.1), 1)
            await asyncio.wait_for(resting, 1)

    asyncio.run(work())


def test_who_asks_can_be_cancelled_at_any_moment_of_an_answer() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        await asyncio.sleep(0)

    async def cancelled_after(steps: int) -> bool:
        """False when the answer had ended before."""
        server: Any = SimpleNamespace(stopping=asyncio.Event())
        scope: Message = {"method": "GET", "headers": []}
        answer = Stream(chunks())
        task = asyncio.create_task(_send_stream(server, scope, answer, [], receive, send))
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.done():
            return False
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return True

    async def work() -> None:
        steps = 0
        while await cancelled_after(steps):
            steps += 1
        assert steps > 10

    asyncio.run(work())
