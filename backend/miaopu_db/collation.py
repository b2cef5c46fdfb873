"""CouchDB's order of JSON values, as bytes that compare like the values.

null < false < true < numbers < strings < arrays < objects. Strings are ordered as ICU's root
collation orders them: punctuation, symbols, digits, letters; accents and then case only break
ties (lower case first); Han characters come after alphabets in the order of their code points.
The bytes are an index key in SQLite, so a range of keys is one range of an index.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from typing import Any

_NULL, _FALSE, _TRUE, _NUMBER, _STRING, _ARRAY, _OBJECT = 0x10, 0x20, 0x21, 0x30, 0x40, 0x50, 0x60
_END = b"\x00"

HIGHEST = b"\xff"
"""Greater than every key."""

# The order of the printable ASCII characters in ICU's root collation.
_ASCII = "\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789"
_FIRST_LETTER = 0x60
_PRIMARY = bytearray(128)
_CASE = bytearray(b"\x02" * 128)
for _position, _character in enumerate(_ASCII):
    _PRIMARY[ord(_character)] = 0x04 + _position
for _position, _character in enumerate("abcdefghijklmnopqrstuvwxyz"):
    _PRIMARY[ord(_character)] = _FIRST_LETTER + _position
    _PRIMARY[ord(_character.upper())] = _FIRST_LETTER + _position
    _CASE[ord(_character.upper())] = 0x03
_PRIMARY_TABLE = bytes(_PRIMARY) + bytes(128)
_CASE_TABLE = bytes(_CASE) + bytes(128)
_IGNORED = bytes(code for code in range(128) if not _PRIMARY[code])
_OTHER_PUNCTUATION = 0x50  # after ASCII punctuation and digits' neighbours, before the letters
_OTHER_LETTER = 0x80


@lru_cache(maxsize=65536)
def string_key(text: str) -> bytes:
    """Bytes that order strings as ICU's root collation does; equal only for equal strings."""
    if text.isascii():
        raw = text.encode()
        visible = raw.translate(None, _IGNORED)
        weights = visible.translate(_PRIMARY_TABLE)
        case = visible.translate(_CASE_TABLE).rstrip(b"\x02")
        return weights + b"\x01\x01" + case + b"\x01" + _escape(raw)
    primary = bytearray()
    accents = bytearray()
    case = b""
    for character in unicodedata.normalize("NFD", text):
        code = ord(character)
        if code < 128:
            if _PRIMARY[code]:
                primary.append(_PRIMARY[code])
                accents.append(0x02)
                case += bytes((_CASE[code],))
            continue
        if unicodedata.combining(character):
            accents += _code_point(code)
            continue
        lower = character.lower()
        folded = ord(lower) if len(lower) == 1 else code
        if unicodedata.category(character)[0] in "ZPSC":
            primary += bytes((_OTHER_PUNCTUATION,)) + _code_point(folded)
        else:
            primary += bytes((_OTHER_LETTER,)) + _code_point(folded)
        accents.append(0x02)
        case += b"\x03" if folded != code else b"\x02"
    return (
        bytes(primary)
        + b"\x01"
        + bytes(accents).rstrip(b"\x02")
        + b"\x01"
        + case.rstrip(b"\x02")
        + b"\x01"
        + _escape(text.encode("utf-8", "surrogatepass"))
    )


def _code_point(code: int) -> bytes:
    # Four bytes of six bits each, none below 0x10: no clash with separators.
    return bytes(0x10 + ((code >> shift) & 0x3F) for shift in (18, 12, 6, 0))


def _escape(raw: bytes) -> bytes:
    # 0x00 ends a value, so it may not occur within one.
    return raw.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01")


def _number(value: float) -> bytes:
    bits: int = struct.unpack(">Q", struct.pack(">d", value + 0.0))[0]
    bits = bits ^ 0xFFFFFFFFFFFFFFFF if bits >> 63 else bits | 0x8000000000000000
    return bits.to_bytes(8, "big")


def sort_key(value: Any) -> bytes:
    """Bytes that compare as CouchDB compares the JSON value."""
    if isinstance(value, str):
        return b"\x40" + string_key(value) + _END
    out = bytearray()
    _append(out, value)
    return bytes(out)


def _append(out: bytearray, value: Any) -> None:
    if value is None:
        out.append(_NULL)
    elif value is True:
        out.append(_TRUE)
    elif value is False:
        out.append(_FALSE)
    elif isinstance(value, (int, float)):
        out.append(_NUMBER)
        try:
            out += _number(float(value))
        except OverflowError:
            out += _number(float("inf") if value > 0 else float("-inf"))
    elif isinstance(value, str):
        out.append(_STRING)
        out += string_key(value)
        out += _END
    elif isinstance(value, list):
        out.append(_ARRAY)
        for item in value:
            _append(out, item)
        out += _END
    else:
        out.append(_OBJECT)
        for name, item in value.items():
            _append(out, name)
            _append(out, item)
        out += _END


def raw_key(value: Any) -> bytes:
    """The order of views with `options.collation = "raw"`: numbers < false < null < true <
    objects < arrays < strings, strings by their bytes."""
    out = bytearray()
    _append_raw(out, value)
    return bytes(out)


def _append_raw(out: bytearray, value: Any) -> None:
    if value is None:
        out.append(0x30)
    elif value is True:
        out.append(0x40)
    elif value is False:
        out.append(0x20)
    elif isinstance(value, (int, float)):
        out.append(0x10)
        out += _number(float(value))
    elif isinstance(value, str):
        out.append(0x70)
        out += _escape(value.encode("utf-8", "surrogatepass")) + _END
    elif isinstance(value, list):
        out.append(0x60)
        for item in value:
            _append_raw(out, item)
        out += _END
    else:
        out.append(0x50)
        for name, item in value.items():
            _append_raw(out, name)
            _append_raw(out, item)
        out += _END
