"""The bridge as the browser meets it: a real process, real HTTP, real WebSockets, real bytes."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
import websockets
from bridge_desk import (
    APPOINTMENT,
    CARD,
    CERTIFICATE,
    NOTICE,
    ORIGIN,
    OTHER_ORIGIN,
    Desk,
    running_desk,
)

from miaopu_bridge.simulators.control import ControlError, act
from miaopu_bridge.simulators.printers import read_escp

Tab = websockets.ClientConnection


@asynccontextmanager
async def tab(desk: Desk, token: str, origin: str = ORIGIN) -> AsyncIterator[Tab]:
    """A browser tab that listens to the events."""
    async with websockets.connect(
        desk.url.replace("http", "ws") + "/events", origin=websockets.Origin(origin)
    ) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token}))
        assert (await next_event(socket, "hello"))["devices"]
        yield socket


async def next_event(socket: Tab, kind: str) -> dict[str, Any]:
    """The next event of that type; devices may come and go meanwhile."""
    async with asyncio.timeout(15):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event["type"] == kind:
                return event


# --- who may speak -------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8001", "*"])
def test_other_origins_are_refused_everywhere(desk: Desk, token: str, origin: str) -> None:
    with desk.client(origin, token) as client:
        for method, path in (
            ("GET", "/health"), ("GET", "/status"), ("POST", "/pair"), ("POST", "/print"),
            ("GET", "/jobs"), ("OPTIONS", "/print"), ("GET", "/"),
        ):  # fmt: skip
            answer = client.request(method, path)
            assert answer.status_code == 403, (method, path)
            assert answer.json()["code"] == "origin.not_allowed"
            assert "access-control-allow-origin" not in answer.headers


def test_without_an_origin_nothing_but_the_page_answers(desk: Desk, token: str) -> None:
    with desk.client(None, token) as client:
        assert client.get("/status").json()["code"] == "origin.missing"
        assert client.post("/pair", json={"code": "000000"}).status_code == 403
        assert client.get("/").status_code == 200
    # Not even the application may read the bridge's own page.
    with desk.client(ORIGIN, token) as client:
        assert client.get("/").status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1:1",
        "localhost",
        "",
        "[::1",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}:",
        "127.0.0.1:0{port}",
        "127.0.0.1:{port}/",
    ],
)
def test_a_rebound_host_name_is_refused(desk: Desk, token: str, host: str) -> None:
    host = host.replace("{port}", desk.url.rpartition(":")[2])
    with desk.client(ORIGIN, token) as client:
        answer = client.get("/status", headers={"Host": host})
    assert answer.status_code in (400, 421)
    if answer.status_code == 421:
        assert answer.json()["code"] == "host.not_allowed"


def test_localhost_is_the_same_place(desk: Desk, token: str) -> None:
    with desk.client(ORIGIN, token) as client:
        host = desk.url.removeprefix("http://").replace("127.0.0.1", "localhost")
        assert client.get("/status", headers={"Host": host}).status_code == 200


def test_a_preflight_from_an_allowed_origin(desk: Desk) -> None:
    with desk.client() as client:
        answer = client.options(
            "/print",
            headers={
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
                "Access-Control-Request-Private-Network": "true",
            },
        )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "DELETE" in answer.headers["access-control-allow-methods"]
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


def test_calls_need_a_token_of_this_origin(desk: Desk, token: str) -> None:
    for origin, given in ((ORIGIN, None), (ORIGIN, "x" * 43), (OTHER_ORIGIN, token)):
        with desk.client(origin, given) as client:
            for method, path in (
                ("GET", "/status"), ("GET", "/printers"), ("POST", "/print"), ("GET", "/jobs"),
                ("GET", "/jobs/x/pdf"), ("DELETE", "/pair"), ("POST", "/printers/passbook/test"),
                ("PUT", "/printers/passbook/calibration"),
            ):  # fmt: skip
                answer = client.request(method, path)
                assert answer.status_code == 401, (method, path)
                assert answer.json()["message"]["zh"]
            assert client.get("/health").json()["paired"] is False
    with desk.client(ORIGIN, token) as client:
        assert client.get("/health").json()["paired"] is True


def test_a_token_can_be_given_back(desk: Desk) -> None:
    mine = desk.pair(OTHER_ORIGIN)
    with desk.client(OTHER_ORIGIN, mine) as client:
        assert client.get("/status").status_code == 200
        assert client.delete("/pair").json() == {"paired": False}
        assert client.get("/status").status_code == 401


async def test_who_gives_the_token_back_hears_no_more(desk: Desk) -> None:
    mine = desk.pair(OTHER_ORIGIN)
    async with tab(desk, mine, OTHER_ORIGIN) as one:
        with desk.client(OTHER_ORIGIN, mine) as client:
            client.delete("/pair")
        desk.act(device="card", do="swipe", card=CARD)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(one.recv(), 15)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_a_tab_may_leave_before_it_has_said_anything(desk: Desk, token: str) -> None:
    url = desk.url.replace("http", "ws") + "/events"
    async with websockets.connect(url, origin=websockets.Origin(ORIGIN)):
        pass
    async with tab(desk, token):
        assert "Traceback" not in "".join(desk.errors)


async def test_events_need_the_right_origin_and_token(desk: Desk, token: str) -> None:
    url = desk.url.replace("http", "ws") + "/events"
    for origin in (None, "https://evil.example", "null"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(
                url, origin=None if origin is None else websockets.Origin(origin)
            ):
                pass
        assert refused.value.response.status_code == 403
    for origin, first in (
        (ORIGIN, json.dumps({"type": "auth", "token": "x"})),
        (OTHER_ORIGIN, json.dumps({"type": "auth", "token": token})),
        (ORIGIN, "not json"),
        (ORIGIN, json.dumps({"token": token})),
        (ORIGIN, json.dumps([token])),
        (ORIGIN, b"\x00"),
    ):
        async with websockets.connect(url, origin=websockets.Origin(origin)) as socket:
            await socket.send(first)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 15)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


# --- the page ------------------------------------------------------------------------------------


def test_the_page_shows_the_code_and_cannot_be_framed(desk: Desk) -> None:
    with desk.client(None) as client:
        page = client.get("/")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in page.headers
        own = page.text.split("const token = ")[1].split(";")[0]
        # What a browser sends with a page's GET to its own origin.
        client.headers["Authorization"] = f"Bearer {json.loads(own)}"
        client.headers["Sec-Fetch-Site"] = "same-origin"
        assert client.get("/status").json()["code"] == desk.code
    with desk.client(desk.url, json.loads(own)) as client:
        assert client.post("/printers/passbook/test").json() == {"printed": True}
        assert client.post("/printers/slip/test").json() == {"printed": True}
        assert client.post("/printers/nothing/test").status_code == 404


def test_a_printer_is_calibrated_by_who_is_paired(desk: Desk, token: str) -> None:
    measured = {"x_mm": 1.5, "y_mm": -2.0, "x_scale": 1.01, "y_scale": 1.0}
    with desk.client(ORIGIN, token) as client:
        assert client.put("/printers/passbook/calibration", json=measured).json() == measured
        known = {one["id"]: one["calibration"] for one in client.get("/printers").json()}
        assert known["passbook"] == measured
        assert known["pdf"] is None
        assert client.put("/printers/pdf/calibration", json=measured).status_code == 409
        assert client.put("/printers/nothing/calibration", json=measured).status_code == 404
        far = client.put("/printers/passbook/calibration", json=measured | {"x_scale": 2})
        assert far.status_code == 422
        client.put("/printers/passbook/calibration", json={})


def test_the_code_is_shown_to_nobody_else(desk: Desk, token: str) -> None:
    with desk.client(ORIGIN, token) as client:
        assert desk.code not in client.get("/status").text


# --- cards and passwords -------------------------------------------------------------------------


async def test_a_swiped_card_reaches_every_tab(desk: Desk, token: str) -> None:
    async with tab(desk, token) as one, tab(desk, token) as two:
        desk.act(device="card", do="swipe", card=CARD)
        for each in (one, two):
            event = await next_event(each, "card")
            assert (event["reader"], event["track2"]) == ("card", CARD)
            assert event["at"].endswith("Z")


async def test_a_bad_card_says_so_in_two_languages(desk: Desk, token: str) -> None:
    async with tab(desk, token) as one:
        desk.act(device="card", do="swipe", card=CARD, fault="bad-lrc")
        event = await next_event(one, "card_error")
        assert event["code"] == "card.bad_lrc"
        assert event["message"]["zh"]
        assert event["message"]["en"]
        assert CARD not in json.dumps(event)
        desk.act(device="card", do="swipe", card=CARD, fault="track1-garbage")
        assert (await next_event(one, "card"))["track2"] == CARD


async def test_a_password_reaches_the_tab(desk: Desk, token: str) -> None:
    async with tab(desk, token) as one:
        desk.act(device="pin", do="pin", digits="123456")
        assert (await next_event(one, "pin"))["digits"] == "123456"


async def test_a_pulled_cable_is_said_and_healed(desk: Desk, token: str) -> None:
    async with tab(desk, token) as one:
        desk.act(device="card", do="unplug")
        assert (await next_event(one, "device"))["state"] == "unplugged"
        with pytest.raises(ControlError):
            desk.act(device="pin", do="swipe", card="1")
        desk.act(device="card", do="plug")
        assert (await next_event(one, "device"))["state"] == "ready"
        desk.act(device="card", do="swipe", card=CARD)
        assert (await next_event(one, "card"))["track2"] == CARD


def test_the_command_line_is_a_hand_at_the_desk(desk: Desk, tmp_path: Path) -> None:
    def command(*words: str, state: Path = desk.state_dir) -> subprocess.CompletedProcess[str]:
        program = "from miaopu_bridge.cli import main; main()"
        return subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, *words, "--state-dir", str(state)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert command("swipe", CARD, "--bad-lrc").returncode == 0
    wrong = command("swipe", "12AB")
    assert wrong.returncode == 1
    assert "digits" in wrong.stderr
    nobody = command("pin", "123456", state=tmp_path)
    assert nobody.returncode == 1
    assert "miaopu-bridge run --simulate" in nobody.stderr


# --- printing ------------------------------------------------------------------------------------


async def test_a_notice_becomes_a_pdf_with_chinese(desk: Desk, token: str) -> None:
    with desk.client(ORIGIN, token) as client:
        async with tab(desk, token) as one:
            job = client.post(
                "/print?wait=20", json={"template": "notice", "data": NOTICE, "printer": "pdf"}
            ).json()
            assert job["state"] == "done"
            states = [(await next_event(one, "job"))["state"] for _ in range(3)]
            assert states == ["queued", "printing", "done"]
        answer = client.get(job["pdf"])
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        text = pypdf.PdfReader(BytesIO(answer.content)).pages[0].extract_text()
        assert "王苗苗" in text
        assert "202605012" in text

        assert client.delete(f"/jobs/{job['id']}").json() == {"discarded": True}
        assert client.get(job["pdf"]).json()["code"] == "job.unknown"
        assert not list(desk.state_dir.rglob(f"*{job['id']}*"))


def test_the_certificate_reaches_the_passbook_printer(desk: Desk, token: str) -> None:
    with desk.client(ORIGIN, token) as client:
        before = len(bytes.fromhex(desk.act(device="passbook", do="printed")["hex"]))
        job = client.post(
            "/print?wait=20",
            json={"template": "certificate-page", "data": CERTIFICATE, "printer": "passbook"},
        ).json()
        assert (job["state"], job["pdf"]) == ("done", None)
        assert client.get(f"/jobs/{job['id']}/pdf").json()["code"] == "job.no_pdf"
    printed = bytes.fromhex(desk.act(device="passbook", do="printed")["hex"])
    texts = [text for page in read_escp(printed[before:]) for _, _, text in page]
    assert {"王苗苗", "乙肝疫苗 1", "A20260102"} <= set(texts)


def test_without_paper_a_job_fails_says_why_and_is_printed_later(desk: Desk, token: str) -> None:
    desk.act(device="slip", do="paper", state="out")
    with desk.client(ORIGIN, token) as client:
        job = client.post(
            "/print?wait=20",
            json={"template": "appointment", "data": APPOINTMENT, "printer": "slip"},
        ).json()
        assert (job["state"], job["reason"]) == ("failed", "printer.no_paper")
        assert job["message"]["zh"]
        desk.act(device="slip", do="paper", state="in")
        again = client.post(f"/jobs/{job['id']}/retry?wait=20").json()
        assert (again["state"], again["attempts"]) == ("done", 2)
        twice = client.post(f"/jobs/{job['id']}/retry")
        assert (twice.status_code, twice.json()["code"]) == (409, "job.not_now")


def test_bad_print_requests_name_the_field_and_never_the_child(desk: Desk, token: str) -> None:
    child = NOTICE["child"] | {"birth_date": "昨天"}
    cases: list[tuple[Any, str, str]] = [
        ({"template": "notices", "data": {}}, "print.unknown_template", "template"),
        ({"template": "notice", "data": NOTICE | {"child": child}}, "print.bad_data", "birth_date"),
        ({"template": "notice", "data": {}}, "print.bad_data", "data.clinic"),
        ({"template": "notice", "data": NOTICE, "printer": "x"}, "printer.unknown", "printer"),
        (
            {"template": "notice", "data": NOTICE, "printer": "slip"},
            "printer.cannot_print",
            "printer",
        ),
        ({"template": "notice", "data": NOTICE, "copies": 0}, "request.bad", "copies"),
        ({"template": "notice", "data": NOTICE, "lang": "fr"}, "request.bad", "lang"),
        ({"template": "notice"}, "request.bad", "data"),
        ([], "request.bad", ""),
    ]
    with desk.client(ORIGIN, token) as client:
        for body, code, field in cases:
            answer = client.post("/print", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
            assert field in answer.text
            assert "王苗苗" not in answer.text
            assert "昨天" not in answer.text
        assert client.post("/print", content=b"{").status_code == 422
        assert client.post("/print", content=b"x" * 1_000_001).status_code == 413
        chunks = client.post("/print", content=(b"x" * 100_000 for _ in range(20)))
        assert chunks.status_code == 413
        assert client.get("/nothing").json()["code"] == "not_found"


def test_a_disk_that_cannot_be_written_is_said_and_nothing_is_promised(
    desk: Desk, token: str
) -> None:
    folder, away = desk.state_dir / "jobs", desk.state_dir / "jobs-away"
    with desk.client(ORIGIN, token) as client:
        before = client.get("/jobs").json()
        folder.rename(away)
        answer = client.post("/print", json={"template": "notice", "data": NOTICE})
        away.rename(folder)
        assert (answer.status_code, answer.json()["code"]) == (507, "job.files")
        assert answer.json()["message"]["zh"]
        assert client.get("/jobs").json() == before


@pytest.mark.parametrize(
    ("template", "data", "printer"),
    [
        ("certificate-page", CERTIFICATE, "passbook"),
        ("certificate-page", CERTIFICATE | {"variant": "page"}, "pdf"),
        ("appointment", APPOINTMENT, "slip"),
        ("notice", NOTICE, "pdf"),
    ],
)
def test_without_a_printers_name_the_first_that_can_print_the_form_does(
    desk: Desk, token: str, template: str, data: dict[str, Any], printer: str
) -> None:
    with desk.client(ORIGIN, token) as client:
        job = client.post("/print?wait=20", json={"template": template, "data": data}).json()
        assert (job["printer"], job["state"], job["message"]) == (printer, "done", None)


def test_printers_say_what_they_can_print(desk: Desk, token: str) -> None:
    with desk.client(ORIGIN, token) as client:
        printers = {printer["id"]: printer for printer in client.get("/printers").json()}
    assert printers["passbook"]["templates"] == ["certificate-page"]
    assert printers["slip"]["templates"] == ["appointment", "card-label", "receipt"]
    assert "consent" in printers["pdf"]["templates"]


def test_another_origins_jobs_are_not_to_be_seen(desk: Desk, token: str) -> None:
    other = desk.pair(OTHER_ORIGIN)
    with desk.client(ORIGIN, token) as mine, desk.client(OTHER_ORIGIN, other) as theirs:
        job = mine.post(
            "/print?wait=20", json={"template": "notice", "data": NOTICE, "printer": "pdf"}
        ).json()
        assert job["id"] in {each["id"] for each in mine.get("/jobs").json()}
        assert theirs.get("/jobs").json() == []
        assert theirs.get(job["pdf"]).status_code == 404
        assert theirs.delete(f"/jobs/{job['id']}").status_code == 404


# --- at the end of this module: what throttles or stops the bridge -------------------------------


def test_guessing_the_code_is_slow(desk: Desk) -> None:
    wrong = f"{(int(desk.code) + 1) % 1_000_000:06d}"
    with desk.client() as client:
        for left in (4, 3, 2, 1):
            answer = client.post("/pair", json={"code": wrong})
            assert (answer.status_code, answer.json()["tries_left"]) == (403, left)
        answer = client.post("/pair", json={"code": wrong})
        assert (answer.status_code, answer.json()["code"]) == (429, "pair.too_many_tries")
        assert 0 < answer.json()["retry_after_s"] <= 30
        assert answer.headers["retry-after"]
        desk.code = str(desk.hear("pairing")["code"])
        assert client.post("/pair", json={"code": desk.code}).status_code == 429


async def test_it_stops_in_order_and_its_log_holds_no_card_and_no_name(
    desk: Desk, token: str
) -> None:
    async with tab(desk, token) as one:
        assert await asyncio.to_thread(desk.stop) == 0
        with pytest.raises(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(one.recv(), 10)
    with pytest.raises(httpx.ConnectError):
        await httpx.AsyncClient().get(desk.url)
    with pytest.raises(ControlError, match="no bridge"):
        act(desk.state_dir, device="card", do="swipe", card="1")
    log = "".join(desk.errors)
    assert "card: ready" in log
    assert "Traceback" not in log
    for secret in (CARD, "123456", "王苗苗", token):
        assert secret not in log
    for path in desk.state_dir.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, path


def test_two_bridges_never_share_a_state_folder(tmp_path: Path) -> None:
    program = "from miaopu_bridge.cli import main; main()"
    with running_desk(tmp_path):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, "run", "--port", "0", "--state-dir", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "another bridge is running" in done.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        program = "from miaopu_bridge.cli import main; main()"
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", program, "run", "--port", str(taken.getsockname()[1]),
             "--state-dir", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
