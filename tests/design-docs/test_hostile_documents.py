"""Whatever a client sends, a validator says yes or no.

A database may ask the validators in any order, so none may rely on another having looked first:
what throws anything but a refusal is a 500 in CouchDB.
"""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SITE = "3301020001"
AT = "2026-11-23T01:00:00.000Z"
E1, E2, E3 = (f"01K9A3Q6Z00000000000000E{n}A" for n in (1, 2, 3))
STAMP = {"at": AT, "by": "nurse", "station": E1, "site": SITE, "offset_ms": 0, "app": "1"}

CHILD = {
    "_id": f"child:{E1}",
    "type": "child",
    "facts": {
        "site": {"value": SITE, "at": AT, "by": "nurse"},
        "name": {"value": "a", "at": AT, "by": "nurse"},
    },
    "events": {
        E1: {**STAMP, "kind": "move", "date": "2026-11-23", "step": "released"},
        E2: {
            **STAMP,
            "kind": "move",
            "date": "2026-11-23",
            "step": "received",
            "to_site": SITE,
            "answers": [E1],
        },
        E3: {**STAMP, "kind": "void", "target": E1, "reason": "1"},
    },
}
DOCUMENTS = {
    "site": [
        CHILD,
        {**STAMP, "_id": f"stock:{E1}", "type": "stock", "kind": "waste", "doses": 1},
        {**STAMP, "_id": f"numbers:{SITE}:2026:07", "type": "numbers", "year": 2026, "block": 7},
        {**STAMP, "_id": f"problem:{E1}", "type": "problem", "reason": "r"},
        {"_id": f"settings:{SITE}", "type": "settings", "site": SITE, "schedules": ["cn"]},
        {"_id": f"device:{E1}", "type": "device", "site": SITE, "pending": 0},
    ],
    "region": [CHILD],
    "catalog": [
        {"_id": f"site:{SITE}", "type": "site", "code": SITE, "region": "330102"},
        {"_id": "region:330102", "type": "region", "code": "330102", "parent": "330100"},
        {
            "_id": "layer:two",
            "type": "layer",
            "name": "two",
            "region": "330102",
            "sites": [SITE],
            "layer": {"kind": "visit", "maxInjections": 2},
            "updated_by": "nurse",
        },
        {"_id": "schedule:cn", "type": "schedule", "name": "cn", "series": [{"doses": [{}]}]},
    ],
    "audit": [
        {"_id": f"audit:{E1}", "type": "audit", "at": AT, "documents": [{"id": f"child:{E1}"}]}
    ],
}
ROLES = (
    [f"site:{SITE}", "grade:ordinary"],
    [f"site:{SITE}", "grade:senior"],
    ["region:330102", "grade:admin"],
    ["server"],
    [],
)
NAMES = ["value", "at", "__proto__", "toString", "valueOf"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=5,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) within a document."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    found: list[tuple[Any, Any]] = []
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], dict | list):
            found += places(value[key])
    return found


@st.composite
def broken(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """The document with up to three of its values replaced or gone, but its `_id`."""
    result = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        changeable = [(at, key) for at, key in places(result) if key != "_id"]
        container, key = draw(st.sampled_from(changeable))
        if draw(st.booleans()):
            container[key] = draw(JSON)
        else:
            del container[key]
    return result


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(max_examples=100)
@given(data=st.data())
def test_no_document_breaks_a_validator(designs: Any, kind: str, data: st.DataObject) -> None:
    loaded = designs(kind)
    document = data.draw(st.sampled_from(DOCUMENTS[kind]))
    new = data.draw(broken(document))
    if data.draw(st.integers(0, 9)) == 0:
        new["_deleted"] = True
    old = data.draw(st.sampled_from([None, document, {"_id": document["_id"], "_deleted": True}]))
    who = {"db": f"site-{SITE}", "name": "nurse", "roles": data.draw(st.sampled_from(ROLES))}
    for design, source in loaded.documents.items():
        if "validate_doc_update" in source:
            loaded.validate(design.removeprefix("_design/"), new, old, who)
