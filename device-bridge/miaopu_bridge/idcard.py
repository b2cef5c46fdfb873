"""A resident's ID card (二代居民身份证): the text block that its readers hand over. Pure.

After GA 450 the block has 256 bytes, UTF-16 little endian, each field of fixed length and filled up
with spaces. The picture that follows it is not read: nothing here needs it.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

TEXT_BYTES = 256
FIELDS = {
    "name": 30, "sex": 2, "nation": 4, "birth": 16, "address": 70, "number": 36,
    "issuer": 30, "valid_from": 16, "valid_until": 16, "new_address": 36,
}  # fmt: skip
"""Bytes of each field, in their order."""
FOR_LIFE = "长期"
_SEX: dict[str, Literal["M", "F", "U"]] = {"1": "M", "2": "F"}


@dataclass(frozen=True)
class IdCardText:
    """What the card says. Dates are YYYY-MM-DD; `valid_until` is None for life (长期)."""

    name: str
    sex: Literal["M", "F", "U"]
    nation: str
    birth_date: str
    address: str
    number: str
    issuer: str
    valid_from: str
    valid_until: str | None


def read_text(block: bytes) -> IdCardText:
    """The card's text. Raises ValueError, without a word of it, when it is not such a block."""
    if len(block) != TEXT_BYTES:
        raise ValueError(f"the text of an ID card has {TEXT_BYTES} bytes, not {len(block)}")
    found, at = {}, 0
    for name, length in FIELDS.items():
        try:
            found[name] = block[at : at + length].decode("utf-16-le").strip(" \0\u3000")
        except UnicodeDecodeError:
            raise ValueError(f"the card's {name} is not text") from None
        at += length
    if not found["name"] or not (found["number"][:17].isdigit() and len(found["number"]) == 18):
        raise ValueError("the card has no name or no number")
    until = found["valid_until"]
    return IdCardText(
        name=found["name"],
        sex=_SEX.get(found["sex"], "U"),
        nation=found["nation"],
        birth_date=_date(found["birth"]),
        # Where the holder moved to stands behind; on most cards it is empty.
        address=found["new_address"] or found["address"],
        number=found["number"].upper(),
        issuer=found["issuer"],
        valid_from=_date(found["valid_from"]),
        valid_until=None if until == FOR_LIFE else _date(until),
    )


def text_block(**fields: str) -> bytes:
    """The block of a card with these fields, for simulators. Raises ValueError for one too long."""
    block = b""
    for name, length in FIELDS.items():
        text = fields.get(name, "").encode("utf-16-le")
        if len(text) > length:
            raise ValueError(f"the card's {name} has at most {length // 2} characters")
        block += text + " ".encode("utf-16-le") * ((length - len(text)) // 2)
    return block


def _date(digits: str) -> str:
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").date().isoformat()
    except ValueError:
        raise ValueError("the card has a date that is none") from None
