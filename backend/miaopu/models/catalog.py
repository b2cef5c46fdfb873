"""The catalog: what region administrators write and every site pulls."""

from typing import Annotated, Any, Literal

from pydantic import Field

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    Document,
    RegionCode,
    Shape,
    SiteCode,
    Text,
)


class Region(Document, id_pattern="^region:[0-9]{6}$"):
    """A county, city or province (行政区划), `region:<GB/T 2260 code>`."""

    type: Literal["region"]
    code: RegionCode
    name: Text
    level: Literal["county", "city", "province"]
    parent: RegionCode | None = None


class Site(Document, id_pattern="^site:[0-9]{10}$"):
    """A clinic (接种单位), `site:<10-digit site code>`."""

    type: Literal["site"]
    code: SiteCode
    name: Text
    region: RegionCode
    address: Text | None = None
    phone: Text | None = None


class ScheduleDocument(Document, id_pattern="^schedule:[a-z0-9-]{1,40}$"):
    """An immunization schedule (免疫程序), `schedule:<name>`, in the engine's shape."""

    type: Literal["schedule"]
    name: DictionaryCode
    edition: Text
    effective: CalendarDate
    schedule: dict[str, Any]
    """What `pwa/src/schedule/types.ts` describes as `Schedule`."""


class Entry(Shape):
    """One entry of a dictionary; `more` holds what only this dictionary has."""

    zh: Text
    en: Text
    more: dict[str, Any] = {}


class Dictionary(Document, id_pattern="^dictionary:[a-z0-9_-]{1,40}$"):
    """A code table (字典), `dictionary:<name>`: code → labels."""

    type: Literal["dictionary"]
    name: DictionaryCode
    entries: Annotated[dict[DictionaryCode, Entry], Field(max_length=20_000)]
