"""Printed forms (打印单证): notice, certificate page, consent, appointment slip, card label,
receipt, and a paper of words and tables.

`render_html` and `render_pdf` are pure: the data carries everything that appears on the paper, and
a template looks nothing up. The server and the device bridge print the same forms with this
package. `passbook_page` and `slip` give two forms in a shape for printers that take no PDF: text
at millimetre positions for a flat-bed passbook printer, lines for a thermal printer.
"""

from miaopu.printing.errors import (
    BadPrintDataError,
    DoesNotFitError,
    NoGlyphError,
    PrintError,
    UnknownTemplateError,
)
from miaopu.printing.forms import (
    Appointment,
    BookletLayout,
    CardLabel,
    CertificatePage,
    Consent,
    Form,
    Notice,
    Paper,
    Receipt,
)
from miaopu.printing.passbook import PlacedText, passbook_page
from miaopu.printing.render import (
    TEMPLATES,
    check,
    render_html,
    render_pdf,
    warm_up,
)
from miaopu.printing.slip import Barcode, Line, slip
from miaopu.printing.words import Lang

__all__ = [
    "TEMPLATES",
    "Appointment",
    "BadPrintDataError",
    "Barcode",
    "BookletLayout",
    "CardLabel",
    "CertificatePage",
    "Consent",
    "DoesNotFitError",
    "Form",
    "Lang",
    "Line",
    "NoGlyphError",
    "Notice",
    "Paper",
    "PlacedText",
    "PrintError",
    "Receipt",
    "UnknownTemplateError",
    "check",
    "passbook_page",
    "render_html",
    "render_pdf",
    "slip",
    "warm_up",
]
