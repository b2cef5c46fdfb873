"""Simulated raw printers: they keep what was printed, as a person would read it off the paper."""

from typing import Any

from miaopu_bridge.drivers import tspl
from miaopu_bridge.drivers.escp import DOTS, PINS, X_UNIT_MM, Y_UNIT_MM
from miaopu_bridge.drivers.raw import PAPER_END_BITS, PAPER_QUERY
from miaopu_bridge.simulators.base import Simulator

PAPER_OK = 0x12


class PrinterSimulator(Simulator):
    """Answers the paper query; `act` takes paper out, puts it in, and shows the pages."""

    query, good, empty = PAPER_QUERY, PAPER_OK, PAPER_OK | PAPER_END_BITS

    def powered(self) -> None:
        self.bytes, self._paper = b"", True

    def received(self, content: bytes) -> None:
        while self.query in content:
            content = content.replace(self.query, b"", 1)
            self.send(bytes([self.good if self._paper else self.empty]))
        self.bytes += content

    def act(self, command: dict[str, Any]) -> dict[str, Any]:
        match command:
            case {"do": "paper", "state": "in" | "out" as state}:
                self._paper = state == "in"
                return {}
            case {"do": "printed"}:
                return {"hex": self.bytes.hex()}
        raise ValueError(f"a printer cannot {command.get('do')}")


class LabelSimulator(PrinterSimulator):
    """A TSPL label printer."""

    query, good, empty = tspl.STATUS_QUERY, 0, tspl.NO_PAPER


class EscpSimulator(PrinterSimulator):
    """A passbook printer; `pages` reads its bytes back to placed text."""

    def pages(self) -> list[list[tuple[float, float, str]]]:
        """Each ejected page as (x mm, y mm, text)."""
        return read_escp(self.bytes)


def read_escp(content: bytes) -> list[list[tuple[float, float, str]]]:
    """The pages of an ESC/P stream as (x mm, y mm, text); text printed as dots is `▦` and how many
    columns it has. Raises ValueError for an unknown byte."""
    pages: list[list[tuple[float, float, str]]] = []
    page: list[tuple[float, float, str]] = []
    x = y = 0.0
    at = 0
    while at < len(content):
        two = content[at : at + 2]
        if two == b"\x1b@":
            x, at = 0.0, at + 2
        elif two == b"\x1bJ":
            y, at = y + content[at + 2] * Y_UNIT_MM, at + 3
        elif two == b"\x1b$":
            x, at = int.from_bytes(content[at + 2 : at + 4], "little") * X_UNIT_MM, at + 4
        elif two == b"\x1c&":
            end = content.index(b"\x1c.", at)
            page.append((round(x, 2), round(y, 2), content[at + 2 : end].decode("gbk")))
            at = end + 2
        elif content[at : at + 3] == DOTS:
            columns = int.from_bytes(content[at + 3 : at + 5], "little")
            page.append((round(x, 2), round(y, 2), f"▦{columns}"))
            at += 5 + columns * PINS // 8
        elif content[at] == 0x0D:
            x, at = 0.0, at + 1
        elif content[at] == 0x0C:
            pages.append(page)
            page, x, y, at = [], 0.0, 0.0, at + 1
        else:
            raise ValueError(f"an ESC/P printer does not know byte {content[at]:#04x} here")
    return pages
