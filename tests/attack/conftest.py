"""An attacker of our own: the country of the integration tests, and its accounts."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from country import Served, running_country


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A country in the embedded database."""
    with running_country("embedded", tmp_path_factory.mktemp("attack")) as found:
        yield found


@pytest.fixture(scope="session", params=["embedded", "proxied"])
def served(
    request: pytest.FixtureRequest, embedded: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A country in each kind of database."""
    if request.param == "embedded":
        yield embedded
        return
    with running_country(request.param, tmp_path_factory.mktemp("attack-proxied")) as found:
        yield found
