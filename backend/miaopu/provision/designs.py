"""Design documents from the files of `design-docs/` (its README tells the layout)."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

DESIGN_DOCS = Path(__file__).resolve().parents[3] / "design-docs"

_CODE = re.compile(r"^([ \t]*)// !code (\S+)$", re.MULTILINE)
_JSON = re.compile(r"^([ \t]*)// !json (\w+)$", re.MULTILINE)


def compile_function(
    path: Path, constants: Mapping[str, object] | None = None, root: Path = DESIGN_DOCS
) -> str:
    """The function in `path` with its `!code` and `!json` lines replaced.

    Raises KeyError when a `!json` line names a constant that is not given.
    """
    known = constants or {}

    def code(match: re.Match[str]) -> str:
        text = (root / match[2]).read_text("utf-8").rstrip("\n")
        return "\n".join(match[1] + line if line else line for line in text.split("\n"))

    def constant(match: re.Match[str]) -> str:
        value = json.dumps(known[match[2]], ensure_ascii=True, sort_keys=True)
        return f"{match[1]}var {match[2]} = {value};"

    return _JSON.sub(constant, _CODE.sub(code, path.read_text("utf-8")))


def design_documents(
    kind: str, constants: Mapping[str, object] | None = None, root: Path = DESIGN_DOCS
) -> dict[str, Json]:
    """The design documents of a kind of database (`site`, `region`, `catalog`): _id → document."""
    documents: dict[str, Json] = {}
    for folder in sorted(path for path in (root / kind).iterdir() if path.is_dir()):
        document: Json = {"_id": f"_design/{folder.name}", "language": "javascript"}
        validator = folder / "validate_doc_update.js"
        if validator.exists():
            document["validate_doc_update"] = compile_function(validator, constants, root)
        for view in sorted(folder.glob("views/*")):
            functions = {"map": compile_function(view / "map.js", constants, root)}
            if (view / "reduce").exists():
                functions["reduce"] = (view / "reduce").read_text("utf-8").strip()
            document.setdefault("views", {})[view.name] = functions
        documents[document["_id"]] = document
    return documents
