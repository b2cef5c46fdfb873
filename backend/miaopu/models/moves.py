"""Who holds a case, and which cases are one (转移、异地、合并)."""

from typing import Literal

from pydantic import Field

from miaopu.models.base import (
    CalendarDate,
    ChildId,
    DictionaryCode,
    LongText,
    Provenance,
    SiteCode,
    Text,
    Ulid,
)


class Visit(Provenance):
    """A clinic that does not manage the child holds its case (临时接种, 异地接种)."""

    kind: Literal["visit"]
    date: CalendarDate
    provisional: bool = False
    """The case was opened without the true one at hand (临时建案), to be joined to it."""


class Move(Provenance):
    """One step of a move between sites (转入, 转出); `miaopu.case.moving` says how they follow.

    The new clinic asks (`requested`), the managing one lets go (`released`), the new one takes over
    (`received`), and with that becomes the managing site. Each step is recorded by its own clinic.
    """

    kind: Literal["move"]
    date: CalendarDate
    step: Literal["requested", "released", "received"]
    from_site: SiteCode | None = None
    to_site: SiteCode | None = None
    """Absent from a release: whoever asks may receive the child."""
    answers: list[Ulid] = Field(default=[], max_length=50)
    """Of a receipt: the requests and releases that it settles."""
    reason: Text | None = None


class SameAs(Provenance):
    """This case and `target` are one child (合并个案): read together, as if they were one document.

    Voiding it parts them again.
    """

    kind: Literal["same_as"]
    target: ChildId


class NotSameAs(Provenance):
    """A person found that this case and `target` are two children (非重复)."""

    kind: Literal["not_same_as"]
    target: ChildId


class Void(Provenance):
    """An earlier event was a mistake (作废): it stays, and no longer counts."""

    kind: Literal["void"]
    target: Ulid
    reason: DictionaryCode
    note: LongText | None = None
