"""From a template's name and its data to HTML and PDF, without a look at network or disk."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NoReturn, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel, ValidationError

from miaopu.printing import barcode
from miaopu.printing.errors import BadPrintDataError, UnknownTemplateError
from miaopu.printing.forms import (
    Appointment,
    CardLabel,
    CertificatePage,
    Consent,
    Form,
    Notice,
)
from miaopu.printing.passbook import LINES_PER_PAGE, passbook_page
from miaopu.printing.words import Lang, long_date, words

TEMPLATES: Mapping[str, type[Form]] = MappingProxyType(
    {
        "notice": Notice,
        "certificate-page": CertificatePage,
        "consent": Consent,
        "appointment": Appointment,
        "card-label": CardLabel,
    }
)


def check(template: str, data: Mapping[str, Any] | BaseModel) -> Form:
    """The data as the template's model. Raises UnknownTemplateError or BadPrintDataError."""
    model = TEMPLATES.get(template)
    if model is None:
        known = ", ".join(TEMPLATES)
        raise UnknownTemplateError(f"there is no form named {template!r}; there are: {known}")
    if isinstance(data, model):
        return data
    if isinstance(data, BaseModel):
        data = data.model_dump()
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # The values stay out of the message: they are a child's data.
        found = error.errors(include_input=False, include_url=False, include_context=False)
        fields = [(".".join(map(str, item["loc"])) or "data", item["msg"]) for item in found]
        raise BadPrintDataError(template, fields) from None


def render_html(template: str, data: Mapping[str, Any] | BaseModel, lang: Lang = "zh") -> str:
    """The form as one self-contained HTML page. Raises PrintError."""
    form = check(template, data)
    if lang not in get_args(Lang):
        raise UnknownTemplateError(f"forms are printed in zh or en, not in {lang!r}")
    name = template
    extra: dict[str, Any] = {}
    if isinstance(form, CertificatePage):
        if form.variant == "passbook":
            name = "certificate-passbook"
            extra["placed"] = passbook_page(form, lang)
        else:
            extra["empty_lines"] = max(0, LINES_PER_PAGE - len(form.rows))
    return _environment().get_template(f"{name}.html.j2").render(
        form=form, lang=lang, w=words(lang), **extra
    )  # fmt: skip


def render_pdf(template: str, data: Mapping[str, Any] | BaseModel, lang: Lang = "zh") -> bytes:
    """The form as PDF with its fonts embedded. Raises PrintError."""
    import weasyprint  # Pango is loaded here, so that HTML needs no system library.

    html = weasyprint.HTML(string=render_html(template, data, lang), url_fetcher=_refuse)
    return bytes(html.write_pdf())


def warm_up() -> None:
    """Loads what the first PDF needs, so that it is not slower than the others."""
    import weasyprint

    weasyprint.HTML(string="<p>苗圃", url_fetcher=_refuse).write_pdf()


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"a printed form loads nothing: {url.split(':')[0]} address refused")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("miaopu.printing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def barcode_svg(text: str) -> Markup:
        return Markup(barcode.svg(text))  # noqa: S704 -- made of digits and letters by us

    def long(date: dt.date, lang: Lang, weekday: bool = False) -> str:
        return long_date(date, lang, weekday=weekday)

    environment.filters["barcode"] = barcode_svg
    environment.filters["long_date"] = long
    return environment
