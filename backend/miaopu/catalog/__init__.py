"""The dictionaries that come with the program: vaccines, leaflets and code tables.

A region administrator may add to them in the catalog database; these are where it starts.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import Field, TypeAdapter

from miaopu.catalog.schedules import schedule_names, schedule_text
from miaopu.models.base import DictionaryCode, Shape, Text, VaccineCode

FOLDER = Path(__file__).parent
Content = TypeVar("Content")


class Label(Shape):
    """A text in both languages of the program."""

    zh: Text
    en: Text


class Finds(Shape):
    """What a yes to a question of the pre-check says of vaccines, until a person says otherwise."""

    vaccines: Literal["all", "live", "chosen"]
    """All; the live ones; or those that a person names, for whom the answer means something."""
    routes: list[DictionaryCode] = Field(default=[])
    """Only those given so; absent: given in whatever way."""
    groups: list[str] = Field(default=[])
    """Only those that count for one of these vaccine groups; absent: of whatever group."""
    outcome: Literal["deferred", "contraindicated"]
    days: Annotated[int, Field(ge=1, le=400)] | None = None
    """After how many days what is deferred is looked at again."""
    reason: DictionaryCode
    """Of the table `contraindication`."""


class Code(Label):
    """One code of a table; `national` is its number on the national platform, if it has one."""

    national: Annotated[str, Field(pattern="^[0-9]{1,3}$")] | None = None
    finds: Finds | None = None
    """Of a question of the pre-check."""


class CourseDose(Shape):
    """When a dose of a course is due, from its first day."""

    day: Annotated[int, Field(ge=0, le=3650)] | None = None
    month: Annotated[int, Field(ge=0, le=120)] | None = None


class CourseCode(Code):
    """A course by day number (按天程序)."""

    vaccine: VaccineCode
    """To begin with."""
    group: Annotated[str, Field(pattern="^[0-9]{2}$")]
    """疫苗大类 whose products count."""
    doses: list[CourseDose]


class BookletCode(Code):
    """An edition of the certificate (接种证版式); `layout` has the shape of
    `miaopu.printing.forms.BookletLayout`, which judges it where it is printed."""

    layout: dict[str, Any]


class Vaccine(Label):
    """A vaccine or other biological product (生物制品) of the four-digit dictionary."""

    short: Label
    kind: Literal["live", "inactivated", "other"]
    """减毒活疫苗, 灭活 (也包括类毒素、多糖、重组), or no vaccine: immunoglobulin, PPD."""
    route: DictionaryCode
    dose: Label
    site: DictionaryCode
    """Body site where it is usually given (接种部位)."""
    programme: bool
    """免疫规划疫苗: free of charge."""
    groups: list[str]
    """Vaccine groups (疫苗组) it counts for."""
    leaflet: DictionaryCode | None = None
    """Key of `leaflets`."""
    in_use: bool = True
    """False: only in old records."""


class Leaflet(Shape):
    """What the guardian is told before vaccination (告知书), in one language."""

    prevents: str
    """作用."""
    contraindications: list[str]
    """禁忌."""
    reactions: list[str]
    """不良反应."""
    notes: list[str]
    """注意事项."""


class Leaflets(Shape):
    """A leaflet in both languages."""

    zh: Leaflet
    en: Leaflet


@cache
def vaccines() -> dict[str, Vaccine]:
    """Every product by its code."""
    return _load("vaccines", dict[VaccineCode, Vaccine])


@cache
def leaflets() -> dict[str, Leaflets]:
    """The leaflets of the programme's vaccines."""
    return _load("leaflets", dict[DictionaryCode, Leaflets])


@cache
def code_tables() -> dict[str, dict[str, Code]]:
    """The code tables by name: `body_site`, `route`, `residence` …; each code with its labels."""
    return _load("codes", dict[DictionaryCode, dict[DictionaryCode, Code]])


@cache
def booklets() -> dict[str, dict[str, Any]]:
    """Where each edition of the certificate has its lines (接种证版式), the shape of
    `miaopu.printing.forms.BookletLayout`. Published measures are few (10 × 14 cm, a pitch of
    5.29 mm): they are where a clinic's calibration starts."""
    return _load("booklets", dict[DictionaryCode, dict[str, Any]])


@cache
def courses() -> dict[str, dict[str, Any]]:
    """Courses by day number (按天程序): `vaccine` to begin with, `group` of products that count
    (疫苗大类, two digits), `doses` by `day` or `month` from the first day.

    Rabies: the rules of 2023.
    """
    return _load("courses", dict[DictionaryCode, dict[str, Any]])


def dictionary_documents() -> list[dict[str, Any]]:
    """The code tables, vaccines, leaflets and what may be observed, as documents (字典)."""
    tables: dict[str, dict[str, Any]] = {
        name: {
            code: _entry(
                entry.zh,
                entry.en,
                entry.model_dump(mode="json", exclude={"zh", "en"}, exclude_defaults=True),
            )
            for code, entry in table.items()
        }
        for name, table in code_tables().items()
    }
    for code, course in courses().items():
        tables["course"][code]["more"] = course
    for code, layout in booklets().items():
        tables["booklet"][code]["more"] = {"layout": layout}
    tables["vaccine"] = {
        code: _entry(
            entry.zh,
            entry.en,
            entry.model_dump(mode="json", exclude={"zh", "en"}, exclude_none=True),
        )
        for code, entry in vaccines().items()
    }
    named = {entry.leaflet: entry for entry in reversed(vaccines().values()) if entry.leaflet}
    tables["leaflet"] = {
        key: _entry(named[key].zh, named[key].en, leaflet.model_dump(mode="json"))
        for key, leaflet in leaflets().items()
    }
    tables["observation"] = {
        code: _entry(label["zh"], label["en"], {})
        for name in schedule_names()
        for code, label in orjson.loads(schedule_text(name))["observations"].items()
    }
    return [
        {"_id": f"dictionary:{name}", "type": "dictionary", "name": name, "entries": entries}
        for name, entries in tables.items()
    ]


def _entry(zh: str, en: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"zh": zh, "en": en} | ({"more": more} if more else {})


def _load(name: str, shape: type[Content]) -> Content:
    adapter: TypeAdapter[Content] = TypeAdapter(shape)
    return adapter.validate_json((FOLDER / f"{name}.json").read_bytes())
