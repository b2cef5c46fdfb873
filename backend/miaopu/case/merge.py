"""The merge of two versions of a child's document (个案合并), as docs/data-flow.md defines it.

`pwa/src/case/merge.ts` is the same function; both are held against `tests/vectors/merge.json`.
Pure: no clock, no I/O, and the arguments are left as they are.
"""

import hashlib
from collections.abc import Iterable
from functools import reduce
from typing import Any

from miaopu.case.canonical import canonical

Json = dict[str, Any]

_BOOKKEEPING = frozenset({"_rev", "_revisions", "_revs_info", "_conflicts", "_deleted_conflicts"})


def body(document: Json) -> Json:
    """The document without what the database alone keeps about its revisions."""
    return {key: value for key, value in document.items() if key not in _BOOKKEEPING}


def _later_fact(a: Json, b: Json) -> Json:
    # The last key is the whole fact, so that facts which differ only in what no model names
    # still have one winner whatever the order of merging.
    def rank(fact: Json) -> tuple[str, str, str, str]:
        return fact["at"], fact["by"], canonical(fact["value"]), canonical(fact)

    return max(a, b, key=rank)


def _standing_event(a: Json, b: Json) -> Json:
    return a if a == b else min(a, b, key=canonical)


def merge(a: Json, b: Json) -> Json:
    """One document out of two versions of it: the union of the events, the later of each fact.

    Commutative, associative and idempotent. The result has no `_rev`. Raises ValueError when the
    two are not versions of one child.
    """
    if a["_id"] != b["_id"]:
        raise ValueError(f"{a['_id']} and {b['_id']} are two children: not merged")
    facts: Json = dict(a["facts"])
    for name, fact in b["facts"].items():
        facts[name] = _later_fact(facts[name], fact) if name in facts else fact
    events: Json = dict(a["events"])
    for ulid, event in b["events"].items():
        events[ulid] = _standing_event(events[ulid], event) if ulid in events else event
    return {"_id": a["_id"], "type": "child", "facts": facts, "events": events}


def merge_all(versions: Iterable[Json]) -> Json:
    """The merge of one or more versions, in whatever order they come."""
    first, *others = versions
    return reduce(merge, others, merge(first, first))


def generation(revision: str) -> int:
    """The number before the dash of a revision."""
    return int(revision.partition("-")[0])


def computed_revision(new_body: Json, parent: str, leaves: Iterable[str]) -> str:
    """The revision of `new_body` written on top of `parent` in answer to `leaves`.

    Whoever resolves the same conflict computes the same revision, so nothing goes back and forth:
    `<generation of the parent + 1>-<md5 of the canonical JSON of [body, sorted leaves]>`.
    """
    text = canonical([body(new_body), sorted(leaves)])
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{generation(parent) + 1}-{digest}"
