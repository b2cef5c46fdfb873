"""The child's document (个案): the paper card. Facts are edited, events are only ever added."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field, StringConstraints

from miaopu.models.appointments import Appointment, Contact
from miaopu.models.base import (
    ULID_PATTERN,
    CalendarDate,
    DictionaryCode,
    Document,
    Instant,
    LongText,
    Shape,
    SiteCode,
    Text,
    Ulid,
    UserName,
)
from miaopu.models.doses import Course, Dose, NotGiven, Refusal, TimeOfDay
from miaopu.models.moves import Move, NotSameAs, SameAs, Visit, Void
from miaopu.models.papers import Card, Certificate, Printed, SchoolCheck
from miaopu.models.reactions import Aefi, AefiStep, Contraindication, Observation
from miaopu.models.visits import Consent, Payment, Pin, Precheck, Registration, Stay

Value = TypeVar("Value")

Name = Annotated[str, StringConstraints(min_length=1, max_length=50)]
"""At most 25 Chinese characters, or a longer name in another script."""
IdNumber = Annotated[str, StringConstraints(pattern="^[0-9]{17}[0-9X]$")]
"""公民身份号码 of GB 11643; the check digit is tested where it is entered."""
ChildCode = Annotated[str, StringConstraints(pattern="^[0-9]{18}$")]
"""儿童编码: site code (10), year of birth (4), serial (4)."""
Phone = Annotated[str, StringConstraints(pattern="^[0-9+ -]{5,20}$")]
DocumentNumber = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z()-]{4,32}$")]
"""证件号码 of a passport, a residence permit …"""
Person = Literal["child", "adult"]
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
    birth_time: Fact[TimeOfDay] | None = None
    """出生时刻: birth doses are counted in hours."""
    person: Fact[Person] | None = None
    """An adult (成人) at the same desk: no guardian, no rates of children. Absent: a child."""
    document_type: Fact[DictionaryCode] | None = None
    """证件类型 other than 居民身份证."""
    document_number: Fact[DocumentNumber] | None = None
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
    household: Fact[DictionaryCode] | None = None
    """户籍属性: 1 本地, 2 外地."""
    residence: Fact[DictionaryCode] | None = None
    """居住属性: 1 本地, 2 流动, 3 临时."""
    register_status: Fact[DictionaryCode] | None = None
    """在册情况: 1 本地 … 10 外地转来."""
    mother_hbsag: Fact[DictionaryCode] | None = None
    """母亲 HBsAg: 1 阳性, 2 阴性, 3 未查."""
    mother_hiv: Fact[DictionaryCode] | None = None
    birth_hospital: Fact[Text] | None = None
    school: Fact[Text] | None = None
    occupation: Fact[Text] | None = None
    remark: Fact[LongText] | None = None


Event = Annotated[
    Dose
    | Refusal
    | NotGiven
    | Course
    | Observation
    | Contraindication
    | Precheck
    | Registration
    | Consent
    | Pin
    | Payment
    | Stay
    | Aefi
    | AefiStep
    | Card
    | Certificate
    | Printed
    | SchoolCheck
    | Appointment
    | Contact
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
