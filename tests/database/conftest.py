"""A server to test against: the embedded database in its own process, or, when
`MIAOPU_COUCHDB_URL` names one, a real CouchDB."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

PASSWORD = "correct horse"
USER_PASSWORD = "secret of a nurse"
ADMIN = "admin"


class Process:
    """The embedded database as an operator runs it."""

    def __init__(self, data: Path, *, port: int = 0, extra: tuple[str, ...] = ()) -> None:
        self.data = data
        environment = {**os.environ, "MIAOPU_ADMIN_PASSWORD": PASSWORD}
        environment["PYTHONPATH"] = str(Path(__file__).parents[3] / "backend")
        self.process = subprocess.Popen(  # noqa: S603
            [
                *(sys.executable, "-m", "miaopu_db", "--data", str(data)),
                *("--port", str(port), "--admin", ADMIN, *extra),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            _, errors = self.process.communicate(timeout=10)
            raise AssertionError(f"the database did not start: {line}{errors}")
        self.url = found.group().rstrip("/")

    def client(self, name: str | None = ADMIN, password: str = PASSWORD) -> httpx.Client:
        auth = None if name is None else (name, password)
        return httpx.Client(base_url=self.url, auth=auth, timeout=30, trust_env=False)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


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


class Server:
    """The server under test: its address and clients of it."""

    def __init__(self, url: str, name: str, password: str, real: bool) -> None:
        self.url = url
        self.name = name
        self.password = password
        self.is_couchdb = real

    def client(self, name: str | None, password: str = "") -> httpx.Client:
        auth = None if name is None else (name, password)
        return httpx.Client(base_url=self.url, auth=auth, timeout=30, trust_env=False)

    def admin(self) -> httpx.Client:
        return self.client(self.name, self.password)


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


def name_of(client: httpx.Client) -> str:
    """The name of a user that the `user` fixture made."""
    return client.headers["X-Test-Name"]
