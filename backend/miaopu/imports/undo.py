"""Takes a batch back (撤销导入): what it recorded is voided, what it filled is emptied. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from miaopu.case.events import voided
from miaopu.ids import new_ulid

Json = dict[str, Any]

DELETED = "5"
"""在册情况: 删除."""


@dataclass(slots=True)
class TakenBack:
    """What taking one case back comes to."""

    document: Json | None
    """What is written; None: nothing of the batch is left in the case."""
    events: int = 0
    facts: int = 0
    """Fields of a case that the batch found there, emptied."""
    cases: int = 0
    """1: the batch had opened the case, and it is marked as deleted."""
    kept_cases: int = 0
    """1: the batch had opened the case, and others have worked in it since."""


def take_back(child: Json, batch: Json, provenance: Json) -> TakenBack:
    """The case without what a batch brought. `batch` is its document, `provenance` bears its ULID.

    A field is emptied where it still is as the batch set it: what somebody has changed, stays.
    A case that the batch opened keeps its fields when anybody has worked in it since.
    """
    ulid = batch["_id"].removeprefix("batch:")
    gone = voided(child)
    own = {it for it, e in child["events"].items() if e.get("batch") == ulid}
    standing = [it for it in sorted(own) if it not in gone and _is_record(child["events"][it])]
    set_here = {name for name, fact in child["facts"].items() if _is_of(fact, batch)}
    if not own and not set_here:
        return TakenBack(None)
    is_opened = "site" in set_here
    is_kept = is_opened and (
        any(it not in own for it in child["events"])
        or any(name not in set_here for name in child["facts"])
    )
    found = TakenBack(None, events=len(standing))
    facts = dict(child["facts"])
    stamp = {"at": provenance["at"], "by": provenance["by"]}
    if is_kept:
        found.kept_cases = 1
    else:
        for name in sorted(set_here - {"site"}):
            facts[name] = {"value": None, **stamp}
            found.facts += not is_opened
    if is_opened and not is_kept:
        found.cases = 1
        facts["register_status"] = {"value": DELETED, **stamp}
    void = {"kind": "void", "reason": "wrong_entry", **provenance}
    ms = _milliseconds(provenance["at"])
    voids = {new_ulid(ms): {**void, "target": it} for it in standing}
    if voids or facts != child["facts"]:
        found.document = {**child, "facts": facts, "events": {**child["events"], **voids}}
    return found


def _is_of(fact: Mapping[str, Any], batch: Json) -> bool:
    """Whether a field is as the batch set it: all of one batch bear its moment."""
    return bool(
        fact["at"] == batch["at"] and fact["by"] == batch["by"] and fact["value"] is not None
    )


def _is_record(event: Json) -> bool:
    return bool(event["kind"] != "void")


def _milliseconds(at: str) -> int:
    return round(dt.datetime.fromisoformat(at).timestamp() * 1000)
