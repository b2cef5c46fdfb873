"""Why a form cannot be printed; `code` is stable, for a message in the user's language."""

from collections.abc import Sequence

Field = tuple[str, str]
"""Where in the form (`rows.3.lot`), and why. Never the value: it is a child's data."""


class PrintError(Exception):
    """A form that cannot be printed. `fields` names those that are at fault, where any are."""

    code = "print.problem"

    def __init__(self, message: str, fields: Sequence[Field] = ()) -> None:
        self.fields = list(fields)
        super().__init__(message)


class UnknownTemplateError(PrintError):
    """There is no form of that name, or no such language."""

    code = "print.unknown_template"


class FieldsError(PrintError):
    """Something is wrong with fields of a form."""

    what = "cannot be printed"

    def __init__(self, template: str, fields: Sequence[Field]) -> None:
        said = "; ".join(f"{path}: {reason}" for path, reason in fields)
        super().__init__(f"the form {template!r} {self.what}: {said}", fields)


class BadPrintDataError(FieldsError):
    """The data do not fill the form."""

    code = "print.bad_data"
    what = "is not filled by the data"


class DoesNotFitError(FieldsError):
    """A text is wider than its place on the paper, and may not be cut."""

    code = "print.does_not_fit"
    what = "has text that does not fit its place"


class NoGlyphError(FieldsError):
    """A text has a character that no font of this machine, or not this printer, can draw."""

    code = "print.no_glyph"
    what = "has characters that cannot be drawn"


class TooLongError(PrintError):
    """The form would take more pages than its paper has."""

    code = "print.too_long"


class TooSlowError(PrintError):
    """Setting the form took longer than any form should; it was ended."""

    code = "print.too_slow"


class StoppedError(PrintError):
    """The program is ending, or its printing process ended by itself."""

    code = "print.stopped"
