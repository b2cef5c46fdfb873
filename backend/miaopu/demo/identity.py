"""Identifiers of the demo county: drawn from the seed, well-formed, and nobody's."""

from random import Random

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _CROCKFORD for b in _CROCKFORD]
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def generator(key: int | str) -> Random:
    """A generator whose numbers follow from `key` alone, whatever the machine or the Python."""
    return Random(key)  # noqa: S311  # believable data, nothing secret


def mix(seed: int, clinic: int, index: int) -> int:
    """One key for each child's generator, so that no child depends on how many there are."""
    return (seed * 1_000_003 + clinic) * 1_000_000_007 + index


def ulid(milliseconds: int, bits: int) -> str:
    """A ULID of a moment (ms since 1970) and 80 bits that the caller drew."""
    pairs = _PAIRS
    return (
        f"{pairs[milliseconds >> 40]}{pairs[(milliseconds >> 30) & 1023]}"
        f"{pairs[(milliseconds >> 20) & 1023]}{pairs[(milliseconds >> 10) & 1023]}"
        f"{pairs[milliseconds & 1023]}"
        f"{pairs[bits >> 70]}{pairs[(bits >> 60) & 1023]}{pairs[(bits >> 50) & 1023]}"
        f"{pairs[(bits >> 40) & 1023]}{pairs[(bits >> 30) & 1023]}{pairs[(bits >> 20) & 1023]}"
        f"{pairs[(bits >> 10) & 1023]}{pairs[bits & 1023]}"
    )


def id_number(region: str, birth: str, serial: int) -> str:
    """公民身份号码 (GB 11643) of a region, a birth date `YYYY-MM-DD` and a serial 0–999.

    An odd serial is a man's, an even one a woman's.
    """
    digits = f"{region}{birth[:4]}{birth[5:7]}{birth[8:]}{serial:03d}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return digits + _CHECKS[total % 11]


def phone(serial: int) -> str:
    """A mobile number of the range 154, which the numbering plan has given to nobody."""
    return f"154{serial % 100_000_000:08d}"
