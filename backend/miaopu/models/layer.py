"""Local rules (地方规则): what a region's administrator changes of the schedules, as data.

The shapes of a rule are those of `Layer` in `pwa/src/schedule/types.ts`, so that what the database
lets in the engine can read; only `with` names a schedule of the catalog instead of holding one.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    Document,
    Instant,
    LongText,
    RegionCode,
    Shape,
    SiteCode,
    Text,
    UserName,
    VaccineCode,
)

Span = Annotated[
    str,
    StringConstraints(
        pattern="^[0-9]{1,5} (?:day|week|month|year)s?"
        "(?: [+-] [0-9]{1,5} (?:day|week|month|year)s?){0,3}$"
    ),
]
"""A length of time as the schedules write it: `28 days`, `2 months`, `3 years - 1 day`."""

YearDay = Annotated[str, StringConstraints(pattern="^(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]
"""A day of every year (`MM-DD`), or of one year (`YYYY-MM-DD`)."""

_DoseNumber = Annotated[int, Field(ge=1, le=20)]
"""What the programme calls a dose (第几剂), from 1; of `AfterTarget` its place in the series."""


class _Aliased(Shape):
    """A shape with a field `from`, which is no name in Python."""

    model_config = ConfigDict(
        extra="forbid", strict=True, use_attribute_docstrings=True, serialize_by_alias=True
    )


class RuleTitle(Shape):
    """A text in the languages of the program."""

    zh: Text | None = None
    en: Text | None = None


class Births(_Aliased):
    """Children born within; both days belong to it."""

    from_: CalendarDate | None = Field(default=None, alias="from")
    to: CalendarDate | None = None


class AfterTarget(Shape):
    """Since the dose that satisfied that target."""

    target: _DoseNumber


class AfterVaccines(Shape):
    """Since the last dose of one of these vaccines."""

    vaccines: Annotated[list[VaccineCode], Field(min_length=1, max_length=50)]


class AfterObservation(Shape):
    """Since the last observation of this code."""

    observation: DictionaryCode
    beforeDose: bool = False  # noqa: N815 - as the engine writes it


class RuleInterval(_Aliased):
    """An interval (间隔) that a dose must keep."""

    from_: Literal["previous"] | AfterTarget | AfterVaccines | AfterObservation = Field(
        alias="from"
    )
    absMin: Span | None = None  # noqa: N815
    min: Span | None = None
    recommended: Span | None = None
    by: Span | None = None


class RuleAges(Shape):
    """Ages of a dose; those that are given replace the edition's."""

    absMin: Span | None = None  # noqa: N815
    min: Span | None = None
    recommended: Span | None = None
    by: Span | None = None
    max: Span | None = None


class RuleSeason(Shape):
    """A season (接种季节); both days belong to it."""

    start: YearDay
    end: YearDay


class VisitLayer(Shape):
    """Limits on a visit (一次接种), and the days that must have passed since the last dose."""

    kind: Literal["visit"]
    maxInjections: Annotated[int, Field(ge=1, le=20)] | None = None  # noqa: N815
    maxOral: Annotated[int, Field(ge=1, le=20)] | None = None  # noqa: N815
    daysSinceLast: Annotated[int, Field(ge=0, le=365)] | None = None  # noqa: N815


class ParameterLayer(Shape):
    """Another value of a parameter that the schedules leave open (see docs/schedules.md)."""

    kind: Literal["parameter"]
    name: DictionaryCode
    value: str | bool


class _DosesLayer(Shape):
    """Doses of an antigen, by the number that the programme gives them."""

    antigen: Text
    dose: _DoseNumber
    series: Text | None = None
    """Only in this series; absent: in all that have the dose."""
    births: Births | None = None
    """Only for children born within; absent: for all."""


class IntervalLayer(_DosesLayer):
    """An interval before a dose, beside those of the edition."""

    kind: Literal["interval"]
    interval: RuleInterval


class AgeLayer(_DosesLayer):
    """Other ages of a dose."""

    kind: Literal["age"]
    ages: RuleAges


class ProductLayer(_DosesLayer):
    """Other vaccines for a dose (换用疫苗); what the edition names counts still."""

    kind: Literal["product"]
    vaccines: Annotated[list[VaccineCode], Field(min_length=1, max_length=50)]


class SeasonLayer(Shape):
    """A season for every dose of an antigen (季节性疫苗)."""

    kind: Literal["season"]
    antigen: Text
    series: Text | None = None
    season: RuleSeason


class CampaignLayer(_Aliased):
    """One dose beyond the routine for those born within (应急接种、强化免疫)."""

    kind: Literal["campaign"]
    name: Text
    """The vaccine group under which it is shown."""
    title: RuleTitle | None = None
    vaccines: Annotated[list[VaccineCode], Field(min_length=1, max_length=50)]
    births: Births
    from_: CalendarDate = Field(alias="from")
    to: CalendarDate
    minInterval: Span | None = None  # noqa: N815
    """Since the last dose of one of the vaccines."""


class WithoutLayer(Shape):
    """Vaccine groups that are not offered here."""

    kind: Literal["without"]
    groups: Annotated[list[Text], Field(min_length=1, max_length=50)]


class WithLayer(Shape):
    """A schedule that is offered besides (非免疫规划疫苗), by its name in the catalog."""

    kind: Literal["with"]
    schedule: DictionaryCode


Rule = Annotated[
    VisitLayer
    | ParameterLayer
    | IntervalLayer
    | AgeLayer
    | ProductLayer
    | SeasonLayer
    | CampaignLayer
    | WithoutLayer
    | WithLayer,
    Field(discriminator="kind", json_schema_extra={"x-name": "LocalRule"}),
]
"""What a local rule changes; `kind` tells which."""


class LayerDocument(Document, id_pattern="^layer:[0-9A-Za-z_.-]{1,32}$"):
    """A local rule (地方规则) of a region, `layer:<name>`; edited in place."""

    type: Literal["layer"]
    name: DictionaryCode
    title: Text
    region: RegionCode
    """Whose rule it is: it holds there and in all regions below."""
    sites: Annotated[list[SiteCode], Field(max_length=500)] = []
    """Only these clinics of the region; all of them when there are none."""
    schedule: DictionaryCode | None = None
    """Only where this schedule is in use; absent: everywhere."""
    effective: CalendarDate
    """First day on which it holds."""
    until: CalendarDate | None = None
    """Last day on which it holds."""
    withdrawn: bool = False
    """It was taken back, and no longer holds."""
    layer: Rule
    note: LongText | None = None
    """Where it comes from (依据), what is to be known."""
    updated_at: Instant
    updated_by: UserName
