"""Mango questions: which index answers one, and the range of it that is read."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from . import mango
from .documents import dumps
from .errors import CouchError, bad_request
from .mango import Path, Selector

DEFAULT_LIMIT = 25
NO_INDEX = "No matching index found, create an index to optimize query time."
MANY_SCANNED = (
    "The number of documents examined is high in proportion to the number of results returned. "
    "Consider adding a more specific index to improve this."
)
SCANNED_PER_RESULT = 10
"""Documents looked at for one result, above which the asker is told."""

Sort = tuple[tuple[Path, bool], ...]
"""Fields in order, each with whether it is descending (all or none are)."""


@dataclass(frozen=True, slots=True)
class MangoIndex:
    """An index over fields, in order. `design` is None for the primary index by `_id`."""

    design: str | None
    name: str
    fields: tuple[Path, ...]
    partial: dict[str, Any] | None = None

    def members(self) -> dict[str, Any]:
        """The index as `_index` lists it."""
        definition: dict[str, Any] = {
            "fields": [{mango.field_name(path): "asc"} for path in self.fields]
        }
        if self.partial:
            definition["partial_filter_selector"] = self.partial
        if self.design is None:
            return {"ddoc": None, "name": self.name, "type": "special", "def": definition}
        return {
            "ddoc": self.design,
            "name": self.name,
            "type": "json",
            "partitioned": False,
            "def": definition,
        }


PRIMARY = MangoIndex(None, "_all_docs", (("_id",),))


@dataclass(frozen=True, slots=True)
class Find:
    """One question, checked."""

    selector: Selector
    sort: Sort = ()
    fields: tuple[str, ...] | None = None
    limit: int = DEFAULT_LIMIT
    skip: int = 0
    bookmark: list[str] | None = None
    use_index: tuple[str, ...] = ()
    allow_fallback: bool = True
    conflicts: bool = False
    update: bool = True
    execution_stats: bool = False
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def asks_nothing(self) -> bool:
        """Whether the selector is one empty list, which in CouchDB nothing matches."""
        return any(self.selector.given == {name: []} for name in ("$and", "$or", "$nor", "$all"))

    @property
    def descending(self) -> bool:
        return bool(self.sort) and self.sort[0][1]


def _invalid(name: str, reason: str) -> CouchError:
    return bad_request(reason, name)


def parse_find(body: dict[str, Any]) -> Find:
    """Raises 400 in CouchDB's words for what it would not take either."""
    if "selector" not in body:
        raise _invalid("missing_required_key", "Missing required key: selector")
    known = {
        "selector",
        "use_index",
        "bookmark",
        "limit",
        "skip",
        "sort",
        "fields",
        "partition",
        "r",
        "conflicts",
        "stale",
        "update",
        "stable",
        "execution_stats",
        "allow_fallback",
    }
    for name in body:
        if name not in known:
            raise _invalid("invalid_key", f"Invalid key {name} for this request.")
    use = body.get("use_index", [])
    use = [use] if isinstance(use, str) else use
    if not isinstance(use, list) or not all(isinstance(one, str) for one in use) or len(use) > 2:
        raise _invalid("invalid_index_name", "use_index must name a design document.")
    fields = body.get("fields", "all_fields")
    if fields in ("all_fields", []):
        chosen = None
    elif isinstance(fields, list) and all(isinstance(one, str) for one in fields):
        chosen = tuple(fields)
    else:
        raise _invalid("invalid_fields", "fields must be a list of names.")
    for name in ("conflicts", "update", "execution_stats", "allow_fallback", "stable"):
        if not isinstance(body.get(name, True), bool):
            raise _invalid("invalid_boolean", f"Invalid value for boolean: {name}")
    return Find(
        mango.parse_selector(body["selector"]),
        parse_sort(body.get("sort", [])),
        chosen,
        _natural(body.get("limit", DEFAULT_LIMIT), "limit"),
        _natural(body.get("skip", 0), "skip"),
        parse_bookmark(body.get("bookmark", "nil")),
        tuple(use),
        body.get("allow_fallback", True),
        body.get("conflicts", False),
        body.get("update", True),
        body.get("execution_stats", False),
        body,
    )


def _natural(value: Any, name: str) -> int:
    if type(value) is not int or value < 0:
        raise _invalid("invalid_non_neg_integer", f"Invalid value for non-negative integer: {name}")
    return min(value, 2**40)


def parse_sort(value: Any) -> Sort:
    if not isinstance(value, list):
        raise _invalid("invalid_sort_json", "Sort must be an array of sort specs")
    result: list[tuple[Path, bool]] = []
    for one in value:
        if isinstance(one, str):
            name, direction = one, "asc"
        elif isinstance(one, dict) and len(one) == 1:
            name, direction = next(iter(one.items()))
        else:
            raise _invalid("invalid_sort_field", "Invalid sort field")
        if direction not in ("asc", "desc"):
            raise _invalid("invalid_sort_dir", f"Invalid sort direction: {direction}")
        result.append((mango.field_path(name), direction == "desc"))
    if len({descending for _, descending in result}) > 1:
        raise _invalid(
            "unsupported_mixed_sort",
            "Sorts currently only support a single direction for all fields.",
        )
    return tuple(result)


def make_bookmark(position: Sequence[str]) -> str:
    """Where an answer ended, so that the next one goes on there."""
    return base64.urlsafe_b64encode(orjson.dumps(list(position))).decode()


def parse_bookmark(text: Any) -> list[str] | None:
    if text in ("nil", "", None):
        return None
    try:
        value = orjson.loads(base64.urlsafe_b64decode(text))
    except (ValueError, TypeError, binascii.Error):
        value = None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _invalid("invalid_bookmark", "Invalid bookmark value: it was not given out here.")
    return value


def parse_index(body: dict[str, Any]) -> tuple[MangoIndex, dict[str, Any]]:
    """A wish to create an index: the index, and the view's definition for its document."""
    wanted = body.get("index")
    if not isinstance(wanted, dict):
        raise _invalid("missing_required_key", "Missing required key: index")
    kind = body.get("type", "json")
    if kind != "json":
        raise _invalid("index_not_implemented", f"Indexes of type {kind} are not supported.")
    fields = parse_sort(wanted.get("fields"))
    if not fields:
        raise _invalid("invalid_index_fields_definition", "Index fields must not be empty.")
    partial = wanted.get("partial_filter_selector", wanted.get("selector"))
    if partial is not None:
        mango.parse_selector(partial)
    direction = "desc" if fields[0][1] else "asc"
    names = [mango.field_name(path) for path, _ in fields]
    view: dict[str, Any] = {
        "map": {
            "fields": dict.fromkeys(names, direction),
            "partial_filter_selector": partial or {},
        },
        "reduce": "_count",
        "options": {"def": wanted},
    }
    auto = hashlib.sha1(dumps(view), usedforsecurity=False).hexdigest()
    design, name = body.get("ddoc", auto), body.get("name", auto)
    if not isinstance(design, str) or not design or not isinstance(name, str) or not name:
        raise _invalid("invalid_index_name", "ddoc and name must be strings that are not empty.")
    if not design.startswith("_design/"):
        design = "_design/" + design
    index = MangoIndex(design, name, tuple(path for path, _ in fields), partial or None)
    return index, view


def indexes_of(doc_id: str, members: dict[str, Any]) -> list[MangoIndex]:
    """The Mango indexes that a design document holds."""
    views = members.get("views")
    if members.get("language") != "query" or not isinstance(views, dict):
        return []
    found: list[MangoIndex] = []
    for name, view in views.items():
        definition = view.get("map") if isinstance(view, dict) else None
        fields = definition.get("fields") if isinstance(definition, dict) else None
        if isinstance(definition, dict) and isinstance(fields, dict) and fields:
            partial = definition.get("partial_filter_selector")
            found.append(
                MangoIndex(
                    doc_id,
                    name,
                    tuple(mango.field_path(one) for one in fields),
                    partial if isinstance(partial, dict) and partial else None,
                )
            )
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """An index, the range of its keys, and what the asker should know."""

    index: MangoIndex
    low: bytes
    high: bytes
    warning: str | None = None


def usable(index: MangoIndex, find: Find) -> bool:
    """Whether every match is in the index, and in the order that is asked for."""
    if index is not PRIMARY:
        said = find.selector.fields() | {path for path, _ in find.sort}
        if not all(path in said for path in index.fields):
            return False
        if index.partial is not None and not find.use_index:
            return False
    return sorts(index, find)


def sorts(index: MangoIndex, find: Find) -> bool:
    wanted = [path for path, _ in find.sort]
    if not wanted:
        return True
    # Fields that every match has the same value of do not disturb the order.
    fields = list(index.fields)
    while fields and fields[: len(wanted)] != wanted:
        first = mango.range_of(find.selector, fields[0])
        if first is None or not first.exact:
            return False
        fields.pop(0)
    return bool(fields)


def plan(find: Find, indexes: list[MangoIndex]) -> Plan:
    """The best index: the one that is asked for, else the one whose range is narrowest.

    Raises 400 `no_usable_index` when none gives the order asked for."""
    candidates = [index for index in indexes if usable(index, find)]
    refused = None
    if find.use_index:
        chosen = [index for index in candidates if _is_named(index, find.use_index)]
        candidates = chosen or candidates
        refused = None if chosen else _not_used(find.use_index)
    if not find.allow_fallback and (refused is not None or not candidates):
        raise _unsuitable(find.use_index)
    if not candidates:
        by_id = ("_id",) in find.selector.fields()
        if find.sort and not (by_id and sorts(PRIMARY, find)):
            raise _invalid(
                "no_usable_index",
                "No index exists for this sort, try indexing by the sort fields.",
            )
        warning = NO_INDEX if refused is None else f"{refused}\n{NO_INDEX}"
        return Plan(PRIMARY, b"", b"", warning)
    best = max(candidates, key=lambda index: (_depth(index, find), -len(index.fields)))
    low, high = key_range(best, find.selector)
    return Plan(best, low, high, refused)


def _is_named(index: MangoIndex, use: tuple[str, ...]) -> bool:
    """Whether `use_index` means this one: by its design document, or by its own name too."""
    design = "_design/" + use[0].removeprefix("_design/")
    return index.design == design and (len(use) == 1 or index.name == use[1])


def _shown(use: tuple[str, ...]) -> str:
    return ", ".join(("_design/" + use[0].removeprefix("_design/"), *use[1:]))


def _not_used(use: tuple[str, ...]) -> str:
    """CouchDB's warning when the index that was asked for cannot answer."""
    why = "it is not" if len(use) > 1 else "it does not contain"
    return f"{_shown(use)} was not used because {why} a valid index for this query."


def _unsuitable(use: tuple[str, ...]) -> CouchError:
    """CouchDB's error when no index can answer and none but an index may."""
    reason = "You must specify an index with the `use_index` parameter."
    if use:
        reason = f"{_shown(use)} specified by `use_index` could not be found or it is not suitable."
    return _invalid("invalid_index", reason)


def _depth(index: MangoIndex, find: Find) -> tuple[int, int]:
    exact = ranged = 0
    for path in index.fields:
        found = mango.range_of(find.selector, path)
        if found is None:
            break
        if not found.exact:
            ranged = 1
            break
        exact += 1
    return exact, ranged


def key_range(index: MangoIndex, selector: Selector) -> tuple[bytes, bytes]:
    """The sort keys of the index between which every match lies: low ≤ key < high."""
    prefix = b"\x50"  # every key is an array
    for path in index.fields:
        found = mango.range_of(selector, path)
        if found is None:
            break
        if found.exact and found.low == found.high:
            prefix += found.low
            continue
        low = prefix + found.low + (b"" if found.low_inclusive else b"\xff")
        high = prefix + found.high + (b"\xff" if found.high_inclusive else b"")
        return low, high
    return prefix, prefix + b"\xff"


def primary_range(selector: Selector) -> tuple[str, str | None]:
    """The ids between which every match lies, both inclusive; None: no upper end."""
    low, high = "", None
    for path, name, argument in selector.bounds:
        if path != ("_id",) or not isinstance(argument, str):
            continue
        if name in ("$eq", "$gt", "$gte"):
            low = max(low, argument)
        if name in ("$eq", "$lt", "$lte"):
            high = argument if high is None else min(high, argument)
    return low, high


def project(document: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """The document with the named fields alone."""
    result: dict[str, Any] = {}
    for name in fields:
        path = mango.field_path(name)
        value = mango.get(document, path)
        if value is mango.MISSING:
            continue
        at = result
        for step in path[:-1]:
            inner = at.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            at = inner
        else:
            at[path[-1]] = value
    return result
