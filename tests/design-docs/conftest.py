"""Runs validators and maps of `design-docs/` as a database would: in QuickJS, as one function."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import quickjs

from miaopu.provision.catalog import routes
from miaopu.provision.designs import design_documents
from miaopu_db.validation import Validation, Validator, pair

GROUPS = {
    "vaccine_groups": {"0101": ["HepB"], "0201": ["BCG"], "0501": ["DTP", "IPV"]},
    "routes": routes(),
}

Validate = Callable[..., str | None]


class Designs:
    """The design documents of one kind of database."""

    def __init__(self, kind: str) -> None:
        self.context = quickjs.Context()
        self.documents = design_documents(kind, GROUPS)
        self.validators: dict[str, Validator] = {}

    def validate(self, design: str, new: Any, old: Any = None, user: Any = None) -> str | None:
        """What the validator says against a write, or None; in the embedded database, where what
        did not change is the same object in both documents, it says the same."""
        said = self._plainly(design, new, old, user)
        if design not in self.validators:
            document = self.documents[f"_design/{design}"]
            self.validators[design] = Validator({design: document["validate_doc_update"]})
        asked = pair(json.dumps(new).encode(), None if old is None else json.dumps(old).encode())
        (error,) = Validation([self.validators[design]], user or {}, {}).check([asked])
        assert said == (None if error is None else error.reason)
        return said

    def _plainly(self, design: str, new: Any, old: Any, user: Any) -> str | None:
        source = self.documents[f"_design/{design}"]["validate_doc_update"]
        # Parsed, as a database does: in a literal, `__proto__` would be no field.
        args = ", ".join(f"JSON.parse({json.dumps(json.dumps(a))})" for a in (new, old, user or {}))
        said = self.context.eval(
            f"(function () {{ var f = ({source});"
            f"try {{ f({args}, {{}}); return ''; }} catch (e) {{"
            "if (e.forbidden === undefined) throw e; return e.forbidden; } })()"
        )
        return said or None

    def map(self, design: str, view: str, doc: Any) -> list[tuple[Any, Any]]:
        """What the view's map emits for a document."""
        source = self.documents[f"_design/{design}"]["views"][view]["map"]
        rows = self.context.eval(
            "(function () { var rows = []; var emit = function (k, v) { rows.push([k, v]); };"
            f"({source})({json.dumps(doc)}); return JSON.stringify(rows); }})()"
        )
        return [(key, value) for key, value in json.loads(rows)]


@pytest.fixture(scope="session")
def designs() -> Iterator[Callable[[str], Designs]]:
    loaded: dict[str, Designs] = {}

    def load(kind: str) -> Designs:
        if kind not in loaded:
            loaded[kind] = Designs(kind)
        return loaded[kind]

    yield load
