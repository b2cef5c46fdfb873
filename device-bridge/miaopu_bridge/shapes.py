"""What goes between the bridge and the application: events, devices, printers, jobs.

`miaopu generate` writes the application's types from these models.
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from miaopu.printing import Lang

DeviceState = Literal["starting", "ready", "unplugged", "error", "closed"]
DeviceKind = Literal["card", "pin", "id", "scanner", "evaluator", "printer"]
OrderKind = Literal["card", "pin", "rating"]
"""What a device can be asked for: to write a card, to open for a password, for a rating."""
JobState = Literal["queued", "printing", "done", "failed"]


def now() -> str:
    """This instant in UTC with milliseconds, as in every document of the system."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Shape(BaseModel):
    """Something that is told, and does not change."""

    model_config = ConfigDict(
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_serialization_defaults_required=True,
    )


class BothLanguages(Shape):
    """A message in both languages; the application shows the one that it is in."""

    zh: str
    en: str


class Device(Shape):
    """A device of this PC and how it is. `reason` is for who repairs it."""

    id: str
    driver: str
    kind: DeviceKind
    state: DeviceState
    reason: str
    code: str = ""
    """What is wrong (`device.*`, `printer.*`); empty while nothing is."""
    message: BothLanguages | None = None
    """The code's words, for who stands at the desk."""
    takes: list[OrderKind] = []


class Calibration(Shape):
    """How one printer is made to meet the booklet's lines (校准): millimetres are stretched, then
    moved to the right and down."""

    model_config = ConfigDict(extra="forbid")
    x_mm: Annotated[float, Field(ge=-60, le=60)] = 0.0
    y_mm: Annotated[float, Field(ge=-60, le=60)] = 0.0
    x_scale: Annotated[float, Field(ge=0.8, le=1.25)] = 1.0
    y_scale: Annotated[float, Field(ge=0.8, le=1.25)] = 1.0

    def moved(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Where the printer is told to print what belongs to this place."""
        return x_mm * self.x_scale + self.x_mm, y_mm * self.y_scale + self.y_mm


STRAIGHT = Calibration()
"""Of a printer that nobody has measured."""


class PrinterShown(Device):
    """A printer, with the forms that it prints."""

    templates: list[str]
    paper: bool
    """False for a folder of PDF files."""
    booklet: bool
    """It prints certificates into the bound booklet only (`variant` `passbook`)."""
    calibration: Calibration | None
    """Null for a printer that places nothing by millimetres."""


class FieldProblem(Shape):
    """Where in a form, and why; never what stands there."""

    field: str
    reason: str


class PrintJob(Shape):
    """A print job (打印任务) as the application sees it; nothing of the child.

    `done` means: given to the printer, or, where `paper` is false, written to a file.
    """

    id: str
    template: str
    lang: Lang
    printer: str
    paper: bool
    copies: int
    state: JobState
    reason: str
    """Code of what went wrong; empty while nothing has."""
    message: BothLanguages | None
    """The code's words, where it is one of the bridge's own."""
    detail: str
    fields: list[FieldProblem]
    """The fields of the form that are at fault, when any are."""
    attempts: int
    created: str
    finished: str | None
    pdf: str | None
    """Path of the PDF at the bridge, when the printer takes one."""


class Told(Shape):
    """An event, and when it was."""

    at: str = Field(default_factory=now)


class Hello(Told):
    """The first event of a connection."""

    type: Literal["hello"] = "hello"
    version: str
    devices: list[Device]


class Heartbeat(Told):
    """Nothing happened, and the bridge is there."""

    type: Literal["heartbeat"] = "heartbeat"


class Card(Told):
    """A card was read (刷卡)."""

    type: Literal["card"] = "card"
    reader: str
    track2: str = Field(repr=False)


class CardError(Told):
    """A card was swiped and not read."""

    type: Literal["card_error"] = "card_error"
    reader: str
    code: str
    message: BothLanguages | None


class Pin(Told):
    """A password was typed on the pad (密码键盘)."""

    type: Literal["pin"] = "pin"
    pad: str
    digits: str = Field(repr=False)


class PinError(Told):
    """Something was typed that is no password."""

    type: Literal["pin_error"] = "pin_error"
    pad: str
    code: str
    message: BothLanguages | None


class IdCard(Told):
    """A resident's ID card (二代居民身份证) lay on its reader. Its picture is never read out."""

    type: Literal["id_card"] = "id_card"
    reader: str
    name: str = Field(repr=False)
    sex: Literal["M", "F", "U"] = Field(repr=False)
    nation: str = Field(repr=False)
    """Two digits of GB/T 3304 (民族)."""
    birth_date: str = Field(repr=False)
    address: str = Field(repr=False)
    number: str = Field(repr=False)
    issuer: str = Field(repr=False)
    """签发机关."""
    valid_from: str = Field(repr=False)
    valid_until: str | None = Field(repr=False)
    """None: for life (长期)."""


class Scan(Told):
    """A barcode was scanned (扫码): a trace code, a certificate's label."""

    type: Literal["scan"] = "scan"
    scanner: str
    code: str = Field(repr=False)


class Rated(Told):
    """A guardian pressed a key of the evaluator (评价器): 1 poor to 5 very good."""

    type: Literal["rating"] = "rating"
    evaluator: str
    score: Annotated[int, Field(ge=1, le=5)]


class CardWriting(Told):
    """How far a card is that is being written (写卡); of its number nothing."""

    type: Literal["card_writing"] = "card_writing"
    writer: str
    step: Literal["write", "verify", "done", "failed"]
    """`write`: swipe it to be written; `verify`: swipe it again to be read back."""
    code: str = ""
    message: BothLanguages | None = None


class DeviceChanged(Told):
    """A device came or went."""

    type: Literal["device"] = "device"
    id: str
    state: DeviceState
    reason: str
    code: str = ""
    message: BothLanguages | None = None


class JobChanged(Told, PrintJob):
    """A job of the application's own origin went on."""

    type: Literal["job"] = "job"


BridgeEvent = (
    Hello | Heartbeat | Card | CardError | CardWriting | Pin | PinError | IdCard | Scan | Rated
    | DeviceChanged | JobChanged
)  # fmt: skip
EVENTS: tuple[type[Told], ...] = (
    Hello, Heartbeat, Card, CardError, CardWriting, Pin, PinError, IdCard, Scan, Rated,
    DeviceChanged, JobChanged,
)  # fmt: skip
