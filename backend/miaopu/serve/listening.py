"""The socket, and HTTP on it."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from miaopu.couch.asgi import Application

GRACE_S = 1


class OriginForm(HttpToolsProtocol):
    """HTTP whose requests name a path of this server, and no other server (RFC 9112, 3.2.1)."""

    def on_headers_complete(self) -> None:
        """A request's head is there. Whose URL is not a path is answered 400."""
        if not self.url.startswith(b"/"):
            raise httptools.HttpParserError("not in origin form")
        super().on_headers_complete()


class Listener(uvicorn.Server):
    """Uvicorn that ends open feeds first (`stop`), and after a signal returns instead of dying of
    it. `listening` is told when it answers."""

    def __init__(
        self,
        application: Application,
        stop: Callable[[], Awaitable[None]],
        listening: Callable[[], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                interface="asgi3",
                access_log=False,
                log_config=None,
                lifespan="off",
                http=OriginForm,
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=75,
                backlog=2048,
            )
        )
        self._stop = stop
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer."""
        await super().startup(sockets)
        if not self.should_exit:
            self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends this server, and not the process, on SIGINT and SIGTERM."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what goes on, and then the connections."""
        await self._stop()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `host`. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, every event loop sets TCP_NODELAY on what it accepts.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def reached(listener: socket.socket) -> str:
    """Base URL of what listens there, as this machine reaches it."""
    host, port = listener.getsockname()[:2]
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - names, no bind
    return f"http://[{loopback}]:{port}" if ":" in loopback else f"http://{loopback}:{port}"
