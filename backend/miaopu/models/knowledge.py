"""相关信息: what a region tells its clinics: articles, laws, notices, links, departments."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    Document,
    Instant,
    RegionCode,
    Text,
    UserName,
)

Body = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
"""Plain text; an empty line ends a paragraph."""

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']{3,500}$")]


class Article(Document, id_pattern="^article:[0-9a-z-]{1,40}$"):
    """A text that clinics look up (知识、法规、通知、链接), `article:<name>`; edited in place."""

    type: Literal["article"]
    name: DictionaryCode
    region: RegionCode
    """Whose it is: shown to all clinics of it."""
    kind: Literal["article", "law", "notice", "link"]
    title: Text
    body: Body | None = None
    address: WebAddress | None = None
    published: CalendarDate
    withdrawn: bool = False
    """No longer shown (撤下)."""
    updated_at: Instant
    updated_by: UserName


class Department(Document, id_pattern="^department:[0-9a-z-]{1,40}$"):
    """Whom to call (相关部门), `department:<name>`; edited in place."""

    type: Literal["department"]
    name: DictionaryCode
    region: RegionCode
    title: Text
    duty: Text | None = None
    """What it is there for."""
    phone: Text | None = None
    address: Text | None = None
    hours: Text | None = None
    withdrawn: bool = False
    updated_at: Instant
    updated_by: UserName
