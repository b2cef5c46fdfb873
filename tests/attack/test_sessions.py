"""Who logs out is out, and who tries to get in is told of."""

from typing import Any

import httpx
import pytest
from country import Served
from served import PASSWORD, until

Json = dict[str, Any]


def visitor(served: Served, **more: Any) -> httpx.Client:
    base = served.server.address + "/db/"
    return httpx.Client(base_url=base, timeout=30, trust_env=False, **more)


def entries(served: Served, name: str) -> list[Json]:
    answer = served.client("county.admin").get(
        f"audit-{served.country.county}/_all_docs", params={"include_docs": "true"}
    )
    return [row["doc"] for row in answer.json()["rows"] if row["doc"].get("by") == name]


def test_after_a_logout_the_old_cookie_is_nobodys(served: Served) -> None:
    name = served.credentials("clinic.ordinary")[0]
    site = f"site-{served.country.sites[0]}"
    with visitor(served) as nurse, visitor(served) as colleague:
        for one in (nurse, colleague):
            login = one.post("_session", json={"name": name, "password": PASSWORD})
            assert login.is_success
            until(lambda: True, "another second", 2)
        kept = nurse.cookies["AuthSession"]
        assert nurse.get(f"{site}/_all_docs?limit=1").is_success
        same = colleague.cookies["AuthSession"] == kept
        assert nurse.delete("_session").is_success
        for spelled in (kept, f'"{kept}"', kept + "=", f"x; AuthSession={kept}"):
            headers = {"cookie": f"AuthSession={spelled}"}
            with visitor(served, headers=headers) as thief:
                assert thief.get(f"{site}/_all_docs?limit=1").status_code == 401
                said = thief.get("_session").json()
                assert said["userCtx"]["name"] is None
                url = f"{served.server.address}/api/accounts/me"
                assert thief.get(url).status_code == 401
        # One tablet's logout is not another's, unless both logged in within one second.
        assert same or colleague.get(f"{site}/_all_docs?limit=1").is_success


def test_logins_are_told(served: Served) -> None:
    name = served.credentials("clinic.senior")[0]
    with visitor(served) as somebody:
        wrong = somebody.post("_session", json={"name": name, "password": "a wrong password"})
        assert wrong.status_code == 401
        right = somebody.post("_session", json={"name": name, "password": PASSWORD})
        assert right.is_success
        assert somebody.delete("_session").is_success
    with visitor(served, auth=(name, "another wrong one")) as guesser:
        url = f"{served.server.address}/api/accounts/me"
        assert guesser.get(f"site-{served.country.sites[0]}/_all_docs").status_code == 401
        assert guesser.get(url).status_code == 401

    def told() -> list[Json] | None:
        found = [one for one in entries(served, name) if one["database"] == "_users"]
        return found if len(found) >= 5 else None

    found = until(told, "the logins in the trail", 15)
    assert [(one["action"], one["request"]) for one in found] == [
        ("login_failed", "_session"),
        ("login", "_session"),
        ("logout", "_session"),
        ("login_failed", "basic"),
        ("login_failed", "basic"),
    ]
    assert found[1]["site"] == served.country.sites[0]
    assert "wrong" not in str(found)


def test_what_is_typed_in_the_wrong_field_is_not_kept(served: Served) -> None:
    with visitor(served) as somebody:
        typed = {"name": "my secret password", "password": "x"}
        assert somebody.post("_session", json=typed).status_code == 401
    with visitor(served) as somebody:
        assert somebody.post("_session", data=typed).status_code == 401
    city = served.client("province.admin")
    trail = city.get(f"audit-{served.country.county}/_all_docs", params={"include_docs": "true"})
    assert "secret password" not in trail.text


@pytest.mark.parametrize("path", ["accounts/me", "accounts", "reports/joined"])
def test_who_has_to_wait_is_told_so(embedded: Served, path: str) -> None:
    name = embedded.credentials("city.senior")[0]
    with visitor(embedded, auth=(name, "a wrong password")) as guesser:
        for _ in range(30):
            if guesser.get("_session").status_code == 429:
                break
        answer = guesser.get(f"{embedded.server.address}/api/{path}")
    assert answer.status_code == 429, answer.text
    assert int(answer.headers["retry-after"]) > 0
