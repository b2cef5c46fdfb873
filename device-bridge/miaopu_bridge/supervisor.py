"""Keeps the devices going: opens them, passes on what they say, reopens the ones that were gone.

What happens is logged by device and in plain words, and never with what a card, a pad or a code
says: a log is read by whoever repairs the PC.
"""

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable

from miaopu_bridge.drivers.base import (
    ORDERS,
    CardFailed,
    CardRead,
    DeviceEvent,
    DeviceGoneError,
    Driver,
    Garbled,
    IdCardRead,
    Order,
    PinEntered,
    PinFailed,
    Printer,
    RatingGiven,
    Scanned,
    WritingCard,
)
from miaopu_bridge.messages import words_of
from miaopu_bridge.shapes import (
    BothLanguages,
    Card,
    CardError,
    CardWriting,
    Device,
    DeviceChanged,
    DeviceState,
    IdCard,
    OrderKind,
    Pin,
    PinError,
    Rated,
    Scan,
    Told,
)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 5.0
PRINTER_CHECK_S = 1.0

log = logging.getLogger(__name__)


class Supervised:
    """One device and the thread that looks after it."""

    def __init__(self, driver: Driver, publish: Callable[[Told], None]) -> None:
        self.driver = driver
        self.id = driver.config.id
        self.state: DeviceState = "starting"
        self.reason = ""
        self.code = ""
        self._publish = publish
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"device-{self.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.driver.close()
        if self._thread.is_alive():
            self._thread.join(5)

    def describe(self) -> Device:
        return Device(
            id=self.id,
            driver=self.driver.config.driver,
            kind=self.driver.kind,
            state=self.state,
            reason=self.reason,
            code=self.code,
            message=self._words(self.code),
            takes=[kind for kind, order in ORDERS.items() if order in self.driver.takes],
        )

    def _words(self, code: str) -> BothLanguages | None:
        config = self.driver.config
        return words_of(code, id=config.id, port=config.port, baud=config.baud)

    def _run(self) -> None:
        try:
            if isinstance(self.driver, Printer):
                self._watch()
            else:
                self._listen()
        except Exception:  # a plug-in may do anything; the other devices go on
            log.exception("the driver of %s failed and is stopped", self.id)
            self._become("error", "the driver failed; see the bridge's log", "device.driver_failed")
        else:
            self._become("closed")

    def _watch(self) -> None:
        while not self._stop.is_set():
            problem = self.driver.status()
            if problem:
                self._become("unplugged", problem, "printer.unplugged")
            else:
                self._become("ready")
            self._stop.wait(PRINTER_CHECK_S)

    def _listen(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                self.driver.open()
                if self._stop.is_set():
                    break
                self._become("ready")
                pause = FIRST_PAUSE_S
                for event in self.driver.events():
                    self._hear(event)
            except DeviceGoneError as gone:
                self._become("unplugged", str(gone), gone.code)
            finally:
                self.driver.close()
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _hear(self, event: DeviceEvent) -> None:
        if isinstance(event, Garbled):
            baud = self.driver.config.baud
            self._become("error", f"bytes make no sense at {baud} baud", "device.wrong_baud")
            return
        if self.state == "error":
            self._become("ready")
        told, plainly = _as_event(self.id, event)
        log.info("%s: %s", self.id, plainly)
        self._publish(told)

    def _become(self, state: DeviceState, reason: str = "", code: str = "") -> None:
        if (state, reason) == (self.state, self.reason):
            return
        changed = (state, code) != (self.state, self.code)
        self.state, self.reason, self.code = state, reason, code
        if changed:
            words = self._words(code)
            said = f"{reason}. {words.en}" if words and reason else reason
            log.log(
                logging.WARNING if code else logging.INFO,
                "%s: %s%s", self.id, state, f": {said}" if said else "",
            )  # fmt: skip
            self._publish(
                DeviceChanged(id=self.id, state=state, reason=reason, code=code, message=words)
            )


class Devices:
    """All devices of this PC by id."""

    def __init__(self, drivers: Iterable[Driver], publish: Callable[[Told], None]) -> None:
        self._all = {driver.config.id: Supervised(driver, publish) for driver in drivers}

    def start(self) -> None:
        for device in self._all.values():
            device.start()

    def stop(self) -> None:
        for device in self._all.values():
            device.stop()

    def describe(self) -> list[Device]:
        return [device.describe() for device in self._all.values()]

    def taking(self, kind: OrderKind) -> Supervised | None:
        """A device that is ready and can be asked for that."""
        wanted = ORDERS[kind]
        able = (one for one in self._all.values() if wanted in one.driver.takes)
        return next((one for one in able if one.state == "ready"), None)

    def order(self, device: str, order: Order) -> None:
        self._all[device].driver.order(order)

    def printers(self) -> dict[str, Printer]:
        return {
            device.id: device.driver
            for device in self._all.values()
            if isinstance(device.driver, Printer)
        }


def _as_event(device: str, event: DeviceEvent) -> tuple[Told, str]:
    """What the tabs are told, and what the log says of it."""
    # A plug-in may have codes of its own, which the application has to know.
    match event:
        case CardRead(track2):
            return Card(reader=device, track2=track2), f"card read, {len(track2)} characters"
        case CardFailed(code):
            return CardError(reader=device, code=code, message=words_of(code)), f"not read: {code}"
        case WritingCard(step, code):
            told = CardWriting(writer=device, step=step, code=code, message=words_of(code))
            return told, f"card writing: {code or step}"
        case PinEntered(digits):
            return Pin(pad=device, digits=digits), "password typed"
        case PinFailed(code):
            return PinError(pad=device, code=code, message=words_of(code)), f"no password: {code}"
        case IdCardRead(card):
            return IdCard(reader=device, **dataclasses.asdict(card)), "ID card read"
        case Scanned(code):
            return Scan(scanner=device, code=code), f"code scanned, {len(code)} characters"
        case RatingGiven(score):
            return Rated(evaluator=device, score=score), "rating given"
        case Garbled():
            raise ValueError("bytes without sense are no event")
