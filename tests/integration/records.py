"""Documents for the integration tests."""

import itertools
import random
from typing import Any

Json = dict[str, Any]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_count = itertools.count(1)
MARK = "01M82YS7QR" + "".join(random.choices(_CROCKFORD, k=8))
"""How every ULID of this run begins, with the time `AT`: a CouchDB may have seen other runs."""

AT = "2026-11-23T01:02:03.004Z"
LATER = "2026-11-23T05:06:07.008Z"
STATION = "01K9A3Q6Z0000000000000000S"


def ulid() -> str:
    """A ULID that no other document has, of this run or another."""
    number = next(_count)
    tail = "".join(_CROCKFORD[number >> shift & 31] for shift in range(35, -1, -5))
    return MARK + tail


def nurse_of(site: str) -> str:
    """The account of a clinic's nurse."""
    return f"nurse-{site}"


def provenance(site: str, at: str = AT) -> Json:
    return {
        "at": at,
        "by": nurse_of(site),
        "station": STATION,
        "site": site,
        "offset_ms": 12,
        "app": "0.1.0",
    }


def dose(site: str, vaccine: str, date: str, **more: Any) -> Json:
    base = {"kind": "dose", "date": date, "vaccine": vaccine, "origin": "given"}
    base |= {"lot": "Z1", "expiry": "2028-01-01", "maker": "甲"}
    return {**provenance(site), **base, **more}


def fact(value: Any, site: str, at: str = AT) -> Json:
    return {"value": value, "at": at, "by": nurse_of(site)}


def child(site: str, *events: Json, birth: str = "2025-03-09", **facts: Any) -> Json:
    given = {"site": site, "name": "苗苗", "birth_date": birth, **facts}
    return {
        "_id": f"child:{ulid()}",
        "type": "child",
        "facts": {name: fact(value, site) for name, value in given.items()},
        "events": {ulid(): event for event in events},
    }
