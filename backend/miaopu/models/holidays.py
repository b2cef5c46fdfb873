"""Holidays and the days worked for them (节假日、调休), as a region sets them."""

from typing import Annotated, Literal

from pydantic import Field

from miaopu.models.base import CalendarDate, Document, Instant, Text


class Holidays(Document, id_pattern="^holidays:[0-9]{4}$"):
    """A year's holidays, `holidays:<year>`; edited in place.

    It lies over the tables of the program: of a day that it names, it has the last word.
    A year without either is planned by weekdays.
    """

    type: Literal["holidays"]
    year: Annotated[int, Field(ge=2000, le=2999)]
    off: list[CalendarDate] = Field(default=[], max_length=366)
    """Days without work (放假)."""
    on: list[CalendarDate] = Field(default=[], max_length=366)
    """Weekend days that are worked (上班)."""
    updated_at: Instant
    updated_by: Text
