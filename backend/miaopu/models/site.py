"""What a clinic's database holds beside children and stock."""

from typing import Annotated, Literal

from pydantic import Field

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


class ClinicDay(Shape):
    """A rule for the days on which the clinic vaccinates (门诊日)."""

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default=[], max_length=7)
    """ISO weekdays, 1 = Monday."""
    month_days: list[Annotated[int, Field(ge=1, le=31)]] = Field(default=[], max_length=31)
    vaccine: DictionaryCode | None = None
    committee: Text | None = None


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
    """Holidays and other days without sessions."""
    offline_days: Annotated[int, Field(ge=1, le=60)] = 14
    """How long a nurse may log in without the server."""
    updated_at: Instant
    updated_by: Text
    station: Ulid | None = None
