"""Thermal slip and label printers (热敏打印机) that speak ESC/POS with GBK text.

Commands used: `ESC @` reset, `FS &` Chinese mode, `ESC a n` alignment, `GS ! n` character size,
`GS h` / `GS w` / `GS H` / `GS k 73` barcode CODE128, `GS v 0` dots in rows, `ESC d n` feed,
`GS V 66 n` cut. A line with a character that GBK lacks is printed as dots from this PC's fonts.
"""

from collections.abc import Iterable

from miaopu.printing import Barcode, Line, slip
from miaopu.printing.glyphs import Bitmap, block_bitmap
from miaopu.printing.slip import SLIP_FORMS
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document
from miaopu_bridge.drivers.raw import RawPrinter

ESC, GS = b"\x1b", b"\x1d"
RESET, CHINESE = ESC + b"@", b"\x1c&"
LEFT, CENTER = ESC + b"a\x00", ESC + b"a\x01"
NORMAL, DOUBLE = GS + b"!\x00", GS + b"!\x11"
DOTS = GS + b"v0\x00"
LINE_DOTS = 24
PAPER_DOTS = {58: 384, 80: 576}
"""What paper of that width in mm takes across."""
FEED, CUT = ESC + b"d\x03", GS + b"V\x42\x00"


def encode(lines: Iterable[Line | Barcode], across: int = PAPER_DOTS[58]) -> bytes:
    """The bytes of one slip on paper of `across` dots."""
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
            out += [CENTER if line.centered else LEFT, _text(line, across)]
    return b"".join([*out, NORMAL, FEED, CUT])


class ThermalPrinter(RawPrinter):
    """Prints slips, receipts and card labels; asks for its paper first, unless told not to.

    Option `paper_mm` = 80 or 58.
    """

    asks_paper = True
    forms = SLIP_FORMS

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        wide = config.options.get("paper_mm", 58)
        if wide not in PAPER_DOTS:
            raise ValueError("paper_mm is 58 or 80")
        self._across = PAPER_DOTS[wide]

    def send(self, document: Document) -> None:
        self.check(document.template, document.form, document.lang)
        content = encode(slip(document.form, document.lang), self._across)
        self.write(content * document.copies)


def _text(line: Line, across: int) -> bytes:
    try:
        return (DOUBLE if line.big else NORMAL) + line.text.encode("gbk") + b"\n"
    except UnicodeEncodeError:
        size = LINE_DOTS * 2 if line.big else LINE_DOTS
        return NORMAL + _dots(block_bitmap(line.text, size, across))


def _dots(bitmap: Bitmap) -> bytes:
    across = -(-bitmap.width // 8)
    rows = (
        int(bitmap.row(y).ljust(across * 8, "0"), 2).to_bytes(across, "big")
        for y in range(bitmap.height)
    )
    size = across.to_bytes(2, "little") + bitmap.height.to_bytes(2, "little")
    return DOTS + size + b"".join(rows)
