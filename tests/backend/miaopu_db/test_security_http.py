"""Who may do what. The anonymous case comes first in every matrix: it must be refused."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from urllib.parse import unquote

import httpx
import pytest
from tests.backend.miaopu_db.served import Server, name_of

UserFactory = Callable[..., httpx.Client]


@pytest.fixture
def shared(admin: httpx.Client, db: str, user: UserFactory) -> tuple[str, httpx.Client]:
    """A database with one member."""
    member = user("clinic")
    security = {
        "admins": {"names": [], "roles": ["boss"]},
        "members": {"names": [name_of(member)], "roles": []},
    }
    assert admin.put(f"{db}/_security", json=security).status_code == 200
    assert admin.put(f"{db}/known", json={"n": 1}).status_code == 201
    return db, member


REQUESTS = [
    ("GET", ""),
    ("GET", "/known"),
    ("HEAD", "/known"),
    ("PUT", "/new"),
    ("DELETE", "/known?rev=1-x"),
    ("GET", "/_all_docs"),
    ("GET", "/_changes"),
    ("GET", "/_changes?feed=continuous&timeout=10"),
    ("POST", "/_bulk_docs"),
    ("POST", "/_bulk_get"),
    ("POST", "/_revs_diff"),
    ("POST", "/_find"),
    ("POST", "/_index"),
    ("POST", "/_explain"),
    ("GET", "/_security"),
    ("PUT", "/_security"),
    ("GET", "/_local/x"),
    ("PUT", "/_local/x"),
    ("GET", "/_design/a/_view/b"),
    ("POST", "/_compact"),
    ("POST", "/_purge"),
    ("GET", "/_revs_limit"),
    ("PUT", "/_revs_limit"),
    ("POST", "/_ensure_full_commit"),
    ("GET", "/known/file"),
    ("PUT", "/known/file"),
    ("GET", "/_local_docs"),
    ("GET", "/_design_docs"),
    ("POST", "/_missing_revs"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_nobody_gets_anything_from_a_database(
    server: Server, shared: tuple[str, httpx.Client], method: str, path: str
) -> None:
    with server.client(None) as nobody:
        answer = nobody.request(method, shared[0] + path, json={} if method != "GET" else None)
    assert answer.status_code == 401
    if method != "HEAD":
        assert answer.json()["error"] == "unauthorized"


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_a_stranger_gets_nothing_from_a_database(
    user: UserFactory, shared: tuple[str, httpx.Client], method: str, path: str
) -> None:
    answer = user("elsewhere").request(
        method, shared[0] + path, json={} if method != "GET" else None
    )
    # CouchDB asks first whether it is an administrator of the server.
    assert answer.status_code in ((401, 403) if path == "/_purge" else (403,))


@pytest.mark.parametrize(
    "path",
    ["/_all_dbs", "/_users", "/_users/_all_docs", "/_node/_local/_config", "/_active_tasks",
     "/_scheduler/jobs", "/_replicator/_all_docs", "/_dbs_info", "/_uuids", "/_membership",
     "/no-such-database"],
)  # fmt: skip
def test_nobody_learns_nothing_of_the_server(server: Server, path: str) -> None:
    if server.is_couchdb and path in ("/_uuids", "/no-such-database"):
        pytest.skip("CouchDB answers unless it is told to require a user")
    with server.client(None) as nobody:
        assert nobody.get(path).status_code == 401


def test_what_is_open_to_nobody(server: Server) -> None:
    with server.client(None) as nobody:
        assert nobody.get("/").json()["couchdb"] == "Welcome"
        assert nobody.get("/_up").json()["status"] == "ok"
        assert nobody.get("/_session").json()["userCtx"] == {"name": None, "roles": []}


def test_nobody_becomes_administrator(server: Server) -> None:
    with server.client(None) as nobody:
        for path in ("/_node/_local/_config/admins/eve", "/_config/admins/eve"):
            assert nobody.put(path, json="pw").status_code in (401, 404)
        record = {"name": "eve", "type": "user", "roles": ["_admin"], "password": "pw"}
        answer = nobody.put("/_users/org.couchdb.user:eve", json=record)
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize(
    "path",
    ["/_all_dbs", "/_active_tasks", "/_scheduler/docs", "/_node/_local/_config", "/_dbs_info"],
)
def test_users_see_nothing_of_the_server(user: UserFactory, path: str) -> None:
    # CouchDB's word to whoever is not an administrator of the server.
    assert user().get(path).status_code == 401


def test_only_administrators_make_and_remove_databases(
    server: Server, user: UserFactory, shared: tuple[str, httpx.Client]
) -> None:
    db, member = shared
    boss = user("boss")
    for client in (member, boss):
        assert client.put(f"/x{uuid.uuid4().hex}").status_code == 401
        assert client.delete(db).status_code == 401
        assert client.post(f"{db}/_purge", json={}).status_code == 401
        assert client.get(f"{db}/_purged_infos_limit").status_code == 401
        answer = client.post("/_replicate", json={"source": "a", "target": "b"})
        assert answer.status_code == (500 if server.is_couchdb else 401)


def _refused(server: Server, answer: httpx.Response, status: int) -> None:
    """CouchDB refuses some settings at its shards, and gives their refusal as a failure."""
    assert answer.status_code in ((status, 500) if server.is_couchdb else (status,)), answer.text


def test_a_member_reads_and_writes_but_does_not_govern(
    server: Server, user: UserFactory, shared: tuple[str, httpx.Client]
) -> None:
    db, member = shared
    assert member.get(f"{db}/known").status_code == 200
    assert member.put(f"{db}/mine", json={}).status_code == 201
    design = {"views": {"v": {"map": "function (doc) { emit(doc._id) }"}}}
    _refused(server, member.put(f"{db}/_security", json={}), 403)
    assert member.put(f"{db}/_design/d", json=design).status_code == 403
    rows = member.post(f"{db}/_bulk_docs", json={"docs": [{"_id": "_design/d", **design}]})
    assert rows.json()[0]["error"] == "forbidden"
    known = {"_id": "_design/d", "_rev": "1-a", **design}
    rows = member.post(f"{db}/_bulk_docs", json={"docs": [known], "new_edits": False})
    assert rows.json()[0]["error"] == "forbidden"
    copy = member.request("COPY", f"{db}/known", headers={"Destination": "_design/d"})
    assert copy.status_code == 403
    for path in ("_compact", "_view_cleanup"):
        assert member.post(f"{db}/{path}", json={}).status_code == 401
    _refused(server, member.put(f"{db}/_revs_limit", json=5), 403)
    _refused(server, member.post(f"{db}/_index", json={"index": {"fields": ["a"]}}), 403)
    boss = user("boss")
    assert boss.put(f"{db}/_design/d", json=design).status_code == 201
    assert boss.put(f"{db}/_security", json=boss.get(f"{db}/_security").json()).status_code == 200


@pytest.mark.parametrize("value", [1, [], "x", {"admins": []}, {"members": {"names": "bob"}},
                                   {"members": {"roles": [1]}}])  # fmt: skip
def test_security_must_be_an_object_of_lists(
    server: Server, admin: httpx.Client, db: str, value: object
) -> None:
    before = admin.get(f"{db}/_security").json()
    _refused(server, admin.put(f"{db}/_security", json=value), 400)
    assert admin.get(f"{db}/_security").json() == before


def test_a_new_database_is_closed_to_users(user: UserFactory, db: str) -> None:
    assert user().get(db).status_code == 403


# -- users ------------------------------------------------------------------------------------


def test_security_that_nests_too_deep_is_a_bad_request(
    server: Server, admin: httpx.Client, db: str
) -> None:
    answer = admin.put(f"{db}/_security", content='{"a":' * 400 + "1" + "}" * 400)
    assert answer.status_code == (200 if server.is_couchdb else 400)
    assert admin.get(f"{db}/_security").status_code == 200


def test_users_see_and_change_their_own_record_alone(
    server: Server, admin: httpx.Client, user: UserFactory
) -> None:
    one, other = user("clinic"), user("clinic")
    mine, theirs = (f"/_users/org.couchdb.user:{name_of(who)}" for who in (one, other))
    foreign = admin.get(theirs).json()
    assert one.get(theirs).status_code in (403, 404)
    assert one.get(f"{theirs}?rev={foreign['_rev']}").status_code in (403, 404)
    assert one.put(theirs, json={**foreign, "password": "stolen"}).status_code in (403, 404)
    assert one.delete(f"{theirs}?rev={foreign['_rev']}").status_code in (403, 404)
    copy = one.request("COPY", theirs, headers={"Destination": mine.rpartition("/")[2]})
    assert copy.status_code in (403, 404, 409)
    body = {"docs": [{"id": foreign["_id"]}]}
    assert foreign["derived_key"] not in one.post("/_users/_bulk_get", json=body).text
    assert one.get("/_users/_all_docs").status_code == 401
    assert one.get("/_users/_changes?include_docs=true").status_code == 401
    find = one.post("/_users/_find", json={"selector": {"type": "user"}})
    assert foreign["derived_key"] not in find.text
    record = admin.get(mine).json()
    assert one.put(mine, json={**record, "roles": ["clinic", "boss"]}).status_code == 403
    assert one.put(mine, json={**record, "roles": ["_admin"]}).status_code == 403
    if server.is_couchdb:
        # Its `_users` is closed to users, their own records too.
        assert one.get(mine).status_code == 403
        return
    record = one.get(mine).json()
    assert record["roles"] == ["clinic"]
    assert "password" not in record
    assert record["derived_key"] != "secret of a nurse"
    assert one.put(mine, json={**record, "note": "hello"}).status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/_security"), ("POST", "/_revs_diff"), ("POST", "/_missing_revs"),
     ("PUT", "/_local/x"), ("GET", "/_local/x"), ("GET", "/_revs_limit"), ("GET", "/_shards"),
     ("GET", "/_purged_infos"), ("POST", "/_ensure_full_commit"), ("GET", "/another")],
)  # fmt: skip
def test_users_learn_nothing_of_all_accounts(user: UserFactory, method: str, path: str) -> None:
    answer = user().request(method, f"/_users{path}", json={} if method != "GET" else None)
    assert answer.status_code == 403
    assert answer.json()["reason"] == "You are not allowed to access this db."


@pytest.mark.parametrize(
    "change",
    [
        {"type": "robot"},
        {"name": "other"},
        {"roles": "boss"},
        {"roles": [1]},
        {"roles": ["_admin"]},
        {"name": ""},
        {"password_scheme": "simple-minded", "password": None},
    ],
)
def test_a_record_that_is_none_is_refused_even_from_an_administrator(
    admin: httpx.Client, change: dict[str, object]
) -> None:
    name = f"nurse-{uuid.uuid4().hex[:8]}"
    record = {"name": name, "type": "user", "roles": [], "password": "x", **change}
    answer = admin.put(f"/_users/org.couchdb.user:{name}", json=record)
    assert answer.status_code == 403


# -- sessions ---------------------------------------------------------------------------------


def _log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/_session", json={"name": name, "password": password})


def _is_logged_out(server: Server, browser: httpx.Client) -> bool:
    """At once; CouchDB's cache hears of it a moment later."""
    for _ in range(100 if server.is_couchdb else 1):
        if browser.get("/_session").json()["userCtx"]["name"] is None:
            return True
        time.sleep(0.05)
    return False


def test_a_session_ends_with_the_password(
    server: Server, admin: httpx.Client, user: UserFactory
) -> None:
    name = name_of(user("clinic", password="first"))
    path = f"/_users/org.couchdb.user:{name}"
    with server.client(None) as browser:
        answer = _log_in(browser, name, "first")
        assert answer.json() == {"ok": True, "name": name, "roles": ["clinic"]}
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        if not server.is_couchdb:
            assert "SameSite=Strict" in cookie
            assert "Secure" not in cookie  # it came over plain HTTP
        assert browser.get("/_session").json()["userCtx"]["name"] == name
        record = admin.get(path).json()
        assert admin.put(path, json={**record, "password": "second"}).status_code == 201
        assert _is_logged_out(server, browser)
        assert _log_in(browser, name, "first").status_code == 401
        assert _log_in(browser, name, "second").status_code == 200
        record = admin.get(path).json()
        admin.delete(path, params={"rev": record["_rev"]})
        assert _is_logged_out(server, browser)
        assert browser.get(path).status_code == 401


def test_a_forged_cookie_is_nobody(server: Server, user: UserFactory) -> None:
    name = name_of(user())
    with server.client(None) as browser:
        _log_in(browser, name, "secret of a nurse")
        token = browser.cookies["AuthSession"]
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        forged = [
            plain.replace(name.encode(), b"admin"),
            plain[:-1] + bytes([plain[-1] ^ 1]),
            b"admin:7FFFFFFF:" + b"0" * 64,
            b"::",
            b"\xff\xfe",
            b"",
        ]
        for one in forged:
            value = base64.urlsafe_b64encode(one).rstrip(b"=").decode()
            with server.client(None) as other:
                headers = {"Cookie": f"AuthSession={value}"}
                assert other.get("/_session", headers=headers).status_code in (200, 400)
                assert other.get("/_users", headers=headers).status_code in (400, 401)


def test_logging_out_clears_the_cookie(server: Server, user: UserFactory) -> None:
    with server.client(None) as browser:
        _log_in(browser, name_of(user()), "secret of a nurse")
        assert "Max-Age=0" in browser.delete("/_session").headers["set-cookie"] or (
            server.is_couchdb
        )
        assert browser.get("/_session").json()["userCtx"]["name"] is None


@pytest.mark.parametrize("header", ["Basic x", "Basic !!!!", "Basic bm9jb2xvbg=="])
def test_a_broken_authorization_header_is_a_bad_request(server: Server, header: str) -> None:
    with server.client(None) as nobody:
        answer = nobody.get("/_all_dbs", headers={"Authorization": header})
        assert answer.status_code in ((400, 401, 500) if server.is_couchdb else (400, 401))


def test_guessing_is_slowed_down_but_not_those_who_are_known(
    server: Server, user: UserFactory
) -> None:
    known = user(password="right")
    name = name_of(known)
    assert known.get("/_session").json()["userCtx"]["name"] == name
    with server.client(None) as guesser:
        statuses = [_log_in(guesser, name, f"guess {n}").status_code for n in range(8)]
        assert statuses[0] == 401
        assert statuses[-1] in (403, 429)
    if server.is_couchdb:
        # It locks the account for whoever comes from the address.
        assert known.get("/_session").status_code == 403
    else:
        assert known.get("/_session").json()["userCtx"]["name"] == name


# -- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["A", "1a", "_x", "a.b", "..", "%2e%2e", "a%2F..%2F..%2Fb", "a%00b", "a%5Cb", "é", "a b",
     "%2Fetc", "a" * 300],
)  # fmt: skip
def test_no_name_escapes(admin: httpx.Client, name: str) -> None:
    assert admin.put("/" + name).status_code in (400, 404, 405)


def test_names_with_slashes_are_names(admin: httpx.Client) -> None:
    name = f"a%2F{uuid.uuid4().hex}%2Fb%2B(c)$d-e_f"
    assert admin.put("/" + name).status_code in (201, 202)
    try:
        assert admin.get("/" + name).json()["db_name"] == unquote(name)
        assert admin.get("/" + name.replace("%2B", "+")).status_code == 404  # "+" is a space
        assert admin.put("/" + name).status_code == 412
    finally:
        assert admin.delete("/" + name).status_code in (200, 202)


def test_an_open_feed_ends_with_the_right_to_it(
    server: Server, admin: httpx.Client, shared: tuple[str, httpx.Client]
) -> None:
    if server.is_couchdb:
        pytest.skip("CouchDB leaves a feed open to who has lost the right to it")
    db, member = shared
    params = {"feed": "continuous", "heartbeat": "100", "since": "now"}
    with member.stream("GET", f"{db}/_changes", params=params) as feed:
        lines = feed.iter_lines()
        assert next(lines) == ""
        security = {"admins": {"roles": ["boss"]}, "members": {"names": ["another"]}}
        admin.put(f"{db}/_security", json=security)
        admin.put(f"{db}/secret", json={})
        rest = [line for line in lines if line]
    assert "secret" not in "".join(rest)
