"""The changes feed in all its forms."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest
from tests.backend.miaopu_db.served import Server

Client = httpx.Client


@pytest.fixture
def filled(admin: Client, db: str) -> str:
    docs = [{"_id": f"d{n}", "n": n} for n in range(10)]
    admin.post(f"{db}/_bulk_docs", json={"docs": docs})
    return db


def ids(found: dict[str, Any]) -> list[str]:
    return sorted(row["id"] for row in found["results"])


def test_the_feed_gives_everything_once_and_goes_on_where_it_ended(
    admin: Client, filled: str
) -> None:
    first = admin.get(f"{filled}/_changes", params={"limit": "4"}).json()
    assert len(first["results"]) == 4
    assert first["pending"] == 6
    rest = admin.get(f"{filled}/_changes", params={"since": first["last_seq"]}).json()
    assert rest["pending"] == 0
    assert sorted(ids(first) + ids(rest)) == [f"d{n}" for n in range(10)]
    again = admin.get(f"{filled}/_changes", params={"since": rest["last_seq"]}).json()
    assert again["results"] == []
    now = admin.get(f"{filled}/_changes", params={"since": "now"}).json()
    assert now["results"] == []


def test_documents_deletions_and_conflicts_are_shown(admin: Client, filled: str) -> None:
    rev = admin.get(f"{filled}/d1").json()["_rev"]
    admin.delete(f"{filled}/d1", params={"rev": rev})
    low = "1-" + "0" * 32
    docs = [{"_id": "d2", "_rev": low}]
    admin.post(f"{filled}/_bulk_docs", json={"docs": docs, "new_edits": False})
    params = {"include_docs": "true", "style": "all_docs", "conflicts": "true"}
    rows = {
        row["id"]: row for row in admin.get(f"{filled}/_changes", params=params).json()["results"]
    }
    assert len(rows) == 10
    assert rows["d1"]["deleted"] is True
    assert rows["d1"]["doc"]["_deleted"] is True
    assert len(rows["d2"]["changes"]) == 2
    assert rows["d2"]["doc"]["_conflicts"] == [low]
    assert rows["d3"]["doc"]["n"] == 3


def test_descending_begins_with_the_last(admin: Client, filled: str) -> None:
    admin.put(f"{filled}/last", json={})
    found = admin.get(f"{filled}/_changes", params={"descending": "true", "limit": "1"}).json()
    assert ids(found) == ["last"]


def test_filters(admin: Client, filled: str) -> None:
    design = {
        "filters": {
            "above": "function (doc, req) { return doc.n > Number(req.query.n) }",
            "mine": "function (doc, req) { return req.userCtx.name !== null && doc.n === 3 }",
            "secret": "function (doc, req) { return !!req.headers.Authorization }",
            "throws": "function () { throw new Error('x') }",
        },
        "views": {"even": {"map": "function (d) { if (d.n % 2 === 0) emit(d.n) }"}},
    }
    assert admin.put(f"{filled}/_design/f", json=design).status_code == 201

    def get(**params: str) -> httpx.Response:
        return admin.get(f"{filled}/_changes", params=params)

    assert ids(get(filter="f/above", n="7").json()) == ["d8", "d9"]
    assert ids(get(filter="f/mine").json()) == ["d3"]
    assert ids(get(filter="f/secret").json()) == []
    assert ids(get(filter="_design").json()) == ["_design/f"]
    even = [f"d{n}" for n in range(0, 10, 2)]
    assert ids(get(filter="_view", view="f/even").json()) == even
    assert ids(get(filter="_doc_ids", doc_ids='["d1","x"]').json()) == ["d1"]
    assert ids(get(filter="f/above", n="7", limit="1").json()) == ["d8"]
    assert get(filter="f/throws").status_code >= 400
    assert get(filter="f/none").status_code == 404
    assert get(filter="g/none").status_code == 404
    assert get(filter="nonsense").status_code == 400
    body = {"selector": {"n": {"$gte": 8}}}
    answer = admin.post(f"{filled}/_changes", params={"filter": "_selector"}, json=body)
    assert ids(answer.json()) == ["d8", "d9"]
    body = {"doc_ids": ["d1", "d4"]}
    answer = admin.post(f"{filled}/_changes", params={"filter": "_doc_ids"}, json=body)
    assert ids(answer.json()) == ["d1", "d4"]


def test_longpoll_waits_for_a_change(admin: Client, filled: str) -> None:
    last = admin.get(f"{filled}/_changes").json()["last_seq"]
    params = {"feed": "longpoll", "since": last}
    found: list[dict[str, Any]] = []
    waiting = threading.Thread(
        target=lambda: found.append(admin.get(f"{filled}/_changes", params=params).json())
    )
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()
    admin.put(f"{filled}/new", json={})
    waiting.join(timeout=10)
    assert ids(found[0]) == ["new"]
    started = time.monotonic()
    params = {"feed": "longpoll", "since": "now", "timeout": "200"}
    assert admin.get(f"{filled}/_changes", params=params).json()["results"] == []
    assert time.monotonic() - started < 5


def test_a_continuous_feed_goes_on_with_heartbeats(admin: Client, filled: str) -> None:
    params = {"feed": "continuous", "heartbeat": "100", "include_docs": "true"}
    with admin.stream("GET", f"{filled}/_changes", params=params) as feed:
        lines = feed.iter_lines()
        seen = [json.loads(next(lines))["id"] for _ in range(10)]
        assert sorted(seen) == [f"d{n}" for n in range(10)]
        assert next(lines) == ""
        admin.put(f"{filled}/new", json={"n": 11})
        row = next(line for line in lines if line)
        assert json.loads(row)["doc"]["n"] == 11


def test_a_continuous_feed_ends_with_its_timeout_or_limit(admin: Client, filled: str) -> None:
    params = {"feed": "continuous", "timeout": "100", "since": "now"}
    assert "last_seq" in json.loads(_lines(admin, filled, params)[-1])
    params = {"feed": "continuous", "limit": "3"}
    lines = _lines(admin, filled, params)
    assert len(lines) == 4
    assert json.loads(lines[-1])["pending"] == 7


def _lines(admin: Client, filled: str, params: dict[str, str]) -> list[str]:
    text = admin.get(f"{filled}/_changes", params=params).text
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize(
    "params",
    [{"since": "x-y"}, {"feed": "x"}, {"heartbeat": "0"}, {"heartbeat": "false"},
     {"seq_interval": "0"}],
)  # fmt: skip
def test_bad_parameters_are_bad_requests(
    admin: Client, filled: str, params: dict[str, str]
) -> None:
    answer = admin.get(f"{filled}/_changes", params=params)
    assert answer.status_code == 400
    assert set(answer.json()) >= {"error", "reason"}


@pytest.mark.parametrize("params", [{"limit": "-1"}, {"limit": "x"}, {"timeout": "-1"}])
def test_more_bad_parameters(
    server: Server, admin: Client, filled: str, params: dict[str, str]
) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB takes them for something else, or fails")
    answer = admin.get(f"{filled}/_changes", params=params)
    assert answer.status_code == 400
    assert set(answer.json()) >= {"error", "reason"}


def test_a_sequence_of_an_earlier_database_begins_anew(admin: Client, filled: str) -> None:
    last = admin.get(f"{filled}/_changes").json()["last_seq"]
    admin.delete(filled)
    admin.put(filled)
    admin.put(f"{filled}/first", json={})
    found = admin.get(f"{filled}/_changes", params={"since": last}).json()
    assert ids(found) == ["first"]
