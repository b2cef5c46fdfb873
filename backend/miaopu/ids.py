"""ULIDs: ids of 26 characters that sort by the millisecond of their making."""

import secrets
import time

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid_of(ms: int, tail: int) -> str:
    """The ULID of 48 bits of milliseconds and 80 other bits, in Crockford's base 32."""
    number = ms << 80 | tail
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def ms_of(ulid: str) -> int:
    """The milliseconds of a ULID."""
    number = 0
    for letter in ulid[:10]:
        number = number << 5 | _CROCKFORD.index(letter)
    return number


def new_ulid(now_ms: int | None = None) -> str:
    """A ULID whose other bits are random."""
    ms = now_ms if now_ms is not None else time.time_ns() // 1_000_000
    return ulid_of(ms, secrets.randbits(80))
