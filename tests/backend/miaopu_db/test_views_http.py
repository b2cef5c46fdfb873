"""Views: what they answer, and that they are never half right."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.backend.miaopu_db.served import Server

Client = httpx.Client

MAPS = {
    "by_n": {"map": "function (d) { if (d.n !== undefined) emit(d.n, d._id) }"},
    "tags": {
        "map": "function (d) { (d.tags || []).forEach(function (t, i) { emit([t, i], d.n) }) }",
        "reduce": "_stats",
    },
    "sum": {"map": "function (d) { if (d.n) emit([d.n % 2, d.n], d.n) }", "reduce": "_sum"},
    "count": {"map": "function (d) { if (d.n) emit([d.n % 2, d.n], d.n) }", "reduce": "_count"},
    "own": {
        "map": "function (d) { if (d.n) emit(d.n % 2, d.n) }",
        "reduce": "function (keys, values, rereduce) { return sum(values) }",
    },
    "linked": {"map": "function (d) { if (d.to) emit(d._id, {_id: d.to}) }"},
    "shared": {"map": "function (d) { var l = require('views/lib/l'); if (d.n) emit(l.f(d.n)) }"},
    "careless": {"map": "function (d) { emit(d.missing.member) }"},
    "lib": {"l": "exports.f = function (n) { return n * 10 }"},
}


@pytest.fixture
def viewed(admin: Client, db: str) -> str:
    docs: list[dict[str, Any]] = [{"_id": f"d{n}", "n": n, "tags": ["x"]} for n in range(1, 7)]
    docs += [{"_id": "link", "to": "d3"}, {"_id": "_design/v", "views": MAPS}]
    rows = admin.post(f"{db}/_bulk_docs", json={"docs": docs}).json()
    assert all(row.get("ok") for row in rows), rows
    return f"{db}/_design/v/_view"


def ask(admin: Client, path: str, **params: Any) -> list[tuple[Any, Any]]:
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in params.items()
    }
    answer = admin.get(path, params=texts)
    assert answer.status_code == 200, answer.text
    return [(row["key"], row["value"]) for row in answer.json()["rows"]]


def test_ranges(admin: Client, viewed: str) -> None:
    path = f"{viewed}/by_n"
    assert [key for key, _ in ask(admin, path)] == [1, 2, 3, 4, 5, 6]
    assert [key for key, _ in ask(admin, path, startkey=2, endkey=4)] == [2, 3, 4]
    assert [k for k, _ in ask(admin, path, startkey=2, endkey=4, inclusive_end=False)] == [2, 3]
    assert [k for k, _ in ask(admin, path, startkey=4, endkey=2, descending=True)] == [4, 3, 2]
    assert [key for key, _ in ask(admin, path, skip=2, limit=2)] == [3, 4]
    assert ask(admin, path, key=3) == [(3, "d3")]
    assert [key for key, _ in ask(admin, path, keys=[5, 1, 9])] == [5, 1]
    found = admin.get(path, params={"startkey": "3", "update_seq": "true"}).json()
    assert (found["total_rows"], found["offset"]) == (6, 2)
    assert found["update_seq"]


def test_documents_are_included_also_by_link(admin: Client, viewed: str) -> None:
    found = admin.get(f"{viewed}/linked", params={"include_docs": "true"}).json()
    assert found["rows"][0]["id"] == "link"
    assert found["rows"][0]["doc"]["n"] == 3


def test_reduces_and_groups(admin: Client, viewed: str) -> None:
    assert ask(admin, f"{viewed}/sum") == [(None, 21)]
    assert ask(admin, f"{viewed}/count") == [(None, 6)]
    assert ask(admin, f"{viewed}/sum", group_level=1) == [([0], 12), ([1], 9)]
    assert ask(admin, f"{viewed}/count", group_level=1, descending=True) == [([1], 3), ([0], 3)]
    assert len(ask(admin, f"{viewed}/sum", group=True)) == 6
    assert ask(admin, f"{viewed}/own", group=True) == [(0, 12), (1, 9)]
    assert ask(admin, f"{viewed}/own") == [(None, 21)]
    stats = {"sum": 21, "count": 6, "min": 1, "max": 6, "sumsqr": 91}
    assert ask(admin, f"{viewed}/tags", group_level=1) == [(["x"], stats)]
    assert ask(admin, f"{viewed}/sum", startkey=[1], endkey=[1, {}]) == [(None, 9)]
    assert ask(admin, f"{viewed}/sum", startkey=[7]) == []
    assert len(ask(admin, f"{viewed}/sum", reduce=False)) == 6


def test_libraries_and_careless_functions(admin: Client, viewed: str) -> None:
    assert [key for key, _ in ask(admin, f"{viewed}/shared", limit=2)] == [10, 20]
    assert ask(admin, f"{viewed}/careless") == []


def test_several_questions_at_once(admin: Client, viewed: str) -> None:
    body = {"queries": [{"key": 1}, {"keys": [2, 3]}, {"limit": 1, "descending": True}]}
    answer = admin.post(f"{viewed}/by_n/queries", json=body).json()
    assert [[row["key"] for row in one["rows"]] for one in answer["results"]] == [[1], [2, 3], [6]]
    answer = admin.post(f"{viewed}/by_n", json={"keys": [4]}).json()
    assert [row["key"] for row in answer["rows"]] == [4]


@pytest.mark.parametrize(
    "query",
    ["by_n?group=true", "by_n?reduce=true", "sum?include_docs=true", "by_n?startkey=3&endkey=1",
     "by_n?keys=[1]x", "by_n?limit=x", "by_n?update=maybe", "by_n?keys=[1,2]&key=1",
     "sum?keys=[1,2]", "by_n?descending=yes"],
)  # fmt: skip
def test_questions_that_contradict_themselves(admin: Client, viewed: str, query: str) -> None:
    assert admin.get(f"{viewed}/{query}").status_code == 400


def test_a_view_follows_every_change(server: Server, admin: Client, db: str, viewed: str) -> None:
    path = f"{viewed}/by_n"
    assert len(ask(admin, path)) == 6
    doc = admin.get(f"{db}/d1").json()
    admin.put(f"{db}/d1", json={**doc, "n": 100})
    doc = admin.get(f"{db}/d2").json()
    admin.delete(f"{db}/d2", params={"rev": doc["_rev"]})
    if not server.is_couchdb:  # which may have looked meanwhile, of its own accord
        assert [key for key, _ in ask(admin, path, update="false")] == [1, 2, 3, 4, 5, 6]
    assert [key for key, _ in ask(admin, path)] == [3, 4, 5, 6, 100]
    rev = admin.get(f"{db}/d3").json()["_rev"]
    admin.post(f"{db}/_purge", json={"d3": [rev]})
    assert [key for key, _ in ask(admin, path)] == [4, 5, 6, 100]


def test_a_new_design_document_is_answered_by_its_own_functions(
    admin: Client, db: str, viewed: str
) -> None:
    assert len(ask(admin, f"{viewed}/by_n")) == 6
    design = admin.get(f"{db}/_design/v").json()
    design["views"]["by_n"]["map"] = "function (d) { emit(-1) }"
    assert admin.put(f"{db}/_design/v", json=design).status_code == 201
    keys = {key for key, _ in ask(admin, f"{viewed}/by_n")}
    assert keys == {-1}
    assert admin.get(f"{db}/_design/v/_view/none").status_code == 404
    assert admin.get(f"{db}/_design/none/_view/x").status_code == 404


def test_null_is_a_key(admin: Client, db: str) -> None:
    design = {"views": {"v": {"map": "function (d) { emit(d.k, null) }"}}}
    admin.put(f"{db}/_design/n", json=design)
    docs = [{"_id": str(n), "k": k} for n, k in enumerate([None, 0, False, "a", [], {}])]
    admin.post(f"{db}/_bulk_docs", json={"docs": docs})
    path = f"{db}/_design/n/_view/v"
    assert [key for key, _ in ask(admin, path)] == [None, False, 0, "a", [], {}]
    assert len(ask(admin, path, key=None)) == 1
    assert len(ask(admin, path, startkey=None, endkey=0)) == 3


def test_what_a_change_of_a_document_does_to_its_rows(admin: httpx.Client, db: str) -> None:
    source = "function (d) { for (var i in d.rows || []) emit(d.rows[i][0], d.rows[i][1]) }"
    admin.put(f"{db}/_design/v", json={"views": {"rows": {"map": source}}})
    other = {"_id": "b", "rows": [[1, "b"]]}
    admin.put(f"{db}/b", json=other)
    rev = None
    states: list[list[list[Any]]] = [
        [[1, "a"], [2, "b"]],
        [[1, "a"], [2, "b"], [3, "c"]],
        [[0, "x"], [1, "a"], [3, "c"]],
        [[1, "a"], [1, "b"], [1, "c"], [[1], {}]],
        [[1, "z"], [1, "b"], [1, "a"]],
        [[1, "b"], [1, "a"]],
        [[1, "a"], [2, None], [1, "b"]],
        [],
        [[1, "a"]],
    ]
    for rows in states:
        document = {"rows": rows} | ({"_rev": rev} if rev else {})
        rev = admin.put(f"{db}/a", json=document).json()["rev"]
        found = admin.get(f"{db}/_design/v/_view/rows").json()["rows"]
        mine = [[row["key"], row["value"]] for row in found if row["id"] == "a"]
        # Rows of one key are in the order of their values.
        assert mine == sorted(rows, key=lambda row: (json.dumps(row[0]), str(row[1])))
        assert [row["value"] for row in found if row["id"] == "b"] == ["b"]
    admin.delete(f"{db}/a", params={"rev": rev})
    assert admin.get(f"{db}/_design/v/_view/rows").json()["total_rows"] == 1
