"""Finding a device's baud rate: the usual rates one after the other, until it makes sense."""

import threading
from collections.abc import Callable, Iterator
from typing import Literal

from miaopu_bridge import drivers
from miaopu_bridge.config import ConfigError, DeviceConfig
from miaopu_bridge.drivers.base import DeviceGoneError, Garbled, SerialDriver

RATES = (9600, 19200, 115200, 38400, 57600, 4800, 2400, 1200)
"""The usual ones first."""

Verdict = Literal["answers", "silent", "nonsense"]


def probe(
    config: DeviceConfig, seconds: float, listen: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, Verdict]]:
    """Each rate and what the device makes of it; the first that it answers at is the last tried.

    A device that only talks, such as a scanner, is listened to for `seconds` at each rate, and
    `listen` is told the rate: a person uses it meanwhile. Raises DeviceGoneError when the port
    cannot be opened, ConfigError for a device that is not at a serial line.
    """
    for rate in (config.baud, *(rate for rate in RATES if rate != config.baud)):
        driver = drivers.make(config.model_copy(update={"baud": rate}))
        if not isinstance(driver, SerialDriver):
            raise ConfigError(f"device {config.id} is not asked or listened to at a serial line")
        if not driver.answers:
            listen(rate)
        verdict = _try(driver, seconds)
        yield rate, verdict
        if verdict == "answers":
            return


def _try(driver: SerialDriver, seconds: float) -> Verdict:
    try:
        driver.open()
        return "answers" if driver.answers else _listen(driver, seconds)
    except DeviceGoneError as gone:
        if gone.code == "device.no_answer":
            return "silent"
        if gone.code == "device.wrong_baud":
            return "nonsense"
        raise
    finally:
        driver.close()


def _listen(driver: SerialDriver, seconds: float) -> Verdict:
    """What the first thing is that comes. An error of its own, such as a bad card, makes sense."""
    ends = threading.Timer(seconds, driver.close)
    ends.start()
    try:
        for event in driver.events():
            return "nonsense" if isinstance(event, Garbled) else "answers"
        return "silent"
    finally:
        ends.cancel()
