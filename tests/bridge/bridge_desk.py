"""A bridge as a process of its own, with its simulated desk, for tests over real HTTP."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from miaopu_bridge.simulators.control import act

ORIGIN = "http://localhost:8000"
OTHER_ORIGIN = "https://clinic.example"
CARD = "411001000120260017"

CLINIC = {"name": "城关镇卫生院预防接种门诊", "phone": "0371-5550 1234"}
CHILD = {"name": "王苗苗", "code": CARD, "sex": "F", "birth_date": "2026-03-15"}
NOTICE: dict[str, Any] = {
    "clinic": CLINIC,
    "child": CHILD,
    "given_on": "2026-11-23",
    "given": [{"vaccine": "麻腮风疫苗", "dose": "1", "lot": "202605012"}],
}
CERTIFICATE: dict[str, Any] = {
    "clinic": CLINIC,
    "child": CHILD,
    "rows": [{"vaccine": "乙肝疫苗", "dose": "1", "date": "2026-03-15", "lot": "A20260102"}],
    "variant": "passbook",
}
APPOINTMENT: dict[str, Any] = {"clinic": CLINIC, "child": CHILD, "date": "2026-12-16"}


class Desk:
    """The running bridge: where it is, what it says, and a person's hands at its devices."""

    def __init__(self, process: subprocess.Popen[str], state_dir: Path) -> None:
        self.process = process
        self.state_dir = state_dir
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()
        self.errors: list[str] = []
        for stream, take in ((process.stdout, self._hear), (process.stderr, self.errors.append)):
            threading.Thread(target=self._read, args=(stream, take), daemon=True).start()
        self.url = str(self.hear("ready")["url"])
        self.code = str(self.hear("pairing")["code"])

    def hear(self, kind: str, seconds: float = 20) -> dict[str, Any]:
        """The next line of that kind from the bridge's standard output."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                line = self.said.get(timeout=left)
                if line["bridge"] == kind:
                    return line
        raise AssertionError(f"the bridge never said {kind}: {''.join(self.errors)}")

    def act(self, **command: Any) -> dict[str, Any]:
        return act(self.state_dir, **command)

    def client(self, origin: str | None = ORIGIN, token: str | None = None) -> httpx.Client:
        headers = {} if origin is None else {"Origin": origin}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(base_url=self.url, headers=headers, timeout=40)

    def pair(self, origin: str = ORIGIN) -> str:
        with self.client(origin) as client:
            answer = client.post("/pair", json={"code": self.code})
        assert answer.status_code == 200, answer.text
        self.code = str(self.hear("pairing")["code"])
        return str(answer.json()["token"])

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(15)

    def _hear(self, line: str) -> None:
        self.said.put(json.loads(line))

    @staticmethod
    def _read(stream: Any, take: Any) -> None:
        for line in stream:
            take(line)


@contextlib.contextmanager
def running_desk(state_dir: Path, *arguments: str) -> Iterator[Desk]:
    """A bridge with a simulated desk on a free port, stopped at the end."""
    process = subprocess.Popen(  # noqa: S603
        [
            sys.executable, "-c", "from miaopu_bridge.cli import main; main()",
            "run", "--port", "0", "--state-dir", str(state_dir), "--simulate", "--verbose",
            "--allow-origin", ORIGIN, "--allow-origin", OTHER_ORIGIN, *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )  # fmt: skip
    try:
        yield Desk(process, state_dir)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(15)
