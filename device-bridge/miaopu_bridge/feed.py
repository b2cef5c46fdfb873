"""`/events`: what happens, told to every tab over its WebSocket."""

import asyncio
import contextlib
import json
from collections.abc import Callable

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from miaopu_bridge import __version__
from miaopu_bridge.access import Access
from miaopu_bridge.events import Hub, News
from miaopu_bridge.shapes import Heartbeat, Hello, Told
from miaopu_bridge.supervisor import Devices

AUTH_WAIT_S = 10.0
NOT_PAIRED, TOO_SLOW = 4401, 1013


def feed_router(access: Access, hub: Hub, devices: Devices, heartbeat_s: float) -> APIRouter:
    router = APIRouter()

    @router.websocket("/events")
    async def events(socket: WebSocket) -> None:
        # The guard has checked Host and Origin before the handshake.
        origin = socket.headers["origin"]
        await socket.accept()
        try:
            token = await _first_token(socket)
        except WebSocketDisconnect:
            return

        def paired_still() -> bool:
            return access.pairings.check(token, origin)

        if not paired_still():
            await socket.close(NOT_PAIRED, "not paired")
            return
        with hub.subscribe() as queue:
            await _send(socket, Hello(version=__version__, devices=devices.describe()))
            listening = asyncio.create_task(_listen(socket))
            try:
                await _tell(
                    socket, queue, listening, paired_still, access.sees(origin), heartbeat_s
                )
            except WebSocketDisconnect:
                return
            finally:
                listening.cancel()

    return router


async def _send(socket: WebSocket, event: Told) -> None:
    await socket.send_text(event.model_dump_json())


async def _first_token(socket: WebSocket) -> str:
    """The token of the first message, {"type": "auth", "token": …}; empty when it is none."""
    try:
        async with asyncio.timeout(AUTH_WAIT_S):
            first = json.loads(await socket.receive_text())
        return str(first["token"]) if first["type"] == "auth" else ""
    except (TimeoutError, ValueError, KeyError, TypeError):
        return ""


async def _listen(socket: WebSocket) -> None:
    """Reads what the tab sends, which is nothing of interest, to notice when it leaves."""
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            await socket.receive_text()


async def _tell(
    socket: WebSocket,
    queue: "asyncio.Queue[News | None]",
    listening: "asyncio.Task[None]",
    paired_still: Callable[[], bool],
    sees: str | None,
    heartbeat_s: float,
) -> None:
    """Sends events until the tab leaves; those of one origin only to it (`sees`; None: all)."""
    while not listening.done():
        waiting = asyncio.ensure_future(queue.get())
        done, _ = await asyncio.wait(
            {waiting, listening}, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting not in done:
            waiting.cancel()
            if not done:
                await _send(socket, Heartbeat())
            continue
        if not paired_still():
            await socket.close(NOT_PAIRED, "not paired any more")
            return
        news = waiting.result()
        if news is None:
            await socket.close(TOO_SLOW, "too slow or closing; connect again")
            return
        if news.origin is None or sees in (None, news.origin):
            await _send(socket, news.event)
