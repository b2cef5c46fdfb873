"""Print how many cases a second the engine answers from Python, as lines and as a table.

Arguments: SCHEDULE.json CASES.jsonl
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from miaopu.schedule.engine import BATCH, ChildRow, ScheduleEngine, day_number


def best(count: int, work: Callable[[], object]) -> int:
    """Cases a second, the best of ten runs once V8 knows the work: others may use the machine."""
    rate = 0.0
    for run in range(20):
        start = time.perf_counter()
        work()
        if run >= 10:
            rate = max(rate, count / (time.perf_counter() - start))
    return round(rate)


def _day(text: str | None) -> int | None:
    return None if text is None else day_number(date.fromisoformat(text))


def child_row(case: dict[str, Any]) -> ChildRow:
    """A case of the file as `table` takes it."""
    birth, as_of = (day_number(date.fromisoformat(case[key])) for key in ("dob", "assessment_date"))
    doses = [
        (day_number(date.fromisoformat(dose["date"])), dose.get("cvx") or dose["code"])
        for dose in case["doses"]
    ]
    seen = [(each["code"], _day(each.get("date")), None) for each in case["observations"] or []]
    return birth, case["gender"], as_of, doses, seen


def main(schedule: str, lines: list[str]) -> None:
    """Measure both ways."""
    children = [child_row(json.loads(line)) for line in lines]
    with ScheduleEngine(schedule) as engine:
        batches = [lines[first : first + BATCH] for first in range(0, len(lines), BATCH)]
        print(best(len(lines), lambda: [engine.answer_lines(batch) for batch in batches]))
        print(best(len(children), lambda: engine.table(children)))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]).read_text(encoding="utf-8"),
        Path(sys.argv[2]).read_text(encoding="utf-8").splitlines(),
    )
