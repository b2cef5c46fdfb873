"""Simulated card readers and a simulated PIN pad."""

import threading
from typing import Any

from miaopu_bridge.drivers import mrs100, msr206
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
        while len(self._buffer) >= 2:
            command, self._buffer = self._buffer[:2], self._buffer[2:]
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
