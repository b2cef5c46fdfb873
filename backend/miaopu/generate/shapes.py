"""From the shapes of printed forms and of the device bridge to the TypeScript types of the PWA."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from miaopu.generate.schemas import REF, Json, without_null
from miaopu.generate.typescript import HEADER, interface
from miaopu.printing.forms import OBSERVE_MINUTES
from miaopu.printing.render import TEMPLATES
from miaopu_bridge.messages import MESSAGES
from miaopu_bridge.printing import PrintRequest
from miaopu_bridge.shapes import EVENTS, PrinterShown, PrintJob

Direction = Literal["sent", "received"]
"""Whether the application sends a shape, and may leave out what has a default, or receives it."""


def interfaces(models: Iterable[type[BaseModel]], direction: Direction) -> str:
    """An interface for each model, and for each that one of them holds."""
    mode: Literal["validation", "serialization"] = (
        "validation" if direction == "sent" else "serialization"
    )
    _, schema = models_json_schema(
        [(model, mode) for model in models], ref_template=REF + "{model}"
    )
    return "\n".join(
        interface(name, _optional(definition) if direction == "sent" else definition, None)
        for name, definition in schema["$defs"].items()
        if "properties" in definition
    )


def _optional(definition: Json) -> Json:
    properties = {name: without_null(field) for name, field in definition["properties"].items()}
    return {**definition, "properties": properties}


def forms_typescript() -> str:
    """The text of `pwa/src/print/generated.ts`."""
    templates = "".join(f"  '{name}': {model.__name__};\n" for name, model in TEMPLATES.items())
    return (
        f"{HEADER}\n"
        f"/** 留观: minutes that a child stays after a vaccination. */\n"
        f"export const OBSERVE_MINUTES = {OBSERVE_MINUTES};\n\n"
        f"{interfaces(TEMPLATES.values(), 'sent')}\n"
        "/** What each form is given, by the name of its template. */\n"
        f"export interface Templates {{\n{templates}}}\n"
    )


def bridge_typescript() -> str:
    """The text of `pwa/src/devices/generated.ts`."""
    union = "\n  | ".join(event.__name__ for event in EVENTS)
    return (
        f"{HEADER}\n"
        f"{interfaces([*EVENTS, PrintJob, PrinterShown], 'received')}\n"
        f"{interfaces([PrintRequest], 'sent')}\n"
        f"export type BridgeEvent =\n  | {union};\n\n"
        f"{_card_words(MESSAGES)}"
    )


def _card_words(messages: Mapping[str, tuple[str, str]]) -> str:
    """The words of the codes that the application has of a reader without a bridge, too."""
    lines = "".join(
        f"  '{code}': {{ zh: {_text(zh)}, en: {_text(en)} }},\n"
        for code, (zh, en) in messages.items()
        if code.startswith("card.")
    )
    return (
        "/** What is said of a card that was not read. */\n"
        f"export const CARD_WORDS = {{\n{lines}}} as const;\n\n"
        "export type CardCode = keyof typeof CARD_WORDS;\n"
    )


def _text(words: str) -> str:
    return f'"{words}"' if "'" in words else f"'{words}'"
