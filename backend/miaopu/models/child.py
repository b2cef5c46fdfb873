"""The child's document (个案): the paper card. Facts are edited, events are only ever added."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    DictionaryCode,
    Document,
    Instant,
    LongText,
    Provenance,
    Shape,
    SiteCode,
    Text,
    Ulid,
    UserName,
    VaccineCode,
)

Value = TypeVar("Value")

Name = Annotated[str, StringConstraints(min_length=1, max_length=50)]
"""At most 25 Chinese characters, or a longer name in another script."""
IdNumber = Annotated[str, StringConstraints(pattern="^[0-9]{17}[0-9X]$")]
"""公民身份号码 of GB 11643; the check digit is tested where it is entered."""
ChildCode = Annotated[str, StringConstraints(pattern="^[0-9]{18}$")]
"""儿童编码: site code (10), year of birth (4), serial (4)."""
CardNumber = Annotated[str, StringConstraints(pattern="^[0-9]{6,37}$")]
"""What track 2 of the certificate's card holds: digits alone, never a name or a password."""
ChildId = Annotated[str, StringConstraints(pattern=f"^child:{ULID_PATTERN}$")]
"""The `_id` of a child's document."""
Phone = Annotated[str, StringConstraints(pattern="^[0-9+ -]{5,20}$")]
Sex = Literal["M", "F", "U"]
"""M 男, F 女, U 未知."""
BirthWeight = Annotated[int, Field(ge=200, le=9000)]
"""出生体重, in grams."""
GestationWeeks = Annotated[int, Field(ge=20, le=45)]
"""出生孕周, in completed weeks."""


class Fact(Shape, Generic[Value]):
    """One field of the card with its author; of two edits the later wins."""

    value: Value | None
    at: Instant
    by: UserName


class Facts(Shape):
    """The card's fields (基本资料). A field that nobody has entered is absent."""

    site: Fact[SiteCode] | None = None
    """The clinic that manages the child (管理单位)."""
    child_code: Fact[ChildCode] | None = None
    name: Fact[Name] | None = None
    sex: Fact[Sex] | None = None
    birth_date: Fact[CalendarDate] | None = None
    birth_weight_g: Fact[BirthWeight] | None = None
    gestation_weeks: Fact[GestationWeeks] | None = None
    id_number: Fact[IdNumber] | None = None
    birth_certificate: Fact[Text] | None = None
    ethnic_group: Fact[DictionaryCode] | None = None
    mother_name: Fact[Name] | None = None
    mother_id_number: Fact[IdNumber] | None = None
    father_name: Fact[Name] | None = None
    phone: Fact[Phone] | None = None
    phone_2: Fact[Phone] | None = None
    address: Fact[Text] | None = None
    household_address: Fact[Text] | None = None
    committee: Fact[Text] | None = None
    """居委/村."""
    residence: Fact[DictionaryCode] | None = None
    """居住属性: 1 本地, 2 流动, 3 临时."""
    register_status: Fact[DictionaryCode] | None = None
    """在册情况: 1 本地 … 10 外地转来."""
    mother_hbsag: Fact[DictionaryCode] | None = None
    """母亲 HBsAg: 1 阳性, 2 阴性, 3 未查."""
    mother_hiv: Fact[DictionaryCode] | None = None
    birth_hospital: Fact[Text] | None = None
    school: Fact[Text] | None = None
    remark: Fact[LongText] | None = None


class Informed(Shape):
    """The guardian was told and agreed (告知): who, how, when."""

    relation: DictionaryCode
    method: Literal["signature", "pin", "spoken"]
    at: Instant


class Override(Shape):
    """A dose given against a warning: the warnings shown and the reason given.

    A rule of `miaopu.models.denials.WARNINGS` is overruled when its code is among these.
    """

    warnings: list[DictionaryCode] = Field(min_length=1, max_length=20)
    reason: LongText


class AsOf(Shape):
    """What the schedule said of a dose on its day: that is not asked again of a later edition."""

    schedule: DictionaryCode
    """The schedule in force, `cn-nip-2026`."""
    edition: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    """Its edition as printed."""
    status: Literal["early", "due", "overdue", "unplanned"]
    """提前, 及时 (from the recommended day on), 超期, or not planned at all."""


class Dose(Provenance):
    """One dose (剂次), given here or copied from a certificate."""

    kind: Literal["dose"]
    date: CalendarDate
    vaccine: VaccineCode
    origin: Literal["given", "history"]
    """`given` at this clinic (and taken from its stock), or `history` (补录)."""
    number: Annotated[int, Field(ge=1, le=20)] | None = None
    """剂次 as printed on the certificate; the engine counts for itself."""
    lot: Text | None = None
    expiry: CalendarDate | None = None
    maker: Text | None = None
    trace_code: Annotated[str, StringConstraints(pattern="^[0-9]{20}$")] | None = None
    """疫苗追溯码 (NMPAB/T 1002)."""
    body_site: DictionaryCode | None = None
    route: DictionaryCode | None = None
    self_paid: bool = False
    campaign: DictionaryCode | None = None
    """接种组织形式 other than routine (强化, 应急 …)."""
    informed: Informed | None = None
    override: Override | None = None
    place: Text | None = None
    """Where a dose of another institution was given."""
    as_of: AsOf | None = None


class Refusal(Provenance):
    """The guardian refused a vaccine today (拒种)."""

    kind: Literal["refusal"]
    date: CalendarDate
    vaccine: VaccineCode
    reason: DictionaryCode
    note: LongText | None = None


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


class Precheck(Provenance):
    """Pre-check before vaccination (预检): temperature and result."""

    kind: Literal["precheck"]
    date: CalendarDate
    temperature: Annotated[float, Field(ge=30, le=45)] | None = None
    passed: bool
    note: LongText | None = None


class Aefi(Provenance):
    """A suspected adverse event following immunization (疑似预防接种异常反应)."""

    kind: Literal["aefi"]
    date: CalendarDate
    dose: Ulid | None = None
    symptoms: list[DictionaryCode] = Field(min_length=1, max_length=20)
    outcome: DictionaryCode | None = None
    note: LongText | None = None


class Consent(Provenance):
    """The guardian's decision on a vaccine (知情同意)."""

    kind: Literal["consent"]
    date: CalendarDate
    vaccine: VaccineCode
    agreed: bool
    informed: Informed


class Card(Provenance):
    """A certificate's magnetic card issued to the child, or taken out of use (发证, 挂失)."""

    kind: Literal["card"]
    number: CardNumber
    state: Literal["issued", "lost", "returned"]
    note: LongText | None = None
    """Why it was replaced or taken back (补卡原因)."""


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


Event = Annotated[
    Dose
    | Refusal
    | Observation
    | Contraindication
    | Precheck
    | Aefi
    | Consent
    | Card
    | Visit
    | Move
    | SameAs
    | NotSameAs
    | Void,
    Field(discriminator="kind", json_schema_extra={"x-name": "ChildEvent"}),
]
"""What happened to a child; `kind` tells which."""


class Child(Document, id_pattern=f"^child:{ULID_PATTERN}$"):
    """A child (儿童个案), `child:<ULID>`; two versions merge by `miaopu.case.merge`."""

    type: Literal["child"]
    facts: Facts
    events: dict[Ulid, Event]
    """ULID → event. An event is never changed or removed."""
