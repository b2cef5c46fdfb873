"""MRS100: a three-track reader that keeps the last card until it is asked for it.

Frames after the maker's protocol: `02 len command parameter… 03 BCC`, `len` counting command and
parameters; an answer repeats command and parameter, then `Y` and data, or `N` and an error
code. The protocol names BCC without a formula: here the XOR of all bytes before it; a device that
leaves out the leading 02 is set up with `bcc_from = 1`.
"""

import time
from functools import reduce
from operator import xor

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    CardFailed,
    CardRead,
    DeviceEvent,
    DeviceGoneError,
    SerialDriver,
)
from miaopu_bridge.track import TrackError, decode, second_track

STX, ETX = 0x02, 0x03
SET_MODE, READ_CARD = 0x30, 0x33
STORE_MODE, LAST_CARD = 0x31, 0x30
YES, NO = ord("Y"), ord("N")
NO_CARD_DATA = 0x41
POLL_S = 0.1


def bcc(content: bytes, start: int = 0) -> int:
    """The check byte: XOR of `content` (from STX to ETX) from byte `start` on."""
    return reduce(xor, content[start:], 0)


def frame(command: int, parameters: bytes, bcc_from: int = 0) -> bytes:
    """One frame, to or from the device."""
    content = bytes([STX, 1 + len(parameters), command, *parameters, ETX])
    return content + bytes([bcc(content, bcc_from)])


def split(buffer: bytes, bcc_from: int = 0) -> tuple[bytes | None, bytes]:
    """The first whole frame's command and parameters, and the rest of the buffer.

    None while a frame is incomplete. Raises ValueError for a frame whose end or BCC is wrong.
    """
    start = buffer.find(STX)
    if start < 0:
        return None, b""
    buffer = buffer[start:]
    if len(buffer) < 2 or len(buffer) < buffer[1] + 4:
        return None, buffer
    end = buffer[1] + 2
    if buffer[end] != ETX or buffer[end + 1] != bcc(buffer[: end + 1], bcc_from):
        raise ValueError("a frame with a wrong end or check byte")
    return buffer[2:end], buffer[end + 2 :]


def parse(body: bytes) -> DeviceEvent | None:
    """The event of one answer's command and parameters; None when nobody has swiped."""
    if len(body) < 3 or body[0] != READ_CARD:
        return None
    answer, data = body[2], body[3:]
    if answer == NO:
        return None if data[:1] == bytes([NO_CARD_DATA]) else CardFailed("card.bad_frame")
    text = data.decode("latin-1")
    track = second_track(text.replace("\r", "")) if ";" in text else ""
    try:
        return CardRead(decode(track))
    except TrackError as error:
        return CardFailed(error.code)


class Mrs100(SerialDriver):
    """Set to store mode, then asked for the last card ten times a second."""

    kind = "card"
    answers = True

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._bcc_from = int(config.options.get("bcc_from", 0))
        self._buffer = b""
        self._asked = 0.0

    def greet(self) -> None:
        self._buffer = b""
        self._send(SET_MODE, STORE_MODE)
        self.await_answer(
            frame(SET_MODE, bytes([STORE_MODE, YES]), self._bcc_from),
        )
        self._poll()

    def idle(self) -> list[DeviceEvent]:
        if time.monotonic() - self._asked > 20 * POLL_S:
            raise DeviceGoneError(
                f"the reader at {self.config.port} does not answer", "device.no_answer"
            )
        return []

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += received
        events: list[DeviceEvent] = []
        while True:
            try:
                body, self._buffer = split(self._buffer, self._bcc_from)
            except ValueError:
                self._buffer = b""
                events.append(CardFailed("card.bad_frame"))
                self._poll()
                return events
            if body is None:
                return events
            event = parse(body)
            if event is not None:
                events.append(event)
            if body[0] == READ_CARD:
                self._poll()

    def give_up(self) -> list[DeviceEvent]:
        had, self._buffer = bool(self._buffer), b""
        self._poll()
        return [CardFailed("card.bad_frame")] if had else []

    def _poll(self) -> None:
        if not self._closing.wait(POLL_S):
            self._send(READ_CARD, LAST_CARD)
            self._asked = time.monotonic()

    def _send(self, command: int, parameter: int) -> None:
        self.write(frame(command, bytes([parameter]), self._bcc_from))
