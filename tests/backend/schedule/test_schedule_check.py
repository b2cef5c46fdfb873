"""Local rules and schedules, held against the engine on the server and on the command line."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from miaopu.catalog.schedules import schedule_text
from miaopu.cli import build
from miaopu.schedule.api import schedules_router
from miaopu.schedule.check import check_rules, check_schedule

Json = dict[str, Any]

NATIONAL = schedule_text("cn-nip-2026")
LONG = {
    "kind": "interval",
    "antigen": "DTaP",
    "dose": 2,
    "interval": {"from": "previous", "absMin": "3 months", "min": "3 months"},
}
NOWHERE = {**LONG, "dose": 15}
TWO = {"kind": "visit", "maxInjections": 2}


def test_a_good_rule_breaks_nothing() -> None:
    assert check_rules(NATIONAL, [TWO]) == []
    assert [one for one in check_schedule(NATIONAL) if one.severity == "error"] == []


def test_what_a_rule_breaks_is_said_in_plain_words() -> None:
    texts = [one.text for one in check_rules(NATIONAL, [LONG]) if "2-4-6" in one.text]
    assert "this makes DTaP-2 impossible before 5 months, and it is wanted at 4 months" in texts[0]


@pytest.mark.parametrize(
    "rule",
    [
        NOWHERE,
        {"kind": "interval", "antigen": "DTaP", "dose": 2},
        {"kind": "campaign", "name": "x", "vaccines": ["9999"], "births": {}},
        {"kind": "parameter", "name": "hepb-dose1-dose3", "value": "soon"},
    ],
)
def test_what_cannot_be_applied_is_an_error(rule: Json) -> None:
    found = check_rules(NATIONAL, [rule])
    assert found[0].severity == "error"
    assert "?" not in found[0].text


def test_rules_in_force_that_do_not_fit_are_no_obstacle() -> None:
    assert check_rules(NATIONAL, [TWO], before=[NOWHERE]) == []


@pytest.fixture
def api() -> TestClient:
    def catalog(request: httpx.Request) -> httpx.Response:
        if request.headers.get("cookie") != "AuthSession=good":
            return httpx.Response(401, json={})
        name = request.url.path.removeprefix("/catalog/schedule:")
        if name not in ("cn-nip-2026", "cn-non-programme"):
            return httpx.Response(404, json={})
        return httpx.Response(200, json={"schedule": json.loads(schedule_text(name))})

    client = httpx.AsyncClient(
        base_url="http://db.example/", transport=httpx.MockTransport(catalog)
    )
    app = FastAPI()
    app.include_router(schedules_router(lambda: client))
    return TestClient(app, headers={"cookie": "AuthSession=good"})


def test_the_server_checks_before_a_rule_is_saved(api: TestClient) -> None:
    def problems(rule: Json, *before: Json) -> list[Json]:
        body = {"schedule": "cn-nip-2026", "rule": rule, "before": list(before)}
        answer = api.post("/schedules/check", json=body)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["problems"]
        return found

    assert problems(TWO) == []
    assert problems(NOWHERE)[0]["code"] == "badLayer"
    assert {one["code"] for one in problems(LONG)} == {"impossibleBefore"}
    besides = {"kind": "with", "schedule": "cn-non-programme"}
    season = {
        "kind": "season",
        "antigen": "Influenza",
        "season": {"start": "09-01", "end": "03-31"},
    }
    assert problems(season)[0]["severity"] == "error"
    assert problems(season, besides) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"schedule": "cn-nip-2026"}, 422),
        ({"schedule": "cn-nip-2026", "rule": {"kind": "party"}}, 422),
        ({"schedule": "cn-nip-2026", "rule": {**TWO, "maxInjections": "two"}}, 422),
        ({"schedule": "cn-nowhere", "rule": TWO}, 404),
        ({"schedule": "../_users", "rule": TWO}, 422),
        (["nonsense"], 422),
    ],
)
def test_what_is_sent_wrongly_is_refused(api: TestClient, body: Any, status: int) -> None:
    assert api.post("/schedules/check", json=body).status_code == status


def test_only_who_is_logged_in_asks(api: TestClient) -> None:
    body = {"schedule": "cn-nip-2026", "rule": TWO}
    assert api.post("/schedules/check", json=body, headers={"cookie": ""}).status_code == 401


def command(*arguments: str) -> tuple[int, str]:
    words = ["schedule", "check", *arguments]
    result = CliRunner().invoke(build(words), words)
    return result.exit_code, result.output


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    good, warned, bad, nonsense = (tmp_path / name for name in ("g", "w", "b", "n"))
    good.write_text(json.dumps([TWO, {"kind": "with", "schedule": "cn-non-programme"}]))
    warned.write_text(json.dumps({"type": "layer", "layer": LONG}))
    bad.write_text(json.dumps(NOWHERE))
    nonsense.write_text("{")
    assert command(str(good)) == (0, f"{good}: good\n")
    code, said = command(str(warned))
    assert code == 0
    assert "warning: this makes DTaP-2 impossible before 5 months" in said
    code, said = command(str(good), str(bad))
    assert code == 1
    assert 'there is no dose "DTaP 15"' in said
    assert command(str(nonsense))[0] == 2
    assert command("--schedule", "nowhere", str(good))[0] == 2
    whole = tmp_path / "schedule.json"
    whole.write_text(NATIONAL)
    assert command(str(whole))[0] == 0
