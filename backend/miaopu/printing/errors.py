"""Why a form cannot be printed; `code` is stable, for a message in the user's language."""


class PrintError(Exception):
    """A form that cannot be printed."""

    code = "print.problem"


class UnknownTemplateError(PrintError):
    """There is no form of that name, or no such language."""

    code = "print.unknown_template"


class BadPrintDataError(PrintError):
    """The data do not fill the form. `fields` lists (path, reason), without the data's values."""

    code = "print.bad_data"

    def __init__(self, template: str, fields: list[tuple[str, str]]) -> None:
        self.fields = fields
        what = "; ".join(f"{path}: {reason}" for path, reason in fields)
        super().__init__(f"the data do not fill the form {template!r}: {what}")
