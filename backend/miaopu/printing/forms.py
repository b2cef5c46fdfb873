"""What each printed form is given: one pydantic model per template.

Texts are printed as they are; whoever fills a form chooses the language of vaccine names. Control
characters are refused everywhere, because the same texts go to raw printers, where an escape
character would be a command.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200,
                           pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]  # fmt: skip
# Five paragraphs of that length are what both sides of a sheet hold.
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000,
                           pattern=r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")
]  # fmt: skip
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,32}$")]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Sex = Literal["M", "F", "U"]


OBSERVE_MINUTES = 30
"""How long a child stays for observation after a vaccination (留观); 预防接种工作规范."""


class Form(BaseModel):
    """What a form or a part of it is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text with its path: `rows.3.lot`."""
        for name in type(self).model_fields:
            yield from _texts(name, getattr(self, name))


def _texts(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Form):
        for below, text in value.texts():
            yield f"{path}.{below}", text
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(f"{path}.{index}", each)


class Clinic(Form):
    """A vaccination clinic (接种单位) as it appears on paper."""

    name: Name
    phone: Text = ""
    address: Text = ""
    hours: Text = ""


class Child(Form):
    """A child (受种者) as it appears on a slip."""

    name: Name
    code: Code
    sex: Sex = "U"
    birth_date: dt.date


class GivenDose(Form):
    """A dose given today (本次接种)."""

    vaccine: Name
    dose: Text = ""
    lot: Text = ""
    expiry: dt.date | None = None
    maker: Text = ""
    site: Text = ""
    route: Text = ""
    vaccinator: Text = ""


class NextDose(Form):
    """A dose to come (下次应种): not before `earliest`, best before `by`."""

    vaccine: Name
    dose: Text = ""
    earliest: dt.date | None = None
    by: dt.date | None = None


class Notice(Form):
    """接种告知及预约通知单: what was given, what to watch for, when to come again."""

    clinic: Clinic
    child: Child
    given_on: dt.date
    given_at: ClockTime | None = None
    given: Annotated[list[GivenDose], Field(max_length=24)] = []
    observe_minutes: Annotated[int, Field(ge=0, le=240)] = OBSERVE_MINUTES
    observe_until: ClockTime | None = None
    appointment: dt.date | None = None
    appointment_time: Text = ""
    next: Annotated[list[NextDose], Field(max_length=24)] = []
    remark: Paragraph = ""


class CertificateChild(Child):
    """The child's data on the certificate's first page (预防接种证 基本信息)."""

    id_number: Text = ""
    birth_weight_g: Annotated[int, Field(ge=200, le=9000)] | None = None
    birth_hospital: Text = ""
    ethnicity: Text = ""
    guardian: Text = ""
    guardian_relation: Text = ""
    phone: Text = ""
    address: Text = ""
    household: Text = ""
    allergies: Text = ""
    contraindications: Text = ""
    card_date: dt.date | None = None
    card_number: Text = ""


class CertificateRow(Form):
    """One line of the certificate's record (接种记录). `line` is its place in the booklet from 1,
    counted over its pages."""

    vaccine: Name
    dose: Text = ""
    date: dt.date
    lot: Text = ""
    expiry: dt.date | None = None
    maker: Text = ""
    site: Text = ""
    unit: Text = ""
    vaccinator: Text = ""
    line: Annotated[int, Field(ge=1, le=3600)] | None = None


Millimetres = Annotated[float, Field(ge=0, le=400)]


class Column(Form):
    """Left edge and width of a column; `cut`: what is too long may be shortened."""

    x_mm: Millimetres
    width_mm: Annotated[float, Field(gt=0, le=400)]
    cut: bool = False


class Place(Column):
    """A column that is on the child's page once, with its top."""

    y_mm: Millimetres


class BookletLayout(Form):
    """Where an edition of the certificate has its lines (接种证版式), from its page's corner.

    `columns` are those of `CertificateRow`; without one for the dose, its number stands beside the
    vaccine. `child` are places of `CertificateChild`, on a page of its own.
    """

    width_mm: Annotated[float, Field(ge=50, le=400)]
    height_mm: Annotated[float, Field(ge=50, le=400)]
    first_line_mm: Millimetres
    line_pitch_mm: Annotated[float, Field(ge=2, le=50)]
    lines_per_page: Annotated[int, Field(ge=1, le=60)]
    columns: Annotated[dict[str, Column], Field(max_length=12)]
    child: Annotated[dict[str, Place], Field(max_length=24)] = {}


class CertificatePage(Form):
    """预防接种证 page: the child's data and the doses given.

    `variant` "page" draws the form itself on A4. "passbook" places text only, by `layout`, for a
    booklet whose lines are printed already; there each row goes to its own `line`, so that a later
    visit prints below the earlier ones, and `with_child` prints the child's page before them.
    """

    clinic: Clinic
    child: CertificateChild
    rows: Annotated[list[CertificateRow], Field(max_length=120)] = []
    variant: Literal["page", "passbook"] = "page"
    with_child: bool = True
    layout: BookletLayout | None = None
    """Absent: the first edition that comes with the program."""
    issued_on: dt.date | None = None


class HealthQuestion(Form):
    """One question asked before vaccination (健康询问) and its answer; None is not yet asked."""

    question: Name
    answer: bool | None = None
    detail: Text = ""


class Consent(Form):
    """疫苗接种知情同意书: what is told (品种、作用、禁忌、不良反应、注意事项), and a signature."""

    clinic: Clinic
    child: Child
    vaccine: Name
    dose: Text = ""
    programme: bool = True
    maker: Text = ""
    price_yuan: Annotated[float, Field(ge=0, le=100000)] | None = None
    disease: Paragraph = ""
    effect: Paragraph
    contraindications: Paragraph
    reactions: Paragraph
    precautions: Paragraph
    questions: Annotated[list[HealthQuestion], Field(max_length=20)] = []
    decision: Literal["agree", "refuse"] | None = None
    guardian: Text = ""
    guardian_relation: Text = ""
    version: Text = ""
    """Of the text that was agreed to."""
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9ML ]{0,20000}$")] = ""
    """What was signed on glass: an SVG path over 600 by 200 (`pwa/src/ui/strokes.ts`)."""
    doctor: Text = ""
    date: dt.date


class Appointment(Form):
    """预约单, 80 mm wide: when to come, for what, what to bring."""

    clinic: Clinic
    child: Child
    date: dt.date
    time: Text = ""
    number: Text = ""
    items: Annotated[list[NextDose], Field(max_length=24)] = []
    bring: Text = ""
    issued_on: dt.date | None = None


class CardLabel(Form):
    """A label of 60 × 40 mm for the certificate's card, with the child's code as a barcode."""

    child: Child
    clinic_name: Name
    guardian: Text = ""
    card_number: Text = ""


class Labelled(Form):
    """A value with what it is."""

    label: Name
    value: Text = ""


class Table(Form):
    """Columns and rows of texts; `widths` are their shares of the page."""

    title: Text = ""
    columns: Annotated[list[Text], Field(min_length=1, max_length=16)]
    rows: Annotated[list[Annotated[list[Text], Field(max_length=16)]], Field(max_length=2000)] = []
    widths: Annotated[list[Annotated[float, Field(gt=0, le=100)]], Field(max_length=16)] = []


class Paper(Form):
    """A paper of words, values and tables: a record, a proof, a list (记录单、证明、名单).

    Whoever fills it says every word of it, in the language that it is printed in.
    """

    clinic: Clinic
    title: Name
    subtitle: Text = ""
    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{0,32}$")] = ""
    """Printed as a barcode, to be scanned."""
    facts: Annotated[list[Labelled], Field(max_length=40)] = []
    tables: Annotated[list[Table], Field(max_length=8)] = []
    paragraphs: Annotated[list[Paragraph], Field(max_length=12)] = []
    signs: Annotated[list[Name], Field(max_length=6)] = []
    """What is signed or stamped at its foot."""
    size: Literal["A5", "A4", "A4 landscape"] = "A4"


class Charge(Form):
    """A line of a receipt; money in yuan, as printed."""

    item: Name
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    price: Text
    amount: Text


class Receipt(Form):
    """收费收据, 80 mm wide: what was paid, or given back."""

    clinic: Clinic
    title: Name
    number: Name
    child: Child
    at: Name
    charges: Annotated[list[Charge], Field(min_length=1, max_length=40)]
    totals: Annotated[list[Labelled], Field(max_length=6)] = []
    cashier: Text = ""
    note: Text = ""
