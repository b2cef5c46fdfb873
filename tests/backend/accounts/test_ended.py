"""Which logins are over before their cookie runs out."""

from pathlib import Path

from miaopu.accounts.ended import EndedLogins
from miaopu_db.auth import Sessions

SESSIONS = Sessions(b"secret", 3600)


def cookie(name: str, at: float = 1_700_000_000) -> str:
    return SESSIONS.issue(name, "salt", at)


def test_a_login_ends_with_all_its_cookies_and_alone(tmp_path: Path) -> None:
    ended = EndedLogins(tmp_path / "ended", 100, lambda: 0.0)
    first, second, third = (cookie("nurse", 1_700_000_000 + n) for n in range(3))
    ended.renewed(first, second)
    ended.renewed(second, third)
    ended.end(second)
    assert all(ended.has(one) for one in (first, second, third))
    assert not ended.has(cookie("nurse", 1_700_000_009))
    assert not ended.has(cookie("other"))


def test_a_cookie_is_known_however_it_is_written(tmp_path: Path) -> None:
    ended = EndedLogins(tmp_path / "ended", 100, lambda: 0.0)
    ended.end(cookie("nurse"))
    for spelled in (f'"{cookie("nurse")}"', cookie("nurse") + "=", cookie("nurse") + "=="):
        assert ended.has(spelled)
    # CouchDB's own, whose end is no text.
    ended.end("YWRtaW46NjU0RjlBMDA6_-7d")
    assert ended.has("YWRtaW46NjU0RjlBMDA6_-7d==")
    assert not ended.has("YWRtaW46NjU0RjlBMDA6_-7e")


def test_an_ended_login_outlives_the_process_until_its_cookies_have_run_out(tmp_path: Path) -> None:
    now = [1000.0]
    path = tmp_path / "data" / "ended"
    ended = EndedLogins(path, 100, lambda: now[0])
    ended.load()
    ended.end(cookie("nurse"))
    with path.open("a") as file:
        file.write("half a li")
    again = EndedLogins(path, 100, lambda: now[0])
    again.load()
    assert again.has(cookie("nurse"))
    now[0] = 1101.0
    later = EndedLogins(path, 100, lambda: now[0])
    later.load()
    assert not later.has(cookie("nurse"))
    assert path.read_text() == ""
