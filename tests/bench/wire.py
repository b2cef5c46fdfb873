"""HTTP/1.1 over one kept connection, light enough that hundreds of tablets fit into one process."""

import asyncio
from typing import Any

import httptools
import orjson

_PIECE = 1 << 18


class Connection:
    """One tablet's connection and cookie. Not for two requests at once."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.headers: dict[str, str] = {}
        self.status = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._parts: list[bytes] = []
        self._done = False
        self._keep = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"set-cookie":
            self.headers["cookie"] = value.split(b";")[0].decode()

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self._done = True

    async def send(self, method: str, path: str, body: object = None) -> bytes:
        """The answer's body, whatever the status, which is kept in `status`.

        Raises ConnectionError when the server ends the connection before the answer has ended.
        """
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        assert self._reader is not None
        data = b"" if body is None else orjson.dumps(body)
        head = [f"{method} {path} HTTP/1.1", f"host: {self.host}:{self.port}"]
        head += [f"{name}: {value}" for name, value in self.headers.items()]
        if body is not None:
            head += ["content-type: application/json", f"content-length: {len(data)}"]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + data)
        self._parts, self._done = [], False
        parser = httptools.HttpResponseParser(self)
        while not self._done:
            piece = await self._reader.read(_PIECE)
            if not piece:
                self.close()
                raise ConnectionError(f"{method} broke off")
            parser.feed_data(piece)
        self.status = parser.get_status_code()
        if not parser.should_keep_alive():
            self.close()
        return b"".join(self._parts)

    async def json(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON; raises as `text`."""
        return orjson.loads(await self.text(method, path, body))

    async def text(self, method: str, path: str, body: object = None) -> bytes:
        """The answer as it came; raises ConnectionError for any status but success."""
        text = await self.send(method, path, body)
        if self.status >= 300:
            raise ConnectionError(
                f"{method} {path.partition('?')[0]}: {self.status} {text[:200]!r}"
            )
        return text

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
