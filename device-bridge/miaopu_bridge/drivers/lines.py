"""Devices that send lines: plain card readers, and PIN pads (密码键盘).

A line ends with CR, LF, both, or stands between STX and ETX, as the device is set up.
"""

import re
from abc import abstractmethod

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    CardFailed,
    CardRead,
    DeviceEvent,
    PinEntered,
    PinFailed,
    SerialDriver,
)
from miaopu_bridge.track import TrackError, decode, second_track

BACKSPACE, CANCEL = 0x08, 0x1B
_STX = b"\x02"
_END = re.compile(rb"[\r\n\x03]")
PIN_LENGTHS = range(4, 13)
_LONGEST_LINE = 400


class LineDriver(SerialDriver):
    """Collects bytes to lines."""

    _buffer = b""
    _ended = b""
    """The byte that ended the last line."""

    @abstractmethod
    def line(self, line: bytes) -> DeviceEvent | None:
        """What one line, without its end, means; None for nothing."""

    @abstractmethod
    def broken(self) -> DeviceEvent:
        """What it means that a line has no end."""

    def greet(self) -> None:
        self._buffer = b""

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += received.replace(_STX, b"")
        events: list[DeviceEvent] = []
        while found := _END.search(self._buffer):
            line, end = self._buffer[: found.start()], found[0]
            self._buffer = self._buffer[found.end() :]
            # The LF after a CR, and the CR after an ETX, end nothing more.
            follows = not line and self._ended not in (b"", end)
            self._ended = end
            if not follows and (event := self.line(line)) is not None:
                events.append(event)
        if len(self._buffer) > _LONGEST_LINE:
            events += self.give_up()
        return events

    def give_up(self) -> list[DeviceEvent]:
        had, self._buffer = bool(self._buffer), b""
        return [self.broken()] if had else []


def read_line(line: str, *, with_lrc: bool) -> DeviceEvent:
    """The event of one swipe: track 2, with or without the tracks before and after it.

    `%track1?;track2?+track3?`, each with its LRC when `with_lrc`.
    """
    try:
        return CardRead(decode(second_track(line, with_lrc=with_lrc), with_lrc=with_lrc))
    except TrackError as error:
        return CardFailed(error.code)


class WedgeLine(LineDriver):
    """A reader that sends a swipe as keys would come: sentinels, data, CR.

    Option `lrc = true`: the reader leaves the LRC after the end sentinel, to be checked here.
    """

    kind = "card"

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._with_lrc = bool(config.options.get("lrc", False))

    def line(self, line: bytes) -> DeviceEvent:
        return read_line(line.decode("latin-1"), with_lrc=self._with_lrc)

    def broken(self) -> DeviceEvent:
        return CardFailed("card.no_end")


def read_pin(line: bytes) -> DeviceEvent:
    """The event of one line of keys: digits, with backspace and cancel as typed."""
    typed = bytearray()
    for key in line:
        if key == BACKSPACE:
            del typed[-1:]
        elif key == CANCEL:
            typed.clear()
        else:
            typed.append(key)
    if not typed.isdigit() and typed:
        return PinFailed("pin.bad_character")
    if len(typed) not in PIN_LENGTHS:
        return PinFailed("pin.bad_length")
    return PinEntered(typed.decode("ascii"))


class PinPad(LineDriver):
    """A keypad that sends the digits and CR when the guardian presses Enter."""

    kind = "pin"

    def line(self, line: bytes) -> DeviceEvent:
        return read_pin(line)

    def broken(self) -> DeviceEvent:
        return PinFailed("pin.not_finished")
