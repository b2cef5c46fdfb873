"""Local rules and schedules, held against the engine on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from miaopu.catalog.schedules import schedule_text
from miaopu.cli import build
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
