"""Old records in a browser (旧资料): a file is looked at, written and taken back; a paper card is
typed while the line is dead."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from counter import Records, by_id, log_in, wait_for_load, wait_for_sync
from harness import Server, Tablet
from playwright.sync_api import Page, expect

from miaopu.demo.old_records import as_csv, as_xlsx, dose_table, wide_table
from miaopu.serve.demo_note import Note

SITE = "9901210001"
CODES = "9901219999"
DELAY = 90
"""Milliseconds between the keys of a person: a card reader is quicker."""


def choose(page: Page, file: Path) -> None:
    by_id(page, "import-file").set_input_files(file)
    expect(by_id(page, "import-counts")).to_be_visible(timeout=60_000)
    expect(by_id(page, "import-progress")).to_have_count(0, timeout=60_000)


def test_an_import_and_its_undoing(
    tablet: Callable[[str], Tablet], server: Server, note: Note, folder: Path
) -> None:
    records = Records(server)
    today = dt.date.fromisoformat(note.today)
    (folder / "旧.xlsx").write_bytes(as_xlsx(wide_table(CODES, 12, 21, today)))
    (folder / "旧.csv").write_bytes(as_csv(dose_table(CODES, 4, 22, today)))
    senior = tablet("senior")
    page = senior.open()
    log_in(senior, "senior1")
    wait_for_load(senior)
    before = len(records.children(f"site-{SITE}"))
    by_id(page, "nav-imports").click()
    choose(page, folder / "旧.xlsx")
    expect(by_id(page, "import-counts")).to_contain_text("共 12 行：新建 12")
    by_id(page, "import-commit").click()
    by_id(page, "confirm-yes").click()
    expect(by_id(page, "import-batches")).to_contain_text("旧.xlsx", timeout=60_000)
    assert len(records.children(f"site-{SITE}")) == before + 12

    # The same file again adds nothing; another, of doses in GBK, does.
    choose(page, folder / "旧.xlsx")
    expect(by_id(page, "import-counts")).to_contain_text("新建 0，已有 12")
    expect(by_id(page, "import-commit")).to_be_disabled()
    choose(page, folder / "旧.csv")
    expect(by_id(page, "import-counts")).to_contain_text("已有 0，存疑 0，错误 0")

    by_id(page, "import-undo").click()
    by_id(page, "confirm-yes").click()
    expect(by_id(page, "import-batches")).to_contain_text("已撤销", timeout=60_000)
    gone = [
        child
        for child in records.children(f"site-{SITE}").values()
        if child["facts"].get("register_status", {}).get("value") == "5"
        and child["facts"].get("name", {}).get("value") is None
    ]
    assert len(gone) == 12
    for child in gone:
        events = child["events"]
        voided = {event["target"] for event in events.values() if event["kind"] == "void"}
        assert {it for it, event in events.items() if event["kind"] != "void"} == voided


def test_a_paper_card_offline(tablet: Callable[[str], Tablet], server: Server) -> None:
    records = Records(server)
    nurse = tablet("nurse")
    page = nurse.open()
    log_in(nurse, "nurse1")
    wait_for_load(nurse)
    by_id(page, "nav-papercards").click()
    expect(by_id(page, "paper-name")).to_be_focused()
    nurse.context.set_offline(True)
    page.keyboard.insert_text("纸卡娃")
    for text in ("", "2", "240105", "", "", ""):
        page.keyboard.type(text, delay=DELAY)
        page.wait_for_timeout(DELAY)
        page.keyboard.press("Enter")
    for vaccine, day, lot in (("kjm", "0105", ""), ("0202", "0105", "B1"), ("", "0206", "=")):
        for text in (vaccine, day, lot):
            page.keyboard.type(text, delay=DELAY)
            page.wait_for_timeout(DELAY)
            page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(by_id(page, "papercards-saved")).to_contain_text("3 剂")
    nurse.context.set_offline(False)
    wait_for_sync(nurse)
    (child,) = (
        it
        for it in records.children(f"site-{SITE}").values()
        if it["facts"].get("name", {}).get("value") == "纸卡娃"
    )
    doses = sorted(
        (e["vaccine"], e["number"], e["date"], e["origin"], e.get("lot"))
        for e in child["events"].values()
    )
    assert doses == [
        ("0101", 1, "2024-01-05", "history", None),
        ("0202", 1, "2024-01-05", "history", "B1"),
        ("0202", 2, "2024-02-06", "history", "B1"),
    ]
