"""ID-card readers (二代证阅读器) after the SDT protocol of their security module, mostly at 115200.

A frame is `AA AA AA 96 69 len-hi len-lo body… check`: the length counts body and check, the check
is the XOR of length and body. A command's body is command and parameter; an answer's is three
status bytes and data. The reader is asked for a card, the card is chosen, and its text is read; the
picture that comes with the text is thrown away at once.
"""

import time
from functools import reduce
from operator import xor

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    CardFailed,
    DeviceEvent,
    DeviceGoneError,
    IdCardRead,
    SerialDriver,
)
from miaopu_bridge.idcard import TEXT_BYTES, read_text

HEAD = b"\xaa\xaa\xaa\x96\x69"
STATUS, FIND, SELECT, READ = b"\x11\xff", b"\x20\x01", b"\x20\x02", b"\x30\x01"
OK, FOUND, NO_CARD, NOT_READ = b"\0\0\x90", b"\0\0\x9f", b"\0\0\x80", b"\0\0\x41"
POLL_S = 0.3
SAME_CARD_S = 3.0
"""A card that is read is not found again until it was lifted; some readers find it all the same."""
_LONGEST = 4096


def check_byte(content: bytes) -> int:
    """XOR of everything from the length to the last byte before the check."""
    return reduce(xor, content, 0)


def frame(body: bytes) -> bytes:
    content = (len(body) + 1).to_bytes(2, "big") + body
    return HEAD + content + bytes([check_byte(content)])


def split(buffer: bytes) -> tuple[bytes | None, bytes]:
    """The first whole frame's body, and the rest; None while it is incomplete.

    Raises ValueError for a frame whose check byte is wrong.
    """
    start = buffer.find(HEAD)
    if start < 0:
        return None, buffer[-len(HEAD) + 1 :]
    buffer = buffer[start:]
    at = len(HEAD)
    if len(buffer) < at + 2:
        return None, buffer
    length = int.from_bytes(buffer[at : at + 2], "big")
    end = at + 2 + length
    if not 1 <= length <= _LONGEST:
        raise ValueError("a frame with a wrong length")
    if len(buffer) < end:
        return None, buffer
    if check_byte(buffer[at : end - 1]) != buffer[end - 1]:
        raise ValueError("a frame with a wrong check byte")
    return buffer[at + 2 : end - 1], buffer[end:]


def text_of(body: bytes) -> DeviceEvent:
    """The event of the answer to READ: status, length of text, length of picture, text, picture."""
    if body[:3] != OK or len(body) < 7:
        return CardFailed("id.not_read")
    if int.from_bytes(body[3:5], "big") != TEXT_BYTES:
        return CardFailed("id.not_read")
    try:
        return IdCardRead(read_text(body[7 : 7 + TEXT_BYTES]))
    except ValueError:
        return CardFailed("id.not_text")


class IdCardReader(SerialDriver):
    """Asks for a card three times a second, and reads each card once while it lies there."""

    kind = "id"
    answers = True

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._buffer = b""
        self._sent = b""
        self._asked = 0.0
        self._seen: tuple[DeviceEvent, float] | None = None

    def greet(self) -> None:
        self._buffer, self._sent, self._seen = b"", b"", None
        self.write(frame(STATUS))
        self.await_answer(frame(OK))
        self._ask(FIND)

    def idle(self) -> list[DeviceEvent]:
        silent = time.monotonic() - self._asked
        if self._sent == b"" and silent > POLL_S:
            self._ask(FIND)
        elif silent > 10 * POLL_S:
            raise DeviceGoneError(
                f"the reader at {self.config.port} does not answer", "device.no_answer"
            )
        return []

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += received
        events: list[DeviceEvent] = []
        while True:
            try:
                body, self._buffer = split(self._buffer)
            except ValueError:
                self._buffer, self._sent = b"", b""
                return [*events, CardFailed("card.bad_frame")]
            if body is None:
                return events
            events += self._answered(body)

    def give_up(self) -> list[DeviceEvent]:
        had, self._buffer, self._sent = bool(self._buffer), b"", b""
        return [CardFailed("card.bad_frame")] if had else []

    def _answered(self, body: bytes) -> list[DeviceEvent]:
        sent, self._sent = self._sent, b""
        if sent == FIND and body[:3] == FOUND:
            self._ask(SELECT)
        elif sent == SELECT and body[:3] == OK:
            self._ask(READ)
        elif sent == READ:
            return self._once(text_of(body))
        return []

    def _once(self, event: DeviceEvent) -> list[DeviceEvent]:
        now = time.monotonic()
        known, self._seen = self._seen, (event, now)
        again = known is not None and known[0] == event and now - known[1] < SAME_CARD_S
        return [] if again else [event]

    def _ask(self, command: bytes) -> None:
        self._sent, self._asked = command, time.monotonic()
        self.write(frame(command))
