"""The engine in V8: the same answers as in Node, by the batch, with clear errors."""

import gzip
import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from miaopu.schedule import engine as module
from miaopu.schedule.catalog import ScheduleNotFoundError, find_schedule
from miaopu.schedule.engine import (
    DOSE_STATUSES,
    NONE,
    SERIES_STATUSES,
    ChildRow,
    EngineError,
    ScheduleEngine,
    day_number,
)

ROOT = Path(__file__).parents[3]

NODE = """
import { readFileSync } from 'node:fs';
const [bundle, schedule, cases] = process.argv.slice(1);
const { Answerer } = await import(bundle);
const answerer = new Answerer(readFileSync(schedule, 'utf8'));
process.stdout.write(answerer.answer(readFileSync(cases, 'utf8'), true));
"""


def _in_node(bundle: Path, schedule: str, lines: list[str], folder: Path) -> list[str]:
    (folder / "schedule.json").write_text(schedule, encoding="utf-8")
    (folder / "cases.jsonl").write_text("\n".join(lines), encoding="utf-8")
    names = [bundle.as_uri(), str(folder / "schedule.json"), str(folder / "cases.jsonl")]
    command = ["node", "--input-type=module", "-e", NODE, *names]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603
    return done.stdout.decode().split("\n")


def _chinese() -> list[str]:
    folder = ROOT / "tests" / "schedule-cases" / "cn"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl")))
    return text.splitlines()


def test_python_and_the_browser_bundle_agree_on_the_chinese_cases(
    bundle: Path, tmp_path: Path
) -> None:
    schedule, lines = find_schedule("cn-nip-2026"), _chinese()
    with ScheduleEngine(schedule) as engine:
        here = engine.answer_lines(lines, explain=True)
    assert len(here) == len(lines) > 100
    assert here == _in_node(bundle, schedule, lines, tmp_path)


def test_python_and_the_browser_bundle_agree_on_cdc_s_cases(
    bundle: Path, cdsi: Path, cdsi_schedule: str, cdsi_engine: ScheduleEngine, tmp_path: Path
) -> None:
    lines = (cdsi / "testcases.jsonl").read_text(encoding="utf-8").splitlines()
    here = cdsi_engine.answer_lines(lines, explain=True)
    assert here == _in_node(bundle, cdsi_schedule, lines, tmp_path)


def test_cases_are_answered_batch_by_batch_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    cases = [json.loads(line) for line in _chinese()][:30]
    with ScheduleEngine(find_schedule("cn-nip-2026")) as engine:
        assert [answer["id"] for answer in engine.answers(cases)] == [case["id"] for case in cases]
        assert engine.answer_lines([]) == []


def _day(text: str | None) -> int:
    return NONE if text is None else day_number(date.fromisoformat(text))


def _row(case: dict[str, Any]) -> ChildRow:
    doses = [(_day(dose["date"]), dose["code"]) for dose in case["doses"]]
    seen = [(each["code"], _day(each["date"]), None) for each in case["observations"]]
    return _day(case["dob"]), case["gender"], _day(case["assessment_date"]), doses, seen


def test_a_table_says_in_numbers_what_the_answers_say_in_words() -> None:
    cases = [json.loads(line) for line in _chinese()]
    cases = [
        case
        for case in cases
        if case["schedule"] == "cn-nip-2026"
        and all("date" in each and "end" not in each for each in case["observations"])
    ]
    with ScheduleEngine(find_schedule("cn-nip-2026")) as engine:
        answers = list(engine.answers(cases))
        table = engine.table([_row(case) for case in cases])
        names = (*engine.groups, "")
    said = [
        (child, group["vaccine_group"], group["target_dose"] or NONE, *days)
        for child, answer in enumerate(answers)
        for group in answer["groups"]
        for days in [
            [
                _day(group[f"{key}_date"])
                for key in ("earliest", "recommended", "past_due", "latest")
            ]
        ]
    ]
    rows = list(table.group_rows())
    assert said == [
        (r.child, names[r.group], r.target, r.earliest, r.recommended, r.past_due, r.latest)
        for r in rows
    ]
    words = [group["series_status"] for answer in answers for group in answer["groups"]]
    spelled = [SERIES_STATUSES[row.status].lower() for row in rows]
    assert [word.replace(" ", "").lower() for word in words] == spelled
    given = [
        (child, dose["n"] - 1, dose["status"].replace(" ", "").replace("-", "").lower())
        for child, answer in enumerate(answers)
        for dose in answer["doses"]
        if "counts_for" not in dose
    ]
    counted = [(r.child, r.dose, DOSE_STATUSES[r.status].lower()) for r in table.dose_rows()]
    assert given == counted
    assert len(rows) > 1000


def test_a_table_of_nobody_and_one_that_cannot_be_read() -> None:
    with ScheduleEngine(find_schedule("cn-nip-2026")) as engine:
        nobody = engine.table([])
        assert (nobody.groups, nobody.doses) == (b"", b"")
        with pytest.raises(EngineError, match="cannot read these children"):
            engine.table([(0, "F", 0, None, [])])  # type: ignore[list-item]


def test_local_rules_move_what_they_say() -> None:
    case = {
        "dob": "2025-01-10",
        "gender": "F",
        "assessment_date": "2025-06-05",
        "doses": [{"date": "2025-06-01", "code": "0201"}],
    }

    def earliest(layers: list[dict[str, object]]) -> set[str]:
        with ScheduleEngine(find_schedule("cn-nip-2026"), layers) as engine:
            (answer,) = engine.answers([case])
        return {group["earliest_date"] for group in answer["groups"]}

    assert "2025-01-10" in earliest([])
    assert min(filter(None, earliest([{"kind": "visit", "daysSinceLast": 10}]))) == "2025-06-11"


@pytest.mark.parametrize(
    ("schedule", "layers", "said"),
    [
        ("{}", [], "cannot use this schedule"),
        ("no json", [], "cannot use this schedule"),
        (None, [{"kind": "without", "groups": ["Nothing"]}], 'no vaccine group "Nothing"'),
        (None, [{"kind": "surprise"}], "no known kind"),
    ],
)
def test_a_schedule_that_cannot_be_used_is_refused(
    schedule: str | None, layers: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(EngineError, match=said):
        ScheduleEngine(schedule or find_schedule("cn-nip-2026"), layers)


def test_a_bundle_that_is_missing_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PACKAGED", tmp_path)
    monkeypatch.setattr(module, "_BUILT", tmp_path)
    with pytest.raises(EngineError, match=r"\./dev setup"):
        ScheduleEngine(find_schedule("cn-nip-2026"))


def test_the_engine_fits_in_40_kilobytes(bundle: Path) -> None:
    assert len(gzip.compress(bundle.read_bytes())) < 40_000


def test_an_engine_that_was_never_closed_lets_python_end() -> None:
    script = (
        "from miaopu.schedule.engine import ScheduleEngine;"
        "from miaopu.schedule.catalog import find_schedule;"
        "kept = ScheduleEngine(find_schedule('cn-nip-2026'))"
    )
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)  # noqa: S603
    assert time.monotonic() - start < 60


def test_schedules_are_found_by_name_or_file(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text("{}", encoding="utf-8")
    assert find_schedule(str(file)) == "{}"
    assert json.loads(find_schedule("cn-nip-2026"))["name"] == "cn-nip-2026"
    with pytest.raises(ScheduleNotFoundError, match="cn-nip-2026"):
        find_schedule("cn-nip-1978")
