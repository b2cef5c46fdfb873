"""The vaccine ledger (生物制品出入库): moves are added, never changed; a dose is itself a move."""

from typing import Annotated, Literal

from pydantic import Field

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    Document,
    LongText,
    Provenance,
    Shape,
    Text,
    Ulid,
    VaccineCode,
)


class Count(Shape):
    """What somebody counted of a lot, and what was known of it then (盘点).

    An assertion, not a difference: two devices that count one fridge while they do not hear each
    other say the same, and what neither knew of comes on top.
    """

    counted: Annotated[int, Field(ge=0, le=1_000_000)]
    """人份 that lay there."""
    seen: list[Ulid] = Field(max_length=5000)
    """ULIDs of the moves of the lot that the device knew of, earlier counts among them."""
    given: Annotated[int, Field(ge=0, le=1_000_000)]
    """Doses of the lot that the device knew to be given."""


class StockMove(Document, Provenance, id_pattern=f"^stock:{ULID_PATTERN}$"):
    """One move of one lot, or a count of it, `stock:<ULID>`.

    A lot is a vaccine, a maker and a number; the number's spelling (width, case, spaces round it)
    does not matter. Its balance is the last count, and the moves and the doses of origin `given`
    that nobody who counted knew of; `pwa/src/case/lots.ts` folds it.
    """

    type: Literal["stock"]
    kind: Literal["receive", "return", "issue", "waste", "count"]
    """领取, 退回, 下发, 报废, 盘点."""
    date: CalendarDate
    vaccine: VaccineCode
    lot: Text
    expiry: CalendarDate
    maker: Text
    doses: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    """人份, signed: into the site's stock is > 0. A count has none."""
    count: Count | None = None
    """Of a count alone."""
    doses_per_unit: Annotated[int, Field(ge=1, le=100)] = 1
    """人份 of one vial or ampoule (支)."""
    counterpart: Text | None = None
    """来源/去向."""
    note: LongText | None = None
