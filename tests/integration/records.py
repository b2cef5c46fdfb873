"""Documents for the integration tests."""

import itertools
import random
from typing import Any

Json = dict[str, Any]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_count = itertools.count(1)
MARK = "01K9A3Q6Z1" + "".join(random.choices(_CROCKFORD, k=8))
"""How every ULID of this run begins: a CouchDB may have seen other runs."""

AT = "2026-11-23T01:02:03.004Z"
LATER = "2026-11-23T05:06:07.008Z"
STATION = "01K9A3Q6Z0000000000000000S"


def ulid() -> str:
    """A ULID that no other document has, of this run or another."""
    number = next(_count)
    tail = "".join(_CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
    return MARK + tail


def provenance(site: str, at: str = AT) -> Json:
    return {
        "at": at,
        "by": "nurse",
        "station": STATION,
        "site": site,
        "offset_ms": 12,
        "app": "0.1.0",
    }


def dose(site: str, vaccine: str, date: str, **more: Any) -> Json:
    base = {"kind": "dose", "date": date, "vaccine": vaccine, "origin": "given"}
    return {**provenance(site), **base, **more}


def fact(value: Any, at: str = AT) -> Json:
    return {"value": value, "at": at, "by": "nurse"}


def child(site: str, *events: Json, birth: str = "2025-03-09", **facts: Any) -> Json:
    given = {"site": site, "name": "苗苗", "birth_date": birth, **facts}
    return {
        "_id": f"child:{ulid()}",
        "type": "child",
        "facts": {name: fact(value) for name, value in given.items()},
        "events": {ulid(): event for event in events},
    }
