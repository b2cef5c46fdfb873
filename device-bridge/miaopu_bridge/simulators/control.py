"""How a developer or a test acts as the person at the simulated desk: one JSON line each way."""

import json
import logging
import socket
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from miaopu_bridge.files import private_folder, write_private
from miaopu_bridge.simulators.base import Simulator

POINTER = "simulator.json"  # in the state folder; names the socket of the bridge that runs
TIMEOUT_S = 10
_LONGEST = 65536

log = logging.getLogger(__name__)


class ControlError(Exception):
    """The simulated desk did not do it; the message says why."""


class Control:
    """A Unix socket that only this user may open; it exists only with `--simulate`.

    It is kept in a short temporary folder: a socket's path may have 107 bytes only.
    """

    def __init__(self, state_dir: Path, simulators: Mapping[str, Simulator]) -> None:
        self._simulators = simulators
        self._folder = private_folder(Path(tempfile.mkdtemp(prefix="miaopu-bridge-")))
        self._path = self._folder / "control"
        self._pointer = state_dir / POINTER
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._path))
        self._socket.listen()
        write_private(self._pointer, json.dumps({"socket": str(self._path)}).encode())
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._pointer.unlink(missing_ok=True)
        # shutdown wakes the thread that waits in accept; close alone would not.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        self._path.unlink(missing_ok=True)
        self._folder.rmdir()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(TIMEOUT_S)
                try:
                    answer = self._obey(connection.makefile("rb").readline(_LONGEST))
                    connection.sendall(json.dumps(answer).encode() + b"\n")
                except OSError as error:
                    log.warning("the simulators' control connection failed: %s", error)

    def _obey(self, line: bytes) -> dict[str, Any]:
        try:
            command = json.loads(line)
            device = str(command["device"])
            simulator = self._simulators.get(device)
            if simulator is None:
                known = ", ".join(self._simulators)
                raise ValueError(f"no simulated device is named {device!r}; there are {known}")
            match command:
                case {"do": "plug"}:
                    simulator.plug()
                    return {"ok": True}
                case {"do": "baud", "rate": int() | None as rate}:
                    simulator.baud = rate
                    return {"ok": True}
                case {"do": "unplug"}:
                    simulator.unplug()
                    return {"ok": True}
            return {"ok": True, **simulator.act(command)}
        except (ValueError, KeyError, TypeError) as error:
            return {"ok": False, "error": str(error)}


def act(state_dir: Path, **command: Any) -> dict[str, Any]:
    """Does `command` at the desk of the bridge that runs with `state_dir`. Raises ControlError."""
    try:
        path = json.loads((state_dir / POINTER).read_text("utf-8"))["socket"]
    except FileNotFoundError:
        raise ControlError(
            f"no bridge with simulated devices runs with the state folder {state_dir}; "
            "start one with: miaopu-bridge run --simulate"
        ) from None
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(path)
            connection.sendall(json.dumps(command).encode() + b"\n")
            answer: dict[str, Any] = json.loads(connection.makefile("rb").readline(_LONGEST * 16))
    except (OSError, ValueError) as error:
        raise ControlError(f"the bridge's simulated desk does not answer: {error}") from None
    if not answer.pop("ok", False):
        raise ControlError(str(answer.get("error", "it did not work")))
    return answer
