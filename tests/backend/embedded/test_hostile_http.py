"""What somebody sends who means harm: each got a failure of the server, or more than was theirs."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from .conftest import Server

DEEP = "[" * 700 + "]" * 700
JSON = {"Content-Type": "application/json"}


def _cookie(raw: str | bytes) -> dict[str, str]:
    plain = raw.encode() if isinstance(raw, str) else raw
    return {"Cookie": "AuthSession=" + base64.urlsafe_b64encode(plain).rstrip(b"=").decode()}


@pytest.mark.parametrize(
    "raw",
    [
        "admin:5F5E0FF0:é" + "0" * 63,
        "admin:" + "F" * 400 + ":" + "0" * 64,
        "admin:-5F5E0FF0:" + "0" * 64,
        "admin:0x5F:" + "0" * 64,
        "admin:5F_5E:" + "0" * 64,
        "\0:5F5E0FF0:" + "0" * 64,
        b"admin:5F5E0FF0:" + bytes(range(256)),
    ],
)
def test_a_cookie_that_is_none_is_nobody(server: Server, raw: str | bytes) -> None:
    with server.client(None) as nobody:
        answer = nobody.get("/_session", headers=_cookie(raw))
        assert answer.status_code in (200, 400)
        assert nobody.get("/_all_dbs", headers=_cookie(raw)).status_code in (400, 401)
        if answer.status_code == 200:
            assert answer.json()["userCtx"]["name"] is None


def test_what_nests_deep_spoils_no_index(server: Server, admin: httpx.Client, db: str) -> None:
    """One document must not keep all others from being found."""
    assert admin.put(f"{db}/deep", content=f'{{"a":{DEEP}}}').status_code == 201
    assert admin.put(f"{db}/plain", json={"a": 1}).status_code == 201
    views = {
        "all": {"map": "function (d) { emit(d.a, d.a) }"},
        "made": {
            "map": "function (d) { var x = []; for (var i = 0; i < 3000; i++) x = [x];"
            " emit(d._id); if (d._id === 'deep') emit(x, x) }"
        },
        "half": {"map": "function (d) { emit('\\ud800', d._id === 'deep' ? '\\udc00' : 1) }"},
    }
    if server.is_couchdb:
        # CouchDB cannot build an index that holds either.
        views = {"all": views["all"]}
    assert admin.put(f"{db}/_design/d", json={"views": views}).status_code == 201
    index = {"index": {"fields": ["a"]}, "ddoc": "by-a"}
    assert admin.post(f"{db}/_index", json=index).status_code == 200
    find = {"selector": {"a": {"$gt": None}}, "use_index": "by-a"}
    found = admin.post(f"{db}/_find", json=find).json()["docs"]
    assert "plain" in {doc["_id"] for doc in found}
    for view in views:
        answer = admin.get(f"{db}/_design/d/_view/{view}")
        assert answer.status_code == 200, (view, answer.text[:200])
        assert "plain" in {row["id"] for row in answer.json()["rows"]}
    asked = admin.get(f"{db}/_design/d/_view/all", params={"startkey": DEEP})
    assert asked.status_code == 200


@pytest.mark.parametrize("path", ["_find", "_explain", "_all_docs", "_design/d/_view/v"])
def test_a_question_may_nest_deep(server: Server, admin: httpx.Client, db: str, path: str) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB fails on some of these")
    admin.put(f"{db}/_design/d", json={"views": {"v": {"map": "function (d) { emit(d.a) }"}}})
    admin.put(f"{db}/deep", content=f'{{"a":{DEEP}}}')
    for body in (
        f'{{"selector":{{"a":{{"$eq":{DEEP}}}}}}}',
        f'{{"selector":{{"a":{{"$gte":{DEEP}}}}}}}',
        f'{{"selector":{{"a":{{"$size":{DEEP}}}}}}}',
        f'{{"selector":{{"a":1}},"fields":["a"],"sort":{DEEP}}}',
        f'{{"keys":[{DEEP}]}}',
        f'{{"startkey":{DEEP}}}',
    ):
        answer = admin.post(f"{db}/{path}", content=body, headers=JSON)
        assert answer.status_code < 500, (body[:60], answer.text[:200])


def test_a_document_is_not_so_deep_that_nobody_can_be_sent_it(
    server: Server, admin: httpx.Client, db: str
) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB's own JSON has no such limit")
    for depth, status in ((995, 201), (1005, 400)):
        body = '{"a":' + "[" * depth + "]" * depth + "}"
        assert admin.put(f"{db}/d{depth}", content=body).status_code == status
    other = f"{db}-copy"
    wish = {"source": db[1:], "target": other[1:], "create_target": True}
    try:
        assert admin.post("/_replicate", json=wish).json()["ok"]
        assert admin.get(f"{other}/d995").status_code == 200
    finally:
        admin.delete(other)


def test_a_field_of_many_digits_is_a_field(admin: httpx.Client, db: str) -> None:
    admin.put(f"{db}/a", json={"x": [1, 2]})
    for field in ("x." + "9" * 5000, "x." + "9" * 20, "9" * 5000):
        answer = admin.post(f"{db}/_find", json={"selector": {field: 1}})
        assert answer.status_code == 200, answer.text
        assert answer.json()["docs"] == []


def test_sums_that_no_number_holds(server: Server, admin: httpx.Client, db: str) -> None:
    for number in range(4):
        admin.put(f"{db}/{number}", json={})
    large = "9223372036854775807"
    views = {
        "list": {"map": f"function () {{ emit(1, [{large}, 1]) }}", "reduce": "_sum"},
        "object": {"map": f"function () {{ emit(1, {{a: {large}}}) }}", "reduce": "_sum"},
        "plain": {"map": f"function () {{ emit(1, {large}) }}", "reduce": "_sum"},
        "stats": {"map": "function () { emit(1, 1.7e308) }", "reduce": "_stats"},
    }
    if server.is_couchdb:
        del views["stats"]  # CouchDB fails where its floats overflow
    assert admin.put(f"{db}/_design/d", json={"views": views}).status_code == 201
    for view in views:
        answer = admin.get(f"{db}/_design/d/_view/{view}")
        assert answer.status_code == 200, (view, answer.text)


BAD_ENDS: list[Any] = [
    "http://[::1",
    "http://127.0.0.1:99999/a",
    "http://127.0.0.1:1/\x01a",
    "http://\x01/a",
    "http://xn--/a",
    "http://",
    "file:///etc/passwd",
    "ftp://127.0.0.1/a",
    "//127.0.0.1/a",
    "../a",
    "_users/../x",
    "",
    5,
    [],
    {"url": "http://127.0.0.1:1/a", "headers": {"x": "文"}},
    {"url": "http://127.0.0.1:1/a", "headers": {"x\r\ny": "1"}},
    {"url": "http://127.0.0.1:1/a", "headers": {"x": "1\r\ny: 2"}},
    {"url": "http://127.0.0.1:1/a", "headers": {"": "1"}},
    {"url": "http://127.0.0.1:1/a", "auth": {"basic": {"username": 1}}},
]


@pytest.mark.parametrize("end", BAD_ENDS, ids=repr)
def test_a_replication_from_nowhere_is_refused(
    server: Server, admin: httpx.Client, db: str, end: Any
) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB finds out while it runs")
    for body in ({"source": end, "target": db[1:]}, {"source": db[1:], "target": end}):
        assert 400 <= admin.post("/_replicate", json=body).status_code < 500
        assert admin.post("/_replicator", json=body).status_code in (400, 403)
