"""What goes wrong in a clinic is said in both languages, with what to do, and nothing is lost.

Beside these, unit tests show how each refusal is made: pwa/src/workspace/repository.test.ts,
pwa/src/vaccinate/visit.test.ts, pwa/src/sync/sync.test.ts, pwa/src/devices/card.test.ts,
tests/bridge and tests/design-docs.
"""

import datetime as dt
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from choice import candidates, county_of, waiting
from counter import (
    Json,
    Records,
    by_id,
    doses,
    fill_child,
    find,
    give,
    has_children,
    leave_visit,
    log_in,
    pair,
    precheck,
    prepare,
    reach,
    say_given,
    throw_away,
    until_vial,
    wait_for_load,
    wait_for_sync,
    wait_for_worker,
)
from gateway import Gateway, Trouble
from harness import BIN, ROOT, Bridge, Server, Tablet
from messages import LANGS, Lang, pattern
from playwright.sync_api import Locator, Playwright, expect, sync_playwright

from miaopu.serve.demo_note import Note, read_note
from miaopu_bridge.messages import MESSAGES

SITE = "9901210001"
CHILDREN = 600
NO_BIRTH_ID = "child:01JD0000000000000000000001"
NO_BIRTH_NAME = "无日期"


@dataclass
class Desk:
    """A clinic's desk with everything in order, to put one thing wrong at a time."""

    server: Server
    gateway: Gateway
    bridge: Bridge
    tablet: Tablet
    note: Note
    playwright: Playwright
    folder: Path

    def speak(self, lang: Lang) -> None:
        """Changes the language of the page and goes to the start."""
        page = self.tablet.page
        by_id(page, "nav-settings").click()
        by_id(page, f"locale-{lang}").click()
        by_id(page, "nav-home").click()
        expect(by_id(page, "home-page")).to_be_visible()

    @property
    def records(self) -> Records:
        return Records(self.server, "nurse1")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = ROOT / "build" / "e2e" / "bad_input"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = folder / "data"
    command = [str(BIN / "miaopu"), "demo", "--data", str(data)]
    command += ["--sites", "1", "--children", str(CHILDREN), "--seed", "2"]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT)  # noqa: S603
    note = read_note(data)
    assert note is not None
    server = Server(data, folder / "server.log")
    server.start()
    gateway = Gateway(server.port)
    bridge = Bridge(folder / "bridge", [gateway.url], folder / "bridge.log")
    bridge.start()
    try:
        with sync_playwright() as playwright:
            tablet = Tablet("tablet", playwright, gateway.url, folder / "tablet")
            tablet.open()
            log_in(tablet, "nurse1")
            wait_for_load(tablet)
            has_children(tablet, CHILDREN)
            wait_for_sync(tablet)
            pair(tablet, bridge)
            throw_away(tablet.page)
            yield Desk(server, gateway, bridge, tablet, note, playwright, folder)
            tablet.close()
    finally:
        bridge.stop()
        gateway.close()
        server.stop()


@pytest.fixture(autouse=True)
def keep_screen(request: pytest.FixtureRequest, desk: Desk) -> Iterator[None]:
    """Keeps the screen after each test, to see what was said; begins each at the start."""
    page = desk.tablet.page
    page.keyboard.press("Escape")
    by_id(page, "nav-home").click()
    expect(by_id(page, "home-page")).to_be_visible()
    yield
    desk.tablet.picture(re.sub(r"\W+", "-", request.node.name))


def says(where: Locator, lang: Lang, *keys: str) -> None:
    """The element says these texts of the catalogue."""
    for key in keys:
        expect(where).to_contain_text(pattern(lang, key))


@pytest.mark.parametrize("lang", LANGS)
def test_card_that_reads_wrongly(desk: Desk, lang: Lang) -> None:
    desk.speak(lang)
    child = next(candidates(desk.note))
    desk.bridge.swipe(child.card, "--bad-lrc")
    message = desk.tablet.page.locator(".el-message--error")
    expect(message.last).to_contain_text(MESSAGES["card.bad_lrc"][LANGS.index(lang)])
    expect(by_id(desk.tablet.page, "home-page")).to_be_visible()
    desk.bridge.swipe(child.card, "--no-data")
    expect(message.last).to_contain_text(MESSAGES["card.no_data"][LANGS.index(lang)])
    desk.bridge.swipe(child.card)
    expect(by_id(desk.tablet.page, "child-name")).to_have_text(child.name)


READER = """async (keys) => {
    // A hand brings the next card a good while after the one before.
    await new Promise((ended) => setTimeout(ended, 200));
    for (const key of keys) {
        const target = document.activeElement;
        const init = { key: key === '\\n' ? 'Enter' : key, bubbles: true, cancelable: true };
        const goes = target.dispatchEvent(new KeyboardEvent('keydown', init));
        if (goes && key !== '\\n') document.execCommand('insertText', false, key);
    }
}"""
"""A reader that types into the page, at a speed that does not depend on this machine's."""


def test_what_a_reader_types_is_no_words_and_no_command(desk: Desk) -> None:
    desk.speak("zh")
    page = desk.tablet.page
    child = next(candidates(desk.note))
    # All three tracks, nowhere in particular: the letters of the first are commands on this page.
    page.evaluate(READER, f"%B{child.card}^E/F A?;{child.card}?+123?\n")
    expect(by_id(page, "child-name")).to_have_text(child.name)
    expect(page.locator(".el-dialog:visible")).to_have_count(0)
    # Bare digits and Enter, into a child's name.
    by_id(page, "nav-register").click()
    by_id(page, "facts-name").focus()
    page.evaluate(READER, f"{child.card}\n")
    expect(by_id(page, "card-number")).to_have_value(child.card)
    expect(by_id(page, "facts-name")).to_have_value("")
    # A vaccine's box.
    page.evaluate(READER, "81234567890123456789\n")
    says(page.locator(".el-message--info").last, "zh", "card.trace")
    expect(by_id(page, "facts-name")).to_have_value("")


@pytest.mark.parametrize("lang", LANGS)
def test_unknown_card(desk: Desk, lang: Lang) -> None:
    desk.speak(lang)
    page = desk.tablet.page
    desk.bridge.swipe("777700001111")
    says(by_id(page, "unknown-card"), lang, "card.unknown.what", "card.unknown.why")
    expect(by_id(page, "unknown-card-number")).to_have_text("777700001111")
    assert "7777" not in page.url
    by_id(page, "unknown-card-register").click()
    expect(by_id(page, "card-number")).to_have_value("777700001111")


def test_child_without_a_birth_date(desk: Desk) -> None:
    provenance = {"at": "2026-01-02T03:04:05.006Z", "by": "nurse1"}
    child: Json = {
        "_id": NO_BIRTH_ID,
        "type": "child",
        "facts": {
            "site": {"value": SITE, **provenance},
            "name": {"value": NO_BIRTH_NAME, **provenance},
            "sex": {"value": "F", **provenance},
        },
        "events": {},
    }
    answer = desk.records.client.put(f"site-{SITE}/{NO_BIRTH_ID}", json=child)
    assert answer.status_code == 201
    page = desk.tablet.page
    for lang in LANGS:
        desk.speak(lang)
        has_children(desk.tablet, CHILDREN + 1)
        find(desk.tablet, NO_BIRTH_NAME)
        says(by_id(page, "no-birth-date"), lang, "child.noBirthWhat", "child.noBirthDo")
        expect(by_id(page, "vaccinate")).to_have_count(0)
        record_dose(desk, "2026-01-01")
        says(by_id(page, "fault"), lang, "denied.no-birth-date", "mend.no-birth-date")
        page.keyboard.press("Escape")
    by_id(page, "edit-facts").click()
    expect(by_id(page, "facts-id-number")).to_be_focused()
    by_id(page, "facts-birth-date").fill("20251001")
    by_id(page, "form-save").click()
    expect(by_id(page, "no-birth-date")).to_have_count(0)
    expect(by_id(page, "due-item").first).to_be_visible()


@pytest.mark.parametrize("lang", LANGS)
def test_date_in_the_future(desk: Desk, lang: Lang, today: dt.date) -> None:
    desk.speak(lang)
    page = desk.tablet.page
    tomorrow = (today + dt.timedelta(days=1)).isoformat()
    before = int(by_id(page, "child-count").get_attribute("data-count") or 0)
    by_id(page, "nav-register").click()
    fill_child(page, "未来儿", tomorrow)
    by_id(page, "register").click()
    expect(by_id(page, "facts-birth-date")).to_have_attribute("aria-invalid", "true")
    says(page.locator(".field", has=by_id(page, "facts-birth-date")), lang, "facts.error.future")
    by_id(page, "nav-home").click()
    has_children(desk.tablet, before)
    child = next(candidates(desk.note))
    find(desk.tablet, child.phone)
    rows = by_id(page, "history-row").count()
    record_dose(desk, tomorrow)
    says(by_id(page, "form-dialog"), lang, "mend.future-date")
    page.keyboard.press("Escape")
    expect(by_id(page, "history-row")).to_have_count(rows)


@pytest.mark.parametrize("lang", LANGS)
def test_dose_before_birth(desk: Desk, lang: Lang) -> None:
    desk.speak(lang)
    page = desk.tablet.page
    child = next(candidates(desk.note))
    find(desk.tablet, child.phone)
    rows = by_id(page, "history-row").count()
    born = dt.date.fromisoformat(child.document["facts"]["birth_date"]["value"])
    record_dose(desk, (born - dt.timedelta(days=1)).isoformat())
    says(by_id(page, "fault"), lang, "denied.before-birth", "mend.before-birth")
    page.keyboard.press("Escape")
    expect(by_id(page, "history-row")).to_have_count(rows)


@pytest.mark.parametrize("lang", LANGS)
def test_expired_lot_cannot_be_chosen(desk: Desk, lang: Lang) -> None:
    desk.speak(lang)
    page = desk.tablet.page
    child = next(candidates(desk.note))
    find(desk.tablet, child.phone)
    by_id(page, "vaccinate", group="MMR").click()
    until_vial(page)
    lot = county_of(desk.note).clinics[0].lots.expired("1201").lot
    expired = by_id(by_id(page, "visit-item", group="MMR"), "lot-option", lot=lot, usable="false")
    says(expired, lang, "lot.expired")
    expect(expired.locator("input")).to_be_disabled()
    expired.click(force=True)
    expect(expired.locator("input")).not_to_be_checked()
    by_id(page, "cancel-visit").click()


@pytest.mark.parametrize("lang", LANGS)
def test_wrong_password(desk: Desk, lang: Lang) -> None:
    desk.speak(lang)
    page = desk.tablet.page
    by_id(page, "logout").click()
    by_id(page, "login-user").fill("nurse1")
    by_id(page, "login-password").fill("not-this-one")
    by_id(page, "login-submit").click()
    key = "login.error.wrong_password"
    says(by_id(page, "login-error"), lang, f"{key}.what", f"{key}.do")
    log_in(desk.tablet, "nurse1")
    expect(by_id(page, "child-count")).to_be_visible()


def test_login_while_the_logout_is_under_way(desk: Desk) -> None:
    """A logout that is slow to end takes neither the page nor the session of the next one."""
    page = desk.tablet.page
    page.evaluate(_SLOW_LOGOUT)
    by_id(page, "logout").click()
    log_in(desk.tablet, "senior1")
    page.evaluate("() => window.loggedOut")
    page.wait_for_timeout(500)
    expect(by_id(page, "child-count")).to_be_visible()
    assert page.evaluate(_WHO) == "senior1"
    by_id(page, "logout").click()
    log_in(desk.tablet, "nurse1")


def test_reload_keeps_the_login(desk: Desk) -> None:
    """F5 is no logout, with the network and without it; after a logout it is no login either."""
    page = desk.tablet.page
    wait_for_worker(desk.tablet)
    by_id(page, "nav-stock").click()
    stock = re.compile("/stock$")
    expect(page).to_have_url(stock)
    for offline in (False, True):
        desk.tablet.context.set_offline(offline)
        page.reload()
        expect(by_id(page, "user-name")).to_be_visible()
        expect(page).to_have_url(stock)
    by_id(page, "nav-home").click()
    assert int(by_id(page, "child-count").get_attribute("data-count") or 0) >= CHILDREN
    desk.tablet.context.set_offline(offline=False)
    by_id(page, "logout").click()
    expect(by_id(page, "login-submit")).to_be_visible()
    page.reload()
    log_in(desk.tablet, "nurse1")


_SLOW_LOGOUT = """() => {
  const real = window.fetch;
  window.loggedOut = new Promise((done) => {
    window.fetch = async (where, how) => {
      if (how?.method !== 'DELETE') return real(where, how);
      await new Promise((later) => setTimeout(later, 3000));
      return real(where, how).finally(done);
    };
  });
}"""
_WHO = "async () => (await (await fetch('/db/_session')).json()).userCtx.name"


def test_full_quota(desk: Desk) -> None:
    """A dose that finds no room is not saved, and says so; with room again it is saved once."""
    child = waiting(desk.note)[1]
    page = desk.tablet.page
    # Chromium takes half a minute to heed a quota, so both languages are asked in one go.
    with no_room(desk):
        for lang in LANGS:
            if by_id(page, "vaccinate-panel").count():
                leave_visit(desk.tablet)
            desk.speak(lang)
            find(desk.tablet, child.phone)
            rows = by_id(page, "history-row").count()
            by_id(page, "vaccinate", group=child.first[0]).click()
            precheck(page)
            says(by_id(page, "fault"), lang, "fault.StorageFull.what", "fault.StorageFull.do")
            banner = by_id(page, "banner-storageFull")
            says(banner, lang, "banner.storageFull.what", "banner.storageFull.do")
    # Nothing has to be typed again.
    by_id(page, "precheck-save").click()
    reach(page, "register")
    leave_visit(desk.tablet)
    prepare(desk.tablet, child.first[0])
    say_given(page)
    expect(by_id(page, "visit-done")).to_be_visible()
    expect(by_id(page, "history-row")).to_have_count(rows + 1)
    expect(by_id(page, "banner-storageFull")).to_have_count(0)
    wait_for_sync(desk.tablet)
    settled(desk, child.id, len(doses(child.document)) + 1)


def test_clock_a_year_off(desk: Desk) -> None:
    """With a clock that is a year off nothing is recorded; once it is right, all goes on."""
    child = waiting(desk.note)[2]
    page = desk.tablet.page
    now = dt.datetime.now(dt.UTC)
    page.clock.set_system_time(now + dt.timedelta(days=365))
    # The page that is open holds the browser's own clock; the one that comes has the wrong one.
    page.reload()
    log_in(desk.tablet, "nurse1")
    for lang in LANGS:
        desk.speak(lang)
        says(by_id(page, "banner-clockWrong"), lang, "banner.clockWrong.what")
        says(by_id(page, "banner-clockWrong"), lang, "banner.clockWrong.do")
        find(desk.tablet, child.phone)
        by_id(page, "vaccinate", group=child.first[0]).click()
        precheck(page)
        says(by_id(page, "fault"), lang, "fault.ClockWrong.what", "fault.ClockWrong.do")
        leave_visit(desk.tablet)
    page.clock.set_system_time(dt.datetime.now(dt.UTC))
    sync_now(desk)
    expect(by_id(page, "banner-clockWrong")).to_have_count(0)
    find(desk.tablet, child.phone)
    prepare(desk.tablet, child.first[0])
    # What the wrong clock warned of is gone once the page has looked at the clock again.
    expect(by_id(page, "override-reason")).to_have_count(0)
    say_given(page)
    expect(by_id(page, "visit-done")).to_be_visible()
    wait_for_sync(desk.tablet)
    settled(desk, child.id, len(doses(child.document)) + 1)


@pytest.mark.parametrize("trouble", [Trouble.ERROR, Trouble.GARBAGE])
def test_server_that_fails_in_the_middle(desk: Desk, trouble: Trouble) -> None:
    """What is recorded while the server answers nonsense waits, and then arrives once."""
    page = desk.tablet.page
    child = waiting(desk.note)[3 if trouble is Trouble.ERROR else 4]
    wait_for_sync(desk.tablet)
    with desk.gateway.trouble(trouble):
        find(desk.tablet, child.phone)
        give(desk.tablet, child.first[0])
        for lang in LANGS:
            desk.speak(lang)
            banner = by_id(page, "banner-server")
            says(banner, lang, "banner.server.what", "banner.server.do")
            sign = by_id(page, "sync-status")
            assert int(sign.get_attribute("data-pending") or 0) > 0
            assert sign.get_attribute("data-refused") == "0"
    wait_for_sync(desk.tablet)
    expect(by_id(page, "banner-server")).to_have_count(0)
    settled(desk, child.id, len(doses(child.document)) + 1)


def test_first_load_that_breaks_off(desk: Desk) -> None:
    """A first load in bad weather goes on where it was, and ends with every child."""
    tablet = Tablet("other", desk.playwright, desk.gateway.url, desk.folder / "other")
    tablet.open()
    try:
        log_in(tablet, "senior1")
        for trouble in (Trouble.CUT, Trouble.GARBAGE, Trouble.ERROR, Trouble.CUT):
            with desk.gateway.trouble(trouble, cut_after=300_000):
                tablet.page.wait_for_timeout(1_500)
        count = len(desk.records.children(f"site-{SITE}"))
        wait_for_sync(tablet)
        has_children(tablet, count)
        assert tablet.failures == []
    finally:
        tablet.close()


def test_nothing_was_lost_and_nothing_failed_unseen(desk: Desk) -> None:
    """After all of it: the server has every child and event of the demo, the page no exception."""
    county = county_of(desk.note)
    there = desk.records.children(f"site-{SITE}")
    for document in county.documents(county.databases[0]):
        if document["type"] == "child":
            events = there[document["_id"]]["events"]
            assert document["events"].items() <= events.items()
    assert desk.tablet.failures == []


_PROBE = """async () => {
  const open = indexedDB.open('probe', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('x');
  await new Promise((done, fail) => { open.onsuccess = done; open.onerror = fail; });
  const write = open.result.transaction('x', 'readwrite');
  write.objectStore('x').put(crypto.getRandomValues(new Uint8Array(60000)), 0);
  const fits = await new Promise((done) => {
    write.oncomplete = () => done(true);
    write.onabort = () => done(false);
  });
  open.result.close();
  return fits;
}"""


@contextmanager
def no_room(desk: Desk) -> Iterator[None]:
    """The browser's quota is used up for as long as that."""
    page = desk.tablet.page
    chromium = desk.tablet.context.new_cdp_session(page)
    origin = desk.gateway.url

    def wait_until(fits: bool) -> None:
        # Chromium looks at the quota anew only now and then.
        end = time.monotonic() + 90
        while page.evaluate(_PROBE) is not fits:
            assert time.monotonic() < end, "the browser does not heed the quota"
            page.wait_for_timeout(500)

    chromium.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    wait_until(False)
    try:
        yield
    finally:
        chromium.send("Storage.overrideQuotaForOrigin", {"origin": origin})
        wait_until(True)
        chromium.detach()


def record_dose(desk: Desk, day: str) -> None:
    """Enters a dose of an earlier day from the certificate (补录) and tries to save it."""
    page = desk.tablet.page
    by_id(page, "record-history").click()
    expect(by_id(page, "form-dialog").locator(":focus")).to_be_visible()
    by_id(page, "record-vaccine").select_option("0202")
    by_id(page, "record-date").fill(day.replace("-", ""))
    by_id(page, "form-save").click()


def sync_now(desk: Desk) -> None:
    page = desk.tablet.page
    by_id(page, "sync-status").click()
    by_id(page, "sync-now").click()
    expect(by_id(page, "sync-now")).to_be_enabled(timeout=60_000)
    page.keyboard.press("Escape")
    expect(by_id(page, "sync-drawer")).to_be_hidden()


def settled(desk: Desk, child: str, count: int) -> None:
    """The server has the child with so many doses, in one version."""
    desk.records.settled(f"site-{SITE}", child, lambda doc: len(doses(doc)) == count)
