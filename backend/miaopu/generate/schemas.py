"""From the models to JSON Schemas that people can read and small interpreters can follow.

Pydantic's own output is tidied: scalars that have a name (`CalendarDate`, `SiteCode`, …) are
definitions of their own, so are the facts and the union of events; an optional field is absent
rather than null; a map whose keys have a pattern takes no other keys.
"""

import json
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any, get_origin

from pydantic import TypeAdapter

from miaopu.models import (
    DOCUMENTS,
    Document,
    appointments,
    audit,
    base,
    batch,
    catalog,
    child,
    doses,
    holidays,
    knowledge,
    layer,
    moves,
    papers,
    rating,
    reactions,
    reminders,
    site,
    stock,
    visits,
)

Json = dict[str, Any]

MODULES: tuple[ModuleType, ...] = (
    base,
    doses,
    reactions,
    visits,
    papers,
    appointments,
    moves,
    child,
    stock,
    site,
    batch,
    rating,
    catalog,
    layer,
    holidays,
    knowledge,
    reminders,
    audit,
)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REF = "#/$defs/"
_UNIONS = ("Event", "Rule")
"""Unions by a tag: no scalars, and named by themselves."""


def _key(schema: Json) -> str:
    return json.dumps(schema, sort_keys=True)


@cache
def scalars() -> dict[str, Json]:
    """The named scalars of the models: name → schema, in the order of definition."""
    found: dict[str, Json] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if name.startswith("_") or name in _UNIONS or isinstance(value, type):
                continue
            # `Annotated[...]` and `Literal[...]` at the top of a module are the scalars.
            if get_origin(value) is not None and name not in found:
                found[name] = TypeAdapter(value).json_schema()
    return found


@cache
def _scalar_names() -> dict[str, str]:
    return {_key(schema): name for name, schema in reversed(scalars().items())}


def without_null(schema: Json) -> Json:
    """An optional field: absent when it has no value, so null is no value for it."""
    if "default" not in schema:
        return schema
    kept = {key: value for key, value in schema.items() if key != "default"}
    if schema["default"] is not None:
        return kept
    options = [option for option in kept.pop("anyOf") if option != {"type": "null"}]
    return {**kept, **(options[0] if len(options) == 1 else {"anyOf": options})}


class _Tidy:
    """Tidies the schema of one document, and collects the definitions that it needs."""

    def __init__(self, definitions: Json) -> None:
        self.given = definitions
        self.names: dict[str, str] = {}
        self.defs: Json = {}

    def node(self, schema: Json) -> Json:
        if "$ref" in schema:
            named = {"$ref": REF + self._definition(schema["$ref"].removeprefix(REF))}
            return {**schema, **named}
        bare = {k: v for k, v in schema.items() if k not in ("title", "description")}
        note = {k: v for k, v in schema.items() if k == "description"}
        name = _scalar_names().get(_key(bare))
        if name is not None:
            self.defs[name] = bare
            return {"$ref": REF + name, **note}
        if "discriminator" in bare:
            return {"$ref": REF + self._union(schema["x-name"], bare), **note}
        return {**self._inner(bare), **note}

    def _inner(self, schema: Json) -> Json:
        result = dict(schema)
        if "properties" in result:
            result["properties"] = {
                name: self.node(without_null(field)) for name, field in result["properties"].items()
            }
        if "patternProperties" in result:
            result["patternProperties"] = {
                pattern: self.node(value) for pattern, value in result["patternProperties"].items()
            }
            result["additionalProperties"] = False
        if "items" in result:
            result["items"] = self.node(result["items"])
        if "anyOf" in result:
            result["anyOf"] = [self.node(option) for option in result["anyOf"]]
        return result

    def _union(self, name: str, schema: Json) -> str:
        mapping = {
            tag: REF + self._definition(ref.removeprefix(REF))
            for tag, ref in schema["discriminator"]["mapping"].items()
        }
        tag = schema["discriminator"]["propertyName"]
        self.defs[name] = {
            "oneOf": [{"$ref": ref} for ref in mapping.values()],
            "discriminator": {"propertyName": tag, "mapping": mapping},
        }
        return name

    def _definition(self, given_name: str) -> str:
        if given_name not in self.names:
            schema = self.given[given_name]
            tidied = self.node(schema)
            name = schema["title"]
            if name.startswith("Fact["):
                value = tidied["properties"]["value"]["anyOf"][0]["$ref"]
                name = "Fact_" + value.removeprefix(REF)
            self.names[given_name] = name
            self.defs[name] = tidied
        return self.names[given_name]


def document_schemas(models: Iterable[type[Document]]) -> dict[str, Json]:
    """The JSON Schema of each document type: type → schema with its own `$defs`."""
    schemas: dict[str, Json] = {}
    for model in models:
        given = model.model_json_schema()
        tidy = _Tidy(given.pop("$defs", {}))
        tidied = tidy.node(given)
        properties = {
            "_id": {"type": "string", "pattern": model.id_pattern},
            "_rev": {"type": "string"},
            **tidied["properties"],
        }
        schemas[model.type_name()] = {
            "$schema": DIALECT,
            "title": model.__name__,
            **tidied,
            "properties": properties,
            "required": ["_id", *tidied["required"]],
            "$defs": dict(sorted(tidy.defs.items())),
        }
    return schemas


def all_schemas() -> dict[str, Json]:
    """The schema of every document type of every kind of database."""
    return document_schemas(model for models in DOCUMENTS.values() for model in models)
