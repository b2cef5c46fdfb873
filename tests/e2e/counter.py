"""What a person does at the counter (接种台), in the words of the trade."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from harness import Bridge, Server, Tablet
from playwright.sync_api import Locator, Page, expect

PASSWORD = "miaopu-demo"
Json = dict[str, Any]
expect.set_options(timeout=40_000)


def by_id(page: Page | Locator, testid: str, **attributes: str) -> Locator:
    """What has that test id and, given as `vaccine="1201"`, these data attributes."""
    wanted = "".join(f'[data-{name}="{value}"]' for name, value in attributes.items())
    return page.locator(f'[data-testid="{testid}"]{wanted}')


def log_in(tablet: Tablet, name: str, password: str = PASSWORD) -> None:
    """Types name and password, and waits until the account is in."""
    page = tablet.page
    by_id(page, "login-user").fill(name)
    by_id(page, "login-password").fill(password)
    by_id(page, "login-submit").click()
    expect(by_id(page, "user-name")).to_be_visible()


def wait_for_load(tablet: Tablet) -> None:
    """Waits for the first load of the clinic, with its bar and its count."""
    page = tablet.page
    expect(by_id(page, "first-load-progress")).to_be_visible()
    expect(by_id(page, "first-load")).to_have_count(0, timeout=90_000)


def has_children(tablet: Tablet, count: int) -> None:
    """The tablet says that it has so many children."""
    expect(by_id(tablet.page, "child-count", count=str(count))).to_be_visible(timeout=60_000)


def has_all_children(tablet: Tablet, records: "Records", site: str) -> None:
    """The tablet has as many children as the server.

    Both may grow for a while: a child with a dose of another clinic is brought to that clinic too.
    """
    end = time.monotonic() + 60
    here = there = -1
    while time.monotonic() < end:
        there = len(records.children(f"site-{site}"))
        here = int(by_id(tablet.page, "child-count").get_attribute("data-count") or 0)
        if here == there:
            return
        tablet.page.wait_for_timeout(200)
    raise AssertionError(f"{tablet.name} has {here} children, the server {there}")


def wait_for_sync(tablet: Tablet, state: str = "all", seconds: float = 90) -> None:
    """Waits for what the sign in the header says."""
    expect(by_id(tablet.page, "sync-status")).to_have_attribute(
        "data-state", state, timeout=seconds * 1000
    )


def wait_for_all(tablet: Tablet) -> None:
    """Waits until the tablet has nothing that is not on the server, and nothing was refused."""
    all_there = by_id(tablet.page, "sync-status", state="all", pending="0", refused="0")
    expect(all_there).to_be_visible(timeout=90_000)


def wait_for_offline(tablet: Tablet) -> None:
    """Waits until the tablet knows that it is alone, with all it had before on the server."""
    expect(by_id(tablet.page, "sync-status")).to_have_attribute(
        "data-state", "allOffline", timeout=60_000
    )


def wait_for_worker(tablet: Tablet) -> None:
    """Waits until the service worker has the whole application and may start it offline."""
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def pending(tablet: Tablet) -> int:
    """How many writes the sign says are not yet on the server."""
    return int(by_id(tablet.page, "sync-status").get_attribute("data-pending") or 0)


def pair(tablet: Tablet, bridge: Bridge) -> None:
    """Pairs the browser with the bridge by the six digits that the bridge shows."""
    page = tablet.page
    by_id(page, "nav-settings").click()
    by_id(page, "bridge-understood").click()
    by_id(page, "bridge-address").fill(bridge.url)
    by_id(page, "bridge-code").fill(bridge.said("pairing")["code"])
    by_id(page, "bridge-pair").click()
    expect(by_id(page, "bridge-state", state="connected")).to_be_visible()
    by_id(page, "nav-home").click()


def find(tablet: Tablet, query: str) -> None:
    """Looks a child up and opens the first that is found."""
    page = tablet.page
    by_id(page, "nav-home").click()
    by_id(page, "search").fill(query)
    by_id(page, "child-row").first.click()
    expect(by_id(page, "child-page")).to_be_visible()
    # All of the page: it comes a frame after what is due.
    expect(by_id(page, "history")).to_be_visible()


def reach(page: Page, step: str) -> None:
    """Waits until the visit stands at a step."""
    expect(by_id(page, "vaccinate-panel", **{"step-now": step})).to_be_visible()


def precheck(page: Page) -> None:
    """Takes the temperature and answers all questions with no; the set of today is next."""
    expect(by_id(page, "temperature")).to_be_focused()
    by_id(page, "temperature").fill("36.6")
    by_id(page, "precheck-all-well").click()


def until_vial(page: Page, informed: str = "signature") -> None:
    """Does what is open of a visit before the vial is taken."""
    panel = by_id(page, "vaccinate-panel")
    expect(panel).to_be_visible()
    if panel.get_attribute("data-step-now") == "precheck":
        precheck(page)
        reach(page, "register")
    if panel.get_attribute("data-step-now") == "register":
        by_id(page, "register-set").click()
        expect(by_id(page, "register-set")).to_have_count(0)
    if panel.get_attribute("data-step-now") == "consent":
        by_id(page, f"informed-{informed}").click()
    reach(page, "give")


def look_until(page: Page, look: str) -> None:
    """Walks through 三查七对一验证, up to what is looked at then."""
    button = by_id(page, "look")
    for _ in range(4):
        now = button.get_attribute("data-look")
        if now == look:
            return
        button.click()
        expect(button).not_to_have_attribute("data-look", now or "")
    raise AssertionError(f"the walk does not come to {look}")


def prepare(
    tablet: Tablet, group: str, informed: str = "signature", reason: str = "", last: str = ""
) -> str:
    """Goes through a visit for one group up to the dose; returns the lot.

    A desk that hears no other asks for the booklet's `last` line.
    """
    page = tablet.page
    by_id(page, "vaccinate", group=group).click()
    until_vial(page, informed)
    item = by_id(page, "visit-item", group=group)
    if item.get_attribute("data-current") == "false":
        by_id(item, "select-item").click()
    lot = by_id(item, "lot-option", usable="true").first
    lot.locator("input").check()
    number = lot.get_attribute("data-lot")
    assert number
    amounts = by_id(item, "amount").locator("input")
    if amounts.count() > 1:
        amounts.first.check()
    if by_id(page, "last-line").count():
        if last:
            by_id(page, "booklet-line").fill(last.replace("-", ""))
            by_id(page, "booklet-line").blur()
        else:
            by_id(page, "booklet-empty").check()
    if by_id(page, "override-reason").count():
        by_id(page, "override-reason").fill(reason or "booklet")
    look_until(page, "given")
    return number


def throw_away(page: Page) -> None:
    """From now on, whoever is asked says that what was typed is not wanted."""
    page.add_locator_handler(by_id(page, "confirm"), lambda: by_id(page, "confirm-yes").click())


def leave_visit(tablet: Tablet) -> None:
    """Leaves a visit; where something was entered, `throw_away` answers."""
    by_id(tablet.page, "cancel-visit").click()
    expect(by_id(tablet.page, "vaccinate-panel")).to_have_count(0)


def say_given(page: Page) -> None:
    """The last look: it is given like this, and recorded."""
    by_id(page, "look", look="given").click()


def give(tablet: Tablet, group: str, last: str = "") -> str:
    """Vaccinates the child on the screen with what is due of a group; returns the lot."""
    lot = prepare(tablet, group, last=last)
    say_given(tablet.page)
    expect(by_id(tablet.page, "visit-done")).to_be_visible()
    return lot


def fill_child(page: Page, name: str, born: str, sex: str = "F", **more: str) -> None:
    """Fills in the registration's form; `born` as `YYYY-MM-DD`."""
    by_id(page, "facts-name").fill(name)
    by_id(page, "facts-birth-date").fill(born.replace("-", ""))
    by_id(page, f"facts-sex-{sex}").check()
    for field_name, value in more.items():
        by_id(page, f"facts-{field_name.replace('_', '-')}").fill(value)


def words(text: str) -> str:
    """Text without the line breaks and spaces that a PDF or a page puts between its words."""
    return re.sub(r"\s+", "", text)


@dataclass
class Records:
    """What stands on the server, asked of it as somebody of the county."""

    server: Server
    account: str = "county"
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url=f"{self.server.url}/db/", auth=(self.account, PASSWORD), timeout=30
        )

    def get(self, path: str, **query: str) -> Json:
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        return dict(answer.json())

    def children(self, database: str) -> dict[str, Json]:
        rows = self.get(
            f"{database}/_all_docs",
            startkey=json.dumps("child:"),
            endkey=json.dumps("child;"),
            include_docs="true",
        )["rows"]
        return {row["id"]: row["doc"] for row in rows}

    def settled(self, database: str, doc_id: str, good: Callable[[Json], bool]) -> Json:
        """The document once it has no conflicts and is as wanted; replication takes a moment."""
        end = time.monotonic() + 60
        found: Json = {}
        while time.monotonic() < end:
            found = self.get(f"{database}/{doc_id}", conflicts="true")
            if "_conflicts" not in found and good(found):
                return found
            time.sleep(0.2)
        raise AssertionError(f"{doc_id} in {database} did not settle: {found.get('_conflicts')}")


def doses(child: Json) -> list[Json]:
    """The dose events of a child's document."""
    return [event for event in child["events"].values() if event["kind"] == "dose"]


def wait_for_pdf(bridge: Bridge, known: set[Path]) -> Path:
    """The next file that the bridge's PDF printer writes."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        fresh = [path for path in bridge.pdfs() if path not in known and path.stat().st_size]
        if fresh:
            return fresh[0]
        time.sleep(0.1)
    raise AssertionError("the bridge printed nothing")
