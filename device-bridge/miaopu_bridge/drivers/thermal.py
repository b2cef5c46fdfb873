"""Thermal slip and label printers (热敏打印机) that speak ESC/POS with GBK text.

Commands used: `ESC @` reset, `FS &` Chinese mode, `ESC a n` alignment, `GS ! n` character size,
`GS h` / `GS w` / `GS H` / `GS k 73` barcode CODE128, `ESC d n` feed, `GS V 66 n` cut.
"""

from collections.abc import Iterable

from miaopu.printing import Barcode, Line, slip
from miaopu.printing.slip import SLIP_FORMS
from miaopu_bridge.drivers.base import Document, PrinterError
from miaopu_bridge.drivers.raw import RawPrinter

ESC, GS = b"\x1b", b"\x1d"
RESET, CHINESE = ESC + b"@", b"\x1c&"
LEFT, CENTER = ESC + b"a\x00", ESC + b"a\x01"
NORMAL, DOUBLE = GS + b"!\x00", GS + b"!\x11"
FEED, CUT = ESC + b"d\x03", GS + b"V\x42\x00"


def encode(lines: Iterable[Line | Barcode]) -> bytes:
    """The bytes of one slip. Raises ValueError for a character that GBK does not have."""
    out = [RESET, CHINESE]
    for line in lines:
        if isinstance(line, Barcode):
            # {C packs digits in pairs; a code of letters goes through {B.
            if line.value.isdigit() and len(line.value) % 2 == 0:
                pairs = range(0, len(line.value), 2)
                packed = b"{C" + bytes(int(line.value[i : i + 2]) for i in pairs)
            else:
                packed = b"{B" + line.value.encode("ascii")
            out += [CENTER, GS + b"h\x50", GS + b"w\x02", GS + b"H\x02"]
            out += [GS + b"k\x49" + bytes([len(packed)]) + packed, b"\n"]
        else:
            text = "".join(char for char in line.text if char.isprintable())
            try:
                content = text.encode("gbk")
            except UnicodeEncodeError as error:
                raise ValueError(
                    f"the printer has no character U+{ord(text[error.start]):04X}"
                ) from None
            out += [CENTER if line.centered else LEFT, DOUBLE if line.big else NORMAL]
            out += [content, b"\n"]
    return b"".join([*out, NORMAL, FEED, CUT])


class ThermalPrinter(RawPrinter):
    """Prints slips and card labels; asks for its paper before each job unless told not to."""

    asks_paper = True
    forms = SLIP_FORMS

    def send(self, document: Document) -> None:
        try:
            content = encode(slip(document.form, document.lang))
        except ValueError as error:
            raise PrinterError("printer.cannot_print", str(error)) from None
        self.write(content * document.copies)
