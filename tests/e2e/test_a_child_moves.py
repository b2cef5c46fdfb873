"""A child moves between two clinics, and two cases of one child become one, in real browsers."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from counter import (
    PASSWORD,
    Records,
    by_id,
    find,
    has_all_children,
    has_children,
    log_in,
    wait_for_load,
    wait_for_sync,
)
from harness import Server, Tablet
from playwright.sync_api import expect

from miaopu.serve.demo_note import Note

HOME, AWAY, COUNTY = "9901210001", "9901210002", "990121"


def opened(tablet: Tablet, records: Records, account: str, site: str) -> None:
    tablet.open()
    log_in(tablet, account)
    wait_for_load(tablet)
    wait_for_sync(tablet)
    has_all_children(tablet, records, site)


def a_case_with_a_card(records: Records) -> dict[str, Any]:
    """A child of the home clinic who is registered there and holds a card."""
    for child in records.children(f"site-{HOME}").values():
        kinds = [event["kind"] for event in child["events"].values()]
        if kinds.count("card") == 1 and "move" not in kinds and "void" not in kinds:
            status = child["facts"].get("register_status", {}).get("value")
            if status == "1":
                return child
    raise AssertionError("no child holds a card")


def card_of(child: dict[str, Any]) -> str:
    return next(e["number"] for e in child["events"].values() if e["kind"] == "card")


def in_the_county(records: Records, doc_id: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if records.client.get(f"region-{COUNTY}/{doc_id}").status_code == 200:
            return
        time.sleep(0.3)
    raise AssertionError("the county did not get the case")


@pytest.mark.timeout(400)
def test_a_child_moves_and_duplicates_are_merged(
    server: Server, tablet: Callable[[str], Tablet], note: Note
) -> None:
    assert note.sites >= 2
    records = Records(server)
    child = a_case_with_a_card(records)
    name, code = child["facts"]["name"]["value"], child["facts"]["child_code"]["value"]
    in_the_county(records, child["_id"])
    home, away = tablet("home"), tablet("away")
    opened(home, records, "senior1", HOME)
    opened(away, records, "senior2", AWAY)

    # The new clinic finds the child by its card and asks for it.
    page = away.page
    by_id(page, "nav-moves").click()
    expect(by_id(page, "no-moves")).to_be_visible()
    by_id(page, "find-text").fill("张")
    by_id(page, "find-submit").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    by_id(page, "find-text").fill(card_of(child))
    by_id(page, "find-submit").click()
    expect(by_id(page, "found-case")).to_have_count(1)
    expect(by_id(page, "found-case")).to_contain_text(name)
    away.picture("found")
    by_id(page, "fetch-move").click()
    expect(by_id(page, "child-page")).to_be_visible()
    expect(by_id(page, "child-name")).to_have_text(name)
    expect(by_id(page, "move-cancel")).to_be_visible()
    assert child["_id"] in page.url
    away.picture("requested")

    # The old clinic sees who asks, and lets the child go.
    old = home.page
    by_id(old, "nav-moves").click()
    expect(by_id(old, "moves-asked")).to_be_visible(timeout=60_000)
    home.picture("asked")
    by_id(old, "open-move").first.click()
    by_id(old, "move-release").click()
    expect(by_id(old, "move-to")).to_have_value(AWAY)
    home.picture("release")
    by_id(old, "form-dialog").locator("button[type=submit]").click()
    expect(by_id(old, "move-cancel")).to_be_visible()

    # The new clinic receives it; the old one sees that it has moved out.
    expect(by_id(page, "move-receive")).to_be_visible(timeout=60_000)
    by_id(page, "move-receive").click()
    expect(by_id(page, "move-receive")).to_have_count(0)
    expect(by_id(page, "child-status")).to_contain_text("外地转来")
    expect(by_id(old, "child-status")).to_contain_text("迁出", timeout=60_000)
    home.picture("left")
    wait_for_sync(home)
    wait_for_sync(away)
    there = records.settled(
        f"region-{COUNTY}", child["_id"], lambda c: c["facts"]["site"]["value"] == AWAY
    )
    assert set(child["events"]) < set(there["events"])

    # Two cases of one child: found by the clinic, compared, merged into one row, parted again.
    twin = twin_of(records, there)
    with_twin = len(records.children(f"site-{AWAY}"))
    by_id(page, "nav-home").click()
    has_children(away, with_twin)
    by_id(page, "nav-duplicates").click()
    pair = by_id(page, "pair").filter(has_text=name)
    expect(pair).to_have_count(1)
    by_id(pair, "compare-pair").click()
    expect(by_id(page, "compare")).to_be_visible()
    away.picture("compare")
    by_id(page, "decide-same").click()
    by_id(page, "confirm-yes").click()
    expect(by_id(page, "joined")).to_contain_text(name)
    by_id(page, "nav-home").click()
    has_children(away, with_twin - 1)
    find(away, code)
    expect(by_id(page, "child-name")).to_have_text(name)
    wait_for_sync(away)
    merged = records.settled(f"region-{COUNTY}", twin, lambda c: kinds(c, "same_as") == 1)
    assert merged["facts"]["name"]["value"] == name
    by_id(page, "nav-duplicates").click()
    by_id(page, "part").click()
    by_id(page, "confirm-yes").click()
    # Parted by a person, they are not suspected again by the server, but still look alike.
    expect(by_id(page, "joined")).to_have_count(0)
    by_id(page, "nav-home").click()
    has_children(away, with_twin)
    assert home.failures == []
    assert away.failures == []


def kinds(child: dict[str, Any], kind: str) -> int:
    return sum(event["kind"] == kind for event in child["events"].values())


def twin_of(records: Records, child: dict[str, Any]) -> str:
    """A second case of the child at the new clinic, as another device might have opened it."""
    twin = f"child:01K9A3Q6Z{'0' * 14}TWN"
    wanted = ("name", "sex", "birth_date", "mother_name", "site")
    facts = {n: {**f, "by": "senior2"} for n, f in child["facts"].items() if n in wanted}
    assert {"name", "birth_date", "mother_name"} <= set(facts)
    document = {"_id": twin, "type": "child", "facts": facts, "events": {}}
    answer = records.client.put(
        f"site-{AWAY}/{twin}", content=json.dumps(document), auth=("senior2", PASSWORD)
    )
    assert answer.status_code == 201, answer.text
    return twin
