"""Mango: selectors, indexes and bookmarks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_db import mango
from miaopu_db.errors import CouchError

Client = httpx.Client


def matches(selector: dict[str, Any], value: Any) -> bool:
    return mango.parse_selector(selector).matches(value)


@pytest.mark.parametrize(
    ("selector", "value", "expected"),
    [
        ({}, {"a": 1}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a.b": 1}, {"a": {"b": 1}}, True),
        ({"a\\.b": 1}, {"a.b": 1}, True),
        ({"a": {"$gt": 1, "$lt": 3}}, {"a": 2}, True),
        ({"a": {"$gt": None}}, {"a": "x"}, True),
        ({"a": {"$gt": None}}, {}, False),
        ({"a": {"$exists": False}}, {}, True),
        ({"a": {"$exists": True}}, {"a": None}, True),
        ({"a": {"$ne": 1}}, {}, False),
        ({"a": {"$not": {"$eq": 1}}}, {"a": 2}, True),
        ({"$nor": [{"a": 1}, {"a": 2}]}, {"a": 3}, True),
        ({"$nor": [{"a": 1}, {"a": 2}]}, {"a": 2}, False),
        ({"$not": {"a": 1, "b": 2}}, {"a": 1, "b": 3}, True),
        ({"$or": [{"a": 1}, {"b": 1}]}, {"b": 1}, True),
        ({"$and": [{"a": 1}, {"b": 1}]}, {"b": 1}, False),
        ({"a": {"$in": [1, 2]}}, {"a": 2}, True),
        ({"a": {"$in": ["x"]}}, {"a": ["y", "x"]}, True),
        ({"a": {"$nin": [1, 2]}}, {"a": 2}, False),
        ({"a": {"$all": ["x", "y"]}}, {"a": ["y", "x", "z"]}, True),
        ({"a": {"$all": []}}, {"a": []}, False),
        ({"a": {"$elemMatch": {"$gt": 1, "$lt": 3}}}, {"a": [0, 2]}, True),
        ({"a": {"$elemMatch": {"b": 1}}}, {"a": [{"b": 2}]}, False),
        ({"a": {"$allMatch": {"$gt": 1}}}, {"a": [2, 3]}, True),
        ({"a": {"$allMatch": {"$gt": 1}}}, {"a": []}, False),
        ({"a": {"$keyMapMatch": {"$eq": "k"}}}, {"a": {"k": 1}}, True),
        ({"a": {"$size": 2}}, {"a": [1, 2]}, True),
        ({"a": {"$mod": [3, 1]}}, {"a": 4}, True),
        ({"a": {"$mod": [3, -1]}}, {"a": -4}, True),
        ({"a": {"$type": "array"}}, {"a": []}, True),
        ({"a": {"$regex": "^张"}}, {"a": "张三"}, True),
        ({"a": {"$regex": "(?i)ABC"}}, {"a": "xabc"}, True),
        ({"a": {"$beginsWith": "x"}}, {"a": "xy"}, True),
        ({"a": {"$eq": {}}}, {"a": {}}, True),
    ],
)
def test_selectors(selector: dict[str, Any], value: Any, expected: bool) -> None:
    assert matches(selector, value) is expected


@pytest.mark.parametrize(
    "selector",
    [1, [], {"$foo": 1}, {"a": {"$foo": 1}}, {"$and": 1}, {"$or": [1]}, {"a": {"$in": 1}},
     {"a": {"$mod": [0, 1]}}, {"a": {"$regex": "("}}, {"a": {"$size": "x"}},
     {"a": {"$exists": 1}}, {"a": {"$type": "x"}}, {"a": {"$elemMatch": 1}}],
)  # fmt: skip
def test_what_is_no_selector(selector: Any) -> None:
    with pytest.raises(CouchError) as caught:
        mango.parse_selector(selector)
    assert caught.value.status == 400


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_negation_is_the_other_answer_for_a_field_that_is_there(limit: int, value: int) -> None:
    for name in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"):
        plain = matches({"a": {name: limit}}, {"a": value})
        assert matches({"a": {"$not": {name: limit}}}, {"a": value}) is not plain
        assert matches({"$nor": [{"a": {name: limit}}]}, {"a": value}) is not plain


@pytest.fixture
def people(admin: Client, db: str) -> str:
    docs = [
        {"_id": f"p{n:02}", "age": n, "name": "abcde"[n % 5], "tags": ["x"] * (n % 3)}
        for n in range(20)
    ]
    admin.post(f"{db}/_bulk_docs", json={"docs": docs})
    return db


def find(admin: Client, db: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{db}/_find", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def index(admin: Client, db: str, *fields: str, **more: Any) -> dict[str, Any]:
    body = {"index": {"fields": list(fields)}, **more}
    found: dict[str, Any] = admin.post(f"{db}/_index", json=body).json()
    return found


def test_finding_without_an_index_warns(admin: Client, people: str) -> None:
    found = find(admin, people, selector={"age": {"$gte": 18}}, fields=["_id"])
    assert found["docs"] == [{"_id": "p18"}, {"_id": "p19"}]
    assert "No matching index" in found["warning"]
    # By id is without an index too, in CouchDB's eyes.
    assert "No matching index" in find(admin, people, selector={"_id": {"$gt": "p17"}})["warning"]


def test_an_index_sorts_and_pages(admin: Client, people: str) -> None:
    assert index(admin, people, "age", name="by-age")["result"] == "created"
    assert index(admin, people, "age", name="by-age")["result"] == "exists"
    wanted: dict[str, Any] = {
        "selector": {"age": {"$gt": 4, "$lte": 9}},
        "sort": [{"age": "desc"}],
        "fields": ["age"],
    }
    found = find(admin, people, **wanted, limit=3)
    assert "warning" not in found
    assert [doc["age"] for doc in found["docs"]] == [9, 8, 7]
    rest = find(admin, people, **wanted, limit=3, bookmark=found["bookmark"])
    assert [doc["age"] for doc in rest["docs"]] == [6, 5]
    skipped = find(admin, people, **wanted, skip=2, limit=1)
    assert [doc["age"] for doc in skipped["docs"]] == [7]
    explained = admin.post(f"{people}/_explain", json=wanted).json()
    assert explained["index"]["name"] == "by-age"
    listed = admin.get(f"{people}/_index").json()
    assert [one["name"] for one in listed["indexes"]] == ["_all_docs", "by-age"]


def test_an_index_over_two_fields(admin: Client, people: str) -> None:
    index(admin, people, "name", "age")
    found = find(
        admin,
        people,
        selector={"name": "b", "age": {"$lt": 12}},
        sort=["name", "age"],
        execution_stats=True,
    )
    assert [doc["age"] for doc in found["docs"]] == [1, 6, 11]
    assert found["execution_stats"]["total_docs_examined"] == 3
    by_age = find(admin, people, selector={"name": "b", "age": {"$gte": 0}}, sort=["age"])
    assert [doc["age"] for doc in by_age["docs"]] == [1, 6, 11, 16]


def test_a_partial_index_holds_a_part(admin: Client, people: str) -> None:
    body = {
        "index": {"fields": ["age"], "partial_filter_selector": {"name": "a"}},
        "ddoc": "part",
        "name": "part",
    }
    assert admin.post(f"{people}/_index", json=body).json()["id"] == "_design/part"
    every = find(admin, people, selector={"age": {"$gte": 0}}, limit=100)
    assert len(every["docs"]) == 20
    some = find(admin, people, selector={"age": {"$gte": 0}}, use_index="part")
    assert {doc["name"] for doc in some["docs"]} == {"a"}


def test_a_sort_without_an_index_is_refused(admin: Client, people: str) -> None:
    body = {"selector": {"age": {"$gt": 1}}, "sort": ["age"]}
    answer = admin.post(f"{people}/_find", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "no_usable_index")


def test_an_index_is_deleted(admin: Client, people: str) -> None:
    made = index(admin, people, "age", name="x")
    path = f"{people}/_index/{made['id']}/json/x"
    assert admin.delete(path).json() == {"ok": True}
    assert admin.delete(path).status_code == 404
    assert admin.get(f"{people}/_index").json()["total_rows"] == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"selector": 1}, {"selector": {}, "limit": -1}, {"selector": {}, "limit": "x"},
     {"selector": {}, "skip": 1.5}, {"selector": {}, "sort": "a"}, {"selector": {}, "fields": 1},
     {"selector": {}, "bookmark": "nonsense"}, {"selector": {"$x": 1}}],
)  # fmt: skip
def test_questions_that_are_none(admin: Client, people: str, body: dict[str, Any]) -> None:
    answer = admin.post(f"{people}/_find", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) >= {"error", "reason"}
