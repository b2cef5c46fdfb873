"""ESC/P 24-pin flat-bed passbook printers (平推式票据打印机), such as 映美 8400K-II.

The page is placed text (`miaopu.printing.passbook_page`). Commands used: `ESC @` reset, `FS &` /
`FS .` Chinese mode on and off, `ESC J n` feed n/180 inch, `ESC $ nL nH` absolute x in 1/60 inch,
`ESC * 39 nL nH` dots of 1/180 inch in columns of 24, FF eject. `ESC $` is too coarse for
millimetres by itself (0.42 mm), which a 24-pin page can bear.

These are of the LQ-1600K's set, which passbook printers have or imitate; set the printer to it.
Its characters are GB 18030's two-byte part (GBK). A text with another character (a rare name,
生僻字), or wider than its column, is printed as dots from this PC's fonts.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from miaopu.printing import CertificatePage, Form, Lang, PlacedText, passbook_page
from miaopu.printing.glyphs import Bitmap, line_bitmap
from miaopu.printing.passbook import FULL_WIDTH_MM, half_widths
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document, PrinterError
from miaopu_bridge.drivers.raw import RawPrinter
from miaopu_bridge.shapes import STRAIGHT, Calibration

ESC, FS, FF, CR = b"\x1b", b"\x1c", b"\x0c", b"\r"
RESET, CHINESE, LATIN = ESC + b"@", FS + b"&", FS + b"."
DOTS = ESC + b"*\x27"  # 24 pins, 180 dots an inch both ways
PINS, HALF_WIDTH_DOTS = 24, 12
X_UNIT_MM, Y_UNIT_MM = 25.4 / 60, 25.4 / 180
DOT_MM = 25.4 / 180


def encode(places: Iterable[PlacedText], calibration: Calibration = STRAIGHT) -> bytes:
    """The bytes that print `places`, page by page, each page ejected at its end.

    Raises PrinterError for text outside the page's left or upper edge.
    """
    out = [RESET]
    for _, page in groupby(sorted(places, key=_reading_order), key=lambda place: place.page):
        y = 0
        for place in page:
            x_mm, y_mm = calibration.moved(place.x_mm, place.y_mm)
            x_units, y_units = round(x_mm / X_UNIT_MM), round(y_mm / Y_UNIT_MM)
            if x_units < 0 or y_units < 0:
                raise PrinterError(
                    "printer.off_page", "the calibration moves text over the edge of the page"
                )
            out.append(_feed(max(0, y_units - y)))
            y = max(y, y_units)
            out += [CR, ESC + b"$" + x_units.to_bytes(2, "little"), _text(place)]
        out += [CR, FF]
    return b"".join(out)


def test_grid(width_mm: int, height_mm: int, step_mm: int = 20) -> list[PlacedText]:
    """A page of crosses with their millimetres, to measure where a printer really prints."""
    return [
        # The middle of the cross is what is measured.
        PlacedText(0, x - FULL_WIDTH_MM / 4, y - FULL_WIDTH_MM / 2, f"+{x},{y}")
        for y in range(step_mm // 2, height_mm - step_mm // 4, step_mm)
        for x in range(step_mm // 2, width_mm - step_mm // 2, step_mm)
    ]


class EscpPrinter(RawPrinter):
    """Prints the certificate page, variant `passbook`.

    Options: `ask_paper`, `rtscts`, `dsrdtr`. Its calibration is measured at the desk.
    """

    forms = (CertificatePage,)
    booklet = True

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self.calibration = STRAIGHT

    def accepts(self, form: Form) -> str:
        if problem := super().accepts(form):
            return problem
        assert isinstance(form, CertificatePage)  # noqa: S101 -- see forms
        if form.variant != "passbook":
            return "a passbook printer prints the certificate's variant 'passbook' only"
        return ""

    def check(self, template: str, form: Form, lang: Lang) -> None:
        super().check(template, form, lang)
        assert isinstance(form, CertificatePage)  # noqa: S101 -- accepts promises it
        self._content(passbook_page(form, lang))

    def send(self, document: Document) -> None:
        assert isinstance(document.form, CertificatePage)  # noqa: S101 -- accepts promises it
        self.check(document.template, document.form, document.lang)
        content = self._content(passbook_page(document.form, document.lang))
        self.write(content * document.copies)

    def print_grid(self, width_mm: int, height_mm: int) -> None:
        """Prints the test grid as it is calibrated. Raises PrinterError."""
        self.write(self._content(test_grid(width_mm, height_mm)))

    def _content(self, places: Sequence[PlacedText]) -> bytes:
        return encode(places, self.calibration or STRAIGHT)


def _reading_order(place: PlacedText) -> tuple[int, float, float]:
    return place.page, place.y_mm, place.x_mm


def _feed(units: int) -> bytes:
    full, rest = divmod(units, 255)
    return (ESC + b"J\xff") * full + (ESC + b"J" + bytes([rest]) if rest else b"")


def _text(place: PlacedText) -> bytes:
    text = place.text
    if place.squeezed_mm is not None:
        return _dots(line_bitmap(text, PINS, int(place.squeezed_mm / DOT_MM)))
    try:
        return CHINESE + text.encode("gbk") + LATIN
    except UnicodeEncodeError:
        return _dots(line_bitmap(text, PINS, max(2, half_widths(text)) * HALF_WIDTH_DOTS))


def _dots(bitmap: Bitmap) -> bytes:
    columns = (int(bitmap.column(x), 2).to_bytes(PINS // 8, "big") for x in range(bitmap.width))
    return DOTS + bitmap.width.to_bytes(2, "little") + b"".join(columns)
