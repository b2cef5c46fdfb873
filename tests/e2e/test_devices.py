"""The desk's devices in a real browser: an ID card fills the form, a card is written and read back.

A pulled cable and a wrong baud rate are said by name, and all goes on by itself when it is mended.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from counter import by_id, log_in, pair, wait_for_load
from harness import Bridge, Server, Tablet
from playwright.sync_api import Page, expect

NAME, BORN = "欧阳苗圃", "2026-03-15"
NUMBER = "410102202603150025"
ADDRESS = "河南省某县城关镇人民路 1 号"


@pytest.fixture
def desk(server: Server, folder: Path) -> Iterator[Bridge]:
    """A bridge whose reader writes, and whose pad is asked."""
    kinds = ("--simulate-reader", "bank-esc", "--simulate-pad", "pin-plain")
    bridge = Bridge(folder / "bridge", [server.url], folder / "bridge.log", *kinds)
    bridge.start()
    yield bridge
    bridge.stop()


def sign_says(page: Page, code: str) -> None:
    expect(by_id(page, "device-sign", code=code)).to_be_visible()


def test_the_devices_of_a_desk(
    server: Server, desk: Bridge, tablet: Callable[[str], Tablet]
) -> None:
    first = tablet("first")
    first.open()
    log_in(first, "nurse1")
    wait_for_load(first)
    pair(first, desk)
    page = first.page
    expect(by_id(page, "device-sign")).to_have_count(0)

    id_card_fills_the_form(page, desk)
    card = card_is_written(page, desk)
    cables_are_pulled(page, desk)

    # What was written is what the clinic knows: by a swipe, and by the label under a scanner.
    for open_it in (lambda: desk.swipe(card), lambda: desk.hand("scan", card)):
        by_id(page, "nav-home").click()
        expect(by_id(page, "child-card")).to_have_count(0)
        open_it()
        expect(by_id(page, "child-card")).to_have_text(card)

    desk.hand("rate", "5")
    by_id(page, "nav-daysheets").click()
    expect(by_id(page, "day-ratings", count="1")).to_be_visible()
    assert first.failures == []


def id_card_fills_the_form(page: Page, desk: Bridge) -> None:
    """An ID card that nobody here has opens the form of a new child, filled."""
    desk.hand("id-card", NAME, NUMBER, "--address", ADDRESS)
    expect(by_id(page, "id-card-read", whose="child")).to_be_visible()
    expect(by_id(page, "facts-name")).to_have_value(NAME)
    expect(by_id(page, "facts-id-number")).to_have_value(NUMBER)
    expect(by_id(page, "facts-birth-date")).to_have_value(BORN)
    expect(by_id(page, "facts-sex-F")).to_be_checked()
    expect(by_id(page, "facts-address")).to_have_value(ADDRESS)
    # It was the mother's, somebody says; no, it was not.
    by_id(page, "id-card-mother").check()
    expect(by_id(page, "facts-mother")).to_have_value(NAME)
    expect(by_id(page, "facts-name")).to_have_value("")
    by_id(page, "id-card-child").check()
    expect(by_id(page, "facts-name")).to_have_value(NAME)
    expect(by_id(page, "facts-mother")).to_have_value("")
    by_id(page, "register").click()
    expect(by_id(page, "child-code")).to_be_visible()


def card_is_written(page: Page, desk: Bridge) -> str:
    """The child's code goes to a blank card; what fails is said, and nothing is issued."""
    code = by_id(page, "child-code").inner_text()
    page.keyboard.press("k")
    by_id(page, "card-write").check()
    expect(by_id(page, "card-number")).to_have_value(code)
    by_id(page, "form-save").click()
    expect(by_id(page, "card-writing", step="write")).to_be_visible()
    desk.swipe("", "--write-fails")
    expect(by_id(page, "fault")).to_contain_text("没有登记发卡")
    expect(by_id(page, "form-dialog")).to_be_visible()
    by_id(page, "form-save").click()
    desk.swipe("")
    expect(by_id(page, "card-writing", step="verify")).to_be_visible()
    desk.swipe("")
    expect(by_id(page, "child-card")).to_have_text(code)
    pin_is_typed_twice(page, desk)
    return code


def pin_is_typed_twice(page: Page, desk: Bridge) -> None:
    """With the certificate the guardian's PIN is asked for; the pad says when to type it again."""
    for field in ("pin-first", "pin-second"):
        desk.hand("pin", "246813")
        expect(by_id(page, field)).to_have_value("246813")
    by_id(page, "form-save").click()
    expect(by_id(page, "form-dialog")).to_have_count(0)


def cables_are_pulled(page: Page, desk: Bridge) -> None:
    """Each fault is said on every page, and the sign goes when it is mended."""
    desk.hand("unplug", "card")
    sign_says(page, "device.unplugged")
    expect(by_id(page, "device-sign")).to_contain_text("读卡器")
    by_id(page, "device-sign").click()
    expect(by_id(page, "device-wrong", code="device.unplugged")).to_contain_text("线是否插好")
    desk.hand("plug", "card")
    expect(by_id(page, "device-sign")).to_have_count(0)

    desk.hand("baud", "scanner", "19200")
    desk.hand("scan", "81234567890123456789")
    sign_says(page, "device.wrong_baud")
    expect(by_id(page, "device-wrong")).to_contain_text("波特率不对（现用 9600）")
    desk.hand("baud", "scanner", "9600")
    desk.hand("scan", "81234567890123456789")
    expect(by_id(page, "device-sign")).to_have_count(0)

    desk.stop()
    sign_says(page, "bridge")
    desk.start()
    # The pairing outlived the restart: nobody types a code again.
    expect(by_id(page, "device-sign")).to_have_count(0, timeout=90_000)
