"""Canonical JSON: one text for one value, the same in Python and in JavaScript.

Keys are sorted by code point, there are no spaces, and numbers are written as ECMAScript writes
them (ECMA-262, Number::toString), so that `36.0`, which JavaScript cannot tell from `36`, is `36`.
"""

import re
from json.encoder import encode_basestring
from typing import Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _number(value: float) -> str:
    """`Number.prototype.toString` of a finite double; raises ValueError for NaN and infinities."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("JSON has no NaN and no infinity")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    # The value is 0.<digits> × 10^point.
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + power


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(_LONE_SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", encode_basestring(value)))
    elif value is None:
        parts.append("null")
    elif value is True:
        parts.append("true")
    elif value is False:
        parts.append("false")
    elif isinstance(value, int):
        # Beyond 2^53 JavaScript holds the nearest double.
        parts.append(str(value) if abs(value) < 2**53 else _number(float(value)))
    elif isinstance(value, float):
        parts.append(_number(value))
    elif isinstance(value, dict):
        separator = "{"
        for key in sorted(value):
            parts.append(separator)
            _write(key, parts)
            parts.append(":")
            _write(value[key], parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = ","
        parts.append("]" if value else "[]")
    else:
        raise TypeError(f"JSON has no {type(value).__name__}")


def canonical(value: Any) -> str:
    """The canonical JSON of `value`; raises TypeError or ValueError for what JSON cannot hold."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)
