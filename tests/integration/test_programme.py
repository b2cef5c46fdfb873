"""What people write of the programme, over HTTP: who, how, and checked before it is taken."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from served import KINDS, PASSWORD, Server, running

Json = dict[str, Any]
AT = "2026-11-29T00:00:00.000Z"
PROVINCE = "110000"


@pytest.fixture(scope="module", params=[kind for kind in KINDS if kind != "couchdb"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    with running(request.param, tmp_path_factory.mktemp("programme")) as found:
        yield found


@pytest.fixture
def county(server: Server) -> Iterator[httpx.Client]:
    with server.client(f"chief-{server.place.county}") as client:
        yield client


@pytest.fixture
def province(server: Server) -> Iterator[httpx.Client]:
    """An administrator of a province, whose place this server need not describe."""
    name = f"province-{server.place.county}"
    with server.administrator() as admin:
        roles = [f"region:{PROVINCE}", "grade:admin"]
        record = {"type": "user", "name": name, "roles": roles, "password": PASSWORD}
        admin.put(f"_users/org.couchdb.user:{name}", json=record)
    with server.client(name) as client:
        yield client


def national(client: httpx.Client) -> Json:
    found: Json = client.get("catalog/schedule:cn-nip-2026").json()
    return found


def later_hepb(document: Json) -> Json:
    """HepB-2 at 3 months instead of 1."""
    hepb = next(one for one in document["schedule"]["antigens"] if one["name"] == "HepB")
    (ages,) = hepb["series"][0]["doses"][1]["ages"]
    ages.update(absMin="3 months", min="3 months", recommended="3 months")
    return document


def edition(client: httpx.Client, name: str, **within: Any) -> Json:
    document = national(client)
    schedule = {**document["schedule"], "name": name, **within}
    del document["_rev"]
    return {**document, "_id": f"schedule:{name}", "name": name, "schedule": schedule}


def put(client: httpx.Client, document: Json) -> httpx.Response:
    return client.put(f"catalog/{document['_id']}", json=document)


def refused(answer: httpx.Response, said: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (403, said), answer.text


def test_a_county_writes_no_edition_and_no_dictionary(county: httpx.Client) -> None:
    before = national(county)
    refused(put(county, later_hepb(national(county))), "[province-only] document")
    refused(put(county, edition(county, "own")), "[province-only] document")
    route = county.get("catalog/dictionary:route").json()
    route["entries"]["nose"] = {"zh": "鼻腔", "en": "nasal"}
    refused(put(county, route), "[province-only] document")
    assert national(county) == before


def test_a_province_adds_editions_and_changes_none(province: httpx.Client) -> None:
    before = national(province)
    refused(put(province, later_hepb(national(province))), "[edition-stands] document")
    assert put(province, later_hepb(edition(province, "hepb-later"))).status_code == 201
    for name, within in (
        ("empty", {"antigens": [], "groups": []}),
        ("odd", {"antigens": 1}),
    ):
        answer = put(province, edition(province, name, **within))
        refused(answer, "[programme-unusable] field schedule")
    # Several at once: each by itself.
    rows = province.post(
        "catalog/_bulk_docs",
        json={"docs": [edition(province, "one"), edition(province, "two", antigens=[])]},
    ).json()
    assert [row.get("reason") for row in rows] == [None, "[programme-unusable] field schedule"]
    assert national(province) == before


def test_nobody_writes_beside_what_the_program_brought(province: httpx.Client) -> None:
    before = national(province)
    mine = later_hepb({**national(province), "_rev": "9-" + "f" * 32})
    answer = province.put("catalog/schedule:cn-nip-2026?new_edits=false", json=mine)
    refused(answer, "[server-only] document")
    body = {"new_edits": False, "docs": [mine]}
    (row,) = province.post("catalog/_bulk_docs", json=body).json()
    assert row["reason"] == "[server-only] document"
    answer = province.put("catalog/schedule:cn-nip-2026/a.txt", content=b"a")
    refused(answer, "[whole-documents-only] document")
    assert national(province) == before


def test_a_dictionary_grows_and_is_what_programs_read(province: httpx.Client) -> None:
    def written(change: Json, drop: str | None = None) -> httpx.Response:
        there = province.get("catalog/dictionary:vaccine").json()
        entries = {code: it for code, it in there["entries"].items() if code != drop}
        return put(province, {**there, "entries": {**entries, **change}})

    known = province.get("catalog/dictionary:vaccine").json()["entries"]["0101"]
    assert written({"9998": known}).status_code == 201
    refused(written({}, drop="9998"), "[entry-missing] field entries.9998")
    bad = {**known, "more": {**known["more"], "kind": "magic"}}
    refused(written({"9997": bad}), "[programme-unusable] field entries.9997")


def test_a_rule_is_checked_by_the_engine(server: Server, county: httpx.Client) -> None:
    def rule(name: str, **layer: Any) -> Json:
        base = {"_id": f"layer:{name}", "type": "layer", "name": name, "title": "一"}
        more = {"region": server.place.county, "effective": "2026-01-01", "layer": layer}
        who = {"updated_at": AT, "updated_by": f"chief-{server.place.county}"}
        return {**base, **more, **who}

    assert put(county, rule("two", kind="visit", maxInjections=2)).status_code == 201
    interval = {"from": "previous", "min": "3 months"}
    bad = rule("bad", kind="interval", antigen="DTaP", dose=19, interval=interval)
    refused(put(county, bad), "[programme-unusable] field layer")


def test_a_rule_is_tried_before(server: Server, county: httpx.Client) -> None:
    url = f"{server.address}/api/schedules/preview"
    rule = {
        "type": "layer",
        "name": "two",
        "title": "一",
        "region": server.place.county,
        "effective": "2026-01-01",
        "layer": {"kind": "without", "groups": ["HepB"]},
        "updated_at": AT,
        "updated_by": "chief",
    }
    answer = county.post(url, json={"proposal": rule, "today": "2026-11-29"})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["examples"]) == 10
    assert answer.json()["region"]["is_all"]
    with server.client(server.nurse) as nurse:
        assert nurse.post(url, json={"proposal": rule, "today": "2026-11-29"}).status_code == 403
