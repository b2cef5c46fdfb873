"""Passwords, cookies and throttling, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_db import auth
from miaopu_db.errors import CouchError


def test_an_administrators_record_matches_its_password_alone() -> None:
    credentials = auth.parse_admin(auth.hash_password("right"))
    assert credentials.iterations >= 600_000
    assert credentials.matches("right")
    assert not credentials.matches("wrong")
    assert auth.hash_password("right") != auth.hash_password("right")


@pytest.mark.parametrize(
    "record", ["plain", "", "-pbkdf2-", "-pbkdf2:md5-aa,bb,10", "-pbkdf2:sha256-aa,bb", "-hashed-x"]
)
def test_a_plain_password_is_no_record(record: str) -> None:
    with pytest.raises(ValueError, match="record"):
        auth.parse_admin(record)


def test_a_document_makes_no_administrator() -> None:
    members = {**auth.new_credentials("x"), "roles": ["_admin", "nurse", 5]}
    found = auth.parse_user(members)
    assert found is not None
    assert found.roles == ("nurse",)
    assert auth.parse_user({**members, "password_scheme": "simple"}) is None
    assert auth.parse_user({**members, "iterations": 10**12}) is None
    assert auth.parse_user({}) is None


@given(st.text(min_size=1).filter(lambda name: name.isprintable()), st.text(max_size=20))
def test_a_cookie_is_good_for_its_time_and_its_salt(name: str, salt: str) -> None:
    sessions = auth.Sessions(b"secret", 600)
    token = sessions.issue(name, salt, now=1000)
    claim = sessions.claimed(token)
    assert claim is not None
    assert claim[0] == name
    assert sessions.age(claim, salt, now=1500) == 500
    assert sessions.age(claim, salt, now=1601) is None
    assert sessions.age(claim, salt + "x", now=1500) is None
    assert auth.Sessions(b"other", 600).age(claim, salt, now=1500) is None
    assert sessions.age((name + "x", *claim[1:]), salt, now=1500) is None


@given(st.text())
def test_any_cookie_can_be_looked_at(token: str) -> None:
    claim = auth.Sessions.claimed(token)
    assert claim is None or auth.Sessions(b"s", 600).age(claim, "") is None


def refused(throttle: auth.Throttle, name: str, address: str, now: float) -> bool:
    try:
        throttle.begin(name, address, now=now)
    except CouchError as error:
        assert error.status == 429
        return True
    return False


def test_each_attempt_waits_longer_and_a_success_forgets() -> None:
    throttle = auth.Throttle(free=2, first=1, longest=8)
    assert not refused(throttle, "a", "x", 0)
    now = 0.0
    for wait in (1, 2, 4, 8, 8):
        assert not refused(throttle, "a", "x", now + 0.1)
        assert refused(throttle, "a", "x", now + wait - 0.1)
        now += wait + 0.2
    assert not refused(throttle, "b", "x", now)
    assert not refused(throttle, "a", "y", now)
    throttle.begin("a", "x", now=now)
    throttle.succeeded("a", "x", now=now)
    assert not refused(throttle, "a", "x", now)


def test_many_attempts_at_once_are_as_slow_as_one_after_another() -> None:
    throttle = auth.Throttle()
    assert [refused(throttle, "a", "x", 0) for _ in range(8)] == [False] * 5 + [True] * 3


def test_many_names_from_one_address_wait() -> None:
    throttle = auth.Throttle()
    tried = [refused(throttle, f"name-{number}", "192.0.2.1", 0) for number in range(200)]
    assert tried.index(True) == 50
    assert all(tried[50:])
    assert not refused(throttle, "name-0", "192.0.2.2", 0)
    # One is forgotten every five seconds.
    assert not refused(throttle, "name-x", "192.0.2.1", 5)
    assert refused(throttle, "name-y", "192.0.2.1", 5)


def test_one_name_from_many_addresses_waits() -> None:
    throttle = auth.Throttle()
    tried = [refused(throttle, "a", f"192.0.2.{number}", 0) for number in range(50)]
    assert tried.index(True) == 20
    assert not refused(throttle, "b", "192.0.2.1", 0)


def test_a_network_of_ipv6_is_one_address() -> None:
    throttle = auth.Throttle()
    tried = [refused(throttle, "a", f"2001:db8::{number:x}", 0) for number in range(10)]
    assert tried == [False] * 5 + [True] * 5
    assert auth.network("::ffff:192.0.2.1") == "192.0.2.1"
    assert auth.network("fe80::1%eth0") == "fe80:0000:0000:0000::/64"
    assert auth.network("") == ""


def test_an_attacker_locks_nobody_out_who_has_been_here() -> None:
    throttle = auth.Throttle()
    throttle.begin("nurse", "192.0.2.1", now=0)
    throttle.succeeded("nurse", "192.0.2.1", now=0)
    for number in range(500):
        refused(throttle, f"name-{number}", "192.0.2.1", 1)
        refused(throttle, "nurse", f"198.51.100.{number % 250}", 1)
    assert not refused(throttle, "nurse", "192.0.2.1", 2)


def test_what_was_right_does_not_count() -> None:
    throttle = auth.Throttle()
    for number in range(200):
        throttle.begin(f"name-{number}", "192.0.2.1", now=0)
        throttle.succeeded(f"name-{number}", "192.0.2.1", now=0)


def test_the_throttle_does_not_grow() -> None:
    throttle = auth.Throttle(free=1, most=10)
    for number in range(100):
        refused(throttle, str(number), str(number), 0)
    assert refused(throttle, "99", "99", 0)
    assert len(throttle._pairs) == 10


def test_a_wrong_password_takes_as_long_for_a_name_that_nobody_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds: list[int] = []

    def counted(password: str, salt: str, iterations: int, prf: str = "sha256") -> str:
        rounds.append(iterations)
        return "00"

    monkeypatch.setattr(auth, "pbkdf2", counted)
    strong = auth.Credentials("aa", "s", auth.ITERATIONS, "sha256", ())
    weak = auth.Credentials("aa", "s", 10, "sha", ())
    for credentials in (None, strong, weak):
        rounds.clear()
        assert not auth.verify(credentials, "x")
        assert sum(rounds) == auth.ITERATIONS


def test_a_record_of_an_older_kind_is_weak() -> None:
    assert auth.ITERATIONS >= 600_000
    made = auth.parse_user({**auth.new_credentials("x"), "roles": []})
    assert made is not None
    assert not made.is_weak
    for older in ({"iterations": 100_000}, {"pbkdf2_prf": "sha"}):
        found = auth.parse_user({**auth.new_credentials("x"), "roles": [], **older})
        assert found is not None
        assert found.is_weak


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    secret = auth.read_secret(tmp_path / "secret")
    assert len(secret) >= 32
    assert auth.read_secret(tmp_path / "secret") == secret


def test_basic_authentication_is_read() -> None:
    assert auth.parse_basic("Basic YTpiOmM=") == ("a", "b:c")
    assert auth.parse_basic("Bearer x") is None
