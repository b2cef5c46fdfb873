"""The engine's bundle, built from the sources at hand; CDC's data, where it lies beside us."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from miaopu.schedule.engine import ScheduleEngine
from miaopu.schedule.import_cdsi import import_cdsi

ROOT = Path(__file__).parents[3]
CDSI = ROOT.parent / "shared" / "cdsi"


@pytest.fixture(scope="session", autouse=True)
def bundle() -> Path:
    """Builds the engine, so that no test runs an old one; returns the module for Node."""
    build = ROOT / "pwa" / "scripts" / "build-engine.mjs"
    subprocess.run(["node", str(build)], check=True, capture_output=True, timeout=120)  # noqa: S603, S607
    return ROOT / "pwa" / "dist-engine" / "engine.mjs"


@pytest.fixture(scope="session")
def cdsi() -> Path:
    """The folder with CDC's data and cases, which is never part of the project."""
    if not (CDSI / "testcases.jsonl").is_file():
        pytest.skip(f"CDC's data and cases are not at {CDSI}")
    return CDSI


@pytest.fixture(scope="session")
def cdsi_schedule(cdsi: Path) -> str:
    return json.dumps(import_cdsi(cdsi / "supporting-data"))


@pytest.fixture(scope="session")
def cdsi_engine(bundle: Path, cdsi_schedule: str) -> Iterator[ScheduleEngine]:
    with ScheduleEngine(cdsi_schedule) as engine:
        yield engine
