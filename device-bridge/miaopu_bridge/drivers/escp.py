"""ESC/P 24-pin flat-bed passbook printers (平推式票据打印机), such as 映美 8400K-II.

The page is placed text (`miaopu.printing.passbook_page`). Commands used: `ESC @` reset, `FS &` /
`FS .` Chinese mode on and off, `ESC J n` feed n/180 inch, `ESC $ nL nH` absolute x in 1/60 inch,
`ESC * 39 nL nH` dots of 1/180 inch in columns of 24, FF eject. `ESC $` is too coarse for
millimetres by itself (0.42 mm), which a 24-pin page can bear.

The printer's own set is GB 18030's two-byte part (GBK). A text with another character (a rare name,
生僻字) is printed as dots from this PC's fonts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from miaopu.printing import CertificatePage, Form, Lang, PlacedText, passbook_page
from miaopu.printing.glyphs import Bitmap, line_bitmap
from miaopu.printing.passbook import half_widths
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import Document, PrinterError
from miaopu_bridge.drivers.raw import RawPrinter

ESC, FS, FF, CR = b"\x1b", b"\x1c", b"\x0c", b"\r"
RESET, CHINESE, LATIN = ESC + b"@", FS + b"&", FS + b"."
DOTS = ESC + b"*\x27"  # 24 pins, 180 dots an inch both ways
PINS, HALF_WIDTH_DOTS = 24, 12
TEMPLATE = "certificate-page"
X_UNIT_MM, Y_UNIT_MM = 25.4 / 60, 25.4 / 180


@dataclass(frozen=True)
class Offset:
    """How far one printer prints from where it should, turned round: mm to the right and down."""

    x_mm: float = 0.0
    y_mm: float = 0.0


def encode(places: Iterable[PlacedText], offset: Offset = Offset()) -> bytes:
    """The bytes that print `places`, page by page, each page ejected at its end.

    Raises PrinterError for text outside the page's left or upper edge.
    """
    out = [RESET]
    for _, page in groupby(sorted(places, key=_reading_order), key=lambda place: place.page):
        y = 0
        for place in page:
            x_units = round((place.x_mm + offset.x_mm) / X_UNIT_MM)
            y_units = round((place.y_mm + offset.y_mm) / Y_UNIT_MM)
            if x_units < 0 or y_units < 0:
                raise PrinterError(
                    "printer.off_page", "the offset moves text over the edge of the page"
                )
            out.append(_feed(max(0, y_units - y)))
            y = max(y, y_units)
            out += [CR, ESC + b"$" + x_units.to_bytes(2, "little"), _text(place.text)]
        out += [CR, FF]
    return b"".join(out)


def test_grid(width_mm: int = 200, height_mm: int = 140, step_mm: int = 20) -> list[PlacedText]:
    """A page of crosses with their millimetres, to measure a printer's offset on a real booklet."""
    return [
        PlacedText(0, x, y, f"+{x},{y}")
        for y in range(step_mm, height_mm + 1, step_mm)
        for x in range(0, width_mm - step_mm + 1, step_mm)
    ]


class EscpPrinter(RawPrinter):
    """Prints the certificate page, variant `passbook`.

    Options: `offsets`, a table from template to `{x_mm, y_mm}`; `ask_paper`, `rtscts`, `dsrdtr`.
    """

    forms = (CertificatePage,)
    booklet = True

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self.offsets = _offsets(config.options.get("offsets", {}))

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

    def print_grid(self) -> None:
        """Prints the test grid with the certificate's offset. Raises PrinterError."""
        self.write(self._content(test_grid()))

    def _content(self, places: Sequence[PlacedText]) -> bytes:
        return encode(places, self.offsets.get(TEMPLATE, Offset()))


def _reading_order(place: PlacedText) -> tuple[int, float, float]:
    return place.page, place.y_mm, place.x_mm


def _feed(units: int) -> bytes:
    full, rest = divmod(units, 255)
    return (ESC + b"J\xff") * full + (ESC + b"J" + bytes([rest]) if rest else b"")


def _text(text: str) -> bytes:
    try:
        return CHINESE + text.encode("gbk") + LATIN
    except UnicodeEncodeError:
        return _dots(line_bitmap(text, PINS, max(2, half_widths(text)) * HALF_WIDTH_DOTS))


def _dots(bitmap: Bitmap) -> bytes:
    columns = (int(bitmap.column(x), 2).to_bytes(PINS // 8, "big") for x in range(bitmap.width))
    return DOTS + bitmap.width.to_bytes(2, "little") + b"".join(columns)


def _offsets(table: Mapping[str, Mapping[str, Any]]) -> dict[str, Offset]:
    return {
        template: Offset(float(offset.get("x_mm", 0)), float(offset.get("y_mm", 0)))
        for template, offset in table.items()
    }
