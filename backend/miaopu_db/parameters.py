"""The parameters by which rows are asked for, of a view or of all documents: out of a query, whose
keys are JSON text, or out of a body, where they stand as they are (`decoded`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .documents import loads
from .errors import bad_request, query_error

_BOOLEANS = {
    "att_encoding_info": "encoding_info",
    "attachments": "attachments",
    "conflicts": "conflicts",
    "descending": "descending",
    "group": "group",
    "include_docs": "include_docs",
    "inclusive_end": "inclusive_end",
    "reduce": "reduce",
    "sorted": "sorted",
    "stable": "stable",
    "update_seq": "update_seq",
}
_KEYS = {
    "key": ("start", "end"),
    "startkey": ("start",),
    "start_key": ("start",),
    "endkey": ("end",),
    "end_key": ("end",),
}
_TEXTS = {
    "startkey_docid": "start_doc",
    "start_key_doc_id": "start_doc",
    "endkey_docid": "end_doc",
    "end_key_doc_id": "end_doc",
}
_INTEGERS = ("limit", "skip", "group_level")


def read(given: Mapping[str, Any], *, decoded: bool) -> dict[str, Any]:
    """What was asked, by the names of the fields of a `Query`; 400 for what cannot be. Other
    parameters have no effect."""
    found: dict[str, Any] = {}
    for name, raw in given.items():
        if name in _KEYS:
            value = raw if decoded else loads(raw)
            found |= dict.fromkeys(_KEYS[name], value)
        elif name == "keys":
            value = raw if decoded else loads(raw)
            if not isinstance(value, list):
                raise bad_request("`keys` parameter must be an array.")
            found["keys"] = tuple(value)
        elif name in _TEXTS:
            found[_TEXTS[name]] = _text(raw, name)
        elif name in _INTEGERS:
            found[name] = integer(raw, name, decoded)
        elif name in _BOOLEANS:
            found[_BOOLEANS[name]] = boolean(raw, name)
        elif name == "stale":
            if raw not in ("ok", "update_after"):
                raise query_error("Invalid value for `stale`.")
            found["update"] = "false" if raw == "ok" else "lazy"
        elif name == "update":
            text = str(raw).lower() if isinstance(raw, bool) else raw
            if text not in ("true", "false", "lazy"):
                raise query_error("Invalid value for `update`.")
            found["update"] = text
    return found


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise query_error(f"`{name}` must be a string.")
    return value


def integer(text: Any, name: str, decoded: bool = False) -> int:
    """A whole number that is not negative; out of a body (`decoded`) never as a string."""
    if isinstance(text, bool) or not isinstance(text, int if decoded else (int, str)):
        raise query_error(f"Invalid value for integer: {name}")
    if isinstance(text, str):
        digits = text.removeprefix("-")
        if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            raise query_error(f"Invalid value for integer: {name}")
        text = int(text)
    if text < 0:
        raise query_error(f"Invalid value for positive integer: {name}")
    return min(int(text), 2**53)


def boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise query_error(f"Invalid boolean parameter: {name}")
