"""What is observed of a child: findings, contraindications, reactions (禁忌、异常反应)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    LongText,
    Provenance,
    Shape,
    Text,
    Ulid,
    VaccineCode,
)


class Observation(Provenance):
    """A coded finding that the schedule looks at (preterm, immunoglobulin, infection …)."""

    kind: Literal["observation"]
    code: DictionaryCode
    date: CalendarDate
    until: CalendarDate | None = None
    note: LongText | None = None


class Contraindication(Provenance):
    """A contraindication found at the pre-check (禁忌)."""

    kind: Literal["contraindication"]
    code: DictionaryCode
    vaccine: VaccineCode | None = None
    date: CalendarDate
    until: CalendarDate | None = None
    note: LongText | None = None


class AefiCard(Shape):
    """The national report card (个案报告卡), what is not known elsewhere of its 22 items."""

    found: CalendarDate
    """发现/就诊日期."""
    doses: list[Ulid] = Field(min_length=1, max_length=3)
    """可疑疫苗: the doses suspected, the most likely first."""
    hospital: Text | None = None
    course: LongText
    """主要临床经过."""
    fever: Literal["1", "2", "3", "4"]
    """1 37.1–37.5, 2 37.6–38.5, 3 ≥ 38.6, 4 无."""
    redness: Literal["1", "2", "3", "4"]
    """1 ≤ 2.5 cm, 2 2.6–5.0, 3 > 5.0, 4 无."""
    induration: Literal["1", "2", "3", "4"]
    diagnosis: Text | None = None
    """初步临床诊断."""
    hospitalised: bool
    initial_class: Literal["1", "2"]
    """1 一般反应, 2 待定."""
    channel: Literal["1", "2"]
    """1 被动监测, 2 主动监测."""
    urgent: bool = False
    """Death, serious disability, a cluster or great concern: reported within 2 hours, else 48."""
    phone: Text | None = None
    """The reporter's."""


class Aefi(Provenance):
    """A suspected adverse event following immunization (疑似预防接种异常反应)."""

    kind: Literal["aefi"]
    date: CalendarDate
    """反应发生日期."""
    dose: Ulid | None = None
    symptoms: list[DictionaryCode] = Field(min_length=1, max_length=20)
    outcome: DictionaryCode | None = None
    card: AefiCard | None = None
    note: LongText | None = None


class AefiStep(Provenance):
    """What became of a reported reaction (报告、调查、结论).

    Source: 全国疑似预防接种异常反应监测方案: investigation within 48 h, first case form 3 d, first
    report 7 d, conclusion 30 d.
    """

    kind: Literal["aefi_step"]
    date: CalendarDate
    target: Ulid
    step: Literal["reported", "investigation", "case_form", "first_report", "conclusion"]
    case_number: Annotated[str, StringConstraints(pattern="^[0-9]{14}$")] | None = None
    """County 6, year 4, serial 4."""
    final_class: Literal["1", "2", "3", "4", "5", "6", "7", "8"] | None = None
    """1 一般 2 异常 3 质量事故 4 实施差错 5 偶合 6 心因 7 不明 8 待定."""
    diagnosis: Text | None = None
    unit: Text | None = None
    """Who says it (结论单位)."""
    note: LongText | None = None
