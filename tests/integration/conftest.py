"""The server that the integration tests share."""

from collections.abc import Iterator

import pytest
from served import KINDS, Server, running


@pytest.fixture(scope="session", params=KINDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server of each kind, for all tests of the session."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found
