"""The visit, desk by desk (预检、知情、收费、留观): each step is an event of the child."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from miaopu.models.base import (
    CalendarDate,
    DictionaryCode,
    Instant,
    LongText,
    Provenance,
    Shape,
    Text,
    Ulid,
    VaccineCode,
)
from miaopu.models.doses import Informed

Strokes = Annotated[str, StringConstraints(pattern="^[0-9A-Za-z_-]{4,4000}$")]
"""A signature on glass: pen movements as `pwa/src/ui/strokes.ts` writes them, never a picture."""


class Finding(Shape):
    """What the pre-check found against one vaccine (缓种、禁忌)."""

    vaccine: VaccineCode
    outcome: Literal["deferred", "contraindicated"]
    until: CalendarDate | None = None
    """Of what is deferred: the day on which it is looked at again."""
    reason: DictionaryCode | None = None
    """Of the dictionary `contraindication`."""


class Precheck(Provenance):
    """The pre-check before vaccination (预检): temperature, questions, what was found, by vaccine.

    Source: 疫苗管理法 art. 45: asking and the advice given are recorded.
    """

    kind: Literal["precheck"]
    date: CalendarDate
    temperature: Annotated[float, Field(ge=30, le=45)] | None = None
    unmeasured: Text | None = None
    """Why no temperature was taken."""
    answers: dict[DictionaryCode, bool] = Field(default={}, max_length=40)
    """Question of the dictionary `precheck-question` → yes or no, as the guardian said."""
    findings: list[Finding] = Field(default=[], max_length=20)
    """Vaccines that wait; all others pass."""
    passed: bool
    """Something may be given today."""
    advice: LongText | None = None
    """Medical advice that was given (医学建议)."""
    note: LongText | None = None


class Registration(Provenance):
    """What is to be given today (登记), as the guardian is told; the latest of a day stands.

    None at all: the child goes home, or waits.
    """

    kind: Literal["registration"]
    date: CalendarDate
    vaccines: list[VaccineCode] = Field(max_length=20)


class ConsentForm(Shape):
    """The text that was agreed to (知情同意书), so that it can be printed again word for word."""

    code: DictionaryCode
    version: Annotated[str, StringConstraints(min_length=1, max_length=32)]


class Consent(Provenance):
    """The guardian's decision on vaccines (知情同意).

    Agreed with `signature` and strokes: on glass; without strokes: on paper. With `pin`: the PIN
    on record was typed. A PIN that was never set consents to nothing.
    """

    kind: Literal["consent"]
    date: CalendarDate
    vaccines: list[VaccineCode] = Field(min_length=1, max_length=20)
    agreed: bool
    informed: Informed
    form: ConsentForm | None = None
    strokes: Strokes | None = None


class PinVerifier(Shape):
    """What proves a PIN without saying it: PBKDF2-SHA256 of the digits, salted."""

    iterations: Annotated[int, Field(ge=100_000, le=10_000_000)]
    salt: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z_-]{22}$")]
    """128 bits, base64url."""
    hash: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z_-]{43}$")]
    """256 bits, base64url."""


class Pin(Provenance):
    """The guardian's PIN (监护人密码): set, typed wrongly, unlocked or taken away.

    Five wrong ones since it was set, unlocked or typed rightly lock it (`pwa/src/case/pin.ts`).
    """

    kind: Literal["pin"]
    date: CalendarDate
    step: Literal["set", "wrong", "unlocked", "reset"]
    """`unlocked` and `reset` are a senior's, with a reason."""
    verifier: PinVerifier | None = None
    """Of `set` alone."""
    reason: LongText | None = None


class Charge(Shape):
    """One line of a bill (收费项目)."""

    item: DictionaryCode
    """A vaccine's code, or a code of the price list (`service`, `information` …)."""
    count: Annotated[int, Field(ge=1, le=100)]
    price_fen: Annotated[int, Field(ge=0, le=10_000_000)]
    """Of one, in fen (分)."""


class Payment(Provenance):
    """Money taken for a visit, or given back (收费, 退费), with the number of its receipt."""

    kind: Literal["payment"]
    date: CalendarDate
    number: Annotated[str, StringConstraints(pattern="^[0-9A-Z]{4,12}-[0-9]{6}$")]
    """The device's mark and a serial of its own: two desks never give one number."""
    charges: list[Charge] = Field(min_length=1, max_length=30)
    total_fen: Annotated[int, Field(ge=-100_000_000, le=100_000_000)]
    """The sum of the charges; of a refund its negative."""
    method: Literal["cash", "card", "mobile", "other"]
    received_fen: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    """Cash that was handed over; the change follows."""
    refunds: Ulid | None = None
    """The payment that it takes back."""
    reason: LongText | None = None


class Stay(Provenance):
    """The end of the observation after vaccination (留观结束)."""

    kind: Literal["stay"]
    date: CalendarDate
    since: Instant
    """The last dose of the visit."""
    until: Instant
    """When the child left."""
    minutes: Annotated[int, Field(ge=30, le=240)]
    """How long the clinic keeps children."""
    reaction: bool
    """Something was seen: an AEFI card follows."""
    reason: LongText | None = None
    """Why they left early (提前离开)."""
