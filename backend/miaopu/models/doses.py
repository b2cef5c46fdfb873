"""What was given, and what was not: doses, refusals, courses (接种、拒种、未种)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    Instant,
    LongText,
    Provenance,
    Shape,
    Text,
    Ulid,
    VaccineCode,
)

TimeOfDay = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""`HH:MM` by the clock of the place."""


class Informed(Shape):
    """The guardian, or the adult, was told and agreed (告知): who, how, when."""

    relation: DictionaryCode
    method: Literal["signature", "pin", "spoken"]
    at: Instant


class Override(Shape):
    """A dose given against a warning: the warnings shown and the reason given.

    A rule of `miaopu.models.denials.WARNINGS` is overruled when its code is among these.
    """

    warnings: list[DictionaryCode] = Field(min_length=1, max_length=20)
    reason: LongText


class AsOf(Shape):
    """What the schedule said of a dose on its day: that is not asked again of a later edition."""

    schedule: DictionaryCode
    """The schedule in force, `cn-nip-2026`."""
    edition: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    """Its edition as printed."""
    status: Literal["early", "due", "overdue", "unplanned"]
    """提前, 及时 (from the recommended day on), 超期, or not planned at all."""


class Dose(Provenance):
    """One dose (剂次), given here or copied from a certificate."""

    kind: Literal["dose"]
    date: CalendarDate
    time: TimeOfDay | None = None
    """The hour, of a birth dose (首针及时)."""
    vaccine: VaccineCode
    origin: Literal["given", "history"]
    """`given` at this clinic (and taken from its stock), or `history` (补录)."""
    number: Annotated[int, Field(ge=1, le=20)] | None = None
    """剂次 as printed on the certificate; the engine counts for itself."""
    lot: Text | None = None
    expiry: CalendarDate | None = None
    maker: Text | None = None
    trace_code: Annotated[str, StringConstraints(pattern="^[0-9]{20}$")] | None = None
    """疫苗追溯码 (NMPAB/T 1002)."""
    spec: Text | None = None
    """规格, as printed on the pack."""
    amount: Text | None = None
    """剂量 given, `0.5 ml`."""
    body_site: DictionaryCode | None = None
    route: DictionaryCode | None = None
    self_paid: bool = False
    campaign: DictionaryCode | None = None
    """接种组织形式 other than routine (强化, 应急 …)."""
    informed: Informed | None = None
    consent: Ulid | None = None
    """The consent that it was given on."""
    override: Override | None = None
    place: Text | None = None
    """Where a dose of another institution was given."""
    as_of: AsOf | None = None


class Refusal(Provenance):
    """The guardian refused a vaccine today (拒种)."""

    kind: Literal["refusal"]
    date: CalendarDate
    vaccine: VaccineCode
    reason: DictionaryCode
    note: LongText | None = None


class NotGiven(Provenance):
    """Why a planned dose was not given (未种原因), copied from a certificate or an older system.

    Never a dose: older platforms wrote such a reason as a date of vaccination.
    """

    kind: Literal["not_given"]
    date: CalendarDate
    vaccine: VaccineCode
    number: Annotated[int, Field(ge=1, le=20)] | None = None
    reason: DictionaryCode
    note: LongText | None = None


class Exposure(Shape):
    """What a rabies or tetanus course answers (暴露)."""

    grade: Literal["1", "2", "3"]
    """暴露级别 of the rabies rules of 2023."""
    at: Instant
    animal: DictionaryCode | None = None
    body_part: Text | None = None
    manner: Text | None = None
    wound_treated: bool = False
    immunoglobulin: bool = False
    weight_kg: Annotated[float, Field(gt=0, le=400)] | None = None


class Course(Provenance):
    """A course whose doses count from its first day (按天程序): rabies, tetanus …

    Its days stand in the dictionary `course`; the doses are doses like any other.
    """

    kind: Literal["course"]
    date: CalendarDate
    """Day 0."""
    course: DictionaryCode
    vaccine: VaccineCode
    exposure: Exposure | None = None
    note: LongText | None = None
