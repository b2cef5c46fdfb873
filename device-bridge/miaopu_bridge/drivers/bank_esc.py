"""Bank-counter magnetic readers and writers (银行柜台磁条读写器): `ESC ]`, `ESC t`, 9600 8N1.

`1B 5D` waits for a swipe and answers `1B 73 track2 [41 track3] [25 track1] 3F 1C`, `7F` for a
track that failed. `1B 74 track2 1D 1B 5C` writes with the next swipe; `1B 6A` asks for the status,
`1B 70` good or `1B 71` bad, after a write when the card was swiped. `1B 30` resets. Track 2 stands
in these frames without its sentinels.
"""

import re
import time

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    CardFailed,
    CardRead,
    DeviceEvent,
    Order,
    SerialDriver,
    WriteCard,
    WritingCard,
)
from miaopu_bridge.track import END, MAX_DATA, START, TrackError, decode

ESC = b"\x1b"
RESET, READ_2, STATUS, GOOD, BAD = ESC + b"0", ESC + b"]", ESC + b"j", b"p", b"q"
WRITE, WRITE_END = ESC + b"t", b"\x1d" + ESC + b"\\"
ANSWER, ANSWER_END = ESC + b"s", b"?\x1c"
TRACK_3, TRACK_1, FAILED = b"A", b"%", b"\x7f"
COERCIVITY = {"low": ESC + b"y", "high": ESC + b"x"}
SWIPE_WAIT_S = 30.0
_LONGEST_FRAME = 400
_AN_ANSWER = re.compile(re.escape(ANSWER) + rb".*?" + re.escape(ANSWER_END), re.DOTALL)


def write_command(number: str) -> bytes:
    """Raises ValueError for what track 2 of a certificate's card cannot hold."""
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DATA):
        raise ValueError(f"a card holds 1 to {MAX_DATA} digits")
    return WRITE + number.encode("ascii") + WRITE_END


def parse(frame: bytes) -> DeviceEvent:
    """The event of one answer, from `1B 73` to `3F 1C`; only track 2 counts."""
    body = frame[len(ANSWER) : -len(ANSWER_END)]
    for mark in (TRACK_3, TRACK_1):
        body = body.partition(mark)[0]
    if body.startswith(FAILED):
        return CardFailed("card.bad_lrc")
    text = body.decode("latin-1").removeprefix(START)
    try:
        return CardRead(decode(f"{START}{text}{END}"))
    except TrackError as error:
        return CardFailed(error.code)


class BankEsc(SerialDriver):
    """Armed for one swipe after another; writes a card when it is asked to, and reads it back.

    Option `coercivity` = "low" or "high": how strongly it writes, for cards of that kind.
    """

    kind = "card"
    answers = True
    takes = (WriteCard,)

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        wanted = config.options.get("coercivity")
        if wanted is not None and wanted not in COERCIVITY:
            raise ValueError("coercivity is low or high")
        self._strength = COERCIVITY.get(str(wanted), b"")
        self._buffer = b""
        self._number = ""
        self._step = ""
        self._until = 0.0

    def greet(self) -> None:
        self._buffer, self._number, self._step = b"", "", ""
        self.write(RESET + STATUS)
        self.await_answer(GOOD)
        if self._strength:
            self.write(self._strength)
        self.write(READ_2)

    def obey(self, order: Order) -> list[DeviceEvent]:
        if not isinstance(order, WriteCard):
            return self._fail("card.write_stopped") if self._step else []
        try:
            command = write_command(order.number)
        except ValueError:
            return [WritingCard("failed", "card.cannot_write")]
        self._buffer, self._number = b"", order.number
        # A reader that waits for a card to read must be told to leave that.
        self.write(RESET + self._strength + command + STATUS)
        return [self._wait("write")]

    def feed(self, received: bytes) -> list[DeviceEvent]:
        self._buffer += received
        events: list[DeviceEvent] = []
        if self._step == "write":
            return self._written()
        while (end := self._buffer.find(ANSWER_END)) >= 0:
            cut = end + len(ANSWER_END)
            frame, self._buffer = self._buffer[:cut], self._buffer[cut:]
            start = frame.rfind(ANSWER)
            event = parse(frame[start:]) if start >= 0 else CardFailed("card.bad_frame")
            events += self._verified(event) if self._step == "verify" else [event]
            self.write(READ_2)
        if len(self._buffer) > _LONGEST_FRAME:
            events += self.give_up()
        return events

    def idle(self) -> list[DeviceEvent]:
        late = self._step and time.monotonic() > self._until
        return self._fail("card.write_timeout") if late else []

    def give_up(self) -> list[DeviceEvent]:
        if not self._buffer:
            return []
        if self._step:
            return self._fail("card.write_failed")
        self._buffer = b""
        self.write(RESET + READ_2)
        return [CardFailed("card.bad_frame")]

    def _written(self) -> list[DeviceEvent]:
        # A card that was swiped before the reader was told to write is none that was written.
        self._buffer = _AN_ANSWER.sub(b"", self._buffer)
        if BAD in self._buffer:
            return self._fail("card.write_failed")
        if GOOD not in self._buffer:
            return []
        self._buffer = b""
        self.write(READ_2)
        return [self._wait("verify")]

    def _verified(self, event: DeviceEvent) -> list[DeviceEvent]:
        number, self._number, self._step = self._number, "", ""
        if event == CardRead(number):
            return [WritingCard("done")]
        unread = isinstance(event, CardFailed)
        return [WritingCard("failed", "card.not_read_back" if unread else "card.mismatch")]

    def _wait(self, step: str) -> WritingCard:
        self._step, self._until = step, time.monotonic() + SWIPE_WAIT_S
        return WritingCard("write" if step == "write" else "verify")

    def _fail(self, code: str) -> list[DeviceEvent]:
        self._buffer, self._number, self._step = b"", "", ""
        self.write(RESET + READ_2)
        return [WritingCard("failed", code)]
