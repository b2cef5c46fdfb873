"""Documents, one by one and many at once, in CouchDB's shapes."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.backend.miaopu_db.served import Server

Client = httpx.Client


def put(client: Client, path: str, body: Any, **params: str) -> str:
    answer = client.put(path, json=body, params=params)
    assert answer.status_code == 201, answer.text
    rev: str = answer.json()["rev"]
    return rev


def test_a_document_is_written_read_changed_and_deleted(admin: Client, db: str) -> None:
    first = put(admin, f"{db}/a", {"n": 1})
    assert first.startswith("1-")
    got = admin.get(f"{db}/a")
    assert got.json() == {"_id": "a", "_rev": first, "n": 1}
    assert got.headers["etag"] == f'"{first}"'
    assert admin.get(f"{db}/a", headers={"If-None-Match": f'"{first}"'}).status_code == 304
    again = admin.put(f"{db}/a", json={"n": 2})
    assert (again.status_code, again.json()["error"]) == (409, "conflict")
    second = put(admin, f"{db}/a", {"n": 2, "_rev": first})
    assert admin.delete(f"{db}/a", params={"rev": first}).status_code == 409
    gone = admin.delete(f"{db}/a", headers={"If-Match": f'"{second}"'})
    assert gone.status_code == 200
    assert gone.json()["rev"].startswith("3-")
    missing = admin.get(f"{db}/a")
    assert missing.json() == {"error": "not_found", "reason": "deleted"}
    assert admin.get(f"{db}/never").json() == {"error": "not_found", "reason": "missing"}
    assert put(admin, f"{db}/a", {"n": 3}).startswith("4-")


def test_the_same_edit_has_the_same_revision(admin: Client, db: str) -> None:
    one = put(admin, f"{db}/a", {"n": 1})
    other = put(admin, f"{db}/b", {"n": 1})
    assert one == other
    assert put(admin, f"{db}/a", {"n": 2, "_rev": one}) == put(
        admin, f"{db}/b", {"n": 2}, rev=other
    )


def test_a_document_without_an_id_gets_one(admin: Client, db: str) -> None:
    answer = admin.post(db, json={"n": 1})
    assert answer.status_code == 201
    assert admin.get(f"{db}/{answer.json()['id']}").json()["n"] == 1


def test_conflicting_revisions_are_kept_and_one_wins(admin: Client, db: str) -> None:
    docs = [
        {"_id": "a", "_rev": "1-aa", "from": "both"},
        {"_id": "a", "_revisions": {"start": 2, "ids": ["bb", "aa"]}, "from": "b"},
        {"_id": "a", "_revisions": {"start": 2, "ids": ["cc", "aa"]}, "from": "c"},
    ]
    body = {"docs": docs, "new_edits": False}
    for _ in range(2):
        assert admin.post(f"{db}/_bulk_docs", json=body).json() == []
    assert not admin.get(db).json()["update_seq"].startswith("0-")
    got = admin.get(f"{db}/a", params={"conflicts": "true", "revs": "true"}).json()
    assert got["_rev"] == "2-cc"
    assert got["_conflicts"] == ["2-bb"]
    assert got["_revisions"] == {"start": 2, "ids": ["cc", "aa"]}
    every = admin.get(
        f"{db}/a", params={"open_revs": "all"}, headers={"Accept": "application/json"}
    ).json()
    assert sorted(one["ok"]["from"] for one in every) == ["b", "c"]
    wanted = json.dumps(["2-bb", "9-zz"])
    some = admin.get(
        f"{db}/a", params={"open_revs": wanted}, headers={"Accept": "application/json"}
    ).json()
    assert some[0]["ok"]["_rev"] == "2-bb"
    assert some[1] == {"missing": "9-zz"}
    latest = admin.get(
        f"{db}/a",
        params={"open_revs": '["1-aa"]', "latest": "true"},
        headers={"Accept": "application/json"},
    ).json()
    assert {one["ok"]["_rev"] for one in latest} == {"2-bb", "2-cc"}
    gone = admin.delete(f"{db}/a", params={"rev": "2-cc"})
    assert gone.status_code == 200
    meta = admin.get(f"{db}/a", params={"meta": "true"}).json()
    assert meta["_rev"] == "2-bb"
    assert meta["_deleted_conflicts"] == [gone.json()["rev"]]
    assert meta["_revs_info"][0] == {"rev": "2-bb", "status": "available"}


def test_each_document_of_a_bulk_stands_alone(admin: Client, db: str) -> None:
    put(admin, f"{db}/a", {})
    docs = [{"_id": "a"}, {"_id": "b"}, {"n": 1}, {"_id": "b"}]
    rows = admin.post(f"{db}/_bulk_docs", json={"docs": docs}).json()
    assert rows[0] == {"id": "a", "error": "conflict", "reason": "Document update conflict."}
    assert rows[1]["ok"]
    assert rows[2]["ok"]
    assert rows[3]["error"] == "conflict"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "POST body must include `docs` parameter."),
        ({"docs": 1}, "`docs` parameter must be an array."),
        ({"docs": [], "new_edits": "x"}, "`new_edits` parameter must be a boolean."),
        ({"docs": ["x"]}, "Document must be a JSON object"),
        ({"docs": [{"_foo": 1}]}, "Bad special document member: _foo"),
        ({"docs": [{"_rev": "x"}]}, "Invalid rev format"),
    ],
)
def test_a_bulk_that_is_none_is_refused(admin: Client, db: str, body: Any, reason: str) -> None:
    answer = admin.post(f"{db}/_bulk_docs", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


@pytest.mark.parametrize("doc_id", ["_x", "_design/", "_local/"])
def test_reserved_ids_are_refused(admin: Client, db: str, doc_id: str) -> None:
    answer = admin.post(f"{db}/_bulk_docs", json={"docs": [{"_id": doc_id}]})
    assert (answer.status_code, answer.json()["error"]) == (400, "illegal_docid")


def test_ids_may_hold_anything(admin: Client, db: str) -> None:
    ids = ["a/b", "张三", "a b", "a%2Fb", "a+b", "?", "#", '"', "\\", "\x01", "😀"]
    rows = admin.post(f"{db}/_bulk_docs", json={"docs": [{"_id": one} for one in ids]}).json()
    assert all(row["ok"] for row in rows)
    from urllib.parse import quote

    for one in ids:
        assert admin.get(f"{db}/{quote(one, safe='')}").json()["_id"] == one
    listed = [row["id"] for row in admin.get(f"{db}/_all_docs").json()["rows"]]
    assert sorted(listed) == sorted(ids)


def test_local_documents_stay_out_of_sight(admin: Client, db: str) -> None:
    assert put(admin, f"{db}/_local/x", {"n": 1}) == "0-1"
    assert put(admin, f"{db}/_local/x", {"n": 2, "_rev": "0-1"}) == "0-2"
    assert admin.get(f"{db}/_local/x").json() == {"_id": "_local/x", "_rev": "0-2", "n": 2}
    assert admin.get(f"{db}/_all_docs").json()["rows"] == []
    assert admin.get(f"{db}/_changes").json()["results"] == []
    rows = admin.get(f"{db}/_local_docs").json()["rows"]
    assert [row["id"] for row in rows] == ["_local/x"]
    assert admin.delete(f"{db}/_local/x", params={"rev": "0-2"}).status_code == 200
    assert admin.get(f"{db}/_local/x").status_code == 404


def test_all_docs_gives_ranges_and_keys(admin: Client, db: str) -> None:
    admin.post(f"{db}/_bulk_docs", json={"docs": [{"_id": one, "n": 1} for one in "abcde"]})
    rev = admin.get(f"{db}/c").json()["_rev"]
    admin.delete(f"{db}/c", params={"rev": rev})

    def ids(**params: str) -> list[str]:
        found = admin.get(f"{db}/_all_docs", params=params).json()
        return [row.get("id", row["key"]) for row in found["rows"]]

    assert ids() == ["a", "b", "d", "e"]
    assert ids(startkey='"b"', endkey='"d"') == ["b", "d"]
    assert ids(startkey='"b"', endkey='"d"', inclusive_end="false") == ["b"]
    assert ids(descending="true", startkey='"d"', limit="2") == ["d", "b"]
    assert ids(skip="1", limit="1") == ["b"]
    assert ids(key='"e"') == ["e"]
    found = admin.post(
        f"{db}/_all_docs", json={"keys": ["d", "c", "x"]}, params={"include_docs": "true"}
    ).json()
    assert found["total_rows"] == 4
    assert found["rows"][0]["doc"]["_id"] == "d"
    assert found["rows"][1]["value"]["deleted"] is True
    assert found["rows"][1]["doc"] is None
    assert found["rows"][2] == {"key": "x", "error": "not_found"}
    several = admin.post(
        f"{db}/_all_docs/queries", json={"queries": [{"keys": ["a"]}, {"limit": 1, "skip": 1}]}
    ).json()["results"]
    assert [[row["id"] for row in one["rows"]] for one in several] == [["a"], ["b"]]


def test_bulk_get_answers_for_each_wish(admin: Client, db: str) -> None:
    rev = put(admin, f"{db}/a", {"n": 1})
    wanted = [{"id": "a"}, {"id": "a", "rev": rev}, {"id": "a", "rev": "1-x"}, {"id": "b"}]
    body = {"docs": [*wanted, {"id": ""}, {}, "x"]}
    results = admin.post(f"{db}/_bulk_get", json=body).json()["results"]
    assert [one["docs"][0].get("ok", {}).get("n") for one in results[:2]] == [1, 1]
    assert results[2]["docs"][0]["error"] == {
        "id": "a",
        "rev": "1-x",
        "error": "not_found",
        "reason": "missing",
    }
    assert results[3]["docs"][0]["error"]["rev"] == "undefined"
    assert [one["docs"][0]["error"]["error"] for one in results[4:]] == [
        "illegal_docid",
        "bad_request",
        "bad_request",
    ]


def test_revs_diff_names_what_is_missing(admin: Client, db: str) -> None:
    rev = put(admin, f"{db}/a", {"n": 1})
    answer = admin.post(f"{db}/_revs_diff", json={"a": [rev, "2-x"], "b": ["1-y"]}).json()
    assert answer == {
        "a": {"missing": ["2-x"], "possible_ancestors": [rev]},
        "b": {"missing": ["1-y"]},
    }
    answer = admin.post(f"{db}/_missing_revs", json={"a": [rev], "b": ["1-y"]}).json()
    assert answer == {"missing_revs": {"b": ["1-y"]}}


def test_a_document_is_copied(admin: Client, db: str) -> None:
    put(admin, f"{db}/a", {"n": 1})
    answer = admin.request("COPY", f"{db}/a", headers={"Destination": "b"})
    assert answer.status_code == 201
    assert admin.get(f"{db}/b").json()["n"] == 1
    again = admin.request("COPY", f"{db}/a", headers={"Destination": "b"})
    assert again.status_code == 409
    target = f"b?rev={answer.json()['rev']}"
    assert admin.request("COPY", f"{db}/a", headers={"Destination": target}).status_code == 201


def test_a_document_too_large_is_refused(admin: Client, db: str) -> None:
    answer = admin.put(f"{db}/a", json={"x": "a" * 8_000_100})
    assert (answer.status_code, answer.json()["error"]) == (413, "document_too_large")
    assert admin.put(f"{db}/a", json={"x": "a" * 7_900_000}).status_code == 201


def test_validation_sees_what_couchdb_shows_it(admin: Client, db: str) -> None:
    source = """function (newDoc, oldDoc, userCtx, secObj) {
      if (newDoc.forbid) throw({forbidden: 'no: ' + newDoc.forbid});
      if (newDoc.stranger) throw({unauthorized: 'who are you?'});
      if (oldDoc && oldDoc.sealed && !newDoc._deleted) throw({forbidden: 'sealed'});
      if (newDoc.echo) throw({forbidden: JSON.stringify([
        oldDoc === null, userCtx.db.length > 0, userCtx.roles, typeof secObj, newDoc._id])});
    }"""
    put(admin, f"{db}/_design/v", {"validate_doc_update": source})
    answer = admin.put(f"{db}/a", json={"forbid": "x"})
    assert (answer.status_code, answer.json()) == (
        403,
        {"error": "forbidden", "reason": "no: x"},
    )
    answer = admin.put(f"{db}/a", json={"stranger": 1})
    assert (answer.status_code, answer.json()["reason"]) == (401, "who are you?")
    echoed = json.loads(admin.put(f"{db}/a", json={"echo": 1}).json()["reason"])
    assert echoed == [True, True, ["_admin"], "object", "a"]
    rev = put(admin, f"{db}/a", {"sealed": True})
    assert admin.put(f"{db}/a", json={"_rev": rev}).status_code == 403
    replicated = {"_id": "a", "_revisions": {"start": 2, "ids": ["x", rev[2:]]}}
    refused = {"_id": "c", "_rev": "1-c", "forbid": "y"}
    rows = admin.post(
        f"{db}/_bulk_docs",
        json={"docs": [replicated, refused, {"_id": "d", "_rev": "1-d"}], "new_edits": False},
    ).json()
    assert [(row["id"], row["error"]) for row in rows] == [("a", "forbidden"), ("c", "forbidden")]
    assert admin.get(f"{db}/d").status_code == 200
    assert admin.delete(f"{db}/a", params={"rev": rev}).status_code == 200


def test_a_broken_view_is_refused(admin: Client, db: str) -> None:
    answer = admin.put(f"{db}/_design/v", json={"views": {"v": {"map": "function ("}}})
    assert (answer.status_code, answer.json()["error"]) == (400, "compilation_error")


def test_old_bodies_go_with_compaction_and_leaves_with_a_purge(admin: Client, db: str) -> None:
    import time

    first = put(admin, f"{db}/a", {"n": 1})
    second = put(admin, f"{db}/a", {"n": 2, "_rev": first})
    assert admin.get(f"{db}/a", params={"rev": first}).json()["n"] == 1
    assert admin.post(f"{db}/_compact", json={}).status_code == 202
    for _ in range(100):
        if admin.get(f"{db}/a", params={"rev": first}).status_code == 404:
            break
        time.sleep(0.05)
    assert admin.get(f"{db}/a", params={"rev": first}).status_code == 404
    answer = admin.post(f"{db}/_purge", json={"a": [second], "b": ["1-x"]})
    assert answer.status_code == 201
    assert answer.json()["purged"] == {"a": [second], "b": []}
    assert admin.get(f"{db}/a").json()["reason"] == "missing"
    assert admin.get(db).json()["doc_count"] == 0


def test_limits_are_kept(server: Server, admin: Client, db: str) -> None:
    assert admin.get(f"{db}/_revs_limit").json() == 1000
    assert admin.put(f"{db}/_revs_limit", content="3").json() == {"ok": True}
    rev = put(admin, f"{db}/a", {})
    for number in range(8):
        rev = put(admin, f"{db}/a", {"n": number, "_rev": rev})
    got = admin.get(f"{db}/a", params={"revs": "true"}).json()
    assert got["_revisions"]["start"] == 9
    assert len(got["_revisions"]["ids"]) == 3
    refused = admin.put(f"{db}/_revs_limit", content="0")
    assert refused.status_code == (500 if server.is_couchdb else 400)


def test_a_deleted_document_is_not_deleted_again(admin: Client, db: str) -> None:
    rev = admin.put(f"{db}/a", json={}).json()["rev"]
    gone = admin.delete(f"{db}/a", params={"rev": rev}).json()["rev"]
    again = admin.delete(f"{db}/a", params={"rev": gone})
    assert (again.status_code, again.json()["reason"]) == (404, "deleted")


@pytest.mark.parametrize(
    "members",
    [{"filters": 1}, {"filters": {"f": 1}}, {"language": 1}, {"options": 1}, {"rewrites": 1},
     {"updates": []}, {"validate_doc_update": {}}, {"views": []}, {"views": {"v": 1}},
     {"views": {"v": {}}}],
)  # fmt: skip
def test_design_documents_have_fields_of_their_kind(
    admin: Client, db: str, members: dict[str, Any]
) -> None:
    answer = admin.put(f"{db}/_design/d", json=members)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_design_doc")


@pytest.mark.parametrize(
    "params",
    [{"reduce": "true"}, {"group": "true"}, {"group_level": "1"}, {"stale": "x"},
     {"update": "x"}, {"sorted": "x"}],
)  # fmt: skip
def test_all_documents_are_no_view(admin: Client, db: str, params: dict[str, str]) -> None:
    answer = admin.get(f"{db}/_all_docs", params=params)
    assert (answer.status_code, answer.json()["error"]) == (400, "query_parse_error")


def test_no_document_has_the_id_null(admin: Client, db: str) -> None:
    admin.put(f"{db}/a", json={})
    assert admin.get(f"{db}/_all_docs", params={"key": "null"}).json()["rows"] == []


def test_no_change_is_sent_when_none_is_asked_for(admin: Client, db: str) -> None:
    admin.put(f"{db}/a", json={})
    found = admin.get(f"{db}/_changes", params={"limit": "0"}).json()
    assert (found["results"], found["pending"]) == ([], 1)


def test_many_documents_of_which_one_cannot_be_read_are_not_written(admin: Client, db: str) -> None:
    pad = "x" * 1000
    docs: list[dict[str, Any]] = [{"_id": f"d{n}", "pad": pad} for n in range(600)]
    wrong = [*docs[:500], {"_id": "d500", "_odd": 1}, *docs[501:]]
    answer = admin.post(f"{db}/_bulk_docs", json={"docs": wrong})
    assert (answer.status_code, answer.json()["error"]) == (400, "doc_validation")
    assert admin.get(db).json()["doc_count"] == 0
    # The same document twice, and one without an id, each in its place.
    docs[300] = {"pad": pad}
    docs[599] = {"_id": "d0", "pad": pad}
    rows = admin.post(f"{db}/_bulk_docs", json={"docs": docs}).json()
    assert [row["id"] for row in rows[:300]] == [f"d{n}" for n in range(300)]
    assert len(rows) == 600 and rows[300]["ok"]
    assert rows[599]["error"] == "conflict"
    assert admin.get(db).json()["doc_count"] == 599
