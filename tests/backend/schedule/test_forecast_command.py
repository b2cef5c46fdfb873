"""`miaopu forecast` and `miaopu schedule import-cdsi`, as a user types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from miaopu.cli import COMMANDS, build

CASE = {
    "suite": "own",
    "id": "1",
    "dob": "2025-01-10",
    "gender": "F",
    "assessment_date": "2025-06-05",
    "observations": [],
    "doses": [{"n": 1, "date": "2025-01-10", "code": "0201"}],
}


def _run(*arguments: str, stdin: str | None = None) -> tuple[int, list[dict[str, object]], str]:
    result = CliRunner().invoke(build(arguments), list(arguments), input=stdin)
    lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return result.exit_code, lines, result.stderr


def test_both_commands_are_wired() -> None:
    assert {"forecast", "schedule import-cdsi"} <= set(COMMANDS)


def test_a_line_in_a_line_out(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(CASE) + "\n\n" + json.dumps({**CASE, "id": "2"}) + "\r\n")
    code, answers, _ = _run("forecast", "--schedule", "cn-nip-2026", str(cases))
    assert code == 0
    assert [answer["id"] for answer in answers] == ["1", "2"]
    groups = answers[0]["groups"]
    assert isinstance(groups, list)
    hepb = next(group for group in groups if group["vaccine_group"] == "HepB")
    assert hepb["series_status"] == "Not Complete"
    assert hepb["forecast_number"] == "2"
    assert hepb["earliest_date"] == "2025-02-10"
    assert {"latest_date", "reasons", "past_due_date", "recommended_date"} <= set(hepb)
    assert answers[0]["doses"] == [
        dose for dose in answers[0]["doses"] if dose["n"] == 1 and dose["status"] == "Valid"
    ]


@pytest.mark.parametrize("explain", [True, False])
def test_the_trail_is_told_when_asked_for(explain: bool) -> None:
    flags = ["--explain"] if explain else []
    arguments = ["forecast", "--schedule", "cn-nip-2026", *flags, "-"]
    _, (answer,), _ = _run(*arguments, stdin=json.dumps(CASE))
    assert ("trail" in answer) == explain
    if explain:
        trail = answer["trail"]
        assert isinstance(trail, list)
        assert {"5.1", "6.10", "7.5", "8.8"} <= {step["rule"] for step in trail}


BAD = [
    "no json",
    "[]",
    "null",
    json.dumps({**CASE, "dob": "2025-02-30"}),
    json.dumps({**CASE, "dob": 20250110}),
    json.dumps({**CASE, "assessment_date": None}),
    json.dumps({**CASE, "assessment_date": "2024-12-31"}),
    json.dumps({**CASE, "gender": "x"}),
    json.dumps({**CASE, "doses": "none"}),
    json.dumps({**CASE, "doses": [{"date": "2025-03-01"}]}),
    json.dumps({**CASE, "doses": [{"code": "0201"}]}),
    json.dumps({**CASE, "observations": [{}]}),
]


def test_a_bad_line_gets_an_answer_and_the_run_goes_on() -> None:
    lines = "\n".join([*BAD, json.dumps({**CASE, "id": "last"})])
    code, answers, errors = _run("forecast", "--schedule", "cn-nip-2026", "-", stdin=lines)
    assert code == 0
    assert len(answers) == len(BAD) + 1
    assert all(answer["error"] for answer in answers[:-1])
    assert [answer["line"] for answer in answers[:-1]] == list(range(1, len(BAD) + 1))
    assert answers[-1]["id"] == "last"
    assert "error" not in answers[-1]
    assert f"{len(BAD)} lines could not be understood" in errors
    # What is said of a case must not repeat what it says of a child.
    assert "2025-02-30" not in json.dumps(answers)


def test_lines_that_are_not_utf_8_are_answered(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_bytes(b"\xff\xfe\n" + json.dumps(CASE).encode())
    code, (bad, good), _ = _run("forecast", "--schedule", "cn-nip-2026", str(cases))
    assert (code, bad["line"], good["id"]) == (0, 1, "1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--schedule", "cn-nip-1978", "-"], "there is no schedule 'cn-nip-1978'"),
        (["--schedule", "cn-nip-2026", "missing.jsonl"], "missing.jsonl"),
        (["--cdsi", "missing", "-"], "holds no CDSi supporting data"),
        (["-"], "either --schedule or --cdsi"),
    ],
)
def test_what_cannot_be_run_says_why(arguments: list[str], said: str) -> None:
    code, answers, errors = _run("forecast", *arguments, stdin="")
    assert code == 2
    assert answers == []
    assert said in " ".join(errors.replace("│", " ").split())


def test_layers_come_from_a_file(tmp_path: Path) -> None:
    layers = tmp_path / "layers.json"
    layers.write_text(json.dumps([{"kind": "without", "groups": ["HepB"]}]))
    arguments = ["forecast", "--schedule", "cn-nip-2026", "--layers", str(layers), "-"]
    _, (answer,), _ = _run(*arguments, stdin=json.dumps(CASE))
    groups = answer["groups"]
    assert isinstance(groups, list)
    assert "HepB" not in {group["vaccine_group"] for group in groups}
    layers.write_text("{}")
    assert _run(*arguments, stdin="")[0] == 2


def test_import_writes_a_schedule_that_forecasts(cdsi: Path, tmp_path: Path) -> None:
    out = tmp_path / "cdc.json"
    assert _run("schedule", "import-cdsi", str(cdsi / "supporting-data"), str(out))[0] == 0
    line = (cdsi / "testcases.jsonl").read_text(encoding="utf-8").splitlines()[0]
    file = _run("forecast", "--schedule", str(out), "-", stdin=line)
    assert file[1] == _run("forecast", "--cdsi", str(cdsi / "supporting-data"), "-", stdin=line)[1]
    code, _, errors = _run("schedule", "import-cdsi", str(tmp_path), str(out))
    assert code == 2
    assert "ScheduleSupportingData.xml" in errors
