"""Appointments and calls (预约、催种)."""

from typing import Literal

from pydantic import Field

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    LongText,
    Provenance,
    Text,
    Ulid,
    VaccineCode,
)


class Appointment(Provenance):
    """A visit that was agreed on (预约): booked, moved or cancelled.

    Whether it was kept or missed follows from the doses.
    """

    kind: Literal["appointment"]
    state: Literal["booked", "cancelled"]
    on: CalendarDate
    """The day that it is about."""
    part: Literal["am", "pm", "day"]
    vaccines: list[VaccineCode] = Field(default=[], max_length=20)
    replaces: Ulid | None = None
    """The appointment that it moves or cancels."""
    reason: Text | None = None


class Contact(Provenance):
    """The guardian was called, written to or visited (催种)."""

    kind: Literal["contact"]
    date: CalendarDate
    means: Literal["phone", "message", "visit", "notice", "village"]
    outcome: DictionaryCode
    """Of the dictionary `contact-outcome`: reached, promised, refused, away …"""
    vaccines: list[VaccineCode] = Field(default=[], max_length=20)
    promised: CalendarDate | None = None
    sheet: Text | None = None
    """The village sheet that it came back with."""
    note: LongText | None = None
