"""Positional printing into a bound certificate (预防接种证续打): which text goes where.

The booklet's lines are printed already, so only text is placed, in millimetres. A flat-bed passbook
printer and the PDF variant use the same places. The national booklet's measures are not published;
those here are a start that a clinic adjusts with the offsets and the printer's test grid.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from miaopu.printing.errors import DoesNotFitError
from miaopu.printing.forms import CertificatePage, CertificateRow
from miaopu.printing.words import Lang, words

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 148
LINES_PER_PAGE = 12
FIRST_LINE_Y_MM, LINE_PITCH_MM = 44.0, 8.0
# 24 dots at 180 dots per inch: a full-width character of a 24-pin printer.
FULL_WIDTH_MM = 24 / 180 * 25.4

CUT_MARK = "…"
"""Stands where the rest of a text was left out."""

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
# the same with the y of its top, for the child; what identifies the child is never cut
CHILD_BLOCK: dict[str, tuple[float, float, float, bool]] = {
    "name": (20, 12, 48, False),
    "sex": (70, 12, 28, False),
    "birth_date": (100, 12, 48, False),
    "code": (150, 12, 58, False),
    "guardian": (20, 20, 48, True),
    "phone": (70, 20, 78, False),
    "address": (20, 28, 128, True),
    "card_date": (150, 28, 58, False),
}


@dataclass(frozen=True)
class PlacedText:
    """One run of text: page from 0, left edge and baseline-box top in mm from the page's corner.

    `field` is where in the form it comes from.
    """

    page: int
    x_mm: float
    y_mm: float
    text: str
    field: str = ""


@dataclass(frozen=True)
class _Cell(PlacedText):
    """A text with the half-width characters that its place holds."""

    room: int = 0
    may_shorten: bool = False


def passbook_page(form: CertificatePage, lang: Lang = "zh") -> list[PlacedText]:
    """Every text of the page with its place, shifted by the form's own offsets.

    Raises DoesNotFitError where what identifies a dose or the child would have to be cut; other
    texts are shortened, which CUT_MARK shows.
    """
    found: list[_Cell] = []
    if form.with_child:
        for name, text in _child_texts(form, lang).items():
            x, y, width, may_shorten = CHILD_BLOCK[name]
            found.append(_Cell(0, x, y, text, f"child.{name}", room(width), may_shorten))
    for index, row in enumerate(form.rows):
        page, slot = divmod((row.line or index + 1) - 1, LINES_PER_PAGE)
        y = FIRST_LINE_Y_MM + slot * LINE_PITCH_MM
        for column, text in _cells(row).items():
            x, width, may_shorten = COLUMNS[column]
            field = f"rows.{index}.{column}"
            found.append(_Cell(page, x, y, text, field, room(width), may_shorten))
    too_wide = [
        (cell.field, f"wider than its place, which holds {cell.room} half-width characters")
        for cell in found
        if not cell.may_shorten and half_widths(cell.text) > cell.room
    ]
    if too_wide:
        raise DoesNotFitError("certificate-page", too_wide)
    placed = [
        PlacedText(
            cell.page,
            cell.x_mm + form.offset_x_mm,
            cell.y_mm + form.offset_y_mm,
            shortened(cell.text, cell.room),
            cell.field,
        )
        for cell in found
        if cell.text
    ]
    return sorted(placed, key=lambda place: (place.page, place.y_mm, place.x_mm))


def half_widths(text: str) -> int:
    """The width of `text` in half-width characters: a Chinese character counts two, a mark that
    stands over another none."""
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2 if unicodedata.east_asian_width(char) in "WFA" else 1
        for char in text
    )  # fmt: skip


def room(width_mm: float) -> int:
    """How many half-width characters fit into a width."""
    return int(width_mm / (FULL_WIDTH_MM / 2))


def shortened(text: str, most: int) -> str:
    """The text, or so much of it as leaves room for the mark that something is missing."""
    if half_widths(text) <= most:
        return text
    while half_widths(text + CUT_MARK) > most:
        text = text[:-1]
    return text.rstrip() + CUT_MARK


def _child_texts(form: CertificatePage, lang: Lang) -> dict[str, str]:
    child = form.child
    return {
        "name": child.name,
        "sex": words(lang)[f"sex.{child.sex}"],
        "birth_date": child.birth_date.isoformat(),
        "code": child.code,
        "guardian": child.guardian,
        "phone": child.phone,
        "address": child.address,
        "card_date": child.card_date.isoformat() if child.card_date else "",
    }


def _cells(row: CertificateRow) -> dict[str, str]:
    def text(value: str | dt.date | None) -> str:
        return value.isoformat() if isinstance(value, dt.date) else value or ""

    return {column: text(getattr(row, column)) for column in COLUMNS}
