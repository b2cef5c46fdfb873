"""From a template's name and its data to HTML and PDF, without a look at network or disk."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, get_args

from pydantic import BaseModel, ValidationError

from miaopu.printing import barcode
from miaopu.printing.errors import (
    BadPrintDataError,
    NoGlyphError,
    TooLongError,
    UnknownTemplateError,
)
from miaopu.printing.forms import (
    Appointment,
    CardLabel,
    CertificatePage,
    Consent,
    Form,
    Notice,
    Paper,
    Receipt,
)
from miaopu.printing.glyphs import lacks_glyph
from miaopu.printing.passbook import passbook_page, program_layout
from miaopu.printing.words import Lang, long_date, words

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Mapping[str, type[Form]] = MappingProxyType(
    {
        "notice": Notice,
        "certificate-page": CertificatePage,
        "consent": Consent,
        "appointment": Appointment,
        "card-label": CardLabel,
        "receipt": Receipt,
        "paper": Paper,
    }
)

MOST_PAGES: Mapping[str, int] = MappingProxyType(
    {
        "notice": 2, "certificate-page": 12, "consent": 4, "appointment": 1, "card-label": 1,
        "receipt": 1, "paper": 60,
    }
)  # fmt: skip
"""What the paper of each form holds: a sheet's two sides, a booklet, one label."""
LINES_OF_A4 = 12


def check(template: str, data: Mapping[str, object] | BaseModel) -> Form:
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


def check_glyphs(template: str, form: Form) -> None:
    """Raises NoGlyphError where a text has a character that no font of this machine has."""
    lacking = [path for path, text in form.texts() if lacks_glyph(text)]
    if lacking:
        reason = "a character that no font of this machine has"
        raise NoGlyphError(template, [(path, reason) for path in lacking])


def render_html(template: str, data: Mapping[str, object] | BaseModel, lang: Lang = "zh") -> str:
    """The form as one self-contained HTML page. Raises PrintError."""
    form = check(template, data)
    if lang not in get_args(Lang):
        raise UnknownTemplateError(f"forms are printed in zh or en, not in {lang!r}")
    name = template
    extra: dict[str, object] = {}
    if isinstance(form, CertificatePage):
        if form.variant == "passbook":
            name = "certificate-passbook"
            extra["placed"] = passbook_page(form, lang)
            extra["layout"] = form.layout or program_layout()
        else:
            extra["empty_lines"] = max(0, LINES_OF_A4 - len(form.rows))
    return _environment().get_template(f"{name}.html.j2").render(
        form=form, lang=lang, w=words(lang), **extra
    )  # fmt: skip


def render_pdf(template: str, data: Mapping[str, object] | BaseModel, lang: Lang = "zh") -> bytes:
    """The form as PDF with its fonts embedded. Raises PrintError.

    A form that would lose a character, or run over its paper, is refused and not printed in part.
    """
    import weasyprint  # Pango is loaded here, so that HTML needs no system library.

    form = check(template, data)
    check_glyphs(template, form)
    html = weasyprint.HTML(string=render_html(template, form, lang), url_fetcher=_refuse)
    document = html.render()
    if len(document.pages) > MOST_PAGES[template]:
        raise TooLongError(
            f"the form {template!r} would take {len(document.pages)} pages; "
            f"its paper has {MOST_PAGES[template]}"
        )
    return bytes(document.write_pdf())


def warm_up() -> None:
    """Loads what the first PDF needs, so that it is not slower than the others."""
    import weasyprint

    weasyprint.HTML(string="<p>苗圃", url_fetcher=_refuse).write_pdf()


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"a printed form loads nothing: {url.split(':')[0]} address refused")


@cache
def _environment() -> "Environment":
    # Jinja takes a while to load, and most of a server's life nobody prints.
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

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
