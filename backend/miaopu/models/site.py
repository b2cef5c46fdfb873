"""What a clinic's database holds beside children and stock."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    DictionaryCode,
    Document,
    Instant,
    LongText,
    Provenance,
    Shape,
    SiteCode,
    Text,
    Ulid,
)


class NumberBlock(Document, Provenance, id_pattern="^numbers:[0-9]{10}:[0-9]{4}:[0-9]{2}$"):
    """A block of 100 serials of child codes that one device may give out while offline (预留编号).

    `numbers:<site>:<year of birth>:<block>`; block `07` holds the serials 0700–0799. The id makes
    a second claim of one block a conflict, so that no two devices hold it.
    """

    type: Literal["numbers"]
    year: Annotated[int, Field(ge=1900, le=2999)]
    block: Annotated[int, Field(ge=0, le=99)]


class Device(Document, id_pattern=f"^device:{ULID_PATTERN}$"):
    """What a tablet or PC last said of itself (工作站), `device:<ULID>`; edited in place."""

    type: Literal["device"]
    site: SiteCode
    name: Text
    app: Text
    synced_at: Instant
    """Server time at the end of its last complete round of sync."""
    pending: Annotated[int, Field(ge=0)]
    """Local writes that the server had not named at that time."""
    refused: Annotated[int, Field(ge=0)]
    offset_ms: int


class Problem(Document, Provenance, id_pattern=f"^problem:{ULID_PATTERN}$"):
    """A write that the server refused (上传被拒), reported so that somebody mends it."""

    type: Literal["problem"]
    document: Text
    """The id of the document; never its content."""
    revision: Text
    reason: LongText
    resolved_at: Instant | None = None


class Session(Shape):
    """Part of a clinic day, and how many children it takes (号源)."""

    part: Literal["am", "pm", "day"]
    capacity: Annotated[int, Field(ge=0, le=2000)] | None = None
    """Absent: as many as come."""


class ClinicDay(Shape):
    """A rule for the days on which the clinic vaccinates (门诊日).

    Which days it names, and how several rules meet, says `pwa/src/appointments/clinic-days.ts`.
    """

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default=[], max_length=7)
    """ISO weekdays, 1 = Monday."""
    weeks: Literal["every", "odd", "even"] = "every"
    """单双周, by the number of the ISO week."""
    nth: list[Annotated[int, Field(ge=1, le=5)]] = Field(default=[], max_length=5)
    """Only the first, second … of such weekdays in a month."""
    month_days: list[Annotated[int, Field(ge=1, le=31)]] = Field(default=[], max_length=31)
    vaccine: DictionaryCode | None = None
    committee: Text | None = None
    sessions: list[Session] = Field(default=[], max_length=3)
    """Absent: the whole day."""


class Price(Shape):
    """What the clinic charges from a day on (价格)."""

    item: DictionaryCode
    """A vaccine's code, or `service`, `information` …"""
    since: CalendarDate
    price_fen: Annotated[int, Field(ge=0, le=10_000_000)]


class Committee(Shape):
    """A village or neighbourhood that the clinic serves (居委/村)."""

    code: Annotated[str, StringConstraints(pattern="^[0-9]{12}$")] | None = None
    """统计用区划代码."""
    name: Text


class School(Shape):
    """A nursery or school whose entries the clinic checks (托幼机构、学校)."""

    name: Text
    kind: Literal["nursery", "primary", "middle"]
    phone: Text | None = None


class Settings(Document, id_pattern="^settings:[0-9]{10}$"):
    """A clinic's settings (主控设置), `settings:<site>`; edited in place."""

    type: Literal["settings"]
    site: SiteCode
    schedules: list[DictionaryCode] = Field(min_length=1, max_length=8)
    """The schedules in use, e.g. `cn-nip-2026`, `cn-non-programme`."""
    parameters: dict[DictionaryCode, int | Text | bool] = Field(default={}, max_length=200)
    """Site parameters of the schedule (documented in docs/schedules.md)."""
    clinic_days: list[ClinicDay] = Field(default=[], max_length=100)
    closed_days: list[CalendarDate] = Field(default=[], max_length=2000)
    """Days of the clinic's own without sessions, beside the national holidays."""
    open_days: list[CalendarDate] = Field(default=[], max_length=2000)
    """Holidays and weekends on which it vaccinates all the same."""
    observation_minutes: Annotated[int, Field(ge=30, le=240)] = 30
    consent: Literal["non-programme", "every-visit"] = "non-programme"
    """What a consent form is signed for."""
    paying: bool = False
    """The clinic takes money (收费)."""
    prices: list[Price] = Field(default=[], max_length=2000)
    committees: list[Committee] = Field(default=[], max_length=500)
    schools: list[School] = Field(default=[], max_length=500)
    booklet: DictionaryCode | None = None
    """The edition of the certificate that it prints into."""
    offline_days: Annotated[int, Field(ge=1, le=60)] = 14
    """How long a nurse may log in without the server."""
    updated_at: Instant
    updated_by: Text
    station: Ulid | None = None
