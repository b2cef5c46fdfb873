"""The main job from end to end: a clinic vaccinates with the network gone, nothing is lost.

Real browsers, a real server that is stopped and started again, real bytes of a card reader on a
pseudo-terminal. The seven parts follow each other in one test, as they do in a clinic's morning.
"""

import datetime as dt
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from choice import Candidate, candidates
from counter import (
    Records,
    by_id,
    doses,
    fill_child,
    find,
    give,
    has_all_children,
    log_in,
    pair,
    pending,
    until_vial,
    wait_for_all,
    wait_for_load,
    wait_for_offline,
    wait_for_pdf,
    wait_for_sync,
    wait_for_worker,
    words,
)
from harness import Bridge, Server, Tablet
from messages import pattern
from playwright.sync_api import expect
from pypdf import PdfReader

from miaopu.serve.demo_note import Note

SITE, COUNTY = "9901210001", "990121"
NEW_CARD = "88880000000000001"
NEW_NAME = "青小禾"


@pytest.mark.timeout(600)
def test_a_clinic_vaccinates_with_the_network_gone(
    server: Server,
    bridge: Bridge,
    tablet: Callable[[str], Tablet],
    note: Note,
    today: dt.date,
) -> None:
    child = next(candidates(note))
    first, second, manager = tablet("first"), tablet("second"), tablet("manager")

    # 1. The tablets load their clinic once.
    everything_is_in_the_county(server, note)
    for one, nurse in ((first, "nurse1"), (second, "senior1")):
        one.open()
        log_in(one, nurse)
        wait_for_load(one)
        wait_for_sync(one)
        has_all_children(one, Records(server), SITE)
        wait_for_worker(one)
    pair(first, bridge)
    manager.open()
    log_in(manager, "county")
    expect(by_id(manager.page, "manager-coverage")).to_be_visible(timeout=60_000)
    before = coverage(manager, child)
    manager.close()

    # 2. The server is gone; the browser starts anew, from the service worker.
    server.stop()
    first.close()
    first.open()
    expect(by_id(first.page, "login-network")).to_contain_text(pattern("zh", "login.offline"))
    log_in(first, "nurse1")
    wait_for_offline(first)
    assert pending(first) == 0

    # 3. A card is swiped: the child, what is due today, what is not and why.
    swipe_shows(first, bridge, child)

    # 4. A dose is given and printed.
    lot = dose_is_given(first, child, today)
    forms_are_printed(first, bridge, child, lot)

    # 5. A child is registered, with a number of the clinic's block and a card.
    code = child_is_registered(first, bridge, today)

    # 6. The second tablet, offline too, gives the same child another vaccine.
    wait_for_offline(second)
    find(second, child.phone)
    expect(by_id(second.page, "child-name")).to_have_text(child.name)
    group, vaccine = child.second
    expect(by_id(second.page, "history-row", date=today.isoformat())).to_have_count(0)
    give(second, group, last_line(child))
    expect(
        by_id(second.page, "history-row", vaccine=vaccine, date=today.isoformat())
    ).to_have_count(1)

    # 7. The server comes back, and all of it gets there.
    for one in (first, second):
        assert pending(one) > 0
        expect(by_id(one.page, "sync-status")).to_have_attribute("data-state", "pendingOffline")
    back = dt.datetime.now(dt.UTC)
    server.start()
    for one in (first, second):
        wait_for_all(one)
        day_is_closed(one)
    records_are_one(server, child, code, today)
    both_tablets_show_both(first, second, child, today)
    manager_sees_it(manager, child, before, back)
    for one in (first, second, manager):
        assert one.failures == []


def everything_is_in_the_county(server: Server, note: Note) -> None:
    """Waits until the clinics' databases have been replicated to the county's."""
    records = Records(server)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        rows = records.get(f"region-{COUNTY}/_design/coverage/_view/children", group_level="1")
        if sum(row["value"] for row in rows["rows"]) == note.sites * note.children_per_site:
            return
        time.sleep(0.3)
    raise AssertionError("the county did not get the clinics' children")


def swipe_shows(tablet: Tablet, bridge: Bridge, child: Candidate) -> None:
    page = tablet.page
    bridge.swipe(child.card)
    expect(by_id(page, "child-name")).to_have_text(child.name)
    assert "%" not in page.url
    assert child.name not in page.url
    for group, _ in (child.first, child.second):
        expect(by_id(page, "due-item", group=group)).to_be_visible()
    expect(by_id(page, "history")).to_be_visible()
    others = by_id(page, "not-due-item")
    assert others.count() >= 4
    reasons = [words(text) for text in others.all_inner_texts()]
    assert all(len(reason) > 3 for reason in reasons)
    assert not any("reasons." in reason or "plan." in reason for reason in reasons)
    assert page.locator('[data-testid="history-row"]').count() == len(doses(child.document))


def dose_is_given(tablet: Tablet, child: Candidate, today: dt.date) -> str:
    page = tablet.page
    group, vaccine = child.first
    by_id(page, "vaccinate", group=group).click()
    until_vial(page)
    expired = by_id(by_id(page, "visit-item", group=group), "lot-option", usable="false")
    # Every clinic of the demo has a lot of this vaccine that has expired.
    assert vaccine == "1201"
    expect(expired.locator("input").first).to_be_disabled()
    by_id(page, "cancel-visit").click()
    # What was recorded stands: only the vial and the checks are left.
    lot = give(tablet, group, last_line(child))
    row = by_id(page, "history-row", vaccine=vaccine, date=today.isoformat(), status="valid")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(lot)
    expect(by_id(page, "due-item", group=group)).to_have_count(0)
    expect(by_id(page, "not-due-item", group=group)).to_be_visible()
    expect(by_id(page, "child-pending")).to_be_visible()
    appointment = by_id(page, "next-appointment").get_attribute("data-date")
    assert appointment is None or appointment >= today.isoformat()
    return lot


def last_line(child: Candidate) -> str:
    """The date of the last line in the child's booklet."""
    return max(str(dose["date"]) for dose in doses(child.document))


def forms_are_printed(tablet: Tablet, bridge: Bridge, child: Candidate, lot: str) -> None:
    known: set[Path] = set(bridge.pdfs())
    texts = []
    for form in ("print-notice", "print-certificate"):
        by_id(tablet.page, form).click()
        pdf = wait_for_pdf(bridge, known)
        known.add(pdf)
        texts.append(chinese_text_of(pdf))
    notice, certificate = texts
    assert child.name in notice
    assert "留观" in notice
    assert lot in certificate


def chinese_text_of(pdf: Path) -> str:
    """The text of a PDF; fails when one of its fonts is not embedded in it."""
    reader = PdfReader(pdf)
    for page in reader.pages:
        fonts = page["/Resources"]["/Font"]
        for name in fonts:
            (inner,) = fonts[name].get("/DescendantFonts", [fonts[name]])
            descriptor = inner.get_object()["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), name
    return words("".join(page.extract_text() for page in reader.pages))


def child_is_registered(tablet: Tablet, bridge: Bridge, today: dt.date) -> str:
    page = tablet.page
    by_id(page, "nav-register").click()
    expect(by_id(page, "register-page")).to_be_visible()
    born = today - dt.timedelta(days=40)
    fill_child(page, NEW_NAME, born.isoformat(), mother="王青", phone="15400000001")
    bridge.swipe(NEW_CARD)
    expect(by_id(page, "card-number")).to_have_value(NEW_CARD)
    by_id(page, "register").click()
    expect(by_id(page, "child-name")).to_have_text(NEW_NAME)
    expect(by_id(page, "child-card")).to_have_text(NEW_CARD)
    code = by_id(page, "child-code").inner_text().strip()
    assert re.fullmatch(rf"{SITE}{born.year}\d{{4}}", code)
    # The card works at once, from any page.
    by_id(page, "nav-home").click()
    bridge.swipe(NEW_CARD)
    expect(by_id(page, "child-name")).to_have_text(NEW_NAME)
    return code


def day_is_closed(tablet: Tablet) -> None:
    page = tablet.page
    by_id(page, "sync-status").click()
    expect(by_id(page, "pending-list").locator("li")).to_have_count(0)
    by_id(page, "close-day").click()
    expect(by_id(page, "day-close", closed="true")).to_be_visible(timeout=60_000)
    page.keyboard.press("Escape")
    expect(by_id(page, "day-close")).to_be_hidden()


def records_are_one(server: Server, child: Candidate, code: str, today: dt.date) -> None:
    """The server holds one version of the child with both doses, and nothing else was lost."""
    records = Records(server)
    for database in (f"site-{SITE}", f"region-{COUNTY}"):
        found = records.settled(database, child.id, lambda doc: len(given_on(doc, today)) == 2)
        assert {dose["vaccine"] for dose in given_on(found, today)} == {
            child.first[1],
            child.second[1],
        }
        before, after = child.document["events"], found["events"]
        assert {key: after[key] for key in before} == before
        assert len({dose["station"] for dose in given_on(found, today)}) == 2
        registered = [
            doc
            for doc in records.children(database).values()
            if doc["facts"]["child_code"]["value"] == code
        ]
        assert [doc["facts"]["name"]["value"] for doc in registered] == [NEW_NAME]
    block = records.get(f"site-{SITE}/numbers:{SITE}:{code[10:14]}:{code[14:16]}")
    card = next(event for event in registered[0]["events"].values() if event["kind"] == "card")
    assert (block["station"], card["number"]) == (card["station"], NEW_CARD)


def given_on(child: dict[str, object], day: dt.date) -> list[dict[str, object]]:
    return [dose for dose in doses(child) if dose["date"] == day.isoformat()]


def both_tablets_show_both(first: Tablet, second: Tablet, child: Candidate, today: dt.date) -> None:
    for one in (first, second):
        find(one, child.phone)
        rows = by_id(one.page, "history-row", date=today.isoformat())
        expect(rows).to_have_count(2, timeout=60_000)
        for _, vaccine in (child.first, child.second):
            expect(
                by_id(one.page, "history-row", date=today.isoformat(), vaccine=vaccine)
            ).to_have_attribute("data-status", "valid")


def coverage(tablet: Tablet, child: Candidate) -> dict[str, tuple[int, int]]:
    """The manager's table of the child's month of birth: group → (done, of) of its next dose."""
    page = tablet.page
    month = child.document["facts"]["birth_date"]["value"][:7]
    by_id(page, "cohort-from").fill(month)
    by_id(page, "cohort-to").fill(month)
    by_id(page, "cohort-apply").click()
    expect(by_id(page, "manager-reload")).to_be_enabled(timeout=60_000)
    found = {}
    for group, vaccine in (child.first, child.second):
        number = 1 + len({d["date"] for d in doses(child.document) if d["vaccine"] == vaccine})
        cell = by_id(page, "coverage-cell", site=SITE, group=group, n=str(number))
        # A dose that no child of the month has had yet has no column.
        done, total = (
            (cell.get_attribute(f"data-{name}") or "0" for name in ("done", "total"))
            if cell.count()
            else ("0", "0")
        )
        found[group] = (int(done), int(total))
    return found


def manager_sees_it(
    tablet: Tablet, child: Candidate, before: dict[str, tuple[int, int]], back: dt.datetime
) -> None:
    """One more child is covered for each of the two doses, and the clinic has synced since."""
    page = tablet.open()
    if by_id(page, "login-user").count():
        log_in(tablet, "county")
    expect(by_id(page, "manager-coverage")).to_be_visible(timeout=60_000)
    after = coverage(tablet, child)
    for group, (done, total) in before.items():
        assert after[group] == (done + 1, total or after[group][1])
    row = by_id(page, "site-last-sync", site=SITE)
    synced = dt.datetime.fromisoformat(row.get_attribute("data-synced-at") or "")
    assert synced >= back
    assert row.get_attribute("data-refused") == "0"
    expect(by_id(page, "site-last-sync")).to_have_count(3)
