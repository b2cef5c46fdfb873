"""Keeps the devices going: opens them, passes on what they say, reopens the ones that were gone."""

import logging
import threading
from collections.abc import Callable, Iterable

from miaopu_bridge.drivers.base import (
    CardFailed,
    CardRead,
    DeviceEvent,
    DeviceGoneError,
    Driver,
    PinEntered,
    PinFailed,
    Printer,
)
from miaopu_bridge.messages import words_of
from miaopu_bridge.shapes import (
    Card,
    CardError,
    Device,
    DeviceChanged,
    DeviceState,
    Pin,
    PinError,
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
        )

    def _run(self) -> None:
        try:
            if isinstance(self.driver, Printer):
                self._watch()
            else:
                self._listen()
        except Exception:  # a plug-in may do anything; the other devices go on
            log.exception("the driver of %s failed and is stopped", self.id)
            self._become("error", "the driver failed; see the bridge's log")
        else:
            self._become("closed")

    def _watch(self) -> None:
        while not self._stop.is_set():
            problem = self.driver.status()
            self._become("unplugged" if problem else "ready", problem)
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
                    self._publish(_as_event(self.id, event))
            except DeviceGoneError as gone:
                self._become("unplugged", str(gone))
            finally:
                self.driver.close()
            self._stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _become(self, state: DeviceState, reason: str = "") -> None:
        if (state, reason) == (self.state, self.reason):
            return
        changed, self.state, self.reason = state != self.state, state, reason
        if changed:
            log.info("device %s is %s%s", self.id, state, f": {reason}" if reason else "")
            self._publish(DeviceChanged(id=self.id, state=state, reason=reason))


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

    def printers(self) -> dict[str, Printer]:
        return {
            device.id: device.driver
            for device in self._all.values()
            if isinstance(device.driver, Printer)
        }


def _as_event(device: str, event: DeviceEvent) -> Told:
    # A plug-in may have codes of its own, which the application has to know.
    match event:
        case CardRead(track2):
            return Card(reader=device, track2=track2)
        case CardFailed(code):
            return CardError(reader=device, code=code, message=words_of(code))
        case PinEntered(digits):
            return Pin(pad=device, digits=digits)
        case PinFailed(code):
            return PinError(pad=device, code=code, message=words_of(code))
