"""`./dev bench faults`: simulated clinics, real program, real servers, and all that goes wrong.

Each seed is one day of two clinics (pwa/bench/faults/scenario.ts). What a seed draws is always the
same; what happens at the same time is as the machine has it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PWA = ROOT / "pwa"
BUNDLE = PWA / ".vite" / "faults.mjs"


def build() -> None:
    """Bundles the simulation for Node."""
    subprocess.run(
        ["node", "scripts/build-faults.mjs"],  # noqa: S607 - node is on the PATH
        cwd=PWA,
        check=True,
        timeout=120,
    )


def command(folder: Path, *arguments: str) -> list[str]:
    """What plays the seeds; `folder` holds the servers' data meanwhile."""
    return [
        "node",
        "--enable-source-maps",
        str(BUNDLE),
        "--python",
        sys.executable,
        "--folder",
        str(folder),
        *arguments,
    ]


def main(arguments: list[str]) -> int:
    """Plays the seeds, and returns 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="./dev bench faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; drawn when absent")
    parser.add_argument("--seeds", type=int, default=20, help="how many, one after the other")
    parser.add_argument("--trouble", choices=("none", "killed", "full", "restored"))
    parser.add_argument("--hub", action="store_true", help="a hub in each, whatever the seed says")
    parser.add_argument("--verbose", action="store_true", help="also what happened in each")
    parser.add_argument("--keep", type=Path, help="keeps the servers' data and logs in this folder")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(3))
    print(f"seeds {seed} to {seed + options.seeds - 1}", flush=True)
    build()
    given = ["--seed", str(seed), "--seeds", str(options.seeds)]
    if options.trouble is not None:
        given += ["--trouble", options.trouble]
    if options.hub:
        given.append("--hub")
    if options.verbose:
        given.append("--verbose")
    if options.keep is not None:
        return subprocess.run(command(options.keep, *given)).returncode  # noqa: S603
    with tempfile.TemporaryDirectory(prefix="miaopu-faults-") as folder:
        return subprocess.run(command(Path(folder), *given)).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
