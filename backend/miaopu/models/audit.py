"""The audit trail (日志跟踪): who did what when, written by the server alone and never changed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    ULID_PATTERN,
    DictionaryCode,
    Document,
    Instant,
    RegionCode,
    Shape,
    SiteCode,
    Text,
    Ulid,
    UserName,
)

DocumentId = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""The `_id` of a document; it never holds a person's data."""


Action = Literal["write", "read", "refused", "account", "login", "login_failed", "logout"]


class AuditedDocument(Shape):
    """One document that a request wrote or showed. Names and kinds, never values."""

    id: DocumentId
    rev: Text | None = None
    """The revision written; absent for a read."""
    events: dict[DictionaryCode, Annotated[int, Field(ge=1)]] = {}
    """Events added: kind → how many."""
    voided: Annotated[list[Ulid], Field(max_length=200)] = []
    """The events that those of kind `void` voided."""
    facts: Annotated[list[DictionaryCode], Field(max_length=100)] = []
    """Facts changed (基本资料), by name."""


class Audit(Document, id_pattern=f"^audit:{ULID_PATTERN}$"):
    """One request, `audit:<ULID>`, as the server saw it."""

    type: Literal["audit"]
    at: Instant
    """When, by the server's clock."""
    by: UserName
    """The account, as the database authenticated it."""
    site: SiteCode | None = None
    """The clinic that the account belongs to."""
    region: RegionCode | None = None
    """The region that the account belongs to."""
    address: Text
    """The network address that the request came from."""
    action: Action
    """`read`: of a case, from outside its own site; `refused`: a write, or such a reading, by the
    database; `login_failed`: somebody gave a wrong password for the account `by`."""
    database: Text
    request: Text
    """The kind of request, e.g. `_bulk_docs` or `lookup/by_card`; never what was asked for."""
    documents: Annotated[list[AuditedDocument], Field(max_length=500)] = []
    account: UserName | None = None
    """The account that was changed (账户管理)."""
    changed: Annotated[list[DictionaryCode], Field(max_length=20)] = []
    """What was changed about the account."""
    grades: Annotated[list[Literal["ordinary", "senior", "admin"]], Field(max_length=2)] = []
    """The grade (级别) that the account had, and the one that it has now."""
    disabled: bool | None = None
    """Whether the account was disabled (停用) by this, or enabled."""
    cut: bool = False
    """There was more than is listed: the request or its answer was too long to be read along, or
    did not say whose the data are."""
