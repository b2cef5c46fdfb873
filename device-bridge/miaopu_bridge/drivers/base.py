"""What a device driver is (驱动插件接口), and what serial drivers have in common."""

import errno
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import serial

from miaopu.printing import Form, Lang
from miaopu.printing.render import check_glyphs
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.idcard import IdCardText
from miaopu_bridge.shapes import Calibration, DeviceKind, OrderKind

READ_TIMEOUT_S = 0.1
FRAME_TIMEOUT_S = 1.0


class DeviceGoneError(Exception):
    """The device was unplugged, is switched off, or does not answer; opening it again may help.

    `code` is one of the `device.*` codes, which have words for who stands at the desk.
    """

    def __init__(self, message: str, code: str = "device.unplugged") -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class CardRead:
    """A card was read. The data never shows in a log or a traceback."""

    track2: str = field(repr=False)


@dataclass(frozen=True)
class CardFailed:
    """A card was swiped and not read; `code` is one of the `card.*` codes."""

    code: str


@dataclass(frozen=True)
class PinEntered:
    """A guardian's password (监护人密码) typed on the pad; never in a log or a traceback."""

    digits: str = field(repr=False)


@dataclass(frozen=True)
class PinFailed:
    """Something was typed that is no password; `code` is one of the `pin.*` codes."""

    code: str


@dataclass(frozen=True)
class WritingCard:
    """How far the card is that WriteCard asked for; `code` says why it was not written."""

    step: Literal["write", "verify", "done", "failed"]
    code: str = ""


@dataclass(frozen=True)
class IdCardRead:
    """What the text of a resident's ID card (二代证) says."""

    card: IdCardText = field(repr=False)


@dataclass(frozen=True)
class Scanned:
    """A barcode, as it is."""

    code: str = field(repr=False)


@dataclass(frozen=True)
class RatingGiven:
    """A key of the evaluator (评价器), 1 to 5."""

    score: int


@dataclass(frozen=True)
class Garbled:
    """Bytes came that cannot be this device's: most likely its baud rate is another."""


DeviceEvent = (
    CardRead | CardFailed | WritingCard | PinEntered | PinFailed
    | IdCardRead | Scanned | RatingGiven | Garbled
)  # fmt: skip


@dataclass(frozen=True)
class WriteCard:
    """Write track 2 of the next card (写卡), read it back, compare."""

    number: str = field(repr=False)


@dataclass(frozen=True)
class AskPin:
    """Open the pad and say "please type your password", or "please type it again"."""

    again: bool = False


@dataclass(frozen=True)
class AskRating:
    """Say "please rate"."""


@dataclass(frozen=True)
class Stop:
    """Nobody waits any more for what was asked."""


Order = WriteCard | AskPin | AskRating | Stop
ORDERS: Mapping[OrderKind, type[Order]] = {"card": WriteCard, "pin": AskPin, "rating": AskRating}


class Driver(ABC):
    """One device. A driver lives in one thread; only `close` and `status` come from others.

    A plug-in is a subclass named by an entry point of the group `miaopu_bridge.drivers`. It is
    made with its DeviceConfig, opened, and its events are read until it is closed or raises
    DeviceGoneError; then it is closed and, after a pause, opened again.
    """

    kind: ClassVar[DeviceKind]
    takes: ClassVar[tuple[type[Order], ...]] = ()
    """What it can be asked to do."""

    def __init__(self, config: DeviceConfig) -> None:
        self.config = config

    def order(self, order: Order) -> None:
        """Asks the device for something, from another thread; its events say what comes of it."""
        raise TypeError(f"{type(self).__name__} does not take {type(order).__name__}")

    @abstractmethod
    def open(self) -> None:
        """Opens the device and makes sure that it answers. Raises DeviceGoneError."""

    @abstractmethod
    def events(self) -> Iterator[DeviceEvent]:
        """What happens at the device, until `close`. Raises DeviceGoneError."""

    @abstractmethod
    def status(self) -> str:
        """Empty when the device can be used, or one sentence saying what is wrong."""

    @abstractmethod
    def close(self) -> None:
        """Ends `events`; may be called from another thread and more than once."""


@dataclass(frozen=True)
class Document:
    """One job for a printer: the checked form, and its PDF where the printer wants one."""

    job: str
    template: str
    form: Form = field(repr=False)
    lang: Lang
    copies: int
    pdf: Path | None = None


class PrinterError(Exception):
    """A job could not be printed. `code` is one of the `printer.*` codes; retrying may help."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Printer(Driver):
    """A printer: it is opened for each job, so that it may be plugged in and out in between."""

    kind = "printer"
    wants_pdf: ClassVar[bool]
    paper: ClassVar[bool] = True
    """Whether what is done lies in a person's hand; false for a folder of files."""
    booklet: ClassVar[bool] = False
    """Whether it prints certificates into the bound booklet, and not on sheets."""
    forms: ClassVar[tuple[type[Form], ...]] = (Form,)
    calibration: Calibration | None = None
    """How it meets the booklet's lines; None where nothing is placed by millimetres."""

    def accepts(self, form: Form) -> str:
        """Empty when this printer prints forms of this kind, or one sentence saying why not."""
        return "" if isinstance(form, self.forms) else "this printer does not print such a form"

    def check(self, template: str, form: Form, lang: Lang) -> None:  # noqa: ARG002
        """Raises PrintError or PrinterError when what this form holds cannot be printed whole."""
        check_glyphs(template, form)

    @abstractmethod
    def send(self, document: Document) -> Path | None:
        """Prints; returns the file that was made, if any. Raises PrinterError."""

    def open(self) -> None:
        if problem := self.status():
            raise DeviceGoneError(problem)

    def events(self) -> Iterator[DeviceEvent]:
        return iter(())

    def close(self) -> None:
        """Nothing is held open between two jobs."""


class SerialDriver(Driver):
    """A reader at a serial port. A subclass says how to greet it and how to read its bytes."""

    answers: ClassVar[bool] = False
    """Whether `greet` proves that it is there; others only talk when somebody uses them."""

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._closing = threading.Event()
        self._port: serial.Serial | None = None
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def greet(self) -> None:
        """Brings the opened device into its working mode. Raises DeviceGoneError."""

    def idle(self) -> list[DeviceEvent]:
        """Called when the device has said nothing for READ_TIMEOUT_S."""
        return []

    def obey(self, order: Order) -> list[DeviceEvent]:  # noqa: ARG002 -- for who takes any
        """Does what it was asked for, or begins to."""
        return []

    def order(self, order: Order) -> None:
        if not isinstance(order, (*self.takes, Stop)):
            super().order(order)
        self._orders.put(order)

    @abstractmethod
    def feed(self, received: bytes) -> list[DeviceEvent]:
        """The events that `received`, together with what came before, completes."""

    @abstractmethod
    def give_up(self) -> list[DeviceEvent]:
        """Drops a frame whose rest has not come within FRAME_TIMEOUT_S; says what that means."""

    def open(self) -> None:
        self._closing.clear()
        self._orders = queue.SimpleQueue()
        if not self.config.port:
            raise DeviceGoneError("no serial port is configured", "device.no_port")
        try:
            self._port = serial.Serial(
                self.config.port,
                self.config.baud,
                timeout=READ_TIMEOUT_S,
                write_timeout=2,
                exclusive=True,
            )
            self._port.reset_input_buffer()
        except (OSError, serial.SerialException) as error:
            self.close()
            raise DeviceGoneError(
                f"cannot open {self.config.port}: {_reason(error)}", _why(error)
            ) from None
        try:
            self.greet()
        except DeviceGoneError:
            self.close()
            raise

    def events(self) -> Iterator[DeviceEvent]:
        last = time.monotonic()
        pending = False
        while not self._closing.is_set():
            while not self._orders.empty():
                yield from self.obey(self._orders.get())
            received = self.read()
            if received:
                last, pending = time.monotonic(), True
                yield from self.feed(received)
            else:
                if pending and time.monotonic() - last > FRAME_TIMEOUT_S:
                    pending = False
                    yield from self.give_up()
                yield from self.idle()

    def status(self) -> str:
        return "" if self._port is not None else f"{self.config.port} is not open"

    def close(self) -> None:
        self._closing.set()
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def read(self) -> bytes:
        """What has come, at once; empty after READ_TIMEOUT_S. Raises DeviceGoneError."""
        port = self._port
        if port is None:
            return b""
        try:
            first = bytes(port.read(1))
            return first + bytes(port.read(port.in_waiting)) if first else b""
        except (OSError, TypeError, serial.SerialException) as error:
            # pyserial answers a port that is closed under it with TypeError.
            if self._closing.is_set():
                return b""
            raise DeviceGoneError(f"{self.config.port} is gone: is it plugged in?") from error

    def write(self, content: bytes) -> None:
        port = self._port
        if port is None:
            return
        try:
            port.write(content)
        except (OSError, serial.SerialException) as error:
            raise DeviceGoneError(f"{self.config.port} is gone: is it plugged in?") from error

    def await_answer(self, wanted: bytes, seconds: float = 2.0) -> None:
        """Reads until `wanted` was seen. Raises DeviceGoneError when it does not come."""
        seen = b""
        deadline = time.monotonic() + seconds
        while wanted not in seen:
            if self._closing.is_set() or time.monotonic() > deadline:
                raise DeviceGoneError(
                    f"the device at {self.config.port} does not answer at {self.config.baud} baud",
                    "device.wrong_baud" if seen else "device.no_answer",
                )
            seen += self.read()


def _why(error: Exception) -> str:
    """The code of a port that cannot be opened."""
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return "device.no_permission"
    # pyserial says so of a port that another program has locked.
    if number in (errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in str(error):
        return "device.in_use"
    return "device.unplugged"


def _reason(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or error)
