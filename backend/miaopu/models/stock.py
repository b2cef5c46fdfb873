"""The vaccine ledger (生物制品出入库): moves are added, never changed; a dose is itself a move."""

from typing import Annotated, Literal

from pydantic import Field

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    Document,
    LongText,
    Provenance,
    Text,
    VaccineCode,
)


class StockMove(Document, Provenance, id_pattern=f"^stock:{ULID_PATTERN}$"):
    """One move of one lot, `stock:<ULID>`. `doses` (人份) is signed: into the site's stock is > 0.

    The balance of a lot is the sum of its moves less the doses of origin `given` that name it.
    """

    type: Literal["stock"]
    kind: Literal["receive", "return", "issue", "waste", "adjust"]
    """领取, 退回, 下发, 报废, 盘点."""
    date: CalendarDate
    vaccine: VaccineCode
    lot: Text
    expiry: CalendarDate
    maker: Text
    doses: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
    doses_per_unit: Annotated[int, Field(ge=1, le=100)] = 1
    """人份 of one vial or ampoule (支)."""
    counterpart: Text | None = None
    """来源/去向."""
    note: LongText | None = None
