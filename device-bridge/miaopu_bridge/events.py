"""The hub that tells the browser tabs what happens."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from miaopu_bridge.shapes import Told

QUEUE_LENGTH = 200

log = logging.getLogger(__name__)


class News(NamedTuple):
    """An event, and the one origin that may hear it; None for every origin."""

    event: Told
    origin: str | None


class Hub:
    """Hands every event to every subscriber (one browser tab each).

    `publish` may be called from any thread; subscribers live in the event loop. A subscriber that
    does not read is cut off when its queue is full, so that a sleeping tab costs no memory.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscribers: set[asyncio.Queue[News | None]] = set()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def publish(self, event: Told, origin: str | None = None) -> None:
        if self._loop is None or self._loop.is_closed():
            log.debug("a %s came while no server was running", type(event).__name__)
            return
        self._loop.call_soon_threadsafe(self._deliver, News(event, origin))

    def _deliver(self, news: News) -> None:
        for queue in list(self._subscribers):
            try:
                queue.put_nowait(news)
            except asyncio.QueueFull:
                log.warning("a browser tab does not read its events; it is cut off")
                self._subscribers.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[News | None]]:
        """A queue of the events from now on; None means: too slow, reconnect."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(QUEUE_LENGTH)
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
