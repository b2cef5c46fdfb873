"""What the gate answers, by itself or beside the database."""

from collections.abc import Sequence
from typing import Any

import orjson

from miaopu.couch.asgi import Message, Send

Json = dict[str, Any]


class AnswerError(Exception):
    """A request that goes no further, and CouchDB's answer to it."""

    def __init__(self, status: int, error: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.reason = reason


async def answer(send: Send, status: int, content: Json) -> None:
    """Sends a whole answer."""
    body = orjson.dumps(content) + b"\n"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Beside:
    """The database's answer to a part of `_bulk_docs`, with the rows of what was denied beside.

    `rows` has one for each document of the request: None where the database has the word.
    """

    def __init__(self, send: Send, rows: Sequence[Json | None], is_replicated: bool) -> None:
        self._send = send
        self._rows = rows
        self._is_replicated = is_replicated
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self.whole = False
        """Whether the database has answered to its end."""

    async def send(self, message: Message) -> None:
        """Takes what the database sends."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._parts.append(message.get("body", b""))
        if message.get("more_body") or self._start is None:
            return
        self.whole = True
        content = b"".join(self._parts)
        if 200 <= self._start["status"] < 300:
            content = orjson.dumps(self._merged(orjson.loads(content))) + b"\n"
        headers = [
            (name, value)
            for name, value in self._start["headers"]
            if name.lower() not in (b"content-length", b"transfer-encoding")
        ]
        headers.append((b"content-length", str(len(content)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": content})

    def _merged(self, answered: list[Json]) -> list[Json]:
        if self._is_replicated:
            # Only what failed has a row.
            return [*answered, *(row for row in self._rows if row is not None)]
        others = iter(answered)
        return [row if row is not None else next(others) for row in self._rows]
