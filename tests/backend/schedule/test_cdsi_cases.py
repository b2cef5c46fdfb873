"""CDC's own cases: all healthy ones pass, and of the others all but those that are explained."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from miaopu.schedule.engine import ScheduleEngine

DISPUTED = Path(__file__).parents[3] / "docs" / "disputed-cases.md"

GROUPS = {
    "dtap": "DTaP/Tdap/Td",
    "pol": "Polio",
    "ipol": "Polio",
    "pcv": "Pneumococcal",
    "var": "Varicella",
    "rota": "Rotavirus",
    "mcv": "Meningococcal",
    "menb": "Meningococcal B",
    "flu": "Influenza",
}
"""What CDC's sheets call the vaccine groups of CDC's data."""

Json = dict[str, Any]


def _group(label: str) -> str:
    return GROUPS.get(label.strip().lower(), label.strip()).lower()


def _disputed() -> set[str]:
    return set(re.findall(r"^\| (\S+-\d+) \|", DISPUTED.read_text(encoding="utf-8"), re.M))


def _differences(case: Json, answer: Json) -> Iterator[str]:
    """What an answer says otherwise than the case expects."""
    expected, asked = case["expected"], _group(case["vaccine_group"])
    group: Json = next(
        (each for each in answer["groups"] if _group(each["vaccine_group"]) == asked), {}
    )
    status = group.get("series_status") or ""
    if status.lower() != expected["series_status"].lower():
        yield f"status {status}"
    if expected["earliest_date"] or expected["recommended_date"]:
        for key in ("earliest_date", "recommended_date", "past_due_date"):
            if group.get(key) != expected[key]:
                yield f"{key} {group.get(key)}, not {expected[key]}"
    for dose in case["doses"]:
        found = {
            each["status"].lower()
            for each in answer["doses"]
            if each["n"] == dose["n"] and _group(each["vaccine_group"]) == asked
        }
        if dose["expect_status"] and dose["expect_status"].lower() not in found:
            yield f"dose {dose['n']} {found}, not {dose['expect_status']}"


@pytest.fixture(scope="module")
def failures(cdsi: Path, cdsi_engine: ScheduleEngine) -> dict[str, dict[str, list[str]]]:
    lines = (cdsi / "testcases.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    found: dict[str, dict[str, list[str]]] = {case["suite"]: {} for case in cases}
    for case, line in zip(cases, cdsi_engine.answer_lines(lines), strict=True):
        answer = json.loads(line)
        assert case["expected"]["series_status"], case["id"]
        if wrong := list(_differences(case, answer)):
            found[case["suite"]][case["id"]] = wrong
    return found


def test_every_healthy_case_passes(failures: dict[str, dict[str, list[str]]]) -> None:
    assert failures["healthy"] == {}


def test_every_other_case_passes_but_those_explained(
    failures: dict[str, dict[str, list[str]]],
) -> None:
    assert set(failures["underlying"]) == _disputed(), failures["underlying"]
