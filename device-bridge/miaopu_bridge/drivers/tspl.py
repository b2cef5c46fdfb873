"""Label printers (标签打印机) that speak TSPL, as those sold in China do (佳博, 汉印, TSC …).

Commands used: `SIZE`, `GAP`, `DIRECTION`, `CODEPAGE`, `CLS`, `TEXT` with the built-in Chinese font
TSS24.BF2 in GBK, `BARCODE`, `BITMAP`, `PRINT`; `ESC ! ?` asks for the status. Measures are dots of
203 dpi, 8 a millimetre.
"""

from collections.abc import Iterable

from miaopu.printing import Barcode, CardLabel, Line, slip
from miaopu.printing.glyphs import Bitmap, block_bitmap
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document, PrinterError
from miaopu_bridge.drivers.raw import RawPrinter

DOTS_PER_MM = 8
FONT, HAN_DOTS = "TSS24.BF2", 24
STATUS_QUERY = b"\x1b!?"
NO_PAPER, PAPER_JAM, HEAD_OPEN, NO_RIBBON = 0x04, 0x02, 0x01, 0x08
MARGIN, LINE_GAP, BARCODE_DOTS = 16, 6, 80
BARCODE_TEXT_DOTS = 32


def encode(
    lines: Iterable[Line | Barcode],
    width_mm: float,
    height_mm: float,
    gap_mm: float,
    *,
    copies: int,
) -> bytes:
    """The bytes of one label. Raises PrinterError when it is higher than the paper."""
    out = [
        f"SIZE {width_mm:g} mm,{height_mm:g} mm", f"GAP {gap_mm:g} mm,0 mm", "DIRECTION 1", "CLS",
    ]  # fmt: skip
    content = ("\r\n".join(out) + "\r\n").encode("ascii")
    across, y = int(width_mm * DOTS_PER_MM), MARGIN
    for line in lines:
        if isinstance(line, Barcode):
            x = max(0, (across - _barcode_dots(line.value)) // 2)
            content += (
                f'BARCODE {x},{y},"128",{BARCODE_DOTS},1,0,2,2,"{_quoted(line.value)}"\r\n'
            ).encode("ascii")
            y += BARCODE_DOTS + BARCODE_TEXT_DOTS + LINE_GAP
        else:
            content += _text(line, across, y)
            y += HAN_DOTS * (2 if line.big else 1) + LINE_GAP
    if y > height_mm * DOTS_PER_MM:
        raise PrinterError(
            "printer.label_small", f"the label needs {y / DOTS_PER_MM:.0f} mm of height"
        )
    return content + f"PRINT 1,{copies}\r\n".encode("ascii")


class LabelPrinter(RawPrinter):
    """Options `width_mm`, `height_mm`, `gap_mm` of the labels, 60 × 40 with 2 between; `ask_paper`
    = false for a printer that does not answer `ESC ! ?`."""

    asks_paper = True
    paper_query = STATUS_QUERY
    forms = (CardLabel,)

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        sizes = (("width_mm", 60), ("height_mm", 40), ("gap_mm", 2))
        self._width, self._height, self._gap = (
            float(config.options.get(name, usual)) for name, usual in sizes
        )

    def paper_problem(self, status: int) -> PrinterError | None:
        if status & (NO_PAPER | NO_RIBBON):
            return PrinterError("printer.no_paper", "the printer has no labels or no ribbon")
        if status & (HEAD_OPEN | PAPER_JAM):
            return PrinterError("printer.not_accepting", "the head is open, or a label is jammed")
        return None

    def send(self, document: Document) -> None:
        self.check(document.template, document.form, document.lang)
        lines = slip(document.form, document.lang)
        size = (self._width, self._height, self._gap)
        self.write(encode(lines, *size, copies=document.copies))


def _text(line: Line, across: int, y: int) -> bytes:
    times = 2 if line.big else 1
    try:
        text = line.text.encode("gbk")
    except UnicodeEncodeError:
        return _dots(block_bitmap(line.text, HAN_DOTS * times, across - 2 * MARGIN), y)
    # A byte of GBK is half a Chinese character wide, and so is a Latin letter.
    wide = len(text) * HAN_DOTS // 2 * times
    x = max(MARGIN, (across - wide) // 2) if line.centered else MARGIN
    head = f'TEXT {x},{y},"{FONT}",0,{times},{times},"'.encode("ascii")
    return head + text.replace(b'"', b'\\["]') + b'"\r\n'


def _dots(bitmap: Bitmap, y: int) -> bytes:
    across = -(-bitmap.width // 8)
    # TSPL burns a dot for a 0.
    rows = b"".join(
        (int(bitmap.row(at).ljust(across * 8, "0"), 2) ^ ((1 << across * 8) - 1)).to_bytes(
            across, "big"
        )
        for at in range(bitmap.height)
    )
    head = f"BITMAP {MARGIN},{y},{across},{bitmap.height},0,".encode("ascii")
    return head + rows + b"\r\n"


def _barcode_dots(value: str) -> int:
    """Width of a Code 128 with modules of two dots: pairs of digits take one sign."""
    signs = len(value) // 2 if value.isdigit() and len(value) % 2 == 0 else len(value)
    return 2 * (11 * (signs + 3) + 2)


def _quoted(value: str) -> str:
    if '"' in value or not value.isascii():
        raise PrinterError("printer.cannot_print", "a barcode holds ASCII without quotes")
    return value
