"""From the models to the TypeScript types of the PWA."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from miaopu.generate.schemas import MODULES, REF, document_schemas, scalars
from miaopu.models import Document, child
from miaopu.models.base import Provenance, Shape

Json = dict[str, Any]

HEADER = """\
// Generated from the models by `miaopu generate`. Do not edit.
"""


def _comment(text: str | None, indent: str = "") -> str:
    if not text:
        return ""
    lines = text.strip().split("\n")
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    inner = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{inner}{indent} */\n"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def _type(schema: Json) -> str:
    """The TypeScript type of a tidied schema."""
    if "$ref" in schema:
        name: str = schema["$ref"].removeprefix(REF)
        if name == "JsonValue":  # pydantic's word for anything at all
            return "unknown"
        return f"Fact<{name.removeprefix('Fact_')}>" if name.startswith("Fact_") else name
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(_literal(value) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(_type(option) for option in schema[union])
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return f"[{', '.join(_type(item) for item in schema['prefixItems'])}]"
        case "array":
            item = _type(schema["items"])
            return f"({item})[]" if " | " in item else f"{item}[]"
        case "object":
            values = [*schema.get("patternProperties", {}).values()]
            other = schema.get("additionalProperties")
            values += [other] if isinstance(other, dict) and other else []
            return f"Record<string, {_type(values[0]) if values else 'unknown'}>"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as name:
            return str(name)
    return "unknown"


def interface(name: str, schema: Json, model: type[BaseModel] | None) -> str:
    """The TypeScript interface of a tidied schema; of a `Provenance`, what it adds to that."""
    inherited: set[str] = set()
    extends = ""
    if model is not None and issubclass(model, Provenance) and model is not Provenance:
        inherited = set(Provenance.model_fields)
        extends = " extends Provenance"
    text = _comment(schema.get("description")) + f"export interface {name}{extends} {{\n"
    required = schema.get("required", ())
    for field, value in schema["properties"].items():
        if field in inherited:
            continue
        optional = "" if field in required else "?"
        text += _comment(value.get("description"), "  ")
        text += f"  {field}{optional}: {_type(value)};\n"
    return text + "}\n"


def _models() -> dict[str, type[BaseModel]]:
    return {
        name: value
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Shape)
    }


def _fact(schema: Json) -> str:
    """The generic `Fact<T>` from any one of its instances."""
    return interface(
        "Fact<T>",
        {
            **schema,
            "description": child.Fact.__doc__,
            "properties": {**schema["properties"], "value": {"$ref": REF + "T | null"}},
        },
        None,
    )


def typescript(kinds: Mapping[str, Iterable[type[Document]]]) -> str:
    """The text of `pwa/src/models/generated.ts`."""
    documents = {model.type_name(): model for models in kinds.values() for model in models}
    schemas = document_schemas(documents.values())
    definitions: Json = {}
    for schema in schemas.values():
        definitions |= schema["$defs"]
    models = _models()

    parts = [HEADER]
    named = scalars()
    parts.append(
        "".join(f"export type {n} = {_type(definitions[n])};\n" for n in named if n in definitions)
    )
    provenance = document_schemas([_Provenance])["provenance"]
    fields = {k: v for k, v in provenance["properties"].items() if not k.startswith("_")}
    parts.append(
        interface(
            "Provenance",
            {**provenance, "properties": fields, "description": Provenance.__doc__},
            Provenance,
        )
    )
    parts.append(_fact(next(d for n, d in definitions.items() if n.startswith("Fact_"))))
    for name, definition in definitions.items():
        if name in named or name.startswith("Fact_"):
            continue
        if "properties" in definition:
            parts.append(interface(name, definition, models[name]))
        else:
            parts.append(
                f"export type {name} =\n  | " + _type(definition).replace(" | ", "\n  | ") + ";\n"
            )
    for name, schema in schemas.items():
        parts.append(interface(schema["title"], schema, documents[name]))
    for kind, members in kinds.items():
        union = "\n  | ".join(model.__name__ for model in members)
        parts.append(f"export type {kind.title()}Document =\n  | {union};\n")
    return "\n".join(parts)


class _Provenance(Provenance, Document, id_pattern="^$"):
    """Provenance by itself, to have its fields written once."""

    @classmethod
    def type_name(cls) -> str:
        return "provenance"
