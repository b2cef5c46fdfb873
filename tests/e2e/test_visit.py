"""A returning child from the swipe to the printed line, and consent at the guardian's window."""

import time
from collections.abc import Callable

import pytest
from choice import Candidate, county_of, waiting
from counter import (
    Json,
    Records,
    by_id,
    find,
    log_in,
    pair,
    precheck,
    reach,
    wait_for_load,
    wait_for_sync,
)
from harness import Bridge, Server, Tablet
from playwright.sync_api import Page, expect

from miaopu.demo.pin import DEMO_PIN
from miaopu.serve.demo_note import Note

SITE = "9901210001"
_KEYS_A_SECOND = 3
_MOST_KEYS = 6
_SECONDS = 20


class Hand:
    """A nurse who types three keys a second; what the desk's devices send is none of her keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0
        self.away = 0.0
        """Seconds that the simulated devices' own programs took to start."""

    def type(self, *keys: str, counted: bool = True) -> None:
        for key in keys:
            self.page.wait_for_timeout(1000 / _KEYS_A_SECOND)
            self.page.keyboard.press(key)
            self.keys += counted

    def device(self, act: Callable[[], None]) -> None:
        start = time.monotonic()
        act()
        self.away += time.monotonic() - start


def has_pin(child: Candidate) -> bool:
    return any(event["kind"] == "pin" for event in child.document["events"].values())


def with_one_due(desk: Tablet, note: Note) -> Candidate:
    """A child with a PIN, for whom one vaccine of one amount is due, and nothing else."""
    page = desk.page
    for child in waiting(note):
        if child.first[1] == "1902":
            continue
        find(desk, child.phone)
        expect(by_id(page, "due-item", group=child.first[0])).to_be_visible()
        if by_id(page, "due-item").count() != 1:
            continue
        if not has_pin(child):
            by_id(page, "record-pin").click()
            by_id(page, "pin-first").fill(DEMO_PIN)
            by_id(page, "pin-second").fill(DEMO_PIN)
            by_id(page, "form-save").click()
            expect(by_id(page, "other-row", kind="pin")).to_be_visible()
        by_id(page, "nav-home").click()
        return child
    pytest.fail("for each child of the demo county more than one vaccine is due")


def events(records: Records, child: Candidate) -> list[Json]:
    """The events of a child that were recorded since, in their order."""
    now = records.get(f"site-{SITE}/{child.id}")["events"]
    return [now[key] for key in sorted(now) if key not in child.document["events"]]


def test_a_returning_child_takes_six_keys(
    tablet: Callable[[str], Tablet], bridge: Bridge, server: Server, note: Note
) -> None:
    """From the swipe to line and notice: each step is recorded, none is skipped."""
    desk = tablet("desk")
    page = desk.open()
    log_in(desk, "nurse1")
    wait_for_load(desk)
    pair(desk, bridge)
    child = with_one_due(desk, note)
    group, vaccine = child.first
    lots = county_of(note).clinics[0].lots
    drug = lots.get(vaccine, lots.period(vaccine, lots.today)).drug
    wait_for_sync(desk)
    hand = Hand(page)
    began = time.monotonic()

    hand.device(lambda: bridge.swipe(child.card))
    expect(by_id(page, "child-name")).to_have_text(child.name)
    expect(by_id(page, "due-item", group=group)).to_be_visible()
    hand.type("3", "6", ".", "6", counted=False)
    expect(by_id(page, "temperature")).to_have_value("36.6")
    hand.type("F9")
    reach(page, "register")
    hand.type("Enter")
    reach(page, "consent")
    hand.device(lambda: bridge.hand("pin", DEMO_PIN))
    reach(page, "give")
    hand.device(lambda: bridge.hand("scan", f"{drug}0000000000017"))
    expect(by_id(page, "trace-code").first).to_have_text(f"{drug}0000000000017")
    expect(by_id(page, "check", check="name", done="true")).to_be_visible()
    hand.type("Enter", "Enter", "Enter")
    expect(by_id(page, "visit-done")).to_be_visible()
    hand.type("Enter")
    expect(by_id(page, "other-row", kind="printed")).to_be_visible()
    took = time.monotonic() - began - hand.away

    assert hand.keys <= _MOST_KEYS
    assert took < _SECONDS, f"{took:.1f} s"
    wait_for_sync(desk)
    recorded = events(Records(server), child)
    recorded = [event for event in recorded if event["kind"] != "pin"]
    kinds = [event["kind"] for event in recorded]
    # The notice books the day that it names.
    assert kinds == ["precheck", "registration", "consent", "dose", "appointment", "printed"]
    answers = recorded[0]["answers"]
    assert len(answers) == 8
    assert not any(answers.values())
    assert recorded[2]["informed"]["method"] == "pin"
    dose = recorded[3]
    assert dose["trace_code"] == f"{drug}0000000000017"
    assert {"lot", "expiry", "spec", "amount", "route", "body_site", "consent"} <= dose.keys()
    assert "override" not in dose


def test_consent_by_signature_at_the_guardian_s_window(
    tablet: Callable[[str], Tablet], server: Server, note: Note
) -> None:
    """The second window shows what is proposed; what is signed there is the desk's consent."""
    child = next(one for one in waiting(note) if has_pin(one))
    desk = tablet("desk")
    page = desk.open()
    log_in(desk, "nurse1")
    wait_for_load(desk)
    find(desk, child.phone)
    by_id(page, "vaccinate", group=child.first[0]).click()
    precheck(page)
    reach(page, "register")
    by_id(page, "register-set").click()
    reach(page, "consent")
    with page.expect_popup() as opened:
        by_id(page, "guardian-screen").click()
    window = opened.value
    expect(by_id(window, "guardian-vaccine")).to_have_count(1)
    expect(by_id(window, "guardian-agree")).to_be_disabled()

    # A wrong PIN is said on both sides, and counted.
    by_id(window, "guardian-pin").fill("135790")
    by_id(window, "guardian-pin").press("Enter")
    expect(by_id(window, "guardian-answer")).to_be_visible()
    expect(by_id(page, "pin-said")).to_be_visible()

    box = by_id(window, "signature-pad").bounding_box()
    assert box is not None
    window.mouse.move(box["x"] + 40, box["y"] + 60)
    window.mouse.down()
    for step in range(12):
        window.mouse.move(box["x"] + 40 + 20 * step, box["y"] + 60 + 10 * (step % 3))
    window.mouse.up()
    by_id(window, "guardian-agree").click()
    reach(page, "give")
    expect(by_id(window, "guardian-taken")).to_be_visible()
    wait_for_sync(desk)
    recorded = events(Records(server), child)
    assert [event["kind"] for event in recorded] == ["precheck", "registration", "pin", "consent"]
    assert recorded[2]["step"] == "wrong"
    assert recorded[3]["informed"]["method"] == "signature"
    assert 4 <= len(recorded[3]["strokes"]) <= 4000
    assert "135790" not in str(recorded)
