"""A simulated device on a pseudo-terminal: the real driver talks real bytes to it."""

import contextlib
import os
import select
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any


def as_heard(content: bytes, sent: int, heard: int) -> bytes:
    """What a UART at `heard` baud makes of `content` that was sent at `sent`, 8N1.

    A character is a low start bit, eight bits, least significant first, and a high stop bit; the
    receiver samples the middle of each of its own bits after the edge of a start bit.
    """
    if sent == heard:
        return content
    levels = [bit for byte in content for bit in (0, *((byte >> i) & 1 for i in range(8)), 1)]

    def level(at: float) -> int:
        return levels[int(at)] if at < len(levels) else 1

    step, at, found = sent / heard, 0.0, bytearray()
    while at < len(levels):
        if level(at):
            at = int(at) + 1.0  # the next edge
            continue
        found.append(sum(level(at + step * (1.5 + i)) << i for i in range(8)))
        at += step * 9.5
    return bytes(found)


class UnpluggedError(ValueError):
    """Nothing can be sent: the simulated cable is pulled."""


class Simulator(ABC):
    """The far end of a serial line. `link` is its port's stable name, like one udev makes.

    `plug` and `unplug` do what a hand does with the cable; after `unplug` the port is gone.
    """

    baud: int | None = None
    """The rate that it is set to; None: whatever the bridge opens its port at."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master: int | None = None
        self._slave: int | None = None
        self._wake: int | None = None
        self._thread: threading.Thread | None = None
        self._sending = threading.Lock()

    @abstractmethod
    def received(self, content: bytes) -> None:
        """The bridge has sent these bytes."""

    @abstractmethod
    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """A person does something at the device. Raises ValueError when that is not possible."""

    @abstractmethod
    def powered(self) -> None:
        """The device has just got power."""

    def plug(self) -> None:
        if self._master is not None:
            return
        import tty  # exists on Unix only, and so do simulated devices

        master, slave = os.openpty()
        tty.setraw(slave)
        # The slave end stays open here: a master without one reads EIO.
        self._master, self._slave = master, slave
        wake_read, self._wake = os.pipe()
        self.powered()
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        self._thread = threading.Thread(
            target=self._run, args=(master, slave, wake_read), name=self.link.name, daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        wake, self._wake, self._master = self._wake, None, None
        self.link.unlink(missing_ok=True)
        if wake is not None:
            os.close(wake)
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None

    def send(self, content: bytes) -> None:
        """To the bridge. Raises UnpluggedError."""
        with self._sending:
            if self._master is None:
                raise UnpluggedError(f"the simulated device {self.link.name} is unplugged")
            os.write(self._master, self._through_the_line(content, outward=True))

    def _through_the_line(self, content: bytes, *, outward: bool) -> bytes:
        if self.baud is None or self._slave is None:
            return content
        host = _rate_of(self._slave)
        sent, heard = (self.baud, host) if outward else (host, self.baud)
        return as_heard(content, sent, heard)

    def _run(self, master: int, slave: int, wake: int) -> None:
        try:
            while True:
                ready, _, _ = select.select([master, wake], [], [])
                if wake in ready:
                    return
                with contextlib.suppress(OSError, UnpluggedError):
                    self.received(self._through_the_line(os.read(master, 4096), outward=False))
        finally:
            with self._sending:
                for descriptor in (master, slave, wake):
                    os.close(descriptor)


def _rate_of(terminal: int) -> int:
    """The baud rate that the other side has set."""
    import termios  # exists on Unix only

    code = termios.tcgetattr(terminal)[4]
    return next(
        int(name[1:])
        for name in dir(termios)
        if name[:1] == "B" and name[1:].isdigit() and getattr(termios, name) == code
    )
