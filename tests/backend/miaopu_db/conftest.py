"""A server to test against: the database in its own process, or, when `MIAOPU_COUCHDB_URL` names
one, a real CouchDB."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.backend.miaopu_db.served import ADMIN, PASSWORD, USER_PASSWORD, Process, Server


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts embedded databases; all of them end with the test."""
    running: list[Process] = []

    def begin(folder: str = "data", **options: object) -> Process:
        process = Process(tmp_path / folder, **options)  # type: ignore[arg-type]
        running.append(process)
        return process

    yield begin
    for process in running:
        process.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    real = os.environ.get("MIAOPU_COUCHDB_URL")
    if real:
        parts = urlsplit(real)
        netloc = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        yield Server(f"{parts.scheme}://{netloc}", parts.username or "", parts.password or "", True)
        return
    process = Process(tmp_path_factory.mktemp("embedded") / "data")
    yield Server(process.url, ADMIN, PASSWORD, False)
    process.close()


@pytest.fixture(scope="session")
def admin(server: Server) -> Iterator[httpx.Client]:
    with server.admin() as client:
        yield client


@pytest.fixture
def db(admin: httpx.Client) -> Iterator[str]:
    """The path of a database that lives for one test."""
    path = f"/test-{uuid.uuid4().hex}"
    assert admin.put(path).status_code in (201, 202)
    yield path
    admin.delete(path)


@pytest.fixture
def user(server: Server, admin: httpx.Client) -> Iterator[Callable[..., httpx.Client]]:
    """Makes users, each with a client of their own; they are gone after the test."""
    made: list[tuple[str, httpx.Client]] = []

    def make(*roles: str, password: str = USER_PASSWORD) -> httpx.Client:
        name = f"nurse-{uuid.uuid4().hex[:8]}"
        record = {"name": name, "type": "user", "roles": list(roles), "password": password}
        answer = admin.put(f"/_users/org.couchdb.user:{name}", json=record)
        assert answer.status_code in (201, 202), answer.text
        client = server.client(name, password)
        client.headers["X-Test-Name"] = name
        made.append((name, client))
        return client

    yield make
    for name, client in made:
        client.close()
        path = f"/_users/org.couchdb.user:{name}"
        found = admin.get(path)
        if found.status_code == 200:
            admin.delete(path, params={"rev": found.json()["_rev"]})
