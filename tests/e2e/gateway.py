"""A network between tablet and server that can go wrong: it stands where a proxy would."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

_HEAD_LIMIT = 65_536
_CHUNK = 65_536


class Trouble(Enum):
    """What the gateway does to those who come."""

    NONE = "passes everything"
    ERROR = "answers 500 to everything"
    GARBAGE = "answers 200 with what is no JSON"
    CUT = "breaks off in the middle of an answer"


_ANSWERS = {
    Trouble.ERROR: (
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n"
        b"Content-Length: 20\r\nConnection: close\r\n\r\n<h1>Bad day</h1>\r\n\r\n"
    ),
    Trouble.GARBAGE: (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        b'Content-Length: 24\r\nConnection: close\r\n\r\n{"ok":true,"rows":[{\xff\x00"}'
    ),
}


class Gateway:
    """Forwards TCP connections to the server's port, as long as nothing is wrong."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._trouble = Trouble.NONE
        self._cut_after = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def make(self, trouble: Trouble, cut_after: int = 0) -> None:
        """From now on does that; open connections break. `cut_after`: bytes of each answer."""
        with self._lock:
            self._trouble, self._cut_after = trouble, cut_after
            for one in self._open:
                _shut(one)

    @contextmanager
    def trouble(self, trouble: Trouble, cut_after: int = 0) -> Iterator[None]:
        """Makes trouble for a while."""
        self.make(trouble, cut_after)
        try:
            yield
        finally:
            self.make(Trouble.NONE)

    def close(self) -> None:
        self._listener.close()
        self.make(Trouble.ERROR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
            trouble, cut_after = self._trouble, self._cut_after
        try:
            with client, suppress(OSError):
                if trouble in _ANSWERS:
                    _read_head(client)
                    client.sendall(_ANSWERS[trouble])
                else:
                    self._forward(client, cut_after if trouble is Trouble.CUT else None)
        finally:
            with self._lock:
                self._open.discard(client)

    def _forward(self, client: socket.socket, limit: int | None) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            with self._lock:
                self._open.add(server)
            try:
                back = threading.Thread(target=_pipe, args=(server, client, limit), daemon=True)
                back.start()
                _pipe(client, server, None)
                back.join()
            finally:
                with self._lock:
                    self._open.discard(server)


def _read_head(client: socket.socket) -> None:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
        read = client.recv(_CHUNK)
        if not read:
            return
        head += read


def _pipe(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    """Copies bytes until the source ends or `limit` bytes have gone; then ends both."""
    left = limit
    with suppress(OSError):
        while read := source.recv(_CHUNK):
            target.sendall(read if left is None else read[:left])
            if left is not None:
                left -= len(read)
                if left <= 0:
                    break
    _shut(target)
    _shut(source)


def _shut(one: socket.socket) -> None:
    # Whoever reads from it meets its end at once; an end that is met already is no matter.
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
