"""The schedule at the counter (接种台上的免疫程序): what it says, what one may do in spite of it,
and what a region changes of it without a change to the program.
"""

import datetime as dt
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from counter import (
    PASSWORD,
    Json,
    Records,
    by_id,
    doses,
    find,
    log_in,
    look_until,
    say_given,
    until_vial,
    wait_for_load,
    wait_for_sync,
)
from harness import BIN, ROOT, Server, Tablet
from playwright.sync_api import Locator, Page, Playwright, expect, sync_playwright

from miaopu.ids import ulid_of
from miaopu.serve.demo_note import Note, read_note
from miaopu.serve.keep import open_keep

SITE = "9901210001"
COUNTY = "990121"
CHILDREN = 60
NOW = dt.datetime.now(dt.UTC)
WHO = {
    "at": (NOW - dt.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "by": "nurse1",
    "station": "01JD0000000000000000000009",
    "site": SITE,
    "offset_ms": 0,
    "app": "test",
}


def _event_id(child: int, index: int) -> str:
    """An id of the time of its event."""
    at = dt.datetime.fromisoformat(WHO["at"])
    return ulid_of(round(at.timestamp() * 1000), child * 1000 + index)


@dataclass
class Desk:
    """A clinic's desk, and a way to put children and rules there."""

    server: Server
    tablet: Tablet
    note: Note
    playwright: Playwright
    count: int = 0

    @property
    def page(self) -> Page:
        return self.tablet.page

    @property
    def today(self) -> dt.date:
        return dt.date.fromisoformat(self.note.today)

    def client(self, account: str) -> httpx.Client:
        return Records(self.server, account).client

    def administrator(self) -> httpx.Client:
        """Of the database: its word is checked by nobody."""
        auth = ("miaopu-admin", open_keep(self.server.data).admin_password)
        return httpx.Client(base_url=f"{self.server.url}/db/", auth=auth, trust_env=False)

    def child(self, name: str, months: int, *given: tuple[int, str], **more: Json) -> str:
        """A child of so many months who has had doses, each (days ago, vaccine); its id."""
        self.count += 1
        doc_id = f"child:01JD000000000000000000{self.count:04d}"
        born = self.today - dt.timedelta(days=round(months * 30.5))
        facts = {"site": SITE, "name": name, "sex": "F", "birth_date": born.isoformat()}
        events: Json = {
            _event_id(self.count, index): {
                **WHO,
                "kind": "dose",
                "origin": "history",
                "date": (self.today - dt.timedelta(days=days)).isoformat(),
                "vaccine": vaccine,
            }
            for index, (days, vaccine) in enumerate(given)
        }
        for index, event in enumerate(more.values()):
            events[_event_id(self.count, 500 + index)] = {**WHO, **event}
        document = {
            "_id": doc_id,
            "type": "child",
            "facts": {
                key: {"value": value, "at": WHO["at"], "by": WHO["by"]}
                for key, value in facts.items()
            },
            "events": events,
        }
        with self.client("nurse1") as nurse:
            answer = nurse.put(f"site-{SITE}/{doc_id}", json=document)
            assert answer.status_code == 201, answer.text
        return doc_id

    def open(self, name: str) -> None:
        """Opens a child, once it has come to the tablet."""
        sync(self.page)
        find(self.tablet, name)
        expect(by_id(self.page, "child-name")).to_have_text(name)

    def stored(self, doc_id: str) -> Json:
        """The child on the server, once all has been pushed."""
        wait_for_sync(self.tablet)
        return Records(self.server).get(f"site-{SITE}/{doc_id}")


def sync(page: Page) -> None:
    by_id(page, "sync-status").click()
    by_id(page, "sync-now").click()
    expect(by_id(page, "sync-now")).to_be_enabled()
    page.keyboard.press("Escape")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    folder: Path = ROOT / "build" / "e2e" / "schedule_in_use"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = folder / "data"
    command = [str(BIN / "miaopu"), "demo", "--data", str(data)]
    command += ["--sites", "1", "--children", str(CHILDREN), "--seed", "3"]
    subprocess.run(command, check=True, timeout=120, cwd=ROOT)  # noqa: S603
    note = read_note(data)
    assert note is not None
    server = Server(data, folder / "server.log")
    server.start()
    try:
        with sync_playwright() as playwright:
            tablet = Tablet("tablet", playwright, server.url, folder / "tablet")
            tablet.open()
            log_in(tablet, "senior1")
            wait_for_load(tablet)
            wait_for_sync(tablet)
            yield Desk(server, tablet, note, playwright)
            assert tablet.failures == []
            tablet.close()
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def begin_at_the_start(request: pytest.FixtureRequest, desk: Desk) -> Iterator[None]:
    yield
    desk.tablet.picture(request.node.name)
    desk.page.keyboard.press("Escape")
    by_id(desk.page, "nav-home").click()


def group(page: Page, name: str) -> Locator:
    """A vaccine group among what is due and what is not."""
    return page.locator(f'[data-testid$="due-item"][data-group="{name}"]').first


def fill_visit(page: Page) -> None:
    """Everything of a visit that is not a reason."""
    until_vial(page)
    by_id(page, "lot-option", usable="true").first.locator("input").check()


def give_with_reason(desk: Desk, name: str, doc_id: str, warning: str) -> Json:
    """Vaccinates against what the schedule says: never without a warning and a reason."""
    page = desk.page
    group(page, name).locator("[data-testid^=vaccinate]").click()
    fill_visit(page)
    shown = by_id(page, "warnings")
    expect(shown.locator(f'[data-code="{warning}"]').first).not_to_contain_text(warning)
    look_until(page, "vial")
    by_id(page, "look").click()
    expect(by_id(page, "needs")).to_be_visible()
    expect(by_id(page, "override-reason")).to_have_attribute("aria-invalid", "true")
    by_id(page, "override-reason").fill("犬只疫区，经家长知情")
    look_until(page, "given")
    say_given(page)
    expect(by_id(page, "visit-done")).to_be_visible()
    given = [one for one in doses(desk.stored(doc_id)) if one["origin"] == "given"]
    assert len(given) == 1
    assert warning in given[0]["override"]["warnings"]
    assert given[0]["override"]["reason"] == "犬只疫区，经家长知情"
    return given[0]


def test_the_forecast_says_why_and_a_tap_shows_the_trail(desk: Desk) -> None:
    desk.child("程序甲", 3, (90, "0201"), (90, "0101"), (20, "0201"))
    desk.open("程序甲")
    page = desk.page
    # HepB-3 is still to come: when, and by which rule, in words.
    waiting = by_id(page, "not-due-item", group="HepB")
    expect(waiting.locator(".when")).to_contain_text("20")
    expect(waiting.locator(".why")).to_contain_text("月龄")
    for shown in (by_id(page, "not-due"), by_id(page, "due-today")):
        for code in ("forecast.", "dose.", "notComplete", "undefined", "{"):
            expect(shown).not_to_contain_text(code)
    waiting.locator(".main").click()
    trail = by_id(page, "trail")
    expect(trail.locator("li").nth(3)).to_be_visible()
    expect(trail.locator(".rule").first).to_have_attribute("title", "5.1")
    expect(trail).not_to_contain_text("forecast.")


def test_an_early_dose_needs_a_reason(desk: Desk) -> None:
    doc_id = desk.child("程序乙", 6, (180, "0201"), (150, "0201"))
    desk.open("程序乙")
    dose = give_with_reason(desk, "MMR", doc_id, "dose.tooYoung")
    assert dose["vaccine"] == "1201"
    by_id(desk.page, "done-close").click()
    # It stands in the history and does not count.
    expect(by_id(desk.page, "not-due-item", group="MMR")).to_be_visible()


def test_a_contraindicated_dose_needs_a_reason(desk: Desk) -> None:
    when = (desk.today - dt.timedelta(days=30)).isoformat()
    doc_id = desk.child(
        "程序丙",
        10,
        (300, "0201"),
        found={"kind": "contraindication", "code": "immunodeficiency", "date": when},
    )
    desk.open("程序丙")
    item = by_id(desk.page, "not-due-item", group="MMR")
    expect(item).to_have_attribute("data-status", "contraindicated")
    give_with_reason(desk, "MMR", doc_id, "visit.contraindicated")


def test_a_later_dose_may_be_recorded_though_an_earlier_is_missing(desk: Desk) -> None:
    doc_id = desk.child("程序丁", 40)
    desk.open("程序丁")
    page = desk.page
    by_id(page, "record-history").click()
    by_id(page, "record-vaccine").select_option("1701")
    before = desk.today - dt.timedelta(days=30)
    by_id(page, "record-date").fill(before.isoformat().replace("-", ""))
    page.locator("#record-number").fill("3")
    by_id(page, "form-save").click()
    expect(by_id(page, "history-row")).to_have_count(1)
    (dose,) = doses(desk.stored(doc_id))
    assert dose["number"] == 3


def test_an_overdue_child_can_always_be_vaccinated(desk: Desk) -> None:
    doc_id = desk.child("程序戊", 50)
    desk.open("程序戊")
    page = desk.page
    due = by_id(page, "due-item", group="MMR")
    expect(due.locator(".tag.warn")).to_be_visible()
    by_id(due, "vaccinate").click()
    fill_visit(page)
    expect(by_id(page, "warnings")).to_have_count(0)
    look_until(page, "given")
    say_given(page)
    expect(by_id(page, "visit-done")).to_be_visible()
    assert len(doses(desk.stored(doc_id))) == 1


def test_a_corrected_date_recomputes_everything_at_once(desk: Desk) -> None:
    desk.child("程序己", 1, (30, "0201"), (30, "0101"))
    desk.open("程序己")
    page = desk.page
    expect(by_id(page, "not-due-item", group="DTaP")).to_be_visible()
    by_id(page, "edit-facts").click()
    expect(by_id(page, "facts-id-number")).to_be_focused()
    born = desk.today - dt.timedelta(days=70)
    by_id(page, "facts-birth-date").fill(born.isoformat().replace("-", ""))
    by_id(page, "form-save").click()
    expect(by_id(page, "due-item", group="DTaP")).to_be_visible(timeout=2000)
    expect(by_id(page, "due-item", group="Polio")).to_be_visible(timeout=2000)


def test_a_clinic_sets_its_schedules_and_parameters(desk: Desk) -> None:
    desk.child("程序庚", 9, (270, "0201"))
    desk.open("程序庚")
    page = desk.page
    expect(by_id(page, "offered")).to_be_visible()
    by_id(page, "nav-settings").click()
    by_id(page, "offer-cn-non-programme").uncheck()
    by_id(page, "site-hepb-dose1-dose3").fill("soon")
    by_id(page, "site-rules-save").click()
    expect(by_id(page, "site-hepb-dose1-dose3")).to_have_attribute("aria-invalid", "true")
    by_id(page, "site-hepb-dose1-dose3").fill("4 months")
    by_id(page, "site-rules-save").click()
    expect(page.locator(".el-message--success")).to_be_visible()
    find(desk.tablet, "程序庚")
    expect(by_id(page, "due-item").first).to_be_visible()
    expect(by_id(page, "offered")).to_have_count(0)
    wait_for_sync(desk.tablet)
    settings = Records(desk.server).get(f"site-{SITE}/settings:{SITE}")
    assert settings["schedules"] == ["cn-nip-2026"]
    assert settings["parameters"]["hepb-dose1-dose3"] == "4 months"
    by_id(page, "nav-settings").click()
    by_id(page, "offer-cn-non-programme").check()
    by_id(page, "site-hepb-dose1-dose3").fill("")
    by_id(page, "site-rules-save").click()
    find(desk.tablet, "程序庚")
    expect(by_id(page, "offered")).to_be_visible()


def rule(name: str, layer: Json) -> Json:
    return {
        "_id": f"layer:{name}",
        "type": "layer",
        "name": name,
        "title": name,
        "region": COUNTY,
        "effective": "2026-01-01",
        "layer": layer,
        "updated_at": "2026-01-01T00:00:00.000Z",
        "updated_by": "county-admin",
    }


def test_a_region_s_rule_reaches_the_counter(desk: Desk, tmp_path: Path) -> None:
    # With BCG, after which nothing is left to be asked.
    desk.child("程序辛", 9, (270, "0201"), (270, "0101"))
    desk.open("程序辛")
    expect(by_id(desk.page, "held")).to_have_count(0)

    office = Tablet("county", desk.playwright, desk.server.url, tmp_path / "county")
    page = office.open()
    log_in(office, "county-admin")
    by_id(page, "nav-schedules").click()
    expect(by_id(page, "schedule-table").locator('[data-group="DTaP"]').first).to_be_visible()
    by_id(page, "rule-add").click()
    by_id(page, "rule-kind-interval").check()
    by_id(page, "rule-title").fill("百白破间隔三个月")
    by_id(page, "rule-antigen").select_option("DTaP")
    by_id(page, "rule-dose").select_option("2")
    by_id(page, "rule-amount").fill("3")
    by_id(page, "rule-unit").select_option("months")
    expect(by_id(page, "rule-warnings")).to_contain_text("5月")
    expect(by_id(page, "form-save")).to_be_disabled()
    # Before it is saved: what changes, for an example child and for the county.
    expect(by_id(page, "trial-child", months="2")).to_have_attribute("data-changed", "1")
    by_id(page, "rule-kind-visit").check()
    by_id(page, "rule-maxInjections").fill("1")
    expect(by_id(page, "rule-good")).to_be_visible()
    expect(by_id(page, "trial-region")).to_be_visible(timeout=30_000)
    expect(by_id(page, "trial-child")).to_have_count(10)
    office.picture("rule")
    by_id(page, "form-save").click()
    expect(by_id(page, "rule", state="inForce")).to_be_visible()
    office.picture("rules")

    sync(desk.page)
    expect(by_id(desk.page, "held").first).to_be_visible()

    by_id(page, "rule-withdraw").click()
    expect(by_id(page, "withdraw-ask")).to_contain_text("撤回")
    by_id(page, "form-save").click()
    expect(by_id(page, "rule", state="withdrawn")).to_be_visible()
    assert office.failures == []
    office.close()
    sync(desk.page)
    expect(by_id(desk.page, "held")).to_have_count(0)


def test_a_faulty_rule_is_left_out_and_reported(desk: Desk) -> None:
    faulty = {"kind": "interval", "antigen": "DTaP", "dose": 19, "interval": {"from": "previous"}}
    with desk.client("county-admin") as county:
        answer = county.put("catalog/layer:faulty", json=rule("faulty", faulty))
        assert answer.json()["reason"] == "[programme-unusable] field layer"
    # It may fit no more all the same, when the edition changes under it.
    with desk.administrator() as admin:
        answer = admin.put("catalog/layer:faulty", json=rule("faulty", faulty))
        assert answer.status_code == 201, answer.text
    desk.child("程序壬", 9, (270, "0201"))
    desk.open("程序壬")
    page = desk.page
    expect(by_id(page, "skipped-rules")).to_contain_text("faulty")
    expect(by_id(page, "due-item").first).to_be_visible()
    wait_for_sync(desk.tablet)
    found = Records(desk.server).get(
        f"site-{SITE}/_all_docs", startkey='"problem:"', endkey='"problem;"', include_docs="true"
    )
    (problem,) = [row["doc"] for row in found["rows"]]
    assert problem["document"] == "layer:faulty"
    assert "DTaP 19" in problem["reason"]


def test_lists_cover_the_vaccines_offered_besides(desk: Desk) -> None:
    # Varicella is recommended at 12 months: today for this child; nothing else is.
    page = desk.page
    born = desk.today.replace(year=desk.today.year - 1)
    doc_id = desk.child("程序癸", 12)
    with desk.client("nurse1") as nurse:
        document = nurse.get(f"site-{SITE}/{doc_id}").json()
        document["facts"]["birth_date"]["value"] = born.isoformat()
        document["facts"]["birth_date"]["at"] = NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert nurse.put(f"site-{SITE}/{doc_id}", json=document).status_code == 201
    sync(page)
    by_id(page, "tab-late").check()
    expect(by_id(page, "late-besides")).to_be_visible()
    before = page.locator("[data-testid=tab-late] ~ .num").inner_text()
    by_id(page, "late-besides").locator("input").check()
    expect(by_id(page, "row-voluntary").first).to_be_visible(timeout=30_000)
    assert int(page.locator("[data-testid=tab-late] ~ .num").inner_text()) >= int(before)


def test_who_may_not_write_a_rule_is_refused(desk: Desk) -> None:
    layer = {"kind": "visit", "maxInjections": 2}
    for account in ("nurse1", "senior1", "admin1", "county"):
        with desk.client(account) as client:
            answer = client.put("catalog/layer:mine", json=rule("mine", layer))
            assert answer.status_code == 403, account
    body = {"proposal": {k: v for k, v in rule("mine", layer).items() if k != "_id"}}
    body["today"] = "2026-11-29"
    url = f"{desk.server.url}/api/schedules/preview"
    assert httpx.post(url, json=body).status_code == 401
    answer = httpx.post(url, json=body, auth=("county-admin", PASSWORD), timeout=30)
    assert answer.json()["problems"] == []
