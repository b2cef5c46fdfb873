"""`miaopu plan`, as a user types it."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from miaopu.cli import build
from miaopu.schedule.plan import national_holidays

NEWBORN = {
    "id": "1",
    "dob": "2026-01-05",
    "gender": "F",
    "assessment_date": "2026-01-10",
    "doses": [
        {"date": "2026-01-05", "code": "0201"},
        {"date": "2026-01-05", "code": "0101"},
    ],
}
DAYS = {"clinic_days": [{"weekdays": [2, 4], "sessions": [{"part": "am", "capacity": 1}]}]}


def _run(
    folder: Path, calendar: object, *cases: object, more: tuple[str, ...] = ()
) -> tuple[int, list[dict[str, Any]], str]:
    lines = [case if isinstance(case, str) else json.dumps(case) for case in cases]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "calendar.json").write_text(json.dumps(calendar))
    arguments = ["plan", str(folder / "cases.jsonl"), "--calendar", str(folder / "calendar.json")]
    result = CliRunner().invoke(build(arguments), [*arguments, *more])
    told = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return result.exit_code, told, result.stderr


def test_visits_are_on_clinic_days_and_on_time(tmp_path: Path) -> None:
    code, (plan,), _ = _run(tmp_path, DAYS, NEWBORN)
    assert code == 0
    assert plan["id"] == "1"
    assert plan["late"] == []
    dates = [date.fromisoformat(visit["date"]) for visit in plan["visits"]]
    assert len(dates) >= 5
    assert {day.isoweekday() for day in dates} <= {2, 4}
    assert dates == sorted(dates)
    for visit in plan["visits"]:
        assert visit["part"] == "am"
        for dose in visit["doses"]:
            assert dose["due_date"] <= visit["date"] <= dose["last_on_time"]
    assert plan["visits"][0]["because"]["vaccine_group"]


def test_children_of_a_clinic_share_its_places(tmp_path: Path) -> None:
    _, plans, _ = _run(tmp_path, DAYS, NEWBORN, {**NEWBORN, "id": "2"})
    first, second = ({visit["date"] for visit in plan["visits"]} for plan in plans)
    assert first.isdisjoint(second)


def test_a_holiday_has_no_session(tmp_path: Path) -> None:
    every = {"clinic_days": [{"weekdays": [1, 2, 3, 4, 5, 6, 7]}]}
    older = {**NEWBORN, "dob": "2025-10-01", "assessment_date": "2026-10-01", "doses": []}
    _, (plan,), _ = _run(tmp_path, every, older)
    dates = {visit["date"] for visit in plan["visits"]}
    assert min(dates) == "2026-10-08"
    assert plan["years_without_holidays"]
    own = {"holidays": [{"years": [2026], "on": ["2026-10-01"]}]}
    _, (plan,), _ = _run(tmp_path, {**every, **own}, older)
    assert plan["visits"][0]["date"] == "2026-10-01"


def test_a_bad_line_says_which_and_the_rest_is_planned(tmp_path: Path) -> None:
    code, answers, errors = _run(tmp_path, DAYS, "{", "", NEWBORN, {**NEWBORN, "dob": "x"})
    assert code == 0
    assert [answer.get("line") for answer in answers] == [1, None, 4]
    assert answers[1]["visits"]
    assert "2 lines" in errors


def test_a_calendar_that_is_none_is_refused(tmp_path: Path) -> None:
    code, answers, errors = _run(tmp_path, {"clinic_days": [{"weekdays": [9]}]}, NEWBORN)
    assert (code, answers) == (2, [])
    assert "clinic_days.0.weekdays.0" in errors


def test_the_browser_and_the_server_know_the_same_holidays() -> None:
    tables = Path(__file__).parents[3] / "pwa/node_modules/chinese-days/dist/chinese-days.json"
    browser = json.loads(tables.read_text(encoding="utf-8"))
    own = national_holidays()

    def weekdays(days: Iterable[str]) -> set[str]:
        # Weekend days are off whether a table names them or not.
        return {day for day in days if date.fromisoformat(day).isoweekday() <= 5}

    assert weekdays(own["off"]) == weekdays(browser["holidays"])
    assert set(own["on"]) == set(browser["workdays"])
