"""Passwords, cookies and throttling, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miaopu.embedded import auth
from miaopu.embedded.errors import CouchError


def test_an_administrators_record_matches_its_password_alone() -> None:
    credentials = auth.parse_admin(auth.hash_password("right"))
    assert credentials.iterations >= 100_000
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


@settings(deadline=None)
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


def test_each_failure_waits_longer_and_a_success_forgets() -> None:
    throttle = auth.Throttle(free=2, first=1, longest=8)
    throttle.failed("a", "x", now=0)
    throttle.check("a", "x", now=0)
    for waited, wait in ((1, 1), (2, 2), (4, 4), (8, 8), (16, 8)):
        throttle.failed("a", "x", now=waited)
        with pytest.raises(CouchError) as caught:
            throttle.check("a", "x", now=waited + wait - 0.5)
        assert caught.value.status == 429
        throttle.check("a", "x", now=waited + wait + 0.1)
    throttle.check("a", "y", now=17)
    throttle.check("b", "x", now=17)
    throttle.succeeded("a", "x")
    throttle.check("a", "x", now=17)


def test_the_throttle_forgets_the_oldest_and_does_not_grow() -> None:
    throttle = auth.Throttle(free=1, size=10)
    for number in range(100):
        throttle.failed(str(number), "x", now=0)
    with pytest.raises(CouchError):
        throttle.check("99", "x", now=0)
    throttle.check("0", "x", now=0)


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    secret = auth.read_secret(tmp_path / "secret")
    assert len(secret) >= 32
    assert auth.read_secret(tmp_path / "secret") == secret


def test_basic_authentication_is_read() -> None:
    assert auth.parse_basic("Basic YTpiOmM=") == ("a", "b:c")
    assert auth.parse_basic("Bearer x") is None
