"""What goes between the bridge and the application: events, devices, printers, jobs.

`miaopu generate` writes the application's types from these models.
"""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from miaopu.printing import Lang

DeviceState = Literal["starting", "ready", "unplugged", "error", "closed"]
DeviceKind = Literal["card", "pin", "printer"]
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


class PrinterShown(Device):
    """A printer, with the forms that it prints."""

    templates: list[str]
    paper: bool
    """False for a folder of PDF files."""
    booklet: bool
    """It prints certificates into the bound booklet only (`variant` `passbook`)."""


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


class DeviceChanged(Told):
    """A device came or went."""

    type: Literal["device"] = "device"
    id: str
    state: DeviceState
    reason: str


class JobChanged(Told, PrintJob):
    """A job of the application's own origin went on."""

    type: Literal["job"] = "job"


BridgeEvent = (
    Hello | Heartbeat | Card | CardError | Pin | PinError | DeviceChanged | JobChanged
)  # fmt: skip
EVENTS: tuple[type[Told], ...] = (
    Hello, Heartbeat, Card, CardError, Pin, PinError, DeviceChanged, JobChanged
)  # fmt: skip
