"""The database in its own process, as an operator runs it, and what tests ask it with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

PASSWORD = "correct horse"
USER_PASSWORD = "secret of a nurse"
ADMIN = "admin"


class Process:
    """The embedded database as an operator runs it."""

    def __init__(self, data: Path, *, port: int = 0, extra: tuple[str, ...] = ()) -> None:
        self.data = data
        environment = {**os.environ, "MIAOPU_ADMIN_PASSWORD": PASSWORD}
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


def name_of(client: httpx.Client) -> str:
    """The name of a user that the `user` fixture made."""
    return client.headers["X-Test-Name"]
