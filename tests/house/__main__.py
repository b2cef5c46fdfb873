"""Says what stands against the plan of the house; exits 1 for any."""

import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.house.arrows import Arrow, python_arrows, script_arrows
from tests.house.long import long_functions

ROOT = Path(__file__).parents[2]


def against(arrows: Iterable[Arrow], floors: list[list[str]]) -> Iterator[str]:
    """Arrows that go up or sideways, and rooms that the plan does not know."""
    level = {room: number for number, rooms in enumerate(floors) for room in rooms}
    for room, other, file in arrows:
        where = f"{file.relative_to(ROOT)}: {room} takes from {other}"
        unknown = [one for one in (room, other) if one not in level]
        if unknown:
            yield f"{where}, and {unknown[0]} has no floor in tests/house/floors.toml"
        elif level[other] >= level[room]:
            yield f"{where}, which is {'above' if level[other] > level[room] else 'beside'} it"


def main() -> int:
    """Prints a line for each fault."""
    plan: dict[str, Any] = tomllib.loads((ROOT / "tests/house/floors.toml").read_text("utf-8"))
    faults = {
        *against(python_arrows(ROOT / plan["backend"]["root"]), plan["backend"]["floors"]),
        *against(script_arrows(ROOT / plan["pwa"]["root"]), plan["pwa"]["floors"]),
        *(one for top in ("backend", "device-bridge") for one in long_functions(ROOT / top)),
    }
    for fault in sorted(faults):
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
