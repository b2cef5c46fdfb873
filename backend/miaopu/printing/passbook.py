"""Positional printing into a bound certificate (预防接种证续打): which text goes where.

The booklet's lines are printed already, so only text is placed, in millimetres. A flat-bed passbook
printer and the PDF variant use the same places, those of the booklet's edition (`BookletLayout`).
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from miaopu.catalog import booklets
from miaopu.printing.errors import DoesNotFitError
from miaopu.printing.forms import BookletLayout, CertificatePage, CertificateRow, Column
from miaopu.printing.words import Lang, words

# 24 dots at 180 dots per inch: a full-width character of a 24-pin printer.
FULL_WIDTH_MM = 24 / 180 * 25.4

CUT_MARK = "…"
"""Stands where the rest of a text was left out."""
MOST_SQUEEZE = 1.6
"""How much wider than its place a text may be and still be read when it is printed smaller."""


def program_layout() -> BookletLayout:
    """The first edition that comes with the program."""
    return BookletLayout.model_validate(next(iter(booklets().values())))


@dataclass(frozen=True)
class PlacedText:
    """One run of text: page from 0, left edge and baseline-box top in mm from the page's corner.

    `field` is where in the form it comes from; a text that is too wide is printed smaller, into
    `squeezed_mm`.
    """

    page: int
    x_mm: float
    y_mm: float
    text: str
    field: str = ""
    squeezed_mm: float | None = None

    @property
    def scale(self) -> float:
        """How large it is printed, 1 being the printer's own size."""
        if self.squeezed_mm is None:
            return 1.0
        return self.squeezed_mm / (half_widths(self.text) * FULL_WIDTH_MM / 2)


@dataclass(frozen=True)
class _Cell:
    """A text and its column."""

    page: int
    y_mm: float
    column: Column
    text: str
    field: str

    def placed(self) -> PlacedText:
        most = room(self.column.width_mm)
        wide = half_widths(self.text) > most
        text = shortened(self.text, most) if self.column.cut else self.text
        squeezed = self.column.width_mm if wide and not self.column.cut else None
        return PlacedText(self.page, self.column.x_mm, self.y_mm, text, self.field, squeezed)

    def too_wide(self) -> bool:
        most = room(self.column.width_mm) * MOST_SQUEEZE
        return not self.column.cut and half_widths(self.text) > most


def passbook_page(form: CertificatePage, lang: Lang = "zh") -> list[PlacedText]:
    """Every text of the booklet's pages with its place.

    What identifies a dose or the child is never cut: where it is too wide it is printed smaller.
    Raises DoesNotFitError where it could not be read then. Other texts are shortened, which
    CUT_MARK shows.
    """
    layout = form.layout or program_layout()
    found: list[_Cell] = []
    if form.with_child:
        for name, text in _child_texts(form, lang).items():
            if place := layout.child.get(name):
                found.append(_Cell(0, place.y_mm, place, text, f"child.{name}"))
    for index, row in enumerate(form.rows):
        page, slot = divmod((row.line or index + 1) - 1, layout.lines_per_page)
        y = layout.first_line_mm + slot * layout.line_pitch_mm
        for name, text in _cells(row, layout).items():
            if column := layout.columns.get(name):
                number = page + form.with_child
                found.append(_Cell(number, y, column, text, f"rows.{index}.{name}"))
    too_wide = [
        (cell.field, f"wider than its place of {cell.column.width_mm:g} mm")
        for cell in found
        if cell.too_wide()
    ]
    if too_wide:
        raise DoesNotFitError("certificate-page", too_wide)
    placed = [cell.placed() for cell in found if cell.text]
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
    grams = f"{child.birth_weight_g} {words(lang)['grams']}" if child.birth_weight_g else ""
    return {
        "code": child.code,
        "name": child.name,
        "sex": words(lang)[f"sex.{child.sex}"],
        "birth_date": child.birth_date.isoformat(),
        "birth_weight": grams,
        "card_date": child.card_date.isoformat() if child.card_date else "",
        **{
            name: getattr(child, name)
            for name in (
                "id_number", "birth_hospital", "ethnicity", "guardian", "guardian_relation",
                "phone", "address", "household", "allergies", "contraindications", "card_number",
            )
        },
    }  # fmt: skip


def _cells(row: CertificateRow, layout: BookletLayout) -> dict[str, str]:
    def text(value: str | dt.date | None) -> str:
        return value.isoformat() if isinstance(value, dt.date) else value or ""

    names = ("vaccine", "dose", "date", "lot", "expiry", "maker", "site", "unit", "vaccinator")
    cells = {name: text(getattr(row, name)) for name in names}
    if "dose" not in layout.columns:
        cells["vaccine"] = f"{cells['vaccine']} {cells['dose']}".rstrip()
    return cells
