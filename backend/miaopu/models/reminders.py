"""Reminders that people set for themselves or their clinic (自设提醒)."""

from typing import Literal

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    Document,
    Provenance,
    Text,
    Ulid,
    UserName,
)


class Reminder(Document, Provenance, id_pattern=f"^reminder:{ULID_PATTERN}$"):
    """Something to be thought of on a day, `reminder:<ULID>`; never edited.

    One that `closes` another says that it was done.
    """

    type: Literal["reminder"]
    title: Text | None = None
    due: CalendarDate | None = None
    """From this day on it is shown."""
    only_for: UserName | None = None
    """Absent: everybody of the clinic."""
    closes: Ulid | None = None
