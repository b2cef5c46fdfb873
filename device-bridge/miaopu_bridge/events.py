"""What the bridge tells its browser tabs, and the hub that tells them."""

import asyncio
import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

Event = dict[str, Any]
DeviceState = Literal["starting", "ready", "unplugged", "error", "closed"]

QUEUE_LENGTH = 200

log = logging.getLogger(__name__)


def now() -> str:
    """This instant in UTC with milliseconds, as in every document of the system."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def card(reader: str, track2: str) -> Event:
    return {"type": "card", "reader": reader, "track2": track2, "at": now()}


def card_error(reader: str, code: str) -> Event:
    return {"type": "card_error", "reader": reader, "code": code, "at": now()}


def pin(pad: str, digits: str) -> Event:
    return {"type": "pin", "pad": pad, "digits": digits, "at": now()}


def pin_error(pad: str, code: str) -> Event:
    return {"type": "pin_error", "pad": pad, "code": code, "at": now()}


def device(device_id: str, state: DeviceState, reason: str = "") -> Event:
    return {"type": "device", "id": device_id, "state": state, "reason": reason, "at": now()}


class Hub:
    """Hands every event to every subscriber (one browser tab each).

    `publish` may be called from any thread; subscribers live in the event loop. A subscriber that
    does not read is cut off when its queue is full, so that a sleeping tab costs no memory.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscribers: set[asyncio.Queue[Event | None]] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def publish(self, event: Event) -> None:
        if self._loop is None or self._loop.is_closed():
            log.debug("an event of type %s came while no server was running", event["type"])
            return
        self._loop.call_soon_threadsafe(self._deliver, event)

    def _deliver(self, event: Event) -> None:
        for queue in list(self._subscribers):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                log.warning("a browser tab does not read its events; it is cut off")
                self._subscribers.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Event | None]]:
        """A queue of the events from now on; None means: too slow, reconnect."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE_LENGTH)
        self._subscribers.add(queue)
        try:
            yield queue
        finally:
            self._subscribers.discard(queue)

    def close(self) -> None:
        """Ends every subscription; the tabs reconnect when a bridge is there again."""
        for queue in list(self._subscribers):
            if not queue.full():
                queue.put_nowait(None)
