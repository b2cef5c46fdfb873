from collections.abc import Iterator

import pytest
from bridge_desk import ORIGIN, Desk, running_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One bridge for a module's tests."""
    with running_desk(tmp_path_factory.mktemp("bridge")) as running:
        yield running


@pytest.fixture(scope="module")
def token(desk: Desk) -> str:
    return desk.pair(ORIGIN)
