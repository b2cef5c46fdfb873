"""Thermal slip and label printers (热敏打印机) that speak ESC/POS with GBK text.

Commands used: `ESC @` reset, `FS &` Chinese mode, `ESC a n` alignment, `GS ! n` character size,
`GS h` / `GS w` / `GS H` / `GS k 73` barcode CODE128, `GS v 0` dots in rows, `ESC d n` feed,
`GS V 66 n` cut. A line with a character that GBK lacks is printed as dots from this PC's fonts.
"""

from collections.abc import Iterable

from miaopu.printing import Barcode, Line, slip
from miaopu.printing.glyphs import Bitmap, block_bitmap
from miaopu.printing.slip import SLIP_FORMS
from miaopu_bridge.drivers.base import Document
from miaopu_bridge.drivers.raw import RawPrinter

ESC, GS = b"\x1b", b"\x1d"
RESET, CHINESE = ESC + b"@", b"\x1c&"
LEFT, CENTER = ESC + b"a\x00", ESC + b"a\x01"
NORMAL, DOUBLE = GS + b"!\x00", GS + b"!\x11"
DOTS = GS + b"v0\x00"
LINE_DOTS, PAPER_DOTS = 24, 384
"""Height of a line of text; what the narrowest paper (58 mm) takes across."""
FEED, CUT = ESC + b"d\x03", GS + b"V\x42\x00"


def encode(lines: Iterable[Line | Barcode]) -> bytes:
    """The bytes of one slip."""
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
            out += [CENTER if line.centered else LEFT, _text(line)]
    return b"".join([*out, NORMAL, FEED, CUT])


class ThermalPrinter(RawPrinter):
    """Prints slips and card labels; asks for its paper before each job unless told not to."""

    asks_paper = True
    forms = SLIP_FORMS

    def send(self, document: Document) -> None:
        self.check(document.template, document.form, document.lang)
        content = encode(slip(document.form, document.lang))
        self.write(content * document.copies)


def _text(line: Line) -> bytes:
    try:
        return (DOUBLE if line.big else NORMAL) + line.text.encode("gbk") + b"\n"
    except UnicodeEncodeError:
        size = LINE_DOTS * 2 if line.big else LINE_DOTS
        return NORMAL + _dots(block_bitmap(line.text, size, PAPER_DOTS))


def _dots(bitmap: Bitmap) -> bytes:
    across = -(-bitmap.width // 8)
    rows = (
        int(bitmap.row(y).ljust(across * 8, "0"), 2).to_bytes(across, "big")
        for y in range(bitmap.height)
    )
    size = across.to_bytes(2, "little") + bitmap.height.to_bytes(2, "little")
    return DOTS + size + b"".join(rows)
