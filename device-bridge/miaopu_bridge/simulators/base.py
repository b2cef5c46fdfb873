"""A simulated device on a pseudo-terminal: the real driver talks real bytes to it."""

import contextlib
import os
import select
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any


class UnpluggedError(ValueError):
    """Nothing can be sent: the simulated cable is pulled."""


class Simulator(ABC):
    """The far end of a serial line. `link` is its port's stable name, like one udev makes.

    `plug` and `unplug` do what a hand does with the cable; after `unplug` the port is gone.
    """

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
            os.write(self._master, content)

    def _run(self, master: int, slave: int, wake: int) -> None:
        try:
            while True:
                ready, _, _ = select.select([master, wake], [], [])
                if wake in ready:
                    return
                with contextlib.suppress(OSError, UnpluggedError):
                    self.received(os.read(master, 4096))
        finally:
            with self._sending:
                for descriptor in (master, slave, wake):
                    os.close(descriptor)
