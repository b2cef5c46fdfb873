"""Replication between two servers, whoever drives it."""

from __future__ import annotations

import base64
import gzip
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.backend.miaopu_db.served import ADMIN, PASSWORD, Process, Server

from miaopu_db.replicator import common_checkpoint

Client = httpx.Client


@pytest.fixture
def other(start: Callable[..., Process]) -> Iterator[Client]:
    """Another server, always an embedded one."""
    with start("other").client() as client:
        yield client


def endpoint(client: Client, name: str, basic: tuple[str, str]) -> dict[str, Any]:
    auth = {"basic": {"username": basic[0], "password": basic[1]}}
    return {"url": f"{str(client.base_url).rstrip('/')}/{name}", "auth": auth}


def replicate(driver: Client, source: Any, target: Any, **more: Any) -> dict[str, Any]:
    body = {"source": source, "target": target, **more}
    answer = driver.post("/_replicate", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["ok"]
    return found


def contents(client: Client, db: str) -> dict[str, Any]:
    params = {"include_docs": "true", "style": "all_docs", "attachments": "true"}
    sent = {"Accept": "application/json"}
    rows = client.get(f"{db}/_changes", params=params, headers=sent).json()["results"]
    return {row["id"]: (sorted(one["rev"] for one in row["changes"]), row["doc"]) for row in rows}


def eventually(check: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def fill(client: Client, db: str) -> None:
    data = base64.b64encode(b"picture" * 50).decode()
    docs: list[dict[str, Any]] = [{"_id": f"d{n}", "n": n, "姓名": "张三"} for n in range(30)]
    docs[3]["_attachments"] = {"p.png": {"content_type": "image/png", "data": data}}
    rows = client.post(f"{db}/_bulk_docs", json={"docs": docs}).json()
    client.delete(f"{db}/d7", params={"rev": rows[7]["rev"]})
    conflict = {"_id": "d9", "_rev": "1-0000", "n": -9}
    client.post(f"{db}/_bulk_docs", json={"docs": [conflict], "new_edits": False})


@pytest.mark.parametrize("driver", ["this", "other"])
@pytest.mark.parametrize("direction", ["push", "pull"])
def test_everything_arrives(
    server: Server, admin: Client, other: Client, db: str, driver: str, direction: str
) -> None:
    assert other.put("/copy").status_code == 201
    here = endpoint(admin, db.lstrip("/"), (server.name, server.password))
    there = endpoint(other, "copy", (ADMIN, PASSWORD))
    source, target = (here, there) if direction == "push" else (there, here)
    fill(*((admin, db) if direction == "push" else (other, "/copy")))
    by = admin if driver == "this" else other
    first = replicate(by, source, target)
    assert first["history"][0]["docs_written"] == 31
    assert first["history"][0]["doc_write_failures"] == 0
    assert contents(admin, db) == contents(other, "/copy")
    again = replicate(by, source, target)
    assert again.get("no_changes") is True
    replicate(by, target, source)
    assert contents(admin, db) == contents(other, "/copy")


def test_between_databases_of_one_server_everything_goes_as_it_is_stored(other: Client) -> None:
    for name in ("/a", "/b"):
        other.put(name)
    fill(other, "/a")
    packed = gzip.compress(b"text" * 100)
    sent = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    other.put("/a/d3/q.txt", content=packed, headers=sent, params={"rev": rev_of(other, "/a/d3")})
    replicate(other, "a", "b")
    assert contents(other, "/a") == contents(other, "/b")
    # The picture is there already, so that its stub goes; the text is replaced.
    document = other.get("/a/d3").json()
    data = base64.b64encode(b"more").decode()
    document["_attachments"]["q.txt"] = {"content_type": "text/plain", "data": data}
    assert other.put("/a/d3", json=document).status_code == 201
    assert other.delete("/a/d4", params={"rev": rev_of(other, "/a/d4")}).status_code == 200
    done = replicate(other, "a", "b")
    assert done["history"][0]["docs_written"] == 2
    assert contents(other, "/a") == contents(other, "/b")
    for name in ("d3", "d9"):
        shown = {"revs": "true", "attachments": "true", "conflicts": "true"}
        accept = {"Accept": "application/json"}
        both = [other.get(f"/{db}/{name}", params=shown, headers=accept).json() for db in "ab"]
        assert both[0] == both[1]
    # An attachment whose stub names nothing there is sent with its bytes.
    other.put("/c")
    other.post("/c/_bulk_docs", json={"docs": [{"_id": "d3", "_rev": "9-f"}], "new_edits": False})
    replicate(other, "a", "c")
    assert other.get("/c/d3/p.png", params={"rev": rev_of(other, "/a/d3")}).content == (
        b"picture" * 50
    )


def rev_of(client: Client, path: str) -> str:
    return str(client.get(path).json()["_rev"])


def test_a_part_is_replicated(other: Client) -> None:
    other.put("/a")
    fill(other, "/a")
    design = {"filters": {"f": "function (d, r) { return d.n < Number(r.query.n) }"}}
    other.put("/a/_design/x", json=design)
    wishes: list[tuple[dict[str, Any], int]] = [
        ({"doc_ids": ["d1", "d2"]}, 2),
        ({"selector": {"n": {"$gte": 25}}}, 5),
        ({"filter": "x/f", "query_params": {"n": "3"}}, 3),
    ]
    for number, (wish, expected) in enumerate(wishes):
        replicate(other, "a", f"part{number}", create_target=True, **wish)
        assert other.get(f"/part{number}").json()["doc_count"] == expected


def test_a_refused_document_is_counted_and_the_others_go(other: Client) -> None:
    other.put("/a")
    other.put("/b")
    fill(other, "/a")
    source = "function (d) { if (d.n === 5) throw({forbidden: 'not five'}) }"
    other.put("/b/_design/v", json={"validate_doc_update": source})
    done = replicate(other, "a", "b")["history"][0]
    assert (done["docs_written"], done["doc_write_failures"]) == (30, 1)
    assert other.get("/b/d5").status_code == 404


def test_what_a_target_could_not_judge_is_neither_lost_nor_in_the_way(other: Client) -> None:
    other.put("/a")
    other.put("/b")
    fill(other, "/a")
    endless = {"validate_doc_update": "function (d) { while (d.n === 5) {} }"}
    rev = other.put("/b/_design/v", json=endless).json()["rev"]
    answer = other.post("/_replicate", json={"source": "a", "target": "b"}, timeout=60)
    assert answer.status_code == 503, answer.text
    # What came after it is there; the next run begins with it again.
    assert other.get("/b/d29").status_code == 200
    assert other.get("/b/d5").status_code == 404
    other.delete("/b/_design/v", params={"rev": rev})
    done = replicate(other, "a", "b")["history"][0]
    assert (done["docs_written"], done["doc_write_failures"]) == (1, 0)
    assert other.get("/b/d5").status_code == 200


def test_a_following_replication_comes_again_with_what_could_not_be_judged(other: Client) -> None:
    other.put("/a")
    other.put("/b")
    endless = {"validate_doc_update": "function (d) { while (d.n === 5) {} }"}
    rev = other.put("/b/_design/v", json=endless).json()["rev"]
    other.post("/_replicate", json={"source": "a", "target": "b", "continuous": True})
    other.put("/a/five", json={"n": 5})
    other.put("/a/six", json={"n": 6})
    eventually(lambda: other.get("/b/six").status_code == 200)
    assert other.get("/b/five").status_code == 404
    other.delete("/b/_design/v", params={"rev": rev})
    eventually(lambda: other.get("/b/five").status_code == 200)


def test_a_continuous_replication_follows_and_is_cancelled(other: Client) -> None:
    other.put("/a")
    other.put("/b")
    body = {"source": "a", "target": "b", "continuous": True}
    assert other.post("/_replicate", json=body).status_code == 202
    other.put("/a/x", json={"n": 1})
    eventually(lambda: other.get("/b/x").status_code == 200)
    assert [job["source"] for job in other.get("/_scheduler/jobs").json()["jobs"]] == ["a"]
    assert other.post("/_replicate", json={**body, "cancel": True}).status_code == 200
    eventually(lambda: other.get("/_scheduler/jobs").json()["total_rows"] == 0)
    assert other.post("/_replicate", json={**body, "cancel": True}).status_code == 404


def test_replications_are_documents(other: Client) -> None:
    other.put("/a")
    fill(other, "/a")
    url = str(other.base_url).rstrip("/")
    parts = urlsplit(url)
    body = {
        "source": f"{parts.scheme}://{ADMIN}:{PASSWORD.replace(' ', '%20')}@{parts.netloc}/a",
        "target": {"url": f"{url}/b", "auth": {"basic": {"username": ADMIN, "password": PASSWORD}}},
        "create_target": True,
    }
    assert other.put("/_replicator/once", json=body).status_code == 201
    eventually(
        lambda: other.get("/_replicator/once").json().get("_replication_state") == "completed"
    )
    assert contents(other, "/a") == contents(other, "/b")
    shown = other.get("/_scheduler/docs/_replicator/once")
    assert shown.json()["state"] == "completed"
    assert PASSWORD.split()[0] not in shown.text
    assert PASSWORD.split()[0] not in other.get("/_scheduler/docs").text


def test_a_replication_goes_on_after_a_restart(start: Callable[..., Process]) -> None:
    first = start("home")
    with first.client() as client:
        client.put("/a")
        body = {"source": "a", "target": "b", "create_target": True, "continuous": True}
        assert client.put("/_replicator/c", json=body).status_code == 201
        client.put("/a/x", json={})
        eventually(lambda: client.get("/b/x").status_code == 200)
    first.kill()
    with start("home").client() as client:
        client.put("/a/y", json={})
        eventually(lambda: client.get("/b/y").status_code == 200)
        rev = client.get("/_replicator/c").json()["_rev"]
        assert client.delete("/_replicator/c", params={"rev": rev}).status_code == 200
        eventually(lambda: client.get("/_scheduler/jobs").json()["total_rows"] == 0)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_that_was_restored_is_believed(
    server: Server, admin: Client, other: Client, db: str, side: str
) -> None:
    """The other one says more of the same session: what the restored one said before."""
    assert other.put("/copy").status_code == 201
    fill(admin, db)
    source = endpoint(admin, db.lstrip("/"), (server.name, server.password))
    target = endpoint(other, "copy", (ADMIN, PASSWORD))
    replicate(other, source, target)
    admin.put(f"{db}/late", json={})
    ahead, name = (other, "/copy") if side == "source" else (admin, db)
    (row,) = ahead.get(f"{name}/_local_docs", params={"include_docs": "true"}).json()["rows"]
    log, seq = row["doc"], admin.get(db).json()["update_seq"]
    log |= {"source_last_seq": seq, "history": [{**log["history"][0], "recorded_seq": seq}]}
    assert ahead.put(f"{name}/{log['_id']}", json=log).status_code == 201
    found = replicate(other, source, target)
    assert found["history"][0]["docs_written"] == 1
    assert contents(other, "/copy") == contents(admin, db)


def test_of_two_places_the_lower_counts() -> None:
    def log(session: str, seq: Any, **older: Any) -> dict[str, Any]:
        history = [{"session_id": session, "recorded_seq": seq}]
        history += [{"session_id": name, "recorded_seq": one} for name, one in older.items()]
        return {"session_id": session, "source_last_seq": seq, "history": history}

    assert common_checkpoint(log("a", "9-x"), log("a", "12-x")) == "9-x"
    assert common_checkpoint(log("a", "12-x"), log("a", "9-x")) == "9-x"
    assert common_checkpoint(log("b", "20-x", a="10-x"), log("c", "30-x", a="9-x")) == "9-x"
    assert common_checkpoint(log("b", "20-x", a="8-x"), log("c", "30-x", a="9-x")) == "8-x"
    assert common_checkpoint(log("a", 7), log("a", 8)) == 7
    assert common_checkpoint(log("a", "9-x"), log("a", ["strange"])) == 0
    assert common_checkpoint(log("a", "9-x"), log("b", "9-x")) == 0
    assert common_checkpoint({}, log("a", "9-x")) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"source": "a"}, 400),
        ({"source": 1, "target": "b"}, 400),
        ({"source": "none", "target": "b"}, 404),
        ({"source": "ftp://x/y", "target": "b"}, 400),
        ({"source": "A", "target": "b"}, 400),
    ],
)
def test_replications_that_cannot_be(other: Client, body: dict[str, Any], status: int) -> None:
    assert other.post("/_replicate", json=body).status_code == status


def test_a_replication_document_that_cannot_be_is_refused(other: Client) -> None:
    assert other.put("/_replicator/x", json={"source": "a"}).status_code == 403
