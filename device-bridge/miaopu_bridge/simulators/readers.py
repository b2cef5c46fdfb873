"""Simulated card readers and writers, PIN pads, ID-card readers, scanners and evaluators."""

import threading
from typing import Any, ClassVar

from miaopu_bridge.drivers import bank_esc, mrs100, msr206, sdt
from miaopu_bridge.idcard import text_block
from miaopu_bridge.simulators.base import Simulator
from miaopu_bridge.track import ALPHABET, END, START, TrackError, encode

READY_WAIT_S = 3.0
FAULTS = ("bad-lrc", "track1-garbage", "no-data", "no-end")


class Stripe:
    """A card's magnetic stripe: characters of tracks 1 and 2 as they were written, with LRC."""

    def __init__(self, data: str, fault: str | None = None) -> None:
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"there is no fault {fault!r}; there are {', '.join(FAULTS)}")
        self.track1 = "%B#@ \x11\x7f garbage" if fault == "track1-garbage" else ""
        good = encode(data)
        wrong = ALPHABET[(ALPHABET.index(good[-1]) + 1) % 16]
        self.track2 = {
            "bad-lrc": good[:-1] + wrong,
            "no-data": "",
            "no-end": good[: good.index(END)],
        }.get(fault or "", good)

    @property
    def text(self) -> str:
        """Track 2 without its LRC."""
        return self.track2[:-1] if END in self.track2[:-1] else self.track2

    @property
    def readable(self) -> bool:
        """Whether a reader that checks sentinels and LRC itself would pass track 2 on."""
        return bool(self.track2) and self.track2 == encode(self.text[1:].rstrip(END))


class CardSimulator(Simulator):
    """A reader that a person swipes cards through."""

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("do") != "swipe":
            raise ValueError(f"a card reader cannot {command.get('do')}")
        try:
            stripe = Stripe(str(command.get("card", "")), command.get("fault"))
        except TrackError as error:
            raise ValueError(str(error)) from None
        self.swipe(stripe)
        return {}

    def swipe(self, stripe: Stripe) -> None:
        raise NotImplementedError


class Msr206Simulator(CardSimulator):
    """Answers reset, test and read; sends a frame for a swipe when it is armed."""

    def powered(self) -> None:
        self._buffer = b""
        self._armed = threading.Event()

    def received(self, content: bytes) -> None:
        self._buffer += content
        # What is no command, such as noise at another baud rate, is passed over.
        while (start := self._buffer.find(msr206.ESC)) >= 0 and len(self._buffer) >= start + 2:
            command, self._buffer = self._buffer[start : start + 2], self._buffer[start + 2 :]
            if command == msr206.RESET:
                self._armed.clear()
            elif command == msr206.TEST:
                self.send(msr206.TEST_OK)
            elif command == msr206.READ:
                self._armed.set()

    def swipe(self, stripe: Stripe) -> None:
        # A person swipes again when the reader's light is not green yet.
        if not self._armed.wait(READY_WAIT_S):
            raise ValueError("the simulated reader is not armed: has the bridge opened it?")
        self._armed.clear()
        esc = msr206.ESC
        track1 = esc + b"*" if stripe.track1 else b""
        if stripe.readable:
            track2 = stripe.text.encode("ascii")
        else:
            track2 = esc + (b"*" if stripe.track2 else b"+")
        bad = stripe.track1 or (stripe.track2 and not stripe.readable)
        status = msr206.STATUS_ERROR if bad else msr206.STATUS_OK
        self.send(
            msr206.START
            + esc + b"\x01" + track1
            + esc + b"\x02" + track2
            + esc + b"\x03" + esc + b"+"
            + msr206.END + status
        )  # fmt: skip


class Mrs100Simulator(CardSimulator):
    """Keeps the last card until it is asked for it, as in store mode."""

    def powered(self) -> None:
        self._buffer, self._card = b"", b""
        self._stores = threading.Event()

    def received(self, content: bytes) -> None:
        self._buffer += content
        while True:
            try:
                body, self._buffer = mrs100.split(self._buffer)
            except ValueError:  # the device stays silent on a frame that it cannot check
                self._buffer = b""
                return
            if body is None:
                return
            command, parameter = body[0], body[1:]
            if command == mrs100.SET_MODE:
                if parameter == bytes([mrs100.STORE_MODE]):
                    self._stores.set()
                self.send(mrs100.frame(command, parameter + b"Y"))
            elif command == mrs100.READ_CARD and self._card:
                card, self._card = self._card, b""
                self.send(mrs100.frame(command, parameter + b"Y" + card))
            else:
                error = mrs100.NO_CARD_DATA if command == mrs100.READ_CARD else 0x30
                self.send(mrs100.frame(command, parameter + b"N" + bytes([error])))

    def swipe(self, stripe: Stripe) -> None:
        if not self._stores.wait(READY_WAIT_S):
            raise ValueError("the simulated reader is not in store mode: has the bridge opened it?")
        if stripe.readable:
            track2 = stripe.text
        else:
            track2 = f"{START}E{END}" if stripe.track2 else f"{START}{END}"
        self._card = (("%E?" if stripe.track1 else "") + track2).encode("ascii")


class WedgeSimulator(CardSimulator):
    """Sends whatever it finds on the stripe, LRC and all, and CR."""

    def powered(self) -> None:
        """It keeps nothing."""

    def received(self, content: bytes) -> None:
        """A reader of this kind takes no commands."""

    def swipe(self, stripe: Stripe) -> None:
        self.send((stripe.track1 + stripe.track2).encode("latin-1") + b"\r")


WRITE_FAULTS = ("write-fails", "writes-another")


class BankEscSimulator(CardSimulator):
    """Reads and writes. A swipe without a number is of the card that is in the hand: a blank one at
    first, then what was written last."""

    def powered(self) -> None:
        self._buffer, self._hand = b"", ""
        self._armed, self._told = threading.Event(), threading.Event()
        self._to_write: str | None = None
        self._asked = False

    @property
    def writes(self) -> bool:
        """Whether the next card is written."""
        return self._to_write is not None

    def received(self, content: bytes) -> None:
        self._buffer += content
        while (found := self._next()) is not None:
            self._do(found)

    def _next(self) -> bytes | None:
        """The next whole command, cut off the buffer."""
        buffer = self._buffer
        start = buffer.find(bank_esc.ESC)
        if start < 0 or len(buffer) < start + 2:
            return None
        end = start + 2
        if buffer[start:end] == bank_esc.WRITE:
            close = buffer.find(bank_esc.WRITE_END, start)
            if close < 0:
                return None
            end = close + len(bank_esc.WRITE_END)
        self._buffer = buffer[end:]
        return buffer[start:end]

    def _do(self, command: bytes) -> None:
        if command == bank_esc.RESET:
            self._armed.clear()
            self._to_write, self._asked = None, False
        elif command == bank_esc.READ_2:
            self._armed.set()
        elif command == bank_esc.STATUS:
            if self._to_write is None:
                self.send(bank_esc.ESC + bank_esc.GOOD)
            else:
                self._asked = True  # it answers when the card was swiped
        elif command.startswith(bank_esc.WRITE):
            data = command[len(bank_esc.WRITE) : -len(bank_esc.WRITE_END)]
            self._to_write = data.decode("ascii", "replace")
            self._armed.set()
            self._told.set()

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("do") != "swipe":
            raise ValueError(f"a card writer cannot {command.get('do')}")
        # With a blank card in the hand a person waits until they are told to swipe it.
        ready = self._armed if command.get("card") or self._hand else self._told
        if not ready.wait(READY_WAIT_S):
            raise ValueError("the simulated writer is not armed: has the bridge opened it?")
        self._told.clear()
        self._armed.clear()
        fault = command.get("fault")
        if self._to_write is not None:
            self._write(fault)
            return {}
        card = command.get("card") or self._hand
        try:
            stripe = Stripe(card, None if fault in WRITE_FAULTS else fault) if card else None
        except TrackError as error:
            raise ValueError(str(error)) from None
        good = stripe is not None and stripe.readable
        body = stripe.text[1:-1].encode("ascii") if stripe and good else bank_esc.FAILED
        if stripe is not None and not stripe.track2:
            body = b""
        self.send(bank_esc.ANSWER + body + bank_esc.ANSWER_END)
        return {}

    def _write(self, fault: str | None) -> None:
        number, self._to_write = self._to_write or "", None
        if fault == "write-fails":
            self.send(bank_esc.ESC + bank_esc.BAD)
            return
        self._hand = number[::-1] if fault == "writes-another" else number
        self.send(bank_esc.ESC + bank_esc.GOOD)


class PinPadSimulator(Simulator):
    """A keypad: the digits, then Enter."""

    def powered(self) -> None:
        """It keeps nothing."""

    def received(self, content: bytes) -> None:
        """A plain keypad takes no commands."""

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("do") != "pin":
            raise ValueError(f"a PIN pad cannot {command.get('do')}")
        self.send(str(command.get("digits", "")).encode("latin-1", "replace") + b"\r")
        return {}


class AskedPadSimulator(Simulator):
    """A pad that takes keys only while it is open; it says what it said last (`act` `heard`)."""

    def powered(self) -> None:
        self._open = threading.Event()
        self.heard: list[str] = []

    def opened(self, what: str) -> None:
        self.heard.append(what)
        if what == "close":
            self._open.clear()
        else:
            self._open.set()

    def typed(self, digits: str) -> bytes:
        raise NotImplementedError

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        match command:
            case {"do": "heard"}:
                return {"heard": self.heard}
            case {"do": "pin"}:
                if not self._open.wait(READY_WAIT_S):
                    raise ValueError("the simulated pad is closed: has the application asked?")
                self._open.clear()
                self.send(self.typed(str(command.get("digits", ""))))
                return {}
        raise ValueError(f"a PIN pad cannot {command.get('do')}")


class PlainPadSimulator(AskedPadSimulator):
    """Opened by 82 or 81, closed by 83; its keys have the high bit set."""

    WORDS: ClassVar[dict[int, str]] = {0x82: "first", 0x81: "again", 0x83: "close"}

    def received(self, content: bytes) -> None:
        for byte in content:
            if byte in self.WORDS:
                self.opened(self.WORDS[byte])

    def typed(self, digits: str) -> bytes:
        return bytes(byte | 0x80 for byte in digits.encode("ascii", "replace") + b"\r")


class FramedPadSimulator(AskedPadSimulator):
    """Commands `1B … 0D`, answers `02 … 03`; `split` sends each key as two bytes."""

    WORDS: ClassVar[dict[bytes, str]] = {b"I": "first", b"E": "again", b"F": "close"}
    split = True

    def powered(self) -> None:
        super().powered()
        self._buffer = b""

    def received(self, content: bytes) -> None:
        self._buffer += content
        while b"\r" in self._buffer:
            command, _, self._buffer = self._buffer.partition(b"\r")
            known = self.WORDS.get(command.removeprefix(b"\x1b"))
            self.send(b"\x02" + (b"OK" if known else b"ER") + b"\x03")
            if known:
                self.opened(known)

    def typed(self, digits: str) -> bytes:
        keys = digits.encode("ascii", "replace")
        if self.split:
            keys = b"".join(bytes([0x30 | key >> 4, 0x30 | key & 0x0F]) for key in keys)
        return b"\x02" + keys + b"\x03"


class IdCardSimulator(Simulator):
    """An SDT reader; `act` lays a card on it, which stays until the next one or `lift`."""

    def powered(self) -> None:
        self._buffer, self._block, self._chosen = b"", b"", False

    def received(self, content: bytes) -> None:
        self._buffer += content
        while True:
            try:
                body, self._buffer = sdt.split(self._buffer)
            except ValueError:
                self._buffer = b""
                return
            if body is None:
                return
            self.send(sdt.frame(self._answer(body)))

    def _answer(self, body: bytes) -> bytes:
        if body == sdt.STATUS:
            return sdt.OK
        if body == sdt.FIND:
            found = bool(self._block) and not self._chosen
            return sdt.FOUND + bytes(4) if found else sdt.NO_CARD
        if body == sdt.SELECT and self._block:
            self._chosen = True
            return sdt.OK + bytes(8)
        if body == sdt.READ and self._chosen:
            picture = bytes(1024)
            sizes = len(self._block).to_bytes(2, "big") + len(picture).to_bytes(2, "big")
            return sdt.OK + sizes + self._block + picture
        return sdt.NOT_READ

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        match command:
            case {"do": "lift"}:
                self._block, self._chosen = b"", False
            case {"do": "lay", "card": dict() as card}:
                self._block, self._chosen = text_block(**card), False
            case _:
                raise ValueError(f"an ID-card reader cannot {command.get('do')}")
        return {}


class ScannerSimulator(Simulator):
    """Sends what it scans, and CR LF."""

    def powered(self) -> None:
        """It keeps nothing."""

    def received(self, content: bytes) -> None:
        """A scanner of this kind takes no commands."""

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        if command.get("do") != "scan":
            raise ValueError(f"a scanner cannot {command.get('do')}")
        self.send(str(command.get("code", "")).encode("latin-1", "replace") + b"\r\n")
        return {}


class EvaluatorSimulator(Simulator):
    """Five keys; what it was told to say is in `heard`."""

    def powered(self) -> None:
        self.heard = b""

    def received(self, content: bytes) -> None:
        self.heard += content

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        score = command.get("score")
        if command.get("do") != "rate" or score not in range(1, 6):
            raise ValueError("an evaluator has keys 1 to 5")
        self.send(str(score).encode("ascii"))
        return {}
