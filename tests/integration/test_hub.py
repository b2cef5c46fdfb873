"""Servers above servers: a clinic's hub and its county, a county and its city, over HTTP."""

import random
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
