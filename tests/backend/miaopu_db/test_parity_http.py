"""What a client may rely on and one of the two databases once did otherwise."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

Client = httpx.Client
JSON = {"Accept": "application/json"}


@pytest.fixture
def branched(admin: Client, db: str) -> str:
    """A document `t` with the leaves 3-c, 2-d and 2-e, of which the last deletes it."""
    histories = [("a", ["a"]), ("c", ["c", "b", "a"]), ("d", ["d", "a"]), ("e", ["e", "a"])]
    docs = [
        {"_id": "t", "v": name, "_revisions": {"start": len(ids), "ids": [one * 4 for one in ids]}}
        for name, ids in histories
    ]
    docs[-1]["_deleted"] = True
    admin.post(f"{db}/_bulk_docs", json={"docs": docs, "new_edits": False})
    return db


# -- paths and methods ------------------------------------------------------------------------


def test_a_plus_sign_in_a_path_is_a_space(admin: Client, db: str) -> None:
    assert admin.put(f"{db}/a+b", json={}).json()["id"] == "a b"
    assert admin.put(f"{db}/a%2Bb", json={}).json()["id"] == "a+b"
    assert admin.get(f"{db}/a%20b").json()["_id"] == "a b"
    rev = admin.get(f"{db}/a+b").json()["_rev"]
    admin.put(f"{db}/a%20b/x+y", content=b"z", params={"rev": rev})
    assert admin.get(f"{db}/a+b/x%20y").content == b"z"


@pytest.mark.parametrize("name", ["%", "%zz", "a%2", "%u1234"])
def test_a_broken_percent_encoding_is_a_bad_request(admin: Client, db: str, name: str) -> None:
    raw = httpx.URL(str(admin.base_url)).copy_with(raw_path=f"{db}/{name}".encode())
    for method in ("GET", "PUT", "DELETE"):
        answer = admin.request(method, raw, json={} if method == "PUT" else None)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/_all_dbs", "GET,HEAD"),
        ("PATCH", "/", "GET,HEAD"),
        ("PATCH", "{db}", "DELETE,GET,HEAD,POST"),
        ("GET", "{db}/_bulk_docs", "POST"),
        ("DELETE", "{db}/_revs_diff", "POST"),
        ("PUT", "/_session", "GET,HEAD,POST,DELETE"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    admin: Client, db: str, method: str, path: str, allowed: str
) -> None:
    answer = admin.request(method, path.format(db=db))
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["reason"] == f"Only {allowed} allowed"


@pytest.mark.parametrize("name", ["_security", "_revs_limit", "_all_docs", "_purged_infos"])
def test_what_lies_below_a_path_is_not_that_path(admin: Client, db: str, name: str) -> None:
    assert admin.get(f"{db}/{name}/x").status_code == 404
    assert admin.delete(f"{db}/{name}/x").status_code == 404
    assert admin.put(f"{db}/{name}/x", json={}).status_code == 400


def test_deleting_what_no_document_can_be_called_finds_nothing(admin: Client, db: str) -> None:
    assert admin.delete(f"{db}/_nothing").status_code == 404
    assert admin.get(f"{db}/_nothing/x").status_code == 404
    assert admin.put(f"{db}/_nothing", json={}).status_code == 400


# -- the server -------------------------------------------------------------------------------


def test_databases_are_listed_by_key(admin: Client, db: str) -> None:
    name = db[1:]
    key = json.dumps(name)

    def names(**params: str) -> list[str]:
        found: list[str] = admin.get("/_all_dbs", params=params).json()
        return found

    assert names(key=key) == [name]
    assert names(startkey=key, endkey=key) == [name]
    assert names(startkey=key, endkey=key, inclusive_end="false") == []
    assert names(startkey=key, endkey=key, descending="true") == [name]
    assert names(startkey=key, limit="0") == []
    infos = admin.get("/_dbs_info", params={"key": key}).json()
    assert [one["key"] for one in infos] == [name]
    for path in ("/_all_dbs", "/_dbs_info"):
        assert admin.get(path, params={"limit": "x"}).status_code == 400


def test_infos_are_given_for_names_alone(admin: Client, db: str) -> None:
    rows = admin.post("/_dbs_info", json={"keys": [db[1:], "nosuch", 1, None]}).json()
    assert rows[0]["info"]["doc_count"] == 0
    assert rows[1:] == [{"key": key, "error": "not_found"} for key in ("nosuch", 1, None)]
    refused = admin.post("/_dbs_info", content=b"{}", headers={"Content-Type": "text/plain"})
    assert refused.status_code == 415


@pytest.mark.parametrize("count", ["-1", "x", "", "1.5"])
def test_uuids_come_in_whole_numbers(admin: Client, count: str) -> None:
    answer = admin.get("/_uuids", params={"count": count})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


def test_replications_are_listed_by_states_that_there_are(admin: Client) -> None:
    assert admin.get("/_scheduler/docs", params={"states": "running,failed"}).status_code == 200
    answer = admin.get("/_scheduler/docs", params={"states": "dancing"})
    assert (answer.status_code, answer.json()["error"]) == (400, "query_parse_error")


# -- revisions --------------------------------------------------------------------------------


def test_open_revisions_come_in_order(admin: Client, branched: str) -> None:
    def revs(wanted: str) -> list[str]:
        found = admin.get(f"{branched}/t", params={"open_revs": wanted}, headers=JSON).json()
        return [one["ok"]["_rev"] if "ok" in one else one["missing"] for one in found]

    assert revs("all") == ["2-dddd", "2-eeee", "3-cccc"]
    assert revs('["1-zzzz","2-eeee","2-dddd"]') == ["2-dddd", "2-eeee", "1-zzzz"]


def test_no_open_revisions_are_the_document(admin: Client, branched: str) -> None:
    found = admin.get(f"{branched}/t", params={"open_revs": "[]"}, headers=JSON).json()
    assert found["_rev"] == "3-cccc"
    assert admin.get(f"{branched}/none", params={"open_revs": "[]"}).status_code == 404


def test_revisions_by_name_say_nothing_of_others(admin: Client, branched: str) -> None:
    asked = {"conflicts": "true", "deleted_conflicts": "true", "revs_info": "true"}
    winner = admin.get(f"{branched}/t", params=asked).json()
    assert winner["_conflicts"] == ["2-dddd"]
    plain = {"_id": "t", "_rev": "2-dddd", "v": "d"}
    assert admin.get(f"{branched}/t", params={**asked, "rev": "2-dddd"}).json() == plain
    params = {**asked, "open_revs": '["2-dddd"]'}
    assert admin.get(f"{branched}/t", params=params, headers=JSON).json() == [{"ok": plain}]
    body = {"docs": [{"id": "t", "rev": "2-dddd"}]}
    found = admin.post(f"{branched}/_bulk_get", params=asked, json=body, headers=JSON).json()
    assert found["results"][0]["docs"] == [{"ok": plain}]


@pytest.mark.parametrize("new_edits", [True, False])
def test_a_promise_of_bytes_that_are_not_there_refuses_the_request(
    admin: Client, db: str, new_edits: bool
) -> None:
    stub = {"_id": "stub", "_rev": "1-aaaa", "_attachments": {"x": {"stub": True, "revpos": 1}}}
    docs: list[dict[str, Any]] = [{"_id": "plain", "_rev": "1-aaaa"}, stub]
    if new_edits:
        docs = [{key: one[key] for key in one if key != "_rev"} for one in docs]
    answer = admin.post(f"{db}/_bulk_docs", json={"docs": docs, "new_edits": new_edits})
    assert (answer.status_code, answer.json()["error"]) == (412, "missing_stub")
    # The others may be there or not: in CouchDB that depends on their shards.
    assert admin.get(f"{db}/stub").status_code == 404


# -- questions --------------------------------------------------------------------------------


@pytest.fixture
def viewed(admin: Client, db: str) -> str:
    admin.post(f"{db}/_bulk_docs", json={"docs": [{"_id": f"d{n}", "n": n} for n in range(4)]})
    views = {
        "n": {"map": "function (d) { emit(d.n) }"},
        "sum": {"map": "function (d) { emit(d.n, d.n) }", "reduce": "_sum"},
    }
    assert admin.put(f"{db}/_design/v", json={"views": views}).status_code == 201
    return db


def test_keys_are_answered_backwards_when_descending(admin: Client, viewed: str) -> None:
    def keys(path: str, **params: str) -> list[Any]:
        asked = {"descending": "true", **params}
        return [row["key"] for row in admin.get(f"{viewed}/{path}", params=asked).json()["rows"]]

    assert keys("_design/v/_view/n", keys="[1,3,2]") == [2, 3, 1]
    assert keys("_all_docs", keys='["d1","d3","d2"]') == ["d2", "d3", "d1"]


@pytest.mark.parametrize("body", [{"limit": "2"}, {"limit": None}, {"skip": "x"}, {"keys": None}])
@pytest.mark.parametrize("path", ["_all_docs", "_design/v/_view/n"])
def test_a_body_holds_values_of_their_kind(
    admin: Client, viewed: str, path: str, body: dict[str, Any]
) -> None:
    assert admin.post(f"{viewed}/{path}", json=body).status_code == 400


def test_design_documents_are_listed_alone(admin: Client, viewed: str) -> None:
    params = {"keys": '["d1","_design/v","_design/w"]'}
    rows = admin.get(f"{viewed}/_design_docs", params=params).json()["rows"]
    assert [row["key"] for row in rows] == ["_design/v", "_design/w"]


@pytest.mark.parametrize("feed", ["normal", "longpoll", "continuous"])
def test_a_feed_of_nothing_ends_at_once(admin: Client, viewed: str, feed: str) -> None:
    params = {"feed": feed, "limit": "0", "timeout": "20000"}
    text = admin.get(f"{viewed}/_changes", params=params).text
    end = json.loads(text.strip().splitlines()[-1] if feed == "continuous" else text)
    assert end["pending"] == 5
    assert end["last_seq"].startswith("0-")
    assert end.get("results", []) == []


# -- finding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["$and", "$or", "$nor"])
def test_an_empty_list_of_conditions_finds_nothing(
    admin: Client, viewed: str, operator: str
) -> None:
    found = admin.post(f"{viewed}/_find", json={"selector": {operator: []}}).json()
    assert found["docs"] == []
    both = {"selector": {"n": 2, operator: []}, "fields": ["n"]}
    assert admin.post(f"{viewed}/_find", json=both).json()["docs"] == [{"n": 2}]


def test_a_sort_by_id_needs_a_condition_on_the_id(admin: Client, viewed: str) -> None:
    body: dict[str, Any] = {"selector": {"n": {"$gt": 0}}, "sort": [{"_id": "desc"}]}
    answer = admin.post(f"{viewed}/_find", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "no_usable_index")
    body["selector"]["_id"] = {"$gt": "d0"}
    found = admin.post(f"{viewed}/_find", json=body).json()["docs"]
    assert [doc["_id"] for doc in found] == ["d3", "d2", "d1"]


def test_an_index_that_cannot_be_used_is_named(admin: Client, viewed: str) -> None:
    index = {"index": {"fields": ["x"]}, "ddoc": "i", "name": "x"}
    admin.post(f"{viewed}/_index", json=index)
    body: dict[str, Any] = {"selector": {"n": 1}, "use_index": ["i", "x"]}
    warning = admin.post(f"{viewed}/_find", json=body).json()["warning"]
    assert warning.startswith(
        "_design/i, x was not used because it is not a valid index for this query.\n"
    )
    answer = admin.post(f"{viewed}/_find", json={**body, "allow_fallback": False})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_index")


def test_a_long_search_for_little_is_told(admin: Client, viewed: str) -> None:
    few = admin.post(f"{viewed}/_find", json={"selector": {"n": 99}}).json()
    assert "examined" not in few["warning"]
    docs = [{"_id": f"e{n}"} for n in range(20)]
    admin.post(f"{viewed}/_bulk_docs", json={"docs": docs})
    many = admin.post(f"{viewed}/_find", json={"selector": {"n": 99}}).json()
    assert "number of documents examined is high" in many["warning"]
