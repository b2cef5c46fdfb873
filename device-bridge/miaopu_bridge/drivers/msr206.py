"""MSR206 and its family (MSR605, MSR705 …): a magnetic card reader at 9600 8N1.

Frames after the maker's Programmer's Manual, section 7: `ESC s` [`ESC 01` track 1 `ESC 02` track 2
`ESC 03` track 3] `? FS ESC status`. The device checks parity and LRC itself; a track that failed is
`ESC *`, an empty one `ESC +` or nothing.
"""

import re

from miaopu_bridge.drivers.base import CardFailed, CardRead, DeviceEvent, SerialDriver
from miaopu_bridge.track import TrackError, decode

ESC = b"\x1b"
RESET, TEST, TEST_OK, READ = ESC + b"a", ESC + b"e", ESC + b"y", ESC + b"r"
START, END = ESC + b"s", b"?\x1c" + ESC
STATUS_OK, STATUS_ERROR = b"0", b"1"
_LONGEST_FRAME = 400
# Some of the family send the track number as a digit.
_TRACK_2 = re.compile(rb"\x1b[\x022](.*?)(?=\x1b[\x033]|\Z)", re.DOTALL)


def parse(frame: bytes) -> DeviceEvent:
    """The event of one whole frame, from `ESC s` to the status byte.

    Only track 2 counts: a damaged track 1 does not make a card unreadable.
    """
    body, status = frame[len(START) : -len(END) - 1], frame[-1:]
    match = _TRACK_2.search(body)
    track = match[1] if match else b""
    if track.startswith(ESC + b"*"):
        return CardFailed("card.bad_lrc")
    if track in (b"", ESC + b"+"):
        return CardFailed("card.no_data" if status == STATUS_OK else "card.bad_lrc")
    try:
        return CardRead(decode(track.decode("latin-1")))
    except TrackError as error:
        return CardFailed(error.code)


class Msr206(SerialDriver):
    """Reset, test, then armed for one swipe after another."""

    kind = "card"
    answers = True
    _buffer = b""

    def greet(self) -> None:
        self._buffer = b""
        self.write(RESET)
        self.write(TEST)
        self.await_answer(TEST_OK)
        self.write(READ)

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += received
        events: list[DeviceEvent] = []
        while (end := self._buffer.find(END)) >= 0 and len(self._buffer) > end + len(END):
            cut = end + len(END) + 1
            frame, self._buffer = self._buffer[:cut], self._buffer[cut:]
            start = frame.rfind(START)
            events.append(parse(frame[start:]) if start >= 0 else CardFailed("card.bad_frame"))
            self.write(READ)
        if len(self._buffer) > _LONGEST_FRAME:
            events += self.give_up()
        return events

    def give_up(self) -> list[DeviceEvent]:
        if not self._buffer:
            return []
        self._buffer = b""
        self.write(RESET)
        self.write(READ)
        return [CardFailed("card.bad_frame")]
