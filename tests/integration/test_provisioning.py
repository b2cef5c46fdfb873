"""Provisioning a server: what it changes, and what it leaves alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import couchdb
import httpx
import pytest
from served import PASSWORD, launch, stop
from typer.testing import CliRunner

from miaopu.cli import build
from miaopu.models import Region, Site
from miaopu.provision import Account, Plan, PlanError, apply, connect
from miaopu.provision.catalog import constants
from miaopu.provision.changes import STAGED, Change
from miaopu.provision.changes import changes as needed

COUNTY = "120101"
SITE = f"{COUNTY}0001"
REMEMBERED = "remember what was brought, in catalog"
VOCABULARY = {"_id": "dictionary:word", "type": "dictionary", "name": "word", "entries": {}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[couchdb.Server]:
    folder = tmp_path_factory.mktemp("alone")
    process, address = launch(
        ["embedded", "--data", str(folder), "--port", "0"],
        folder / "log",
        {"MIAOPU_ADMIN_PASSWORD": PASSWORD},
    )
    yield connect(address, "admin", PASSWORD)
    stop(process)


def plan(**more: Any) -> Plan:
    return Plan(
        regions=(Region(type="region", code=COUNTY, name="县", level="county"),),
        sites=(Site(type="site", code=SITE, name="一", region=COUNTY),),
        accounts=(Account("anna", (f"site:{SITE}", "grade:ordinary"), "Anna"),),
        **more,
    )


def made(server: couchdb.Server, wanted: Plan, **options: Any) -> list[str]:
    said: list[Change] = []
    count = apply(server, wanted, said.append, **options)
    assert count == len(said)
    return [change.says for change in said]


def test_a_dry_run_says_all_and_makes_nothing(server: couchdb.Server) -> None:
    said = made(server, plan(), dry_run=True)
    assert f"create database site-{SITE}" in said
    assert f"site-{SITE}" not in server
    assert said == made(server, plan())
    assert made(server, plan()) == []


def test_a_database_carries_a_generation_of_its_own(server: couchdb.Server) -> None:
    made(server, plan())
    name = f"site-{SITE}"
    first = server[name].security["generation"]
    assert len(first) == 26
    assert first != server[f"region-{COUNTY}"].security["generation"]
    assert made(server, plan()) == []
    assert server[name].security["generation"] == first
    # A member reads it, and cannot change it: an old tablet is not to be led astray.
    with httpx.Client(base_url=server.resource.url, trust_env=False, timeout=30) as client:
        record = server["_users"]["org.couchdb.user:anna"]
        server["_users"].save({**record, "password": PASSWORD})
        anna = ("anna", PASSWORD)
        assert client.get(f"{name}/_security", auth=anna).json()["generation"] == first
        forged = {**server[name].security, "generation": "0" * 26}
        assert client.put(f"{name}/_security", auth=anna, json=forged).status_code in (401, 403)
    # Set up anew under the same name, it is another one.
    del server[name]
    made(server, plan())
    assert server[name].security["generation"] != first


def test_a_drawn_password_is_told_once_and_works(server: couchdb.Server) -> None:
    apply(server, plan())
    told: list[Change] = []
    bert = Account("bert", (f"site:{SITE}", "grade:ordinary"), "Bert")
    apply(server, Plan(accounts=(bert,)), told.append)
    (secret,) = [change.secret for change in told if change.secret]
    assert server.login("bert", secret)
    told.clear()
    apply(server, Plan(accounts=(bert,)), told.append)
    assert told == []


def test_changed_roles_keep_the_password(server: couchdb.Server) -> None:
    cara = Account("cara", (f"site:{SITE}", "grade:ordinary"), "Cara", "open sesame")
    apply(server, Plan(accounts=(cara,)))
    senior = Account("cara", (f"site:{SITE}", "grade:senior"), "Cara")
    assert made(server, Plan(accounts=(senior,))) == [
        f"change account cara (site:{SITE}, grade:senior)",
        REMEMBERED,
    ]
    assert server.login("cara", "open sesame")


def dictionary(**entries: str) -> dict[str, Any]:
    named = {code: {"zh": zh, "en": "one"} for code, zh in entries.items()}
    return {**VOCABULARY, "entries": named}


def words(server: couchdb.Server) -> dict[str, str]:
    entries = server["catalog"]["dictionary:word"]["entries"]
    return {code: entry["zh"] for code, entry in entries.items()}


def test_an_edited_dictionary_is_merged_row_by_row_with_what_is_brought(
    server: couchdb.Server, caplog: pytest.LogCaptureFixture
) -> None:
    first = plan(content=(dictionary(a="一", b="二", c="三"),))
    assert made(server, first)[-2:] == ["add dictionary:word in catalog", REMEMBERED]
    assert made(server, first) == []
    catalog = server["catalog"]
    own = catalog["dictionary:word"]
    own["entries"]["b"]["zh"] = "己"
    own["entries"]["x"] = {"zh": "新", "en": "new"}
    catalog.save(own)
    # A new row and a changed one arrive; the person's rows stay.
    made(server, plan(content=(dictionary(a="壹", b="二", c="三", d="四"),)))
    assert words(server) == {"a": "壹", "b": "己", "c": "三", "d": "四", "x": "新"}
    assert caplog.messages == []
    # Where both changed a row the person's word stands, and it is said, once.
    later = plan(content=(dictionary(a="壹", b="贰", d="四"),))
    made(server, later)
    assert words(server) == {"a": "壹", "b": "己", "d": "四", "x": "新"}
    assert caplog.messages == [
        "dictionary:word: b stays as it was edited here, and not as it is brought"
    ]
    assert made(server, later) == []


def test_a_plan_that_is_applied_again_takes_nothing_back(server: couchdb.Server) -> None:
    dora = Account("dora", (f"site:{SITE}", "grade:ordinary"), "Dora", "open sesame street")
    wanted = replace(plan(), accounts=(dora,))
    made(server, wanted)
    catalog, users = server["catalog"], server["_users"]
    here = catalog[f"site:{SITE}"]
    catalog.save({**here, "name": "新名", "phone": "0571-1", "address": "路1号"})
    record = users["org.couchdb.user:dora"]
    roles = [f"site:{SITE}", "grade:senior"]
    users.save({**record, "roles": roles, "display_name": "Dora B"})
    assert made(server, wanted) == []
    edited = catalog[f"site:{SITE}"]
    assert [edited[name] for name in ("name", "phone", "address")] == ["新名", "0571-1", "路1号"]
    kept = users["org.couchdb.user:dora"]
    assert (kept["roles"], kept["display_name"]) == (roles, "Dora B")
    # What nobody edited follows the plan.
    site = Site(type="site", code=SITE, name="一", region=COUNTY, address="街2号", phone="0571-2")
    made(server, replace(wanted, sites=(site,)))
    edited = catalog[f"site:{SITE}"]
    assert [edited[name] for name in ("name", "phone", "address")] == ["新名", "0571-1", "路1号"]
    county = Region(type="region", code=COUNTY, name="新县", level="county")
    made(server, replace(wanted, regions=(county,)))
    assert catalog[f"region:{COUNTY}"]["name"] == "新县"


def test_what_the_catalog_says_of_other_servers_keeps_nobody_from_being_set_up(
    server: couchdb.Server,
) -> None:
    made(server, plan())
    catalog = server["catalog"]
    # The catalog of the server above brings the county with its city, which stands elsewhere.
    catalog.save({**catalog[f"region:{COUNTY}"], "parent": "120100"})
    catalog.save({**catalog[f"site:{SITE}"], "region": "120109"})
    try:
        assert made(server, plan()) == []
        assert f"region:{COUNTY}" in server[f"site-{SITE}"].security["members"]["roles"]
    finally:
        catalog.save({**catalog[f"site:{SITE}"], "region": COUNTY})


def test_a_plan_of_one_clinic_adds_it(server: couchdb.Server, tmp_path: Path) -> None:
    made(server, plan())
    path = tmp_path / "clinic.toml"
    path.write_text(f'[[site]]\ncode = "{COUNTY}0009"\nname = "新点"\nregion = "{COUNTY}"\n')
    url = server.resource.url
    words = ["provision", str(path), "--couchdb", url, "--user", "admin", "--password", PASSWORD]
    result = CliRunner().invoke(build(words), words)
    assert result.exit_code == 0, result.output
    assert f"create database site-{COUNTY}0009" in result.output
    assert "region:120101" in server[f"site-{COUNTY}0009"].security["members"]["roles"]
    assert server["catalog"][f"site:{COUNTY}0009"]["name"] == "新点"


def test_an_edition_that_was_edited_follows_the_program_and_is_laid_aside(
    server: couchdb.Server,
) -> None:
    def edition(text: str) -> dict[str, Any]:
        base = {"_id": "schedule:cn-x", "type": "schedule", "name": "cn-x", "edition": "1"}
        return {**base, "effective": "2026-01-01", "schedule": {"text": text}}

    made(server, plan(content=(edition("old"),)))
    catalog = server["catalog"]
    catalog.save({**catalog["schedule:cn-x"], "schedule": {"text": "own"}})
    made(server, plan(content=(edition("old"),)))
    assert catalog["schedule:cn-x"]["schedule"] == {"text": "own"}
    made(server, plan(content=(edition("new"),)))
    assert catalog["schedule:cn-x"]["schedule"] == {"text": "new"}
    assert catalog["_local/aside-schedule:cn-x"]["schedule"] == {"text": "own"}


def test_a_view_is_changed_beside_the_old_one(server: couchdb.Server) -> None:
    apply(server, plan())
    database = server[f"region-{COUNTY}"]
    said = []
    wanted = {**constants(), "vaccine_groups": {"0101": ["other"]}}
    for change in needed(server, plan(), wanted):
        said.append(change.says)
        change.make()
    assert said == [
        f"change the views of _design/coverage in region-{COUNTY}, built beside the old ones"
    ]
    assert "other" in database["_design/coverage"]["views"]["doses"]["map"]
    assert f"_design/coverage{STAGED}" not in database
    assert made(server, plan()) == said


def test_the_catalog_is_closed_to_strangers(server: couchdb.Server) -> None:
    apply(server, plan())
    members = server["catalog"].security["members"]
    assert members["roles"]
    assert "server" in members["roles"]


def test_a_plan_that_names_an_unknown_region_is_refused(server: couchdb.Server) -> None:
    lost = Plan(sites=(Site(type="site", code="1202010001", name="一", region="120201"),))
    with pytest.raises(PlanError, match="120201"):
        apply(server, lost)
