"""Sending raw bytes to a printer at a serial port, a pseudo-terminal or a device file."""

import array
import os
import stat
import sys
import time
from pathlib import Path
from typing import ClassVar

import serial

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Printer, PrinterError

PAPER_QUERY = b"\x10\x04\x04"  # DLE EOT 4: the paper sensor's status
PAPER_END_BITS = 0x60
LPGETSTATUS = 0x060B
"""Linux' question to a printer's port; IEEE 1284 has the lines."""
LP_NO_FAULT, LP_ON_LINE, LP_NO_PAPER = 0x08, 0x10, 0x20
_CHUNK = 256
DRAIN_S = 60.0


class RawPrinter(Printer):
    """Common to the printers that are sent bytes. Option `ask_paper`: they answer DLE EOT."""

    wants_pdf = False
    asks_paper = False
    paper_query: ClassVar[bytes] = PAPER_QUERY

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._ask_paper = bool(config.options.get("ask_paper", self.asks_paper))

    def paper_problem(self, status: int) -> PrinterError | None:
        """What the printer's answer to `paper_query` says is wrong."""
        if status & PAPER_END_BITS:
            return PrinterError("printer.no_paper", "the printer has no paper")
        return None

    def status(self) -> str:
        if not self.config.port:
            return "no port is configured"
        # On Windows a port is no file; opening it says whether it is there.
        if sys.platform != "win32" and not Path(self.config.port).exists():
            return f"{self.config.port} is not there: is the printer on and plugged in?"
        return ""

    def write(self, content: bytes) -> None:
        """Sends everything. Raises PrinterError; nothing is sent to a printer without paper."""
        if problem := self.status():
            raise PrinterError("printer.unplugged", problem)
        try:
            if _is_terminal(self.config.port):
                self._write_serial(content)
            else:
                self._write_file(content)
        except serial.SerialTimeoutException:
            raise PrinterError(
                "printer.not_accepting", "the printer takes no data: is it on line, with paper?"
            ) from None
        except (OSError, serial.SerialException) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise PrinterError("printer.unplugged", f"{self.config.port}: {reason}") from None

    def _write_serial(self, content: bytes) -> None:
        with serial.Serial(
            self.config.port,
            self.config.baud,
            timeout=1,
            write_timeout=10,
            exclusive=True,
            rtscts=bool(self.config.options.get("rtscts", False)),
            dsrdtr=bool(self.config.options.get("dsrdtr", False)),
        ) as port:
            if self._ask_paper and (problem := self._asked(port)):
                raise problem
            for start in range(0, len(content), _CHUNK):
                port.write(content[start : start + _CHUNK])
            # Not flush(): it would wait for ever for a printer that is held.
            deadline = time.monotonic() + DRAIN_S
            while port.out_waiting:
                if time.monotonic() > deadline:
                    port.reset_output_buffer()
                    raise serial.SerialTimeoutException
                time.sleep(0.02)
            # Of a page that is laid in by hand none is left when it is done.
            if self._ask_paper and not self.booklet:
                _paper_ended(self._asked(port))

    def _asked(self, port: serial.Serial) -> PrinterError | None:
        """What the printer says is wrong. Raises PrinterError for one that does not answer."""
        port.reset_input_buffer()
        port.write(self.paper_query)
        answer = bytes(port.read(1))
        if not answer:
            raise PrinterError("printer.no_answer", "the printer does not answer")
        return self.paper_problem(answer[0])

    def _write_file(self, content: bytes) -> None:
        descriptor = os.open(self.config.port, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            if problem := _line_problem(descriptor):
                raise problem
            deadline = time.monotonic() + 10
            while content:
                try:
                    content = content[os.write(descriptor, content[:_CHUNK]) :]
                    deadline = time.monotonic() + 10
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise _line_problem(descriptor) or serial.SerialTimeoutException from None
                    time.sleep(0.05)
            if not self.booklet:
                _paper_ended(_line_problem(descriptor))
        finally:
            os.close(descriptor)


def _paper_ended(problem: PrinterError | None) -> None:
    if problem is not None and problem.code == "printer.no_paper":
        raise PrinterError("printer.paper_ended", "the paper ran out while printing")


def line_status(descriptor: int) -> int | None:
    """The status lines of a printer at a parallel port or USB (`/dev/usb/lp0`); None for a file
    that has none."""
    import fcntl  # exists on Unix only

    answer = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, LPGETSTATUS, answer)
    except OSError:
        return None
    return answer[0]


def _line_problem(descriptor: int) -> PrinterError | None:
    status = line_status(descriptor)
    if status is None:
        return None
    if status & LP_NO_PAPER:
        return PrinterError("printer.no_paper", "the printer has no paper")
    if not status & LP_ON_LINE:
        return PrinterError("printer.offline", "the printer is off line")
    if not status & LP_NO_FAULT:
        return PrinterError("printer.fault", "the printer reports a fault")
    return None


def _is_terminal(path: str) -> bool:
    if sys.platform == "win32":
        return True
    if not stat.S_ISCHR(Path(path).stat().st_mode):
        return False
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return os.isatty(descriptor)
    finally:
        os.close(descriptor)
