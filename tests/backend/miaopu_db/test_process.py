"""The embedded database as a process: starting, stopping, dying, mounted in another program."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from tests.backend.miaopu_db.served import ADMIN, PASSWORD, Process

from miaopu_db.app import create_app
from miaopu_db.auth import hash_password


def test_without_an_administrator_there_is_no_start(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "MIAOPU" not in name}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3] / "backend")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "miaopu_db", "--data", str(tmp_path / "d"), "--port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "MIAOPU_ADMIN_PASSWORD" in done.stderr
    assert not (tmp_path / "d").exists()
    with pytest.raises(ValueError, match="administrator"):
        create_app(tmp_path / "e", {})


def test_a_folder_has_one_server(start: Callable[..., Process]) -> None:
    first = start()
    with first.client() as admin:
        assert admin.put("/a").status_code == 201
    with pytest.raises(AssertionError, match="another server uses"):
        start()
    # The second did not touch what the first has open, and a killed one leaves no lock behind.
    with first.client() as admin:
        assert admin.get("/a").status_code == 200
    first.kill()
    with start().client() as admin:
        assert admin.get("/a").status_code == 200


def test_it_stops_quickly_with_feeds_open(start: Callable[..., Process]) -> None:
    process = start()
    with process.client() as admin:
        admin.put("/a")
        url = httpx.URL(process.url)
        token = admin.get("/").request.headers["authorization"]
        feeds = []
        for _ in range(100):
            feed = socket.create_connection((url.host, url.port or 80))
            request = (
                "GET /a/_changes?feed=continuous&heartbeat=10000 HTTP/1.1\r\n"
                f"Host: x\r\nAuthorization: {token}\r\n\r\n"
            )
            feed.sendall(request.encode())
            feeds.append(feed)
        time.sleep(0.5)
        admin.put("/a/x", json={})
        for feed in feeds:
            feed.settimeout(10)
            assert feed.recv(100).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - started < 5
        for feed in feeds:
            feed.close()


def test_secrets_are_kept_from_others(start: Callable[..., Process]) -> None:
    process = start()
    secret = process.data / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(process.data.stat().st_mode) == 0o700
    with process.client() as admin:
        record = {"name": "bob", "type": "user", "roles": [], "password": "unmistakable words"}
        assert admin.put("/_users/org.couchdb.user:bob", json=record).status_code == 201
        stored = admin.get("/_users/org.couchdb.user:bob").json()
        assert stored["iterations"] >= 600_000
        assert stored["pbkdf2_prf"] == "sha256"
    process.kill()
    for path in process.data.rglob("*"):
        if path.is_file():
            assert b"unmistakable words" not in path.read_bytes()


def test_what_was_acknowledged_survives_a_kill(start: Callable[..., Process]) -> None:
    """Several writers, a kill -9 in their midst, again and again; then every acknowledged write
    is there, the counters are right and the view agrees with the documents."""
    acknowledged: dict[str, str] = {}
    lock = threading.Lock()
    design = {"views": {"v": {"map": "function (d) { emit(d.n) }", "reduce": "_count"}}}

    def write(url: str, round_number: int, writer: int, stop: threading.Event) -> None:
        auth = (ADMIN, PASSWORD)
        with httpx.Client(base_url=url, auth=auth, timeout=10, trust_env=False) as client:
            number = 0
            while not stop.is_set():
                number += 1
                name = f"{round_number}-{writer}-{number}"
                try:
                    if number % 5:
                        answer = client.put(f"/a/{name}", json={"n": number})
                        rows = [answer.json()] if answer.status_code == 201 else []
                    else:
                        docs = [{"_id": f"{name}-{one}", "n": one} for one in range(20)]
                        rows = client.post("/a/_bulk_docs", json={"docs": docs}).json()
                    if number % 10 == 0:
                        client.get("/a/_design/v/_view/v")
                except httpx.HTTPError:
                    return
                with lock:
                    acknowledged.update((row["id"], row["rev"]) for row in rows if row.get("ok"))

    for round_number in range(4):
        process = start()
        with process.client() as admin:
            if round_number == 0:
                admin.put("/a")
                admin.put("/a/_design/v", json=design)
            # The first login derives a key, which takes its time.
            assert admin.get("/a").status_code == 200
            stop = threading.Event()
            writers = [
                threading.Thread(target=write, args=(process.url, round_number, n, stop))
                for n in range(4)
            ]
            for thread in writers:
                thread.start()
            # In the midst of it, however fast the machine is.
            end = time.monotonic() + 30
            while len(acknowledged) < 50 * (round_number + 1) and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(0.3)
            process.kill()
            stop.set()
            for thread in writers:
                thread.join(timeout=20)
    with start().client() as admin:
        rows = admin.get("/a/_all_docs").json()["rows"]
        stored = {row["id"]: row["value"]["rev"] for row in rows}
        assert len(acknowledged) > 50
        lost = {name for name, rev in acknowledged.items() if stored.get(name) != rev}
        assert not lost
        assert admin.get("/a").json()["doc_count"] == len(stored)
        changes = admin.get("/a/_changes").json()["results"]
        assert len(changes) == len(stored)
        view = admin.get("/a/_design/v/_view/v").json()["rows"]
        assert view == [{"key": None, "value": len(stored) - 1}]


def test_dropped_feeds_leave_nothing_behind(start: Callable[..., Process]) -> None:
    process = start()
    with process.client() as admin:
        admin.put("/a")
        url = httpx.URL(process.url)
        token = admin.get("/").request.headers["authorization"]
        folder = Path(f"/proc/{process.process.pid}/fd")
        if not folder.exists():
            pytest.skip("needs /proc")
        before = len(list(folder.iterdir()))
        feeds = []
        for number in range(200):
            kind = ("continuous", "longpoll", "eventsource")[number % 3]
            feed = socket.create_connection((url.host, url.port or 80))
            request = (
                f"GET /a/_changes?feed={kind}&since=now&heartbeat=60000 HTTP/1.1\r\n"
                f"Host: x\r\nAuthorization: {token}\r\n\r\n"
            )
            feed.sendall(request.encode())
            feeds.append(feed)
        time.sleep(0.5)
        assert len(list(folder.iterdir())) > before + 150
        for feed in feeds:
            feed.close()
        end = time.monotonic() + 10
        while len(list(folder.iterdir())) > before + 20 and time.monotonic() < end:
            time.sleep(0.1)
        assert len(list(folder.iterdir())) <= before + 20
        assert admin.put("/a/x", json={}).status_code == 201


def test_a_slow_function_holds_up_nobody_else(start: Callable[..., Process]) -> None:
    process = start()
    with process.client() as admin, process.client() as other:
        for name in ("/slow", "/fast"):
            admin.put(name)
        loop = "function () { while (true) {} }"
        admin.put("/slow/x", json={})
        design = {
            "validate_doc_update": loop,
            "filters": {"f": loop},
            "views": {"v": {"map": loop}},
        }
        assert admin.put("/slow/_design/d", json=design).status_code == 201
        stop = threading.Event()

        def bother(path: str) -> None:
            with process.client() as client:
                while not stop.is_set():
                    if path == "":
                        client.put("/slow/y", json={})
                    else:
                        client.get(path)

        paths = ["", "/slow/_changes?filter=d/f", "/slow/_design/d/_view/v"]
        threads = [threading.Thread(target=bother, args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        slowest = 0.0
        for number in range(30):
            started = time.monotonic()
            assert other.put(f"/fast/{number}", json={}).status_code == 201
            assert other.get("/slow/x").status_code == 200
            slowest = max(slowest, time.monotonic() - started)
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
        # Each loop is stopped after a second; nobody else waited for one.
        assert slowest < 5
        undecided = admin.put("/slow/z", json={})
        assert undecided.status_code == 503
        assert "stopped" in undecided.json()["reason"]


def test_code_that_nothing_interrupts_holds_up_nobody_else(start: Callable[..., Process]) -> None:
    """Native loops that QuickJS itself never leaves: everybody else is answered first."""
    process = start()
    endless = "if (d.text) { var a = new Uint8Array(30000000); for (;;) a.fill(1) }"
    with process.client() as admin:
        admin.put("/slow")
        admin.put("/slow/x", json={"text": "a" * 40 + "b"})
        admin.put("/slow/y", json={})
        design = {
            "filters": {"f": f"function (d) {{ {endless} return true }}"},
            "views": {"v": {"map": f"function (d) {{ {endless} emit(d._id) }}"}},
        }
        assert admin.put("/slow/_design/d", json=design).status_code == 201
        pattern = {"selector": {"text": {"$regex": "^(a+)+$"}}}

        def ask(method: str, path: str, body: object) -> httpx.Response:
            with process.client() as client:
                return client.request(method, path, json=body, timeout=120)

        with ThreadPoolExecutor(3) as pool:
            asked = [
                pool.submit(ask, "GET", "/slow/_changes?filter=d/f", None),
                pool.submit(ask, "GET", "/slow/_design/d/_view/v", None),
                pool.submit(ask, "POST", "/slow/_find", pattern),
            ]
            for _ in range(10):
                assert admin.put("/slow/z", json={}).status_code in (201, 409)
                assert admin.get("/slow/x").status_code == 200
                assert admin.get("/slow/_all_docs").status_code == 200
            assert not all(one.done() for one in asked)
            filtered, viewed, found = (one.result() for one in asked)
        assert found.json()["error"] == "timeout"
        # Only the document that is too much for the function is left out.
        assert {"y", "_design/d"} <= {row["id"] for row in filtered.json()["results"]}
        assert "y" in {row["id"] for row in viewed.json()["rows"]}
        for answer in (filtered, viewed):
            assert '"x"' not in answer.text


def test_mounted_in_another_application(tmp_path: Path) -> None:
    """Under `/db`, beside other routes, on the same event loop."""
    couch = create_app(tmp_path / "data", {ADMIN: hash_password(PASSWORD)})
    app = FastAPI()
    app.mount("/db", couch)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        end = time.monotonic() + 10
        while not server.started and time.monotonic() < end:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}/db"
        auth = (ADMIN, PASSWORD)
        with httpx.Client(base_url=base, auth=auth, timeout=20, trust_env=False) as admin:
            assert admin.get("/").json()["couchdb"] == "Welcome"
            made = admin.put("/a%2Fb")
            assert made.status_code == 201
            assert made.headers["location"] == f"{base}/a%2Fb"
            written = admin.put("/a%2Fb/x%2Fy", json={})
            assert written.headers["location"] == f"{base}/a%2Fb/x%2Fy"
            assert admin.get("/a%2Fb/_all_docs").json()["rows"][0]["id"] == "x/y"
            assert (
                admin.post(
                    "/_replicate", json={"source": "a/b", "target": "c", "create_target": True}
                ).status_code
                == 200
            )
            assert admin.get("/c/x%2Fy").status_code == 200
            session = admin.post("/_session", data={"name": ADMIN, "password": PASSWORD})
            assert "Path=/db" in session.headers["set-cookie"]
        with httpx.Client(base_url=base, timeout=20, trust_env=False) as nobody:
            assert nobody.get("/a%2Fb").status_code == 401
    finally:
        server.should_exit = True
        thread.join(timeout=10)
