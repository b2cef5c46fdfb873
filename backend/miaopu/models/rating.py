"""What guardians pressed on the evaluator of a desk (评价器)."""

from typing import Annotated, Literal

from pydantic import Field

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    Document,
    Provenance,
    Shape,
    UserName,
)

Tally = Annotated[int, Field(ge=0, le=100_000)]


class ScoresOf(Shape):
    """How somebody's service was rated: how often 1 (poor), 2, 3, 4, 5 (very good)."""

    by: UserName
    scores: list[Tally] = Field(min_length=5, max_length=5)


class Ratings(
    Document, Provenance, id_pattern=f"^rating:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}:{ULID_PATTERN}$"
):
    """A day's ratings at one desk, `rating:<day>:<station>`, by who was logged in.

    One document for a day and a desk and not one for each press: a busy clinic would have more of
    them than of children. It names no child; a rating is nobody's record.
    """

    type: Literal["rating"]
    day: CalendarDate
    given: list[ScoresOf] = Field(max_length=50)
