"""Mango: selectors as pure predicates, and what part of an index they can use.

A selector is normalised once into `Condition`s and then matched against parsed documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .collation import sort_key
from .documents import dumps
from .errors import CouchError, bad_request
from .sandbox import pattern

Path = tuple[str, ...]
Matcher = Callable[[Any], bool]
Bound = tuple[Path, str, Any]
MISSING = object()
"""What a field holds that the document does not have."""

_TYPES = ("null", "boolean", "number", "string", "array", "object")
_MAX_PATTERN = 1000


def invalid(name: str, reason: str) -> CouchError:
    return bad_request(reason, name)


def field_path(name: str) -> Path:
    """The steps of a dotted field; `\\.` is a dot within a name."""
    steps = [""]
    escaped = False
    for character in name:
        if escaped:
            steps[-1] += character if character == "." else "\\" + character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ".":
            steps.append("")
        else:
            steps[-1] += character
    if escaped:
        steps[-1] += "\\"
    return tuple(steps)


def field_name(path: Path) -> str:
    return ".".join(step.replace(".", "\\.") for step in path)


def get(value: Any, path: Path) -> Any:
    """The value of a field; `MISSING` when there is none."""
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                return MISSING
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdigit():
            if len(step) > 9 or int(step) >= len(value):
                return MISSING
            value = value[int(step)]
        else:
            return MISSING
    return value


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector that was understood: the predicate, and `bounds`, the conditions that hold of
    every match and that an index over a field may use, as `(field, operator, argument)`."""

    given: Mapping[str, Any]
    matches: Matcher
    bounds: tuple[Bound, ...]

    def fields(self) -> set[Path]:
        """Fields that every matching document has."""
        return {path for path, _, _ in self.bounds}


def parse_selector(value: Any) -> Selector:
    """Raises 400 in CouchDB's words for what is no selector."""
    if not isinstance(value, dict):
        raise invalid("invalid_selector_json", "Selector must be an object: expected a JSON object")
    bounds: list[Bound] = []
    return Selector(value, _members(value, (), bounds, 0, False), tuple(bounds))


def select(selector: Selector, texts: Sequence[bytes]) -> list[bool]:
    """Which documents, given as JSON, match."""
    return [selector.matches(orjson.loads(text)) for text in texts]


def _members(
    value: Mapping[str, Any], prefix: Path, bounds: list[Bound], depth: int, negated: bool
) -> Matcher:
    """The members of one object of a selector, which hold together. A negation is carried down
    to the single conditions, as CouchDB does: a field that is missing matches neither way."""
    if depth > 100:
        raise invalid("invalid_selector_json", "The selector nests too deep.")
    inner = [] if negated else bounds
    parts: list[Matcher] = []
    for name, argument in value.items():
        if name in ("$and", "$or", "$nor"):
            parts.append(_combination(name, argument, prefix, inner, depth, negated))
        elif name == "$not":
            if not isinstance(argument, dict):
                raise _bad_argument(name, argument)
            parts.append(_members(argument, prefix, [], depth + 1, not negated))
        elif name.startswith("$"):
            parts.append(_operator(name, argument, prefix, inner, depth, negated))
        else:
            path = prefix + field_path(name)
            if isinstance(argument, dict) and argument:
                parts.append(_members(argument, path, inner, depth + 1, negated))
            else:
                parts.append(_operator("$eq", argument, path, inner, depth, negated))
    if not parts:
        return _never if negated else _yes
    return _any(parts) if negated else _all(parts)


def _all(parts: list[Matcher]) -> Matcher:
    if len(parts) == 1:
        return parts[0]
    return lambda doc: all(part(doc) for part in parts)


def _any(parts: list[Matcher]) -> Matcher:
    if len(parts) == 1:
        return parts[0]
    return lambda doc: any(part(doc) for part in parts)


def _yes(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


def _combination(
    name: str, argument: Any, prefix: Path, bounds: list[Bound], depth: int, negated: bool
) -> Matcher:
    if not isinstance(argument, list) or not all(isinstance(one, dict) for one in argument):
        raise _bad_argument(name, argument)
    if not argument:
        return _yes  # as CouchDB has it, for all three
    within = bounds if name == "$and" and not negated else []
    inverted = negated != (name == "$nor")
    parts = [_members(one, prefix, within, depth + 1, inverted) for one in argument]
    # $nor is the conjunction of the negated parts; negating turns "all" and "any" around.
    conjunction = (name != "$or") != negated
    return _all(parts) if conjunction else _any(parts)


def _bad_argument(name: str, argument: Any) -> CouchError:
    text = dumps(argument).decode("utf-8", "replace")[:200]
    return invalid("bad_arg", f"Bad argument for operator {name}: {text}")


def _operator(
    name: str, argument: Any, path: Path, bounds: list[Bound], depth: int, negated: bool
) -> Matcher:
    """One operator applied to one field (to the value itself, when `path` is empty)."""
    if name in ("$elemMatch", "$allMatch", "$keyMapMatch"):
        if not isinstance(argument, dict):
            raise _bad_argument(name, argument)
        test = _element_test(name, _members(argument, (), [], depth + 1, False))
    else:
        maker = _TESTS.get(name)
        if maker is None:
            raise invalid("invalid_operator", f"Invalid operator: {name}")
        test = maker(argument)
    if path and not negated:
        if name in ("$eq", "$lt", "$lte", "$gt", "$gte", "$beginsWith"):
            bounds.append((path, name, argument))
        elif name != "$exists" or argument is True:
            bounds.append((path, "$exists", True))
    if name == "$exists":
        return lambda doc: test(get(doc, path)) is not negated

    def matches(doc: Any) -> bool:
        value = get(doc, path)
        return value is not MISSING and test(value) is not negated

    return matches


def _element_test(name: str, element: Matcher) -> Matcher:
    if name == "$elemMatch":
        return lambda value: isinstance(value, list) and any(element(one) for one in value)
    if name == "$allMatch":
        return lambda value: (
            isinstance(value, list) and bool(value) and all(element(one) for one in value)
        )
    return lambda value: isinstance(value, dict) and any(element(key) for key in value)


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


def _compare(passes: Callable[[bytes, bytes], bool]) -> Callable[[Any], Matcher]:
    def make(argument: Any) -> Matcher:
        limit = sort_key(argument)
        return lambda value: passes(sort_key(value), limit)

    return make


def _in(argument: Any) -> Matcher:
    wanted = _list("$in", argument)
    return lambda value: (
        any(equal(value, one) for one in wanted)
        or (isinstance(value, list) and any(equal(item, one) for item in value for one in wanted))
    )


def _nin(argument: Any) -> Matcher:
    inside = _in(_list("$nin", argument))
    return lambda value: not inside(value)


def _list(name: str, argument: Any) -> list[Any]:
    if not isinstance(argument, list):
        raise _bad_argument(name, argument)
    return argument


def _all_of(argument: Any) -> Matcher:
    wanted = _list("$all", argument)

    def matches(value: Any) -> bool:
        if not isinstance(value, list) or not wanted:
            return False
        if len(wanted) == 1 and isinstance(wanted[0], list) and equal(value, wanted[0]):
            return True
        return all(any(equal(item, one) for item in value) for one in wanted)

    return matches


def _exists(argument: Any) -> Matcher:
    if not isinstance(argument, bool):
        raise _bad_argument("$exists", argument)
    return lambda value: (value is not MISSING) is argument


def type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _type(argument: Any) -> Matcher:
    if argument not in _TYPES:
        raise _bad_argument("$type", argument)
    return lambda value: type_of(value) == argument


def _mod(argument: Any) -> Matcher:
    if (
        not isinstance(argument, list)
        or len(argument) != 2
        or not all(type(one) is int for one in argument)
        or argument[0] == 0
    ):
        raise _bad_argument("$mod", argument)
    divisor, remainder = argument

    def matches(value: Any) -> bool:
        if type(value) is not int:
            return False
        # The remainder has the sign of the dividend, as in Erlang and JavaScript.
        found = abs(value) % abs(divisor)
        return bool((-found if value < 0 else found) == remainder)

    return matches


def _size(argument: Any) -> Matcher:
    if type(argument) is not int or argument < 0:
        raise _bad_argument("$size", argument)
    return lambda value: isinstance(value, list) and len(value) == argument


def _regex(argument: Any) -> Matcher:
    if not isinstance(argument, str) or len(argument) > _MAX_PATTERN:
        raise _bad_argument("$regex", argument)
    return pattern(argument)


def _begins_with(argument: Any) -> Matcher:
    if not isinstance(argument, str):
        raise _bad_argument("$beginsWith", argument)
    return lambda value: isinstance(value, str) and value.startswith(argument)


_TESTS: dict[str, Callable[[Any], Matcher]] = {
    "$eq": lambda argument: lambda value: equal(value, argument),
    "$ne": lambda argument: lambda value: not equal(value, argument),
    "$lt": _compare(lambda one, other: one < other),
    "$lte": _compare(lambda one, other: one <= other),
    "$gt": _compare(lambda one, other: one > other),
    "$gte": _compare(lambda one, other: one >= other),
    "$in": _in,
    "$nin": _nin,
    "$all": _all_of,
    "$exists": _exists,
    "$type": _type,
    "$mod": _mod,
    "$size": _size,
    "$regex": _regex,
    "$beginsWith": _begins_with,
}


@dataclass(frozen=True, slots=True)
class Range:
    """A range of one field's values in an index, as sort keys; both ends may be open."""

    low: bytes
    low_inclusive: bool
    high: bytes
    high_inclusive: bool
    exact: bool = False


def range_of(selector: Selector, path: Path) -> Range | None:
    """The values that a field of a match can have; None when nothing is said of it."""
    low, low_in, high, high_in = b"", True, b"\xff", True
    said = exact = False
    for found, name, argument in selector.bounds:
        if found != path:
            continue
        said = True
        key = sort_key(argument)
        if name == "$eq":
            exact = True
            low, high, low_in, high_in = max(low, key), min(high, key), True, True
        elif name in ("$gt", "$gte"):
            # Of two equal bounds the one that excludes the bound itself is the narrower.
            low, excluded = max((low, not low_in), (key, name == "$gt"))
            low_in = not excluded
        elif name in ("$lt", "$lte"):
            high, high_in = min((high, high_in), (key, name == "$lte"))
    return Range(low, low_in, high, high_in, exact) if said else None
