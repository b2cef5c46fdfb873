"""The Chinese cases through the engine in V8: the answers that the browser gives."""

import itertools
from pathlib import Path
from typing import Any

import orjson
import pytest

from miaopu.catalog.schedules import schedule_text
from miaopu.schedule.engine import EngineError, ScheduleEngine, engine_source

CASES = Path(__file__).parents[3] / "schedule-cases" / "cn"
FIELDS = (
    "series_status",
    "forecast_number",
    "earliest_date",
    "recommended_date",
    "past_due_date",
)

Case = dict[str, Any]


def by_schedule() -> list[tuple[str, list[Case]]]:
    cases = [
        orjson.loads(line)
        for path in sorted(CASES.glob("*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]
    cases.sort(key=lambda case: case["schedule"])
    return [(name, list(rows)) for name, rows in itertools.groupby(cases, lambda c: c["schedule"])]


def observed(case: Case, answer: Case) -> Case:
    of_group = (g for g in answer["groups"] if g["vaccine_group"] == case["vaccine_group"])
    group = next(of_group, dict.fromkeys(FIELDS))
    found = {field: group[field] for field in FIELDS}
    if found["series_status"] is not None and found["forecast_number"] is None:
        found["forecast_number"] = "-"
    return found


@pytest.mark.parametrize(("name", "cases"), by_schedule(), ids=lambda value: str(value)[:20])
def test_every_case_has_the_answer_that_its_rule_gives(name: str, cases: list[Case]) -> None:
    try:
        engine_source()
    except EngineError as error:
        pytest.skip(str(error))
    with ScheduleEngine(schedule_text(name)) as engine:
        answers = list(engine.answers(cases))
    wrong = {
        case["id"]: (observed(case, answer), case["rule"])
        for case, answer in zip(cases, answers, strict=True)
        if observed(case, answer) != {field: case["expected"][field] for field in FIELDS}
    }
    assert wrong == {}
