"""The bridge as a service, its log, and finding a baud rate."""

import logging
import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bridge_desk import CARD, running_desk

from miaopu_bridge import service
from miaopu_bridge.config import ConfigError, DeviceConfig
from miaopu_bridge.drivers.base import DeviceGoneError
from miaopu_bridge.journal import KEPT, keep_log, last_lines, log_file
from miaopu_bridge.probe import probe
from miaopu_bridge.simulators import SIMULATORS

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
COMMAND = ["/opt/miaopu 1/bin/miaopu-bridge", "run", "--state-dir", "/var/lib/100% $mine"]


def bridge(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = "from miaopu_bridge.cli import main; main()"
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, *words],
        capture_output=True, text=True, timeout=60, check=False, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture
def fake_systemctl(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """A PATH with a systemctl that notes what it is told, and where it notes it."""
    noted = tmp_path / "noted"
    script = tmp_path / "bin" / "systemctl"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "$@" >> {noted}\necho active\n')
    script.chmod(0o755)
    config = tmp_path / "config"
    path = f"{script.parent}:{os.environ['PATH']}"
    return {"PATH": path, "XDG_CONFIG_HOME": str(config)}, noted


def test_it_is_installed_and_taken_away_again(
    fake_systemctl: tuple[dict[str, str], Path], tmp_path: Path
) -> None:
    environment, noted = fake_systemctl
    unit = tmp_path / "config/systemd/user/miaopu-bridge.service"
    state = ("--state-dir", str(tmp_path / "state"))
    dry = bridge("install", "--dry-run", *state, **environment)
    assert dry.returncode == 0, dry.stderr
    assert "ExecStart=" in dry.stdout
    assert not unit.exists()
    assert not noted.exists()

    done = bridge("install", "--allow-origin", "https://a.example", *state, **environment)
    assert done.returncode == 0, done.stderr
    assert f"run {' '.join(state)} --allow-origin https://a.example" in unit.read_text()
    assert noted.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable miaopu-bridge.service",
        "--user restart miaopu-bridge.service",
    ]
    shown = bridge("status", *state, **environment)
    assert "service: active" in shown.stdout
    assert "does not run" in shown.stdout
    assert bridge("uninstall", *state, **environment).returncode == 0
    assert not unit.exists()


def test_a_wrong_configuration_is_no_service(tmp_path: Path) -> None:
    wrong = tmp_path / "config.toml"
    wrong.write_text("port = 'x'\n")
    refused = bridge("install", "--dry-run", "--config", str(wrong))
    assert refused.returncode == 1
    assert "port" in refused.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("scope", ["user", "system"])
def test_systemd_takes_the_unit(scope: service.Scope, tmp_path: Path) -> None:
    unit = tmp_path / "miaopu-bridge.service"
    command = [sys.executable, *COMMAND[1:]]
    unit.write_text(service.linux_unit(command, scope))
    verified = subprocess.run(  # noqa: S603
        ["systemd-analyze", "verify", "--man=no", str(unit)],  # noqa: S607
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "miaopu-bridge.service" not in verified.stderr, verified.stderr


def test_words_of_a_unit_keep_their_spaces_and_signs() -> None:
    (line,) = [
        line for line in service.linux_unit(COMMAND, "user").splitlines() if "ExecStart" in line
    ]
    assert line == (
        'ExecStart="/opt/miaopu 1/bin/miaopu-bridge" run --state-dir "/var/lib/100%% $$mine"'
    )


def test_a_windows_task_starts_at_login_and_never_ends_by_itself(tmp_path: Path) -> None:
    command = ["C:\\Miaopu & Co\\miaopu-bridge.exe", "run", "--state-dir", "C:\\a b"]
    steps = service.install("windows", "user", command, tmp_path)
    written, create, start = steps
    assert isinstance(written, service.Write)
    service.perform(written)
    # schtasks wants UTF-16 with its mark.
    raw = written.path.read_bytes()
    assert raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    root = ET.fromstring(raw)  # noqa: S314 -- our own
    said = {node.tag.removeprefix(NAMESPACE): (node.text or "") for node in root.iter()}
    assert said["Command"] == command[0]
    assert said["Arguments"] == 'run --state-dir "C:\\a b"'
    assert said["WorkingDirectory"] == "C:\\Miaopu & Co"
    assert said["ExecutionTimeLimit"] == "PT0S"
    assert said["DisallowStartIfOnBatteries"] == "false"
    # The schema orders what stands in a task.
    assert [node.tag.removeprefix(NAMESPACE) for node in root] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip
    assert create == service.Run(
        ("schtasks", "/Create", "/TN", "MiaopuBridge", "/XML", str(written.path), "/F")
    )
    assert start == service.Run(("schtasks", "/Run", "/TN", "MiaopuBridge"))
    gone = service.uninstall("windows", "user", tmp_path)
    assert [step.shown().split()[:3] for step in gone] == [
        ["run", "schtasks", "/End"],
        ["run", "schtasks", "/Delete"],
        ["remove", str(written.path)],
    ]


def test_a_step_that_fails_says_which() -> None:
    with pytest.raises(service.ServiceError, match="no-such-program"):
        service.perform(service.Run(("no-such-program", "x")))
    with pytest.raises(service.ServiceError, match="false"):
        service.perform(service.Run(("false",)))
    assert service.perform(service.Run(("false",), may_fail=True)) == ""


def test_the_log_tells_a_pulled_cable_and_a_wrong_rate_and_no_data(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        token = desk.pair()
        with desk.client(token=token) as client:

            def until(device: str, *states: str) -> None:
                deadline = time.monotonic() + 20
                while (
                    next(
                        one for one in client.get("/status").json()["devices"]
                        if one["id"] == device
                    )["state"]
                    not in states
                ):  # fmt: skip
                    assert time.monotonic() < deadline, last_lines(tmp_path, 30)
                    time.sleep(0.05)

            for device in ("card", "scanner", "pin"):
                until(device, "ready")
            desk.act(device="card", do="swipe", card=CARD)
            desk.act(device="pin", do="pin", digits="864213")
            # Bytes that are on the line when the cable is pulled are lost.
            for words in ("card: card read", "pin: password typed"):
                deadline = time.monotonic() + 20
                while words not in "\n".join(last_lines(tmp_path, 50)):
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            desk.act(device="card", do="unplug")
            until("card", "unplugged")
            desk.act(device="card", do="plug")
            until("card", "ready")
            desk.act(device="scanner", do="baud", rate=19200)
            desk.act(device="scanner", do="scan", code="81234567890123456789")
            until("scanner", "error")
        assert log_file(tmp_path).stat().st_mode & 0o077 == 0
        lines = last_lines(tmp_path, 100)
    told = "\n".join(lines)
    assert "card: card read, 18 characters" in told
    assert "pin: password typed" in told
    assert "WARNING  card: unplugged" in told
    assert "is the cable in" in told
    assert "this looks like a wrong baud rate; tried 9600" in told
    for secret in (CARD, "864213", "81234567890123456789"):
        assert secret not in told
    assert all(line[:2] == "20" and line[4] == "-" for line in lines), lines


def test_the_log_is_turned_over(tmp_path: Path) -> None:
    handler = keep_log(tmp_path)
    try:
        for _ in range(KEPT + 3):
            handler.doRollover()
            logging.getLogger("miaopu_bridge.test").info("a line")
        files = sorted(log_file(tmp_path).parent.iterdir())
        assert len(files) == KEPT + 1
        assert all(file.stat().st_mode & 0o077 == 0 for file in files)
        assert last_lines(tmp_path, 1)[0].endswith("INFO     a line")
    finally:
        logging.getLogger("miaopu_bridge").removeHandler(handler)
        handler.close()


@pytest.mark.parametrize("driver", ["msr206", "bank-esc", "id-card"])
def test_the_rate_of_a_device_that_answers_is_found(driver: str, tmp_path: Path) -> None:
    simulator = SIMULATORS[driver](tmp_path / "it")
    simulator.baud = 19200
    simulator.plug()
    config = DeviceConfig(id="it", driver=driver, port=str(tmp_path / "it"), baud=115200)
    found = list(probe(config, 0.1))
    simulator.unplug()
    assert found[-1] == (19200, "answers")
    assert {verdict for _, verdict in found[:-1]} <= {"silent", "nonsense"}
    with pytest.raises(DeviceGoneError):
        list(probe(config, 0.1))


def test_the_rate_of_a_device_that_only_talks_is_found(tmp_path: Path) -> None:
    simulator = SIMULATORS["scanner"](tmp_path / "it")
    simulator.baud = 19200
    simulator.plug()
    config = DeviceConfig(id="it", driver="scanner", port=str(tmp_path / "it"))
    scan = {"do": "scan", "code": "123456789012"}

    def use(_: int) -> None:
        threading.Timer(0.5, simulator.act, [scan]).start()

    found = list(probe(config, 4, use))
    simulator.unplug()
    assert found == [(9600, "nonsense"), (19200, "answers")]


def test_a_printer_is_not_probed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="serial line"):
        list(probe(DeviceConfig(id="p", driver="thermal", port="/dev/null"), 0.1))


def test_an_unknown_device_is_said() -> None:
    refused = bridge("probe", "nothing", "--config", "/dev/null")
    assert refused.returncode == 1
    assert "no device is named" in refused.stderr
