"""What was brought in with one file (导入批次)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    ULID_PATTERN,
    Document,
    Instant,
    Provenance,
    Shape,
    SiteCode,
    Text,
    UserName,
    VaccineCode,
)

Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal digits."""
ColumnField = Annotated[
    str, StringConstraints(pattern="^(?:child|dose|wide)[.][a-z0-9_.]{1,60}$", max_length=80)
]
"""What a column holds, as `miaopu.imports.columns` names it."""
Tally = Annotated[int, Field(ge=0, le=2_000_000)]


class MappedColumn(Shape):
    """A column, and what it was read as."""

    header: Text
    field: ColumnField


class MappedWord(Shape):
    """A word for a vaccine, and the product that it was read as."""

    word: Text
    vaccine: VaccineCode


class Undone(Shape):
    """What taking a batch back came to (撤销)."""

    at: Instant
    by: UserName
    events: Tally
    """Events that were voided."""
    facts: Tally
    """Fields of the card that were emptied again."""
    cases: Tally
    """Cases that the batch had opened, and that are now marked as deleted."""
    kept_facts: Tally
    """Fields that somebody has changed since: they stay."""
    kept_cases: Tally
    """Cases that the batch had opened, of which something has been recorded since: they stay."""


class Batch(Document, Provenance, id_pattern=f"^batch:{ULID_PATTERN}$"):
    """An import (导入), `batch:<ULID>`: each event that came with it bears the ULID as `batch`."""

    type: Literal["batch"]
    site: SiteCode
    file: Text
    """The file's name."""
    sha256: Digest
    """Of the file: whether it was here before."""
    header: Digest
    """Of the headers: a mapping is proposed again for a file with the same."""
    encoding: Literal["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"] | None = None
    sheet: Text | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] | None = None
    epoch: Literal["1900", "1904"] | None = None
    columns: list[MappedColumn] = Field(default=[], max_length=400)
    words: list[MappedWord] = Field(default=[], max_length=1000)
    state: Literal["running", "done", "stopped"]
    """`stopped`: the server ended, or the database failed, before all was written."""
    rows: Tally
    new: Tally
    matched: Tally
    doubt: Tally
    error: Tally
    cases: Tally
    """Cases that were opened."""
    events: Tally
    facts: Tally
    """Fields of known cases that were filled."""
    updated_at: Instant
    undone: Undone | None = None
