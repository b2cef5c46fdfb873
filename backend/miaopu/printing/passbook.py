"""Positional printing into a bound certificate (预防接种证续打): which text goes where.

The booklet's lines are printed already, so only text is placed, in millimetres. A flat-bed passbook
printer and the PDF variant use the same places. The national booklet's measures are not published;
those here are a start that a clinic adjusts with the offsets and the printer's test grid.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from miaopu.printing.errors import BadPrintDataError
from miaopu.printing.forms import CertificatePage, CertificateRow
from miaopu.printing.words import Lang, words

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 148
LINES_PER_PAGE = 12
FIRST_LINE_Y_MM, LINE_PITCH_MM = 44.0, 8.0
# 24 dots at 180 dots per inch: a full-width character of a 24-pin printer.
FULL_WIDTH_MM = 24 / 180 * 25.4

# column: (x of its left edge, width in mm, may be shortened). What identifies a dose is never cut.
COLUMNS: dict[str, tuple[float, float, bool]] = {
    "vaccine": (8, 40, False),
    "dose": (48, 12, False),
    "date": (60, 20, False),
    "lot": (80, 26, False),
    "expiry": (106, 20, False),
    "maker": (126, 30, True),
    "unit": (156, 30, True),
    "vaccinator": (186, 18, True),
}


@dataclass(frozen=True)
class PlacedText:
    """One run of text: page from 0, left edge and baseline-box top in mm from the page's corner."""

    page: int
    x_mm: float
    y_mm: float
    text: str


def passbook_page(form: CertificatePage, lang: Lang = "zh") -> list[PlacedText]:
    """Every text of the page with its place, shifted by the form's own offsets.

    Raises BadPrintDataError where a vaccine, dose, date, lot or expiry would have to be cut.
    """
    placed = _child_block(form, lang) if form.with_child else []
    for index, row in enumerate(form.rows):
        line = row.line or index + 1
        page, slot = divmod(line - 1, LINES_PER_PAGE)
        y = FIRST_LINE_Y_MM + slot * LINE_PITCH_MM
        for column, text in _cells(row).items():
            if text:
                x = COLUMNS[column][0]
                placed.append(PlacedText(page, x, y, _fit(text, column, index)))
    return [
        PlacedText(p.page, p.x_mm + form.offset_x_mm, p.y_mm + form.offset_y_mm, p.text)
        for p in sorted(placed, key=lambda p: (p.page, p.y_mm, p.x_mm))
    ]


def half_widths(text: str) -> int:
    """The width of `text` in half-width characters: a Chinese character counts two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _child_block(form: CertificatePage, lang: Lang) -> list[PlacedText]:
    child, w = form.child, words(lang)
    places = [
        (20, 12, child.name),
        (70, 12, w[f"sex.{child.sex}"]),
        (100, 12, child.birth_date.isoformat()),
        (150, 12, child.code),
        (20, 20, child.guardian),
        (70, 20, child.phone),
        (20, 28, child.address),
        (150, 28, child.card_date.isoformat() if child.card_date else ""),
    ]
    return [PlacedText(0, x, y, text) for x, y, text in places if text]


def _cells(row: CertificateRow) -> dict[str, str]:
    def text(value: str | dt.date | None) -> str:
        return value.isoformat() if isinstance(value, dt.date) else value or ""

    return {column: text(getattr(row, column)) for column in COLUMNS}


def _fit(text: str, column: str, index: int) -> str:
    _, width_mm, may_shorten = COLUMNS[column]
    room = int(width_mm / (FULL_WIDTH_MM / 2))
    if half_widths(text) <= room:
        return text
    if not may_shorten:
        reason = f"wider than its column, which holds {room} half-width characters"
        raise BadPrintDataError("certificate-page", [(f"rows.{index}.{column}", reason)])
    while half_widths(text) > room:
        text = text[:-1]
    return text
