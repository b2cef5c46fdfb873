"""What somebody sends who means harm: each got a failure of the server, or more than was theirs."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import math
import socket
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.backend.miaopu_db.served import USER_PASSWORD, Server, name_of

UserFactory = Callable[..., httpx.Client]

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


# -- accounts ---------------------------------------------------------------------------------


def _log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/_session", json={"name": name, "password": password})


def test_many_guesses_at_once_are_not_many_guesses(server: Server, user: UserFactory) -> None:
    """Each waits for the key to be derived; none may have been let in before the others fail."""
    if server.is_couchdb:
        pytest.skip("CouchDB counts failures after they failed")
    name = name_of(user("clinic"))

    def guess(number: int) -> int:
        with server.client(None) as client:
            return _log_in(client, name, f"guess {number}").status_code

    since = time.monotonic()
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(guess, range(24)))
    # Five are free, and each that follows doubles the wait, from a second on.
    took = time.monotonic() - since
    assert statuses.count(401) <= 6 + int(math.log2(took + 1))
    assert set(statuses) == {401, 429}


def test_first_requests_that_come_together_are_one_attempt(
    server: Server, user: UserFactory
) -> None:
    name = name_of(user("clinic"))

    def ask(_: int) -> int:
        with server.client(name, USER_PASSWORD) as client:
            return client.get("/_session").status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {200}


def test_a_weak_record_is_made_strong_at_its_next_login(
    server: Server, admin: httpx.Client
) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB has its own way")
    name = f"nurse-{uuid.uuid4().hex[:8]}"
    path = f"/_users/org.couchdb.user:{name}"
    password = "an old password"
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), b"salt", 100_000).hex()
    kept = {"password_scheme": "pbkdf2", "salt": "salt", "iterations": 100_000, "derived_key": key}
    record = {"type": "user", "name": name, "roles": ["clinic"], "note": "kept", **kept}
    assert admin.put(path, json=record).status_code == 201
    with server.client(None) as browser:
        assert _log_in(browser, name, "wrong").status_code == 401
        assert _log_in(browser, name, password).status_code == 200
        for _ in range(200):
            stored = admin.get(path).json()
            if stored["iterations"] != 100_000:
                break
            time.sleep(0.05)
        assert stored["iterations"] >= 600_000
        assert stored["pbkdf2_prf"] == "sha256"
        assert (stored["roles"], stored["note"]) == (["clinic"], "kept")
        # The session that began with it goes on, and the password is still the same.
        assert browser.get("/_session").json()["userCtx"]["name"] == name
        assert _log_in(browser, name, password).status_code == 200
    admin.delete(path, params={"rev": stored["_rev"]})


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_login_is_small(server: Server, encoding: str | None) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB reads what comes")
    body = json.dumps({"name": "a", "password": "x" * 100_000}).encode()
    sent = {"Content-Type": "application/json"}
    if encoding is not None:
        body, sent = gzip.compress(body), sent | {"Content-Encoding": encoding}
    with server.client(None) as nobody:
        assert nobody.post("/_session", content=body, headers=sent).status_code == 413

        def pieces() -> Iterator[bytes]:
            yield from (body[start : start + 50] for start in range(0, len(body), 50))

        sent |= {"Transfer-Encoding": "chunked"}
        assert nobody.post("/_session", content=pieces(), headers=sent).status_code == 413


def test_another_account_cannot_be_told_from_none(
    server: Server, admin: httpx.Client, user: UserFactory
) -> None:
    """Neither by what conflicts, nor by what is missing, nor by the time of hashing."""
    if server.is_couchdb:
        pytest.skip("CouchDB shows who has an account in some of these")
    one, other = user("clinic"), name_of(user("clinic"))
    nobody = f"nurse-{uuid.uuid4().hex[:8]}"
    rev = admin.get(f"/_users/org.couchdb.user:{other}").json()["_rev"]
    answers = []
    for name in (other, nobody):
        doc_id = f"org.couchdb.user:{name}"
        record = {"_id": doc_id, "type": "user", "name": name, "roles": [], "password": "x"}
        stub = {"a": {"stub": True, "content_type": "a/b"}}
        tried = [
            one.put(f"/_users/{doc_id}", json=record),
            one.put(f"/_users/{doc_id}", json={**record, "_rev": rev}),
            one.put(f"/_users/{doc_id}", json={**record, "_attachments": stub}),
            one.put(f"/_users/{doc_id}?new_edits=false", json={**record, "_rev": rev}),
            one.put(f"/_users/{doc_id}/a", content=b"x"),
            one.delete(f"/_users/{doc_id}", params={"rev": rev}),
            one.delete(f"/_users/{doc_id}/a", params={"rev": rev}),
            one.get(f"/_users/{doc_id}"),
            one.get(f"/_users/{doc_id}/a"),
            one.get(f"/_users/{doc_id}", params={"open_revs": "all"}),
            one.post("/_users", json=record),
            one.post("/_users/_bulk_docs", json={"docs": [record, {**record, "_rev": rev}]}),
            one.post(
                "/_users/_bulk_docs", json={"docs": [{**record, "_rev": rev}], "new_edits": False}
            ),
            one.post("/_users/_bulk_get", json={"docs": [{"id": doc_id}]}),
            one.post("/_users/_bulk_get", json={"docs": [{"id": doc_id, "rev": rev}]}),
            one.post("/_users/_revs_diff", json={doc_id: [rev, "5-a"]}),
            one.post("/_users/_missing_revs", json={doc_id: [rev, "5-a"]}),
            one.request("COPY", f"/_users/{doc_id}", headers={"Destination": "x"}),
        ]
        answers.append(
            [(answer.status_code, answer.text.replace(name, "NAME")) for answer in tried]
        )
    assert answers[0] == answers[1]
    assert all("ok" not in text for _, text in answers[0])


@pytest.mark.parametrize(
    "path",
    [
        "/_users/org.couchdb.user%3A{other}",
        "/_users/org%2Ecouchdb%2Euser:{other}",
        "/%5Fusers/org.couchdb.user:{other}",
        "/_users//org.couchdb.user:{other}",
        "/x/../_users/org.couchdb.user:{other}",
        "/_users/./org.couchdb.user:{other}",
        "/_users/../_users/org.couchdb.user:{other}",
        "/_users/%2e%2e/_users/org.couchdb.user:{other}",
        "/_users/org.couchdb.user:{own}%2F..%2Forg.couchdb.user:{other}",
        "/_users/ORG.COUCHDB.USER:{other}",
        "/_users/org.couchdb.user:{upper}",
        "/_users/org.couchdb.user:{other}%00",
        "/_users/org.couchdb.user:{other}%20",
        "/_users/org.couchdb.user:{other}/",
        "/_users/org.couchdb.user:{other}/%2e",
        "/_users/org.couchdb.user:{other};a",
        "/_USERS/org.couchdb.user:{other}",
    ],
)
def test_another_account_has_no_other_name(
    server: Server, admin: httpx.Client, user: UserFactory, path: str
) -> None:
    one, other = user("clinic"), name_of(user("clinic"))
    raw = path.format(other=other, own=name_of(one), upper=other.upper())
    url = httpx.URL(server.url)
    token = one.get("/_session").request.headers["authorization"]
    for method in ("GET", "PUT", "DELETE", "COPY"):
        body = b'{"type":"user","name":"%b","roles":[],"password":"x"}' % other.encode()
        head = (
            f"{method} {raw} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            "Destination: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
            connection.sendall(head.encode() + body)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        status = int(answer.split(b" ", 2)[1])
        assert 400 <= status < 500, (method, raw, answer)
        assert b"derived_key" not in answer
    assert "password" not in admin.get(f"/_users/org.couchdb.user:{other}").json()


def test_names_that_look_alike_are_two_names(server: Server, admin: httpx.Client) -> None:
    base = uuid.uuid4().hex[:8]
    names = [f"{base}-\u00e9", f"{base}-e\u0301"]
    assert unicodedata.normalize("NFC", names[0]) == unicodedata.normalize("NFC", names[1])
    made = []
    for name in names:
        record = {"type": "user", "name": name, "roles": ["clinic"], "password": f"of {name}"}
        path = "/_users/" + quote(f"org.couchdb.user:{name}", safe="")
        answer = admin.put(path, json=record)
        assert answer.status_code == 201
        made.append((path, answer.json()["rev"]))
    with server.client(None) as browser:
        assert _log_in(browser, names[0], f"of {names[1]}").status_code == 401
        assert _log_in(browser, names[0], f"of {names[0]}").status_code == 200
        if not server.is_couchdb:
            assert browser.get(made[0][0]).status_code == 200
        assert browser.get(made[1][0]).status_code in (403, 404)
    for path, rev in made:
        admin.delete(path, params={"rev": rev})


def test_a_planted_branch_gives_no_rights_back(
    server: Server, admin: httpx.Client, user: UserFactory
) -> None:
    """Once a senior, now not: no older revision of one's own record may come to light again."""
    one = user("clinic", "grade:senior")
    path = f"/_users/org.couchdb.user:{name_of(one)}"
    first = admin.get(path).json()
    planted = {key: value for key, value in first.items() if key != "_rev"}
    digest = first["_rev"].partition("-")[2]
    branch = {**planted, "_rev": "2-ffff", "_revisions": {"start": 2, "ids": ["ffff", digest]}}
    before = one.post("/_users/_bulk_docs", json={"docs": [branch], "new_edits": False})
    assert admin.put(path, json={**first, "roles": ["clinic"]}).status_code in (201, 409)
    higher = {**branch, "_rev": "9-ffff", "_revisions": {"start": 9, "ids": ["ffff", "eeee"]}}
    again = one.post("/_users/_bulk_docs", json={"docs": [branch, higher], "new_edits": False})
    rev = admin.get(path).json()["_rev"]
    one.put(path, json={**planted, "_rev": rev})
    one.delete(path, params={"rev": rev})
    if server.is_couchdb:
        pytest.skip("CouchDB lets its users plant branches; Miaopu's validator does not")
    assert (before.status_code, again.status_code) == (201, 201)
    assert {row["error"] for row in before.json() + again.json()} == {"forbidden"}
    leaves = admin.get(path, params={"open_revs": "all"}, headers={"Accept": "application/json"})
    assert [leaf["ok"].get("_deleted") for leaf in leaves.json()] == [True]


def test_hashing_is_nobodys_weapon(server: Server, user: UserFactory) -> None:
    """A thousand passwords in one request are not a thousand keys derived."""
    if server.is_couchdb:
        pytest.skip("CouchDB hashes what comes")
    one = user("clinic")
    name = name_of(one)
    own = one.get(f"/_users/org.couchdb.user:{name}").json()
    record = {"type": "user", "roles": ["clinic"], "password": "x"}
    docs = [{**record, "_id": f"org.couchdb.user:n{n}", "name": f"n{n}"} for n in range(500)]
    docs += [{**record, "_id": own["_id"], "_rev": own["_rev"], "name": name} for _ in range(500)]
    rows = one.post("/_users/_bulk_docs", json={"docs": docs}).json()
    assert [row.get("error") for row in rows] == ["not_found"] * 500 + [None] + ["conflict"] * 499
