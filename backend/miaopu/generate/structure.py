"""From the schemas to the structural half of `validate_doc_update`.

The interpreter is `structure.js`, written by hand in ES5; what is generated is its data. Patterns
become regular expression literals, which the engine compiles once with the source. All of the data
would be made anew for each document that is looked at: so what has parts is made when one is met.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from miaopu.generate.schemas import REF, document_schemas
from miaopu.models import Document

Json = dict[str, Any]

_LIMITS = (
    *("minLength", "maxLength", "minimum", "maximum"),
    *("minItems", "maxItems", "maxProperties"),
)
_NAME = re.compile(r"^[A-Za-z_$][A-Za-z0-9_$]*$")


def _regexp(pattern: str) -> str:
    return "/" + pattern.replace("/", "\\/") + "/"


def _property(name: str) -> str:
    return name if _NAME.match(name) else json.dumps(name, ensure_ascii=False)


def _object(fields: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_property(name)}: {text}" for name, text in fields.items()) + "}"


def _node(schema: Json, names: Mapping[str, str]) -> str:
    """A schema as a literal in the shape that `structure.js` describes. `names`: definition → what
    stands for it."""
    if "$ref" in schema:
        return names[schema["$ref"].removeprefix(REF)]
    if "discriminator" in schema:
        mapping = schema["discriminator"]["mapping"]
        return _object(
            {
                "type": '"union"',
                "tag": json.dumps(schema["discriminator"]["propertyName"]),
                "of": _object({tag: names[ref.removeprefix(REF)] for tag, ref in mapping.items()}),
            }
        )
    if "anyOf" in schema and schema["anyOf"][1:] == [{"type": "null"}]:
        return _object({"type": '"nullable"', "of": _node(schema["anyOf"][0], names)})
    if "anyOf" in schema:
        return _object(
            {
                "type": '"anyOf"',
                "of": "[" + ", ".join(_node(o, names) for o in schema["anyOf"]) + "]",
            }
        )
    fields: dict[str, str] = {}
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return _object({"type": '"values"', "values": json.dumps(values, ensure_ascii=False)})
    fields["type"] = json.dumps(schema.get("type", "any"))
    if "format" in schema:
        fields["format"] = json.dumps(schema["format"])
    if "pattern" in schema:
        fields["pattern"] = _regexp(schema["pattern"])
    fields |= {keyword: json.dumps(schema[keyword]) for keyword in _LIMITS if keyword in schema}
    if "items" in schema:
        fields["items"] = _node(schema["items"], names)
    if "patternProperties" in schema:
        ((pattern, value),) = schema["patternProperties"].items()
        fields["keys"] = _regexp(pattern)
        fields["entries"] = _node(value, names)
    if "properties" in schema:
        fields["fields"] = _object({n: _node(v, names) for n, v in schema["properties"].items()})
        fields["required"] = json.dumps(schema.get("required", []))
    return _object(fields)


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(REF)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _in_order(definitions: Json) -> list[str]:
    """The names of the definitions, each after those that it refers to."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order:
            for reference in _references(definitions[name]):
                visit(reference)
            order[name] = None

    for name in definitions:
        visit(name)
    return list(order)


def _has_parts(schema: Json) -> bool:
    return any(name in schema for name in ("properties", "anyOf", "discriminator"))


def structure_validator(models: Iterable[type[Document]]) -> str:
    """The text of `structure/validate_doc_update.js` for databases that hold these documents."""
    models = tuple(models)
    schemas = document_schemas(models)
    definitions: Json = {}
    for model in models:
        definitions |= schemas[model.type_name()]["$defs"]
    made = {name for name, schema in definitions.items() if _has_parts(schema)}
    names = {name: json.dumps(name) if name in made else name for name in definitions}
    nodes = {name: _node(definitions[name], names) for name in _in_order(definitions)}
    parted = {name: nodes[name] for name in nodes if name in made}
    ids: dict[str, str] = {}
    for model in models:
        schema = schemas[model.type_name()]
        fields = {k: v for k, v in schema["properties"].items() if not k.startswith("_")}
        required = [name for name in schema["required"] if not name.startswith("_")]
        whole = {**schema, "properties": fields, "required": required}
        parted[f"{model.type_name()}:"] = _node(whole, names)
        ids[model.type_name()] = _regexp(model.id_pattern)

    variables = (f"var {name} = {node};" for name, node in nodes.items() if name not in made)
    cases = (f"case {json.dumps(name)}: return {node};" for name, node in parted.items())
    template = resources.files("miaopu.generate").joinpath("structure.js").read_text("utf-8")
    return (
        template.replace("'VARIABLES'", "\n  ".join(variables))
        .replace("'CASES'", "\n      ".join(cases))
        .replace("'IDS'", _object(ids))
    )
