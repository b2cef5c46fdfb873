"""Reads a file as a table of cells (读取表格): XLSX, and CSV in the encodings that are met."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import ParseError

from miaopu.imports.faults import FileError

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | None
Encoding = Literal["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16")

MOST_BYTES = 20_000_000
MOST_UNPACKED = 400_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 400
MOST_CELL = 4000
"""Characters of a cell; more than that is rows that a stray quotation mark has swallowed."""

_FORMULA_TEXT = re.compile(r'^="(.*)"$')


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a sheet, as they stand; `numbers` are theirs as the spreadsheet counts them."""

    rows: list[list[Cell]]
    kind: Literal["xlsx", "csv"]
    encoding: Encoding | None = None
    """Of a CSV."""
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    epoch: Literal[1900, 1904] | None = None
    """From where serial dates count; a CSV does not say it."""


def read_table(data: bytes, *, encoding: Encoding | None = None, sheet: str | None = None) -> Table:
    """The table in a file. Raises FileError."""
    if len(data) > MOST_BYTES:
        raise FileError("file-too-large")
    if data[:2] == b"PK":
        return _xlsx(data, sheet)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" or data.lstrip()[:6].lower() == b"<html ":
        raise FileError("file-old-excel")
    found = encoding or detect(data)
    try:
        text = data.decode(found)
    except UnicodeDecodeError:
        raise FileError("file-encoding") from None
    if text.lstrip("\ufeff \r\n\t")[:5].lower() in ("<html", "<tabl", "<?xml"):
        raise FileError("file-old-excel")
    return Table(_limited(_csv(text.lstrip("\ufeff"))), "csv", found)


def detect(data: bytes) -> Encoding:
    """The encoding of a text, by the whole of it. Raises FileError."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    tries: tuple[Encoding, ...] = ("utf-8", "gbk", "gb18030")
    for name in tries:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        # UTF-16 without its mark is full of zeros.
        if "\0" not in text:
            return name
    raise FileError("file-encoding")


def _csv(text: str) -> Iterator[list[Cell]]:
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;|", key=lambda mark: (head.count(mark), mark == ","))
    # Whatever ends a line: a lone carriage return, too, as of old Macs.
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)
    try:
        for row in reader:
            yield [_csv_cell(cell) for cell in row]
    except csv.Error:
        raise FileError("file-quotes") from None


def _csv_cell(text: str) -> Cell:
    if len(text) > MOST_CELL:
        raise FileError("file-quotes")
    bare = text.strip()
    if not bare:
        return None
    # So a long number is kept as a text: ="110101…", and with an apostrophe.
    formula = _FORMULA_TEXT.match(bare)
    return formula[1].strip() if formula else bare.removeprefix("'")


def _xlsx(data: bytes, sheet: str | None) -> Table:
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise FileError("file-too-large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        names = tuple(one.title for one in book.worksheets)
        if not names:
            raise FileError("file-empty")
        if sheet is not None and sheet not in names:
            raise FileError("file-no-sheet")
        chosen = next(one for one in book.worksheets if one.title == (sheet or names[0]))
        # Some programs write a wrong extent, by which rows would be lost.
        chosen.reset_dimensions()
        rows = _limited(
            [_xlsx_cell(cell) for cell in row] for row in chosen.iter_rows(values_only=True)
        )
        epoch: Literal[1900, 1904] = 1904 if book.epoch == CALENDAR_MAC_1904 else 1900
        return Table(rows, "xlsx", None, chosen.title, names, epoch)
    except (zipfile.BadZipFile, KeyError, ParseError, ValueError, OSError, EOFError) as error:
        raise FileError("file-damaged") from error


def _xlsx_cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.strip().removeprefix("'") or None
    if value is None or isinstance(value, bool | int | float | dt.datetime | dt.date | dt.time):
        return value
    return str(value)


def _limited(rows: Iterator[list[Cell]]) -> list[list[Cell]]:
    """The rows, as far as the last that holds something. Raises FileError for too many."""
    kept: list[list[Cell]] = []
    last = 0
    for row in rows:
        while row and row[-1] is None:
            row.pop()
        if len(row) > MOST_COLUMNS:
            raise FileError("file-too-large")
        kept.append(row)
        if row:
            last = len(kept)
        if last > MOST_ROWS + 20 or len(kept) > 20 * MOST_ROWS:
            raise FileError("file-too-large")
    if last == 0:
        raise FileError("file-empty")
    return kept[:last]
