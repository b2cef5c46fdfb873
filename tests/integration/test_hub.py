"""Servers above servers: a clinic's hub and its county, a county and its city, over HTTP."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from records import child, dose, provenance, ulid
from served import PASSWORD, Place, Server, running, until

Json = dict[str, Any]


@dataclass(frozen=True)
class Above(Place):
    """A county whose clinic has a hub of its own."""

    def accounts(self) -> dict[str, tuple[str, str, str]]:
        return {**super().accounts(), f"hub-{self.sites[0]}": ("site", self.sites[0], "admin")}


@dataclass(frozen=True)
class Hub(Place):
    """The hub of the county's first clinic."""

    def plan(self) -> str:
        return super().plan().replace(self.sites[1], self.sites[0][:-1] + "8")

    def accounts(self) -> dict[str, tuple[str, str, str]]:
        return {f"nurse-{self.sites[0]}": ("site", self.sites[0], "ordinary")}


@dataclass(frozen=True)
class City(Place):
    """The city above the county: no clinics of its own, and an account for the county's server."""

    def plan(self) -> str:
        account = f'[[account]]\nname = "feeder-{self.county}"\ndisplay_name = "county"\n'
        region = f'[[region]]\ncode = "{self.city}"\nname = "市"\nlevel = "city"\n'
        return region + account + 'grade = "server"\n'

    def accounts(self) -> dict[str, tuple[str, str, str]]:
        return {f"feeder-{self.county}": ("region", self.city, "admin")}


@dataclass(frozen=True)
class CountyBelow(Place):
    """A county whose city stands on another server."""

    def plan(self) -> str:
        _, _, below = super().plan().split("[[region]]", 2)
        return "[[region]]" + below.replace(f'parent = "{self.city}"', "")


def parent(server: Server, user: str, **more: str) -> dict[str, str]:
    return {
        "MIAOPU_PARENT_URL": server.address,
        "MIAOPU_PARENT_USER": user,
        "MIAOPU_PARENT_PASSWORD": PASSWORD,
        **more,
    }


def place(kind: type[Place], code: str) -> Place:
    return kind(code, (f"{code}0001", f"{code}0002"))


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """A county, and the hub of its first clinic below it."""
    code = f"{random.randrange(100, 900)}{random.randrange(201, 299)}"
    with running("embedded", tmp_path_factory.mktemp("county"), place(Above, code)) as county:
        settings = parent(county, f"hub-{code}0001")
        folder = tmp_path_factory.mktemp("hub")
        with running("embedded", folder, place(Hub, code), settings) as hub:
            yield county, hub


def read(client: httpx.Client, database: str, doc_id: str) -> Json | None:
    answer = client.get(f"{database}/{doc_id}", params={"conflicts": "true"})
    return dict(answer.json()) if answer.status_code == 200 else None


def test_what_a_tablet_gives_its_hub_reaches_the_county(servers: tuple[Server, Server]) -> None:
    county, hub = servers
    site = hub.place.sites[0]
    document = child(site, dose(site, "0201", "2025-03-09"))
    with hub.client(hub.nurse) as tablet, county.administrator() as above:
        assert tablet.put(f"{hub.site}/{document['_id']}", json=document).status_code == 201
        until(lambda: read(above, county.site, document["_id"]), "the child at the county's site")
        there = until(
            lambda: read(above, county.county, document["_id"]), "the child in the region"
        )
    assert there["events"] == document["events"]


def test_hub_and_county_edit_one_child_and_agree(servers: tuple[Server, Server]) -> None:
    county, hub = servers
    site = hub.place.sites[0]
    document = child(site, dose(site, "0201", "2025-03-09"))
    name = document["_id"]
    with hub.client(hub.nurse) as tablet, county.administrator() as above:
        tablet.put(f"{hub.site}/{name}", json=document).raise_for_status()
        until(lambda: read(above, county.site, name), "the child at the county")
        added = [ulid(), ulid()]
        event = {"kind": "observation", "code": "preterm", "date": "2025-03-09"}

        def edited(client: httpx.Client, database: str, number: str) -> bool:
            there = read(client, database, name)
            assert there is not None
            there["events"][number] = {**event, **provenance(site)}
            # The other's edit may arrive in between.
            return client.put(f"{database}/{name}", json=there).status_code == 201

        until(lambda: edited(tablet, hub.site, added[0]), "an edit at the hub")
        until(lambda: edited(above, county.site, added[1]), "an edit at the county")

        def agreed() -> bool:
            here, there = read(tablet, hub.site, name), read(above, county.site, name)
            region = read(above, county.county, name)
            return (
                here is not None
                and "_conflicts" not in here
                and set(added) <= set(here["events"])
                and here == there == region
            )

        until(agreed, "one revision everywhere")


def test_a_hub_s_tablets_claim_numbers_at_the_county(servers: tuple[Server, Server]) -> None:
    """Only the county knows which blocks a clinic's tablets hold, some of which work there."""
    county, hub = servers
    site = hub.place.sites[0]

    def claim(client: httpx.Client, block: int) -> httpx.Response:
        doc_id = f"numbers:{site}:2025:{block:02}"
        body = {"type": "numbers", "year": 2025, "block": block, **provenance(site)}
        body["station"] = ulid()
        return client.put(f"{hub.site}/{doc_id}", json={"_id": doc_id, **body})

    with hub.client(hub.nurse) as tablet, county.administrator() as above:
        # So quickly that nothing is replicated in between.
        for block in range(0, 6, 2):
            assert claim(above, block).status_code == 201
            assert claim(tablet, block).status_code == 409
            answer = claim(tablet, block + 1)
            assert answer.status_code == 201
            there = read(above, county.site, answer.json()["id"])
            assert there is not None
            assert there["_rev"] == answer.json()["rev"]
            assert read(tablet, hub.site, there["_id"]) == there
            assert claim(tablet, block + 1).status_code == 409
            assert claim(above, block + 1).status_code == 409
        assert claim(tablet, 100).status_code == 403


def test_a_hub_without_its_county_has_no_numbers_and_is_not_broken(tmp_path: Path) -> None:
    code = f"{random.randrange(100, 900)}{random.randrange(201, 299)}"
    settings = {
        "MIAOPU_PARENT_URL": "http://127.0.0.1:9",
        "MIAOPU_PARENT_USER": "hub",
        "MIAOPU_PARENT_PASSWORD": PASSWORD,
    }
    with (
        running("embedded", tmp_path, place(Hub, code), settings) as hub,
        hub.client(hub.nurse) as tablet,
    ):
        site = hub.place.sites[0]
        block = {"type": "numbers", "year": 2025, "block": 0, **provenance(site)}
        answer = tablet.put(f"{hub.site}/numbers:{site}:2025:00", json=block)
        assert (answer.status_code, answer.json()["error"]) == (424, "county_unreachable")
        assert read(tablet, hub.site, f"numbers:{site}:2025:00") is None
        document = child(site)
        assert tablet.put(f"{hub.site}/{document['_id']}", json=document).status_code == 201


def test_a_hub_leaves_it_to_the_county_to_join_cases(servers: tuple[Server, Server]) -> None:
    county, hub = servers
    site = hub.place.sites[0]
    number = f"9{random.randrange(10**11):011}"
    card = {"kind": "card", "number": number, "state": "issued", **provenance(site)}
    visit = {"kind": "visit", "date": "2026-11-23", "provisional": True, **provenance(site)}
    true = child(site, card)
    swiped = child(site, {**card, **provenance(site)})
    swiped["events"][ulid()] = visit
    with hub.client(hub.nurse) as tablet, county.administrator() as above:
        for document in (true, swiped):
            tablet.put(f"{hub.site}/{document['_id']}", json=document).raise_for_status()

        def joins(client: httpx.Client, database: str) -> list[str]:
            there = read(client, database, swiped["_id"])
            events = there["events"] if there is not None else {}
            return [number for number, one in events.items() if one["kind"] == "same_as"]

        until(lambda: joins(tablet, hub.site), "the join at the hub")
        until(lambda: joins(above, county.county), "the join at the county")
        assert joins(tablet, hub.site) == joins(above, county.site) == joins(above, county.county)
        assert len(joins(above, county.site)) == 1


def test_a_hub_fetches_another_clinic_s_case_from_its_county(
    servers: tuple[Server, Server],
) -> None:
    county, hub = servers
    here, other = county.place.sites
    with (
        hub.client(hub.nurse) as tablet,
        county.client(f"nurse-{other}") as elsewhere,
        county.administrator() as above,
    ):
        document = child(other, dose(other, "0201", "2025-03-09"))
        name = document["_id"]
        assert elsewhere.put(f"site-{other}/{name}", json=document).status_code == 201
        until(lambda: read(above, county.county, name), "the child in the region")

        def ask(path: str, **body: str) -> httpx.Response:
            return tablet.post(f"{hub.address}/api/cases/{path}", json=body)

        assert ask("fetch", id="child:" + ulid(), purpose="visit").status_code == 404
        fetched = ask("fetch", id=name, purpose="visit")
        assert fetched.status_code == 200, fetched.text
        assert fetched.json()["recorded"] == ["visit"]
        there = read(tablet, hub.site, name)
        assert there is not None and there["_rev"] == fetched.json()["rev"]
        # The clinic is one of its holders now: what it records goes up.
        number = ulid()
        there["events"][number] = {**provenance(here), **VISITED}
        assert tablet.put(f"{hub.site}/{name}", json=there).status_code == 201

        def arrived() -> bool:
            region = read(above, county.county, name)
            return region is not None and number in region["events"]

        until(arrived, "what the hub recorded in the region")


VISITED = {"kind": "observation", "code": "preterm", "date": "2025-03-09"}


def test_a_hub_has_no_database_of_another_clinic(servers: tuple[Server, Server]) -> None:
    county, hub = servers
    other = county.place.sites[1]
    with hub.administrator() as here:
        until(lambda: read(here, "catalog", f"site:{other}"), "the county's catalog")
        # The program looks every few seconds whether the catalog has places that are new.
        time.sleep(7)
        names = here.get("_all_dbs").json()
    assert hub.site in names
    assert f"site-{other}" not in names


RECALLED = """function (child) {
  for (var id in child.events) {
    if (child.events[id].lot === 'recalled') {
      throw { forbidden: '[wrong-form] event ' + id };
    }
  }
}"""
"""What a program of another day refuses."""


def problems(client: httpx.Client, database: str, doc_id: str) -> list[Json]:
    answer = client.get(
        f"{database}/_all_docs",
        params={"startkey": '"problem:"', "endkey": '"problem;"', "include_docs": "true"},
    )
    reports = [row["doc"] for row in answer.raise_for_status().json()["rows"]]
    return [one for one in reports if one["document"] == doc_id]


def lots(client: httpx.Client, database: str, doc_id: str) -> set[str]:
    """Lots of the doses of a child, in all its versions."""
    answer = client.post(f"{database}/_bulk_get", json={"docs": [{"id": doc_id}]})
    found = answer.raise_for_status().json()["results"][0]["docs"]
    events = [e for one in found for e in one.get("ok", {}).get("events", {}).values()]
    return {event["lot"] for event in events if event["kind"] == "dose"}


def test_what_the_county_refuses_is_reported_and_keeps_nothing_else_back(tmp_path: Path) -> None:
    code = f"{random.randrange(100, 900)}{random.randrange(401, 499)}"
    for name in ("county", "hub"):
        (tmp_path / name).mkdir()
    with running("embedded", tmp_path / "county", place(Above, code)) as county:
        settings = parent(county, f"hub-{code}0001")
        with county.administrator() as above:
            design = {"_id": "_design/recalled", "validate_doc_update": RECALLED}
            rev = above.put(f"{county.site}/_design/recalled", json=design).json()["rev"]
            with running("embedded", tmp_path / "hub", place(Hub, code), settings) as hub:
                document, problem = _refused_above(hub, county, above)
            gone = above.delete(f"{county.site}/_design/recalled", params={"rev": rev})
            assert gone.is_success
            # It is asked for again when the hub starts anew.
            with running("embedded", tmp_path / "hub", place(Hub, code), settings) as hub:
                until(
                    lambda: "recalled" in lots(above, county.county, document), "the refused dose"
                )
                report = f"{hub.site}/{problem}"
                with hub.client(hub.nurse) as tablet:
                    until(lambda: "resolved_at" in tablet.get(report).json(), "the report's end")
                    assert httpx.get(f"{hub.address}/api/health").json()["refused_above"] == 0


def _refused_above(hub: Server, county: Server, above: httpx.Client) -> tuple[str, str]:
    """A child of which the county refuses a dose; its id, and that of the report."""
    site = hub.place.sites[0]

    def given(lot: str) -> Json:
        return {**dose(site, "0201", "2025-03-09"), "lot": lot, "by": hub.nurse}

    with hub.client(hub.nurse) as tablet:
        document = child(site, given("first"), given("recalled"))
        name = document["_id"]
        (refused,) = (u for u, e in document["events"].items() if e["lot"] == "recalled")
        tablet.put(f"{hub.site}/{name}", json=document).raise_for_status()
        until(lambda: lots(above, county.county, name) == {"first"}, "what is not refused")

        def added() -> bool:
            there = read(tablet, hub.site, name)
            assert there is not None
            there["events"][ulid()] = given("later")
            return tablet.put(f"{hub.site}/{name}", json=there).status_code == 201

        until(added, "a later dose at the hub")
        until(lambda: lots(above, county.county, name) == {"first", "later"}, "the later dose")
        assert lots(tablet, hub.site, name) == {"first", "later", "recalled"}
        (report,) = problems(tablet, hub.site, name)
        assert refused in report["reason"]
        assert "resolved_at" not in report
        until(lambda: problems(above, county.county, name) == [report], "the report at the county")
        assert httpx.get(f"{hub.address}/api/health").json()["refused_above"] == 1
        _taken_back(hub, county, above, tablet, given("recalled"))
    return name, report["_id"]


def _taken_back(
    hub: Server, county: Server, above: httpx.Client, tablet: httpx.Client, mistaken: Json
) -> None:
    """A refused dose that is voided is nothing that anybody has to act upon."""
    site = hub.place.sites[0]
    document = child(site, mistaken)
    name, (refused,) = document["_id"], document["events"]
    tablet.put(f"{hub.site}/{name}", json=document).raise_for_status()
    (report,) = until(lambda: problems(tablet, hub.site, name), "the report")
    void = {**provenance(site), "kind": "void", "target": refused, "reason": "entry"}
    void["by"] = hub.nurse

    def voided() -> bool:
        # What the county took of it may come back in between.
        there = read(tablet, hub.site, name)
        assert there is not None
        there["events"][ulid()] = void
        return tablet.put(f"{hub.site}/{name}", json=there).status_code == 201

    until(voided, "the void")
    until(
        lambda: "resolved_at" in tablet.get(f"{hub.site}/{report['_id']}").json(),
        "the report's end",
    )
    assert lots(above, county.county, name) == set()


def test_a_county_gives_its_city(tmp_path: Path) -> None:
    code = f"{random.randrange(100, 900)}{random.randrange(301, 399)}"
    (tmp_path / "city").mkdir()
    (tmp_path / "county").mkdir()
    with running("embedded", tmp_path / "city", place(City, code)) as city:
        settings = parent(city, f"feeder-{code}", MIAOPU_PARENT_REGION=city.place.city)
        with running("embedded", tmp_path / "county", place(CountyBelow, code), settings) as county:
            site = county.place.sites[0]
            document = child(site, dose(site, "0201", "2025-03-09"))
            with county.client(county.nurse) as tablet, city.administrator() as above:
                path = f"{county.site}/{document['_id']}"
                assert tablet.put(path, json=document).status_code == 201
                region = f"region-{city.place.city}"
                until(lambda: read(above, region, document["_id"]), "the child in the city")
                # What the city refuses is reported to the clinic, and keeps nothing else back.
                design = {"_id": "_design/recalled", "validate_doc_update": RECALLED}
                above.put(f"{region}/_design/recalled", json=design).raise_for_status()
                bad = dose(site, "0201", "2025-03-09") | {"lot": "recalled"}
                mixed = child(site, bad, dose(site, "0202", "2025-03-10") | {"lot": "good"})
                name = mixed["_id"]
                tablet.put(f"{county.site}/{name}", json=mixed).raise_for_status()
                until(lambda: lots(above, region, name) == {"good"}, "what is not refused")
                (report,) = until(lambda: problems(tablet, county.site, name), "the report")
                assert report["reason"].startswith("[wrong-form] event ")
