"""Start, stop, start again; and what a server says when it cannot."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import healthy, launch, running, stop, until

MIAOPU = [sys.executable, "-c", "from miaopu.cli import main; main()"]


def miaopu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [*MIAOPU, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def test_a_server_stops_with_open_feeds_and_starts_again_as_it_was(tmp_path: Path) -> None:
    with running("embedded", tmp_path) as server:
        generation = httpx.get(server.address + "/api/time").json()["generation"]
        ended = threading.Event()
        begun = threading.Event()

        def feed() -> None:
            params: dict[str, Any] = {"feed": "continuous", "heartbeat": 500, "since": "now"}
            with (
                server.client(server.nurse) as nurse,
                nurse.stream("GET", f"{server.site}/_changes", params=params) as lines,
            ):
                for _ in lines.iter_bytes():
                    begun.set()
            ended.set()

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        assert begun.wait(20)
        assert stop(server.process) == 0
        # The feed ended as a whole answer does, not in the middle of one.
        assert ended.wait(10)

        process, address = launch(
            ["serve", "--data", str(server.data), "--port", "0"], tmp_path / "again.log", {}
        )
        try:
            assert httpx.get(address + "/api/time").json()["generation"] == generation
            login = {"name": server.nurse, "password": "correct horse"}
            assert httpx.post(address + "/db/_session", json=login).is_success
        finally:
            assert stop(process) == 0


def test_health_names_a_clinic_whose_database_is_damaged(tmp_path: Path) -> None:
    with running("embedded", tmp_path) as server:
        assert httpx.get(server.address + "/api/health").json()["damaged"] == []
        assert stop(server.process) == 0
        (path,) = (server.data / "couch" / "dbs").glob(f"{server.site}*/data.sqlite")
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xa5" * (size - 8192))
        process, address = launch(
            ["serve", "--data", str(server.data), "--port", "0"], tmp_path / "again.log", {}
        )
        try:

            def told() -> bool:
                health = httpx.get(address + "/api/health")
                # The other clinics work on.
                assert health.is_success
                said = health.json()
                return said["status"] == "database_damaged" and said["damaged"] == [server.site]

            until(told, "the damage to be told")
        finally:
            assert stop(process) == 0


def test_ctrl_c_ends_it_too(tmp_path: Path) -> None:
    process, _ = launch(
        ["serve", "--data", str(tmp_path / "data"), "--port", "0"], tmp_path / "log", {}
    )
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_the_secrets_are_in_no_log(tmp_path: Path) -> None:
    with running("embedded", tmp_path) as server:
        secrets = server.admin[1]
        log = (tmp_path / "server.log").read_text()
    assert "provision: create database catalog" in log
    assert secrets not in log
    assert "correct horse" not in log


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve"], "--data or MIAOPU_DATA"),
        (["serve", "--data", "{}/file"], "does not start"),
        (["serve", "--data", "{}/x", "--couchdb", "http://a:b@localhost"], "no password"),
        (["serve", "--data", "{}/x", "--couchdb", "http://localhost:1"], "MIAOPU_COUCHDB_USER"),
        (["serve", "--data", "{}/x", "--config", "{}/none.toml"], "cannot be read"),
        (["provision", "{}/none.toml", "--couchdb", "http://localhost:1", "--user", "a"], "read"),
    ],
)
def test_what_keeps_it_from_starting_is_said(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "file").write_text("")
    result = miaopu(*(part.format(tmp_path) for part in arguments), MIAOPU_COUCHDB_PASSWORD="x")
    assert result.returncode in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_port_or_a_folder_that_is_taken_is_said(tmp_path: Path) -> None:
    with running("embedded", tmp_path) as server:
        port = server.address.rpartition(":")[2]
        taken = miaopu("serve", "--data", str(tmp_path / "other"), "--port", port)
        second = miaopu("serve", "--data", str(server.data), "--port", "0")
    assert taken.returncode == 1
    assert "in use" in taken.stderr
    assert second.returncode == 2
    assert "another server uses" in second.stderr


def test_a_second_server_with_other_secrets_leaves_a_couchdb_alone(tmp_path: Path) -> None:
    """Each would take the account's password from the other, and CouchDB would lock both out."""
    with running("proxied", tmp_path) as server:
        name, password = server.admin
        environment = {"MIAOPU_COUCHDB_USER": name, "MIAOPU_COUCHDB_PASSWORD": password}
        data = tmp_path / "other"
        arguments = ("serve", "--data", str(data), "--port", "0", "--couchdb", server.database)
        second = miaopu(*arguments, **environment)
        assert second.returncode == 2
        assert "another Miaopu server's" in second.stderr
        assert "Traceback" not in second.stderr
        with server.client(server.nurse) as nurse:
            assert nurse.get(server.site).status_code == 200
        assert healthy(server.address)
        stop(server.process)
        account = f"{server.database}/_users/org.couchdb.user%3Amiaopu"
        with httpx.Client(auth=server.admin, trust_env=False) as admin:
            rev = admin.get(account).json()["_rev"]
            admin.delete(account, params={"rev": rev}).raise_for_status()
        process, address = launch([*arguments], tmp_path / "log", environment)
        try:
            until(lambda: healthy(address), "provisioning")
        finally:
            assert stop(process) == 0


def test_every_command_is_there() -> None:
    shown = miaopu("--help").stdout
    for name in ("serve", "provision", "demo", "embedded", "generate", "forecast", "schedule"):
        assert name in shown
    assert miaopu("generate", "--check").returncode == 0
    assert miaopu("nonsense").returncode == 2
