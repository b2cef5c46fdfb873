"""Devices that send lines: plain card readers, barcode scanners, and PIN pads (密码键盘).

A line ends with CR, LF, both, or stands between STX and ETX, as the device is set up.
"""

import re
from abc import abstractmethod
from typing import ClassVar

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    AskPin,
    CardFailed,
    CardRead,
    DeviceEvent,
    Garbled,
    Order,
    PinEntered,
    PinFailed,
    Scanned,
    SerialDriver,
)
from miaopu_bridge.track import TrackError, decode, second_track

BACKSPACE, CANCEL = 0x08, 0x1B
_STX = b"\x02"
_END = re.compile(rb"[\r\n\x03]")
PIN_LENGTHS = range(4, 13)
_LONGEST_LINE = 400
_FOREIGN = re.compile(rb"[^\x02\x03\x08\r\n\x1b\x1d\x20-\x7e]")
_TWICE_AS_FAST = re.compile(rb"[JKZ\[jkz{]{3,}.?\Z", re.DOTALL)


def is_garbled(line: bytes) -> bool:
    """Whether a device that speaks ASCII cannot have said this: its baud rate is another.

    At a wrong rate bits are cut at wrong places, and every few bytes is none of ASCII. One such
    byte in ten is noise on the line, or a worn stripe. Digits that were sent twice as fast as they
    are read come two in one byte, as some of eight letters only.
    """
    return len(_FOREIGN.findall(line)) * 10 > len(line) or _TWICE_AS_FAST.match(line) is not None


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

    def clean(self, received: bytes) -> bytes:
        """What the device means by these bytes."""
        return received

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += self.clean(received).replace(_STX, b"")
        events: list[DeviceEvent] = []
        while found := _END.search(self._buffer):
            line, end = self._buffer[: found.start()], found[0]
            self._buffer = self._buffer[found.end() :]
            # The LF after a CR, and the CR after an ETX, end nothing more.
            follows = not line and self._ended not in (b"", end)
            self._ended = end
            if follows:
                continue
            event = Garbled() if is_garbled(line) else self.line(line)
            if event is not None:
                events.append(event)
        if len(self._buffer) > _LONGEST_LINE:
            events += self.give_up()
        return events

    def give_up(self) -> list[DeviceEvent]:
        had, self._buffer = self._buffer, b""
        if not had:
            return []
        return [Garbled() if is_garbled(had) else self.broken()]


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

    def line(self, line: bytes) -> DeviceEvent | None:
        return read_pin(line)

    def broken(self) -> DeviceEvent:
        return PinFailed("pin.not_finished")


class PlainPinPad(PinPad):
    """A pad that is opened by one byte, says what it wants, and sends keys with the high bit set.

    Options `first`, `again`, `close`: the bytes, as hexadecimal; the most usual stand here.
    """

    takes = (AskPin,)
    commands: ClassVar[dict[str, str]] = {"first": "82", "again": "81", "close": "83"}

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        chosen = self.commands | {
            name: str(config.options[name]) for name in self.commands if name in config.options
        }
        self._commands = {name: bytes.fromhex(text) for name, text in chosen.items()}

    def greet(self) -> None:
        super().greet()
        self.command("close")

    def command(self, name: str) -> None:
        self.write(self._commands[name])

    def obey(self, order: Order) -> list[DeviceEvent]:
        self._buffer = b""
        if isinstance(order, AskPin):
            self.command("again" if order.again else "first")
        else:
            self.command("close")
        return []

    def clean(self, received: bytes) -> bytes:
        return bytes(byte & 0x7F for byte in received)


def folded(content: bytes) -> bytes:
    """Bytes that a pad sent as two each, high and low nibble (拆字); as they are when not so."""
    if len(content) % 2 or any(byte & 0xF0 != 0x30 for byte in content):
        return content
    pairs = zip(content[::2], content[1::2], strict=True)
    return bytes((high & 0x0F) << 4 | low & 0x0F for high, low in pairs)


class FramedPinPad(PlainPinPad):
    """A pad with commands `1B … 0D` that answers `02 … 03`: `OK`, `ER`, or the keys.

    Option `split = true`: each key comes as two bytes (拆字). Commands are the maker's own: see the
    pad's manual, and set `first`, `again`, `close` to what stands between 1B and 0D.
    """

    commands: ClassVar[dict[str, str]] = {"first": "49", "again": "45", "close": "46"}

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._split = bool(config.options.get("split", False))

    def command(self, name: str) -> None:
        self.write(b"\x1b" + self._commands[name] + b"\r")

    def clean(self, received: bytes) -> bytes:
        return received

    def line(self, line: bytes) -> DeviceEvent | None:
        if line == b"OK":
            return None
        if line == b"ER":
            return PinFailed("pin.not_finished")
        return read_pin(folded(line) if self._split else line)


class Scanner(LineDriver):
    """A barcode scanner (扫码枪) at a serial line; a code ends with CR, LF or both."""

    kind = "scanner"

    def line(self, line: bytes) -> DeviceEvent | None:
        # A GS1 code may begin with FNC1, which scanners send as GS.
        code = line.strip(b" \x1d").decode("ascii", "replace")
        return Scanned(code) if code else None

    def broken(self) -> DeviceEvent:
        return CardFailed("scan.no_end")
