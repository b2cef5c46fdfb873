"""A form as lines for a thermal printer (热敏小票): text, its size and place, and barcodes."""

from dataclasses import dataclass

from miaopu.printing.forms import Appointment, CardLabel, Form, Receipt
from miaopu.printing.words import Lang, long_date, words


@dataclass(frozen=True)
class Line:
    """One line of text; `big` is double height and width."""

    text: str
    big: bool = False
    centered: bool = False


@dataclass(frozen=True)
class Barcode:
    """A Code 128 barcode with its text below."""

    value: str


SLIP_FORMS: tuple[type[Form], ...] = (Appointment, CardLabel, Receipt)


def slip(form: Form, lang: Lang = "zh") -> list[Line | Barcode]:
    """The form's lines. Raises TypeError for a form that has no slip (see SLIP_FORMS)."""
    if isinstance(form, Appointment):
        return _appointment(form, lang)
    if isinstance(form, CardLabel):
        return _card_label(form, lang)
    if isinstance(form, Receipt):
        return _receipt(form)
    raise TypeError(f"{type(form).__name__} is not printed on a slip")


def _appointment(form: Appointment, lang: Lang) -> list[Line | Barcode]:
    w = words(lang)
    colon = w["colon"]
    lines: list[Line | Barcode] = [
        Line(form.clinic.name, centered=True),
        Line(w["appointment.title"], big=True, centered=True),
        Line(f"{w['child.name']}{colon}{form.child.name}  {w[f'sex.{form.child.sex}']}"),
        Line(f"{w['child.birth_date']}{colon}{long_date(form.child.birth_date, lang)}"),
        Line(long_date(form.date, lang, weekday=True), big=lang == "en", centered=True),
    ]
    if form.time:
        lines.append(Line(form.time, big=True, centered=True))
    if form.number:
        lines.append(Line(f"{w['appointment.number']}{colon}{form.number}", centered=True))
    lines += [Line(f"· {item.vaccine} {item.dose}".rstrip()) for item in form.items]
    if form.bring:
        lines.append(Line(f"{w['appointment.bring']}{colon}{form.bring}"))
    if form.clinic.phone:
        lines.append(Line(f"{w['clinic.phone']}{colon}{form.clinic.phone}"))
    return [*lines, Barcode(form.child.code)]


def _card_label(form: CardLabel, lang: Lang) -> list[Line | Barcode]:
    w = words(lang)
    child = form.child
    return [
        Line(form.clinic_name, centered=True),
        Line(child.name, big=True, centered=True),
        Line(f"{w[f'sex.{child.sex}']}  {long_date(child.birth_date, lang)}", centered=True),
        Barcode(child.code),
    ]


def _receipt(form: Receipt) -> list[Line | Barcode]:
    lines: list[Line | Barcode] = [
        Line(form.clinic.name, centered=True),
        Line(form.title, big=True, centered=True),
        Line(form.number),
        Line(form.at),
        Line(f"{form.child.name}  {form.child.code}"),
    ]
    for charge in form.charges:
        lines += [Line(charge.item), Line(f"  {charge.count} × {charge.price} = {charge.amount}")]
    lines += [Line(f"{total.label}  {total.value}") for total in form.totals]
    return [*lines, *(Line(text) for text in (form.note, form.cashier) if text)]
