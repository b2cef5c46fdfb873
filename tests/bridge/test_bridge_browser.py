"""The bridge in a real browser: another origin's page, and its own."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bridge_desk import CARD, NOTICE, running_desk
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = os.environ.get("MIAOPU_CHROMIUM", "/usr/bin/chromium")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A test's web server keeps no log."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; name one in MIAOPU_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Some web application's origin."""
    (tmp_path / "index.html").write_text("<!DOCTYPE html><title>application</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN")
    yield context.new_page()
    context.close()


def test_a_page_of_an_allowed_origin_pairs_listens_and_prints(
    page: Page, site: str, tmp_path: Path
) -> None:
    with running_desk(tmp_path / "state", "--allow-origin", site) as desk:
        page.goto(site)
        token = page.evaluate(
            """async ([url, code]) => {
                const answer = await fetch(url + '/pair', {
                    method: 'POST', body: JSON.stringify({ code }),
                    headers: { 'Content-Type': 'application/json' },
                });
                return (await answer.json()).token;
            }""",
            [desk.url, desk.code],
        )
        page.evaluate(
            """([url, token]) => new Promise((ready) => {
                window.heard = [];
                const socket = new WebSocket(url.replace('http', 'ws') + '/events');
                socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
                socket.onmessage = ({ data }) => { window.heard.push(JSON.parse(data)); ready(); };
            })""",
            [desk.url, token],
        )
        desk.act(device="card", do="swipe", card=CARD)
        page.wait_for_function("window.heard.some((event) => event.type === 'card')")
        assert page.evaluate("heard.find((event) => event.type === 'card').track2") == CARD
        pdf = page.evaluate(
            """async ([url, token, data]) => {
                const headers = {
                    Authorization: 'Bearer ' + token, 'Content-Type': 'application/json',
                };
                const asked = await fetch(url + '/print?wait=20', {
                    method: 'POST', headers, body: JSON.stringify({ template: 'notice', data }),
                });
                const job = await asked.json();
                const blob = await (await fetch(url + job.pdf, { headers })).blob();
                return [blob.type, (await blob.text()).slice(0, 5)];
            }""",
            [desk.url, token, NOTICE],
        )
        assert pdf == ["application/pdf", "%PDF-"]


def test_a_page_of_another_origin_gets_nothing(page: Page, site: str, tmp_path: Path) -> None:
    with running_desk(tmp_path / "state") as desk:
        page.goto(site)
        outcome = page.evaluate(
            """async ([url, code]) => {
                const tried = {};
                await fetch(url + '/', {}).catch((error) => { tried.page = error.name; });
                await fetch(url + '/pair', {
                    method: 'POST', body: JSON.stringify({ code }),
                    headers: { 'Content-Type': 'application/json' },
                }).catch((error) => { tried.pair = error.name; });
                tried.events = await new Promise((ended) => {
                    const socket = new WebSocket(url.replace('http', 'ws') + '/events');
                    socket.onopen = () => ended('open');
                    socket.onerror = () => ended('refused');
                });
                return tried;
            }""",
            [desk.url, desk.code],
        )
        assert outcome == {"page": "TypeError", "pair": "TypeError", "events": "refused"}


def test_the_own_page_shows_code_devices_cards_and_a_jobs_outcome(
    page: Page, tmp_path: Path
) -> None:
    with running_desk(tmp_path / "state") as desk:
        page.goto(desk.url)
        expect(page.locator("#code")).to_have_text(desk.code)
        expect(page.locator("#devices tr")).to_have_count(9)
        desk.act(device="card", do="swipe", card=CARD)
        expect(page.locator("#log")).to_contain_text("读到卡，共 18 位")
        assert CARD not in page.content()
        desk.act(device="card", do="swipe", card=CARD, fault="bad-lrc")
        expect(page.locator("#log")).to_contain_text("擦净磁条")
        page.get_by_role("button", name="打印校准网格").click()
        expect(page.locator("#log")).to_contain_text("已发送")
        desk.act(device="card", do="unplug")
        expect(page.locator("#devices .unplugged")).to_have_count(1)
        page.get_by_role("button", name="English").click()
        expect(page.locator("h1")).to_have_text("Miaopu device bridge")
        if shot := os.environ.get("MIAOPU_SCREENSHOT"):
            page.screenshot(path=shot)
