"""Certificates, cards and what is printed or checked of them (接种证、卡、查验)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    LongText,
    Provenance,
    Shape,
    Text,
    Ulid,
)

CardNumber = Annotated[str, StringConstraints(pattern="^[0-9]{6,37}$")]
"""What track 2 of the certificate's card holds: digits alone, never a name or a password."""


class Card(Provenance):
    """A certificate's magnetic card issued to the child, or taken out of use (发证, 挂失)."""

    kind: Literal["card"]
    number: CardNumber
    state: Literal["issued", "lost", "returned"]
    note: LongText | None = None
    """Why it was replaced or taken back (补卡原因)."""


class Certificate(Provenance):
    """The certificate, a booklet (接种证): issued, lost or given back. 补证: lost, then issued."""

    kind: Literal["certificate"]
    date: CalendarDate
    number: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z-]{4,32}$")]
    state: Literal["issued", "lost", "returned"]
    edition: DictionaryCode | None = None
    """The booklet's edition, as in the dictionary `booklet`."""
    note: LongText | None = None


class PrintedLine(Shape):
    """Where a line stands in the booklet."""

    dose: Ulid
    page: Annotated[int, Field(ge=1, le=60)]
    row: Annotated[int, Field(ge=1, le=60)]


class Printed(Provenance):
    """Lines that the printer put into the booklet (打印接种证); 续打 goes on after them."""

    kind: Literal["printed"]
    date: CalendarDate
    edition: DictionaryCode
    certificate: Text | None = None
    """Its number; a new booklet starts empty."""
    lines: list[PrintedLine] = Field(min_length=1, max_length=100)


class SchoolCheck(Provenance):
    """The certificate checked at entry to a nursery or school (入托入学查验).

    Source: 入托入学儿童预防接种证查验办法 (2021).
    """

    kind: Literal["school_check"]
    date: CalendarDate
    school: Text
    year: Annotated[str, StringConstraints(pattern="^[0-9]{4}$")]
    """学年: the year in which it begins."""
    grade: DictionaryCode | None = None
    class_name: Text | None = None
    certificate: bool
    """报到时有证."""
    result: Literal["complete", "catch-up", "exempt", "no-certificate"]
    """全程 0, 需补种 1, 无需补种 −1, 无证 2."""
    missing: list[DictionaryCode] = Field(default=[], max_length=40)
    """Target doses to catch up on, `MMR-2`."""
    rechecks: Ulid | None = None
    """The check that this one follows (复验)."""
