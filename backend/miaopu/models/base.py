"""Scalars and the base shapes that every document shares."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

ULID_PATTERN = "[0-9A-HJKMNP-TV-Z]{26}"


def _calendar_date(text: str) -> str:
    date.fromisoformat(text)
    return text


def _instant(text: str) -> str:
    datetime.fromisoformat(text)
    return text


CalendarDate = Annotated[
    str,
    StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_calendar_date),
    Field(json_schema_extra={"format": "date"}),
]
"""A day without time or zone, `YYYY-MM-DD` (日期)."""

Instant = Annotated[
    str,
    StringConstraints(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$"
    ),
    AfterValidator(_instant),
    Field(json_schema_extra={"format": "date-time"}),
]
"""A moment in UTC with milliseconds, `2026-11-23T01:02:03.004Z`."""

Ulid = Annotated[str, StringConstraints(pattern=f"^{ULID_PATTERN}$")]
"""A sortable unique id (Crockford base 32, 26 characters)."""

ChildId = Annotated[str, StringConstraints(pattern=f"^child:{ULID_PATTERN}$")]
"""The `_id` of a child's document."""

SiteCode = Annotated[str, StringConstraints(pattern="^[0-9]{10}$")]
"""接种单位编码: the county's GB/T 2260 code (6 digits) and 4 digits of its own."""

RegionCode = Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]
"""行政区划代码 of GB/T 2260: 6 digits; a city ends in 00, a province in 0000."""

VaccineCode = Annotated[str, StringConstraints(pattern="^[0-9]{4}$")]
"""疫苗编码: 2 digits of class and 2 of product."""

DictionaryCode = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z_.-]{1,32}$")]
"""A code whose meaning stands in a dictionary of the catalog."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
UserName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Shape(BaseModel):
    """A value inside a document. What the model does not name is refused.

    A field with a default is optional: where it has no value it is absent from the document, and
    never null. `to_json` writes it so.
    """

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    def to_json(self) -> dict[str, Any]:
        """The JSON of the document, without the fields that hold their default."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Document(Shape):
    """A document of a database; `id_pattern` is what its `_id` must match."""

    id_pattern: ClassVar[str] = ""

    def __init_subclass__(cls, id_pattern: str = "", **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)  # type: ignore[arg-type]  # pydantic's own keywords
        if id_pattern:
            cls.id_pattern = id_pattern

    @classmethod
    def type_name(cls) -> str:
        """What stands in the document's field `type`."""
        (name,) = get_args(cls.model_fields["type"].annotation)
        return str(name)


class Provenance(Shape):
    """Who recorded something, where, and by which clock (责任认定)."""

    at: Instant
    """When, by the device's clock."""
    by: UserName
    """The account that recorded it."""
    station: Ulid
    """The device."""
    site: SiteCode
    """The clinic whose database the device works in."""
    offset_ms: int | None
    """Server time minus device time when last heard, in ms; null when never heard."""
    app: Text
    """The program's version."""
    batch: Ulid | None = None
    """The import that it came with (批量导入); absent: recorded by hand."""
