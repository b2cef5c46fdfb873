"""Print how many cases a second the engine answers from Python: SCHEDULE.json CASES.jsonl."""

import sys
import time
from pathlib import Path

from miaopu.schedule.engine import BATCH, ScheduleEngine


def measure(schedule: str, lines: list[str]) -> float:
    """Cases a second, the best of five runs: others may be using the machine."""
    best = 0.0
    with ScheduleEngine(schedule) as engine:
        for _ in range(6):
            start = time.perf_counter()
            for first in range(0, len(lines), BATCH):
                engine.answer_lines(lines[first : first + BATCH])
            best = max(best, len(lines) / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    cases = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    print(round(measure(Path(sys.argv[1]).read_text(encoding="utf-8"), cases)))
