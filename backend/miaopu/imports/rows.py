"""What each row of a table says (逐行读取): whose it is, and which doses it tells of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from miaopu.catalog import vaccines
from miaopu.imports import values
from miaopu.imports.columns import Mapping, Read
from miaopu.imports.dates import Epoch, plain, read_date
from miaopu.imports.faults import CellError, Problem
from miaopu.imports.tables import Cell, Table
from miaopu.imports.vaccines import REASON_WORDS, vaccine_of

_CHILD: dict[str, Callable[[Cell], Any]] = {
    "child_code": values.child_code,
    "name": lambda cell: values.text(cell, 50),
    "sex": values.sex,
    "id_number": values.id_number,
    "birth_certificate": values.text,
    "birth_weight_g": values.weight,
    "mother_name": lambda cell: values.text(cell, 50),
    "mother_id_number": values.id_number,
    "father_name": lambda cell: values.text(cell, 50),
    "phone": values.phone,
    "phone_2": values.phone,
    "address": values.text,
    "household_address": values.text,
    "committee": values.text,
    "household": values.coded("household"),
    "residence": values.coded("residence"),
    "register_status": values.coded("register-status"),
    "mother_hbsag": values.coded("mother-hbsag"),
    "birth_hospital": values.text,
    "school": values.text,
    "occupation": values.text,
    "ethnic_group": values.coded("ethnic-group"),
    "remark": lambda cell: values.text(cell, 2000),
}
_DOSE: dict[str, Callable[[Cell], Any]] = {
    "lot": values.lot,
    "maker": values.text,
    "trace_code": values.trace_code,
    "spec": values.text,
    "amount": values.text,
    "body_site": values.coded("body-site"),
    "route": values.coded("route"),
    "campaign": values.coded("campaign"),
    "place": values.text,
}
_PAID = {"自费": True, "收费": True, "否": True, "免费": False, "是": False}


@dataclass(slots=True)
class DoseCell:
    """One dose as a row tells of it; `date` or `reason` is there."""

    column: str
    vaccine: str
    number: int | None
    date: str | None
    reason: str | None
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """One row: `number` as the spreadsheet counts it, from 1."""

    number: int
    facts: dict[str, Any]
    card: str | None
    doses: list[DoseCell]
    problems: list[Problem]
    ignored: list[str]
    """Columns whose value is not taken over: a word that no code table has."""


@dataclass(slots=True)
class Words:
    """The words of the file for vaccines: what they mean, and what is presumed of them."""

    given: dict[str, str]
    met: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    """Word → vaccine, and whether that is sure."""

    def of(self, word: str) -> tuple[str, int | None] | None:
        """The vaccine of a word, and of some codes the number of the dose."""
        guess = vaccine_of(word)
        code = self.given.get(word) or (guess.vaccine if guess else None)
        sure = word in self.given or (guess is not None and guess.sure)
        self.met[word] = (code, sure)
        if code is None or code not in vaccines():
            return None
        return code, guess.number if guess else None


class Reader:
    """Reads the rows of a table by a mapping."""

    def __init__(self, table: Table, read: Read, mapping: Mapping) -> None:
        self.table, self.read = table, read
        self.words = Words(dict(mapping.vaccines))
        self.epoch: Epoch | None = mapping.epoch or table.epoch
        places = {header: at for at, header in enumerate(read.headers)}
        self._child: list[tuple[int, str, str]] = []
        self._dose: dict[str, tuple[int, str]] = {}
        self._wide: dict[tuple[str, int], dict[str, tuple[int, str]]] = {}
        for header, name in read.columns.items():
            kind, _, rest = name.partition(".")
            if kind == "child":
                self._child.append((places[header], header, rest))
            elif kind == "dose":
                self._dose[rest] = (places[header], header)
            else:
                vaccine, number, part = rest.split(".")
                dose = self._wide.setdefault((vaccine, int(number)), {})
                dose[part] = (places[header], header)

    def rows(self) -> Iterator[Row]:
        """Every row below the headers that holds something."""
        for at in range(self.read.header_row, len(self.table.rows)):
            cells = self.table.rows[at]
            if any(cell is not None for cell in cells):
                yield self._row(at + 1, cells)

    def _row(self, number: int, cells: list[Cell]) -> Row:
        row = Row(number, {}, None, [], [], [])
        for at, header, name in self._child:
            self._take(row, name, header, cells[at] if at < len(cells) else None)
        if self.read.kind == "dose":
            self._narrow(row, cells)
        for (vaccine, count), parts in self._wide.items():
            self._column(row, cells, vaccine, count or None, parts)
        _check(row)
        return row

    def _take(self, row: Row, name: str, header: str, cell: Cell) -> None:
        if cell is None:
            return
        try:
            if name == "birth_date":
                value: Any = read_date(cell, self.epoch)
            elif name == "card":
                row.card = values.card(cell)
                return
            elif name == "parents":
                _parents(row, values.text(cell, 100))
                return
            else:
                value = _CHILD[name](cell)
        except CellError as error:
            row.problems.append(Problem(error.code, header))
            return
        if value is None and plain(cell):
            row.ignored.append(header)
        elif value is not None and row.facts.get(name) is None:
            row.facts[name] = value

    def _narrow(self, row: Row, cells: list[Cell]) -> None:
        """The dose of a row that is one."""

        def cell(name: str) -> Cell:
            at, _ = self._dose.get(name, (len(cells), ""))
            return cells[at] if at < len(cells) else None

        header = self._dose.get("date", (0, ""))[1]
        if not plain(cell("date")):
            return
        found: tuple[str, int | None] | None = None
        for name in ("vaccine", "vaccine_class"):
            word = plain(cell(name))
            if word and found is None:
                found = self.words.of(word)
                if found is None and name == "vaccine_class":
                    row.problems.append(Problem("unknown-vaccine", self._dose[name][1]))
                    return
        if found is None:
            named = plain(cell("vaccine"))
            code = "unknown-vaccine" if named else "no-vaccine"
            row.problems.append(Problem(code, self._dose.get("vaccine", (0, header))[1]))
            return
        vaccine, counted = found
        try:
            number = values.number(cell("number")) or counted
        except CellError as error:
            row.problems.append(Problem(error.code, self._dose["number"][1]))
            return
        more = {name: place for name, place in self._dose.items() if name in (*_DOSE, "expiry")}
        paid = _PAID.get(plain(cell("paid")))
        self._dose_of(row, cells, vaccine, number, {**more, "date": self._dose["date"]}, paid)

    def _column(
        self,
        row: Row,
        cells: list[Cell],
        vaccine: str,
        number: int | None,
        parts: dict[str, tuple[int, str]],
    ) -> None:
        """The dose of a column."""
        at, _ = parts.get("date", (len(cells), ""))
        if at < len(cells) and plain(cells[at]):
            self._dose_of(row, cells, vaccine, number, parts, None)

    def _dose_of(
        self,
        row: Row,
        cells: list[Cell],
        vaccine: str,
        number: int | None,
        parts: dict[str, tuple[int, str]],
        paid: bool | None,
    ) -> None:
        at, header = parts["date"]
        reason = REASON_WORDS.get(plain(cells[at]))
        more: dict[str, Any] = {}
        column = header
        try:
            date = None if reason else read_date(cells[at], self.epoch)
            for name, (place, column) in parts.items():
                cell = cells[place] if place < len(cells) else None
                if name == "date" or cell is None:
                    continue
                value = read_date(cell, self.epoch) if name == "expiry" else _DOSE[name](cell)
                if value is None and plain(cell):
                    row.ignored.append(column)
                elif value is not None:
                    more[name] = value
        except CellError as error:
            row.problems.append(Problem(error.code, column))
            return
        if paid:
            more["self_paid"] = True
        row.doses.append(DoseCell(header, vaccine, number, date, reason, more))


def _parents(row: Row, text: str | None) -> None:
    """`父/母姓名`: the father before the stroke, the mother behind it; one name is the mother's."""
    father, stroke, mother = (text or "").partition("/")
    names = {"father_name": father.strip(), "mother_name": mother.strip()}
    if not stroke:
        names = {"mother_name": father.strip()}
    for name, value in names.items():
        if value and row.facts.get(name) is None:
            row.facts[name] = value


def _check(row: Row) -> None:
    """What an ID number says against its own row."""
    number = row.facts.get("id_number")
    if number is None:
        return
    birth, sex = row.facts.get("birth_date"), row.facts.get("sex")
    if birth is not None and number[6:14] != birth.replace("-", ""):
        row.problems.append(Problem("id-other-birth"))
    if sex in ("M", "F") and sex != ("M" if int(number[16]) % 2 else "F"):
        row.problems.append(Problem("id-other-sex"))
