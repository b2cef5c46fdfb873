"""What is generated: from the models JSON Schemas, TypeScript types and the structural validator;
from the rules of recording the script that databases and the server run; from the shapes of printed
forms, of the device bridge and of `/api` TypeScript types; from rights and denials a page each of
the manual.

`generated(root)` is pure: it says which file should hold which text. `miaopu generate` writes what
differs; a test fails when something does.
"""

import json
from pathlib import Path

from miaopu.generate.denials import denials_page, denials_typescript
from miaopu.generate.matrix import page, read_matrix
from miaopu.generate.rules import rules_script
from miaopu.generate.schemas import document_schemas
from miaopu.generate.shapes import bridge_typescript, forms_typescript
from miaopu.generate.structure import structure_validator
from miaopu.generate.typescript import typescript
from miaopu.generate.wire import api_typescript
from miaopu.models import DOCUMENTS

ROOT = Path(__file__).resolve().parents[3]
"""The checkout: where `design-docs/` and `pwa/` stand."""
MATRIX = ROOT / "design-docs" / "matrix.toml"
"""Who may do what: role × database × operation."""


def _of_models(root: Path) -> dict[Path, str]:
    schemas = {model: document_schemas([model]) for kind in DOCUMENTS.values() for model in kind}
    files = {
        root / f"backend/miaopu/models/schemas/{model.type_name()}.json": json.dumps(
            schema[model.type_name()], ensure_ascii=False, indent=2
        )
        + "\n"
        for model, schema in schemas.items()
    }
    files[root / "pwa/src/models/generated.ts"] = typescript(DOCUMENTS)
    for kind, models in DOCUMENTS.items():
        path = root / f"design-docs/{kind}/structure/validate_doc_update.js"
        files[path] = structure_validator(models)
    files[root / "pwa/src/models/api.ts"] = api_typescript()
    files[root / "pwa/src/models/denials.ts"] = denials_typescript()
    files[root / "pwa/src/print/generated.ts"] = forms_typescript()
    files[root / "pwa/src/devices/generated.ts"] = bridge_typescript()
    files[root / "docs/denials.md"] = denials_page()
    files[root / "docs/who-may-do-what.md"] = page(read_matrix(MATRIX))
    return files


def generated(root: Path = ROOT) -> dict[Path, str]:
    """Each generated file under `root`, with the text that it must hold."""
    return {**_of_models(root), root / "design-docs/lib/rules.js": rules_script()}


def _differing(files: dict[Path, str]) -> list[Path]:
    return [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def stale(root: Path = ROOT) -> list[Path]:
    """The generated files that are missing or do not hold what the models say."""
    return _differing(generated(root))


def write(root: Path = ROOT) -> list[Path]:
    """Write the stale files; returns their paths."""
    changed = []
    # The rules are compiled against the types, so these are written first.
    for part in (_of_models, generated):
        texts = part(root)
        for path in _differing(texts):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
            changed.append(path)
    return changed
