"""The served application: who may do what, two writers, the way to the county, the views."""

import copy
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest
from records import LATER, STATION, child, dose, fact, provenance, ulid
from served import PASSWORD, Server, no_majority, until


def test_the_clock_and_the_generation_are_told_without_login(server: Server) -> None:
    first = httpx.get(server.address + "/api/time").json()
    assert first["now"].endswith("Z")
    assert len(first["generation"]) == 26
    assert httpx.get(server.address + "/api/time").json()["generation"] == first["generation"]


def test_the_database_says_nothing_to_strangers(server: Server) -> None:
    with server.client() as nobody:
        for path in (server.site, f"{server.site}/_changes", "catalog/_all_docs", "_all_dbs"):
            assert nobody.get(path).status_code == 401, path
        wrong = nobody.post("_session", json={"name": server.nurse, "password": "wrong"})
        assert wrong.status_code == 401


def test_a_session_holds_for_the_whole_origin(server: Server) -> None:
    with server.client() as client:
        answer = client.post("_session", json={"name": server.nurse, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert "Path=/;" in cookie + ";"
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        who = client.get("_session").json()["userCtx"]
        assert who["name"] == server.nurse
        assert set(who["roles"]) == {f"site:{server.place.sites[0]}", "grade:ordinary"}
        own = client.get(server.address + "/api/accounts/me").json()
        assert (own["name"], own["display_name"]) == (server.nurse, server.nurse)
        assert client.get(f"_users/org.couchdb.user:chief-{server.place.county}").status_code in (
            403,
            404,
        )


def test_each_reads_what_is_theirs(server: Server) -> None:
    here, there = (f"site-{site}" for site in server.place.sites)
    with server.client(server.nurse) as nurse:
        assert nurse.get(here).is_success
        assert nurse.get("catalog/_all_docs").is_success
        assert nurse.get(there).status_code == 403
        assert nurse.get(server.county).status_code == 403
    with server.client(f"chief-{server.place.county}") as chief:
        for name in (here, there, server.county):
            assert chief.get(name).is_success
        assert chief.get(f"region-{server.place.city}").status_code == 403


def test_what_the_program_brings_is_in_the_catalog(server: Server) -> None:
    with server.client(server.nurse) as nurse:
        schedule = nurse.get("catalog/schedule:cn-nip-2026").json()
        assert schedule["schedule"]["groups"]
        assert nurse.get("catalog/dictionary:vaccine").json()["entries"]


def denial(client: httpx.Client, database: str, document: dict[str, Any]) -> str:
    answer = client.put(f"{database}/{document['_id']}", json=document)
    assert answer.status_code == 403, answer.text
    return str(answer.json()["reason"])


def test_wrong_writes_are_refused_whoever_sends_them(server: Server) -> None:
    site = server.place.sites[0]
    with server.client(server.nurse) as nurse:
        good = child(site, dose(site, "0201", "2025-03-09"))
        event = next(iter(good["events"]))
        written = nurse.put(f"{server.site}/{good['_id']}", json=good).json()
        good["_rev"] = written["rev"]

        without = {**good, "events": {}}
        assert "[event-missing]" in denial(nurse, server.site, without)
        changed = copy.deepcopy(good)
        changed["events"][event]["lot"] = "other"
        assert "[event-changed]" in denial(nurse, server.site, changed)
        extra = {**good, "nickname": "小苗"}
        assert denial(nurse, server.site, extra) == "[unknown-field] field nickname"
        bad = child(site, dose(site, "0201", "2025-02-30"))
        said = denial(nurse, server.site, bad)
        assert said.startswith("[wrong-date] field events.")
        assert "2025-02-30" not in said
        foreign = child(site, dose(server.place.sites[1], "0201", "2025-03-09"))
        assert "[other-site]" in denial(nurse, server.site, foreign)
        settings = {
            "_id": f"settings:{site}",
            "type": "settings",
            "site": site,
            "schedules": ["cn-nip-2026"],
            "updated_at": LATER,
            "updated_by": "nurse",
        }
        assert "[senior-only]" in denial(nurse, server.site, settings)
        gone = nurse.delete(f"{server.site}/{good['_id']}", params={"rev": good["_rev"]})
        assert gone.status_code == 403
        assert nurse.put(f"{server.site}/_design/x", json={"views": {}}).status_code == 403
        refused = nurse.put(f"{server.site}/_security", json={})
        assert refused.status_code in (401, 403) or no_majority(refused)
        rows = nurse.post(
            f"{server.site}/_bulk_docs",
            json={"new_edits": False, "docs": [leaf(without, good["_rev"], "a" * 32)]},
        ).json()
        assert [row["error"] for row in rows] == ["forbidden"]
        assert event in nurse.get(f"{server.site}/{good['_id']}").json()["events"]

        # A history that never was is no way around: the merge brings back what it leaves out.
        rows = nurse.post(
            f"{server.site}/_bulk_docs",
            json={"new_edits": False, "docs": [leaf(without, f"8-{'b' * 32}", "c" * 32)]},
        ).json()
        assert not any("error" in row for row in rows)
        until(
            lambda: event in nurse.get(f"{server.site}/{good['_id']}").json()["events"],
            "the event that a forged history left out",
        )

    with server.client(f"senior-{site}") as senior:
        assert senior.put(f"{server.site}/{settings['_id']}", json=settings).is_success
    with server.client(f"chief-{server.place.county}") as chief:
        assert "[not-this-place]" in denial(chief, server.site, child(site))
        assert "[server-only]" in denial(chief, server.county, child(site))


def test_a_block_of_numbers_is_claimed_once(server: Server) -> None:
    site = server.place.sites[0]
    block = {
        "_id": f"numbers:{site}:2026:00",
        "type": "numbers",
        **provenance(site),
        "year": 2026,
        "block": 0,
    }
    with server.client(server.nurse) as nurse:
        assert nurse.put(f"{server.site}/{block['_id']}", json=block).status_code == 201
        second = {**block, "station": STATION[:-1] + "T"}
        assert nurse.put(f"{server.site}/{block['_id']}", json=second).status_code == 409


def leaf(document: dict[str, Any], parent: str, digest: str) -> dict[str, Any]:
    """The document as a device wrote it offline on top of `parent`."""
    start = int(parent.partition("-")[0]) + 1
    ids = [digest, parent.partition("-")[2]]
    return {**document, "_rev": f"{start}-{digest}", "_revisions": {"start": start, "ids": ids}}


def test_two_tablets_that_wrote_apart_become_one_child_here_and_in_the_county(
    server: Server,
) -> None:
    site = server.place.sites[0]
    with server.client(server.nurse) as nurse:
        base = child(site, dose(site, "0201", "2025-03-09"), phone="13800000000")
        rev = nurse.put(f"{server.site}/{base['_id']}", json=base).json()["rev"]
        first, second = copy.deepcopy(base), copy.deepcopy(base)
        first["events"][ulid()] = dose(site, "0101", "2025-03-10")
        first["facts"]["phone"] = fact("13900000001", site, LATER)
        second["events"][ulid()] = dose(site, "0202", "2025-04-09")
        second["facts"]["sex"] = fact("F", site, LATER)
        for document, digest in ((first, "a" * 32), (second, "b" * 32)):
            rows = nurse.post(
                f"{server.site}/_bulk_docs",
                json={"new_edits": False, "docs": [leaf(document, rev, digest)]},
            )
            assert not any("error" in row for row in rows.json())

        everything = set(first["events"]) | set(second["events"])

        def whole(client: httpx.Client, database: str) -> Any:
            answer = client.get(f"{database}/{base['_id']}", params={"conflicts": "true"})
            if answer.status_code == 404:
                return None
            found = answer.json()
            merged = set(found["events"]) == everything and "_conflicts" not in found
            return found if merged else None

        here = until(lambda: whole(nurse, server.site), "the merge at the site", 30)
        assert here["facts"]["phone"]["value"] == "13900000001"
        assert here["facts"]["sex"]["value"] == "F"
        assert here["_rev"].startswith("3-")
    with server.client(f"chief-{server.place.county}") as chief:
        there = until(lambda: whole(chief, server.county), "the merge in the county", 60)
        assert there == here


def test_the_county_counts_what_the_clinics_gave(server: Server) -> None:
    here, there = server.place.sites
    born = "2019-07-05"
    expected = 0
    for site in (here, there):
        with server.client(f"nurse-{site}") as nurse:
            one = child(
                site, dose(site, "0201", "2019-07-05"), dose(site, "0202", "2019-08-05"), birth=born
            )
            mistaken = child(site, dose(site, "0101", "2019-07-06"), birth=born)
            void = {"kind": "void", "target": next(iter(mistaken["events"])), "reason": "entry"}
            mistaken["events"][ulid()] = {**provenance(site), **void}
            device = {"_id": f"device:{ulid()}", "type": "device", "site": site, "name": "一号"}
            device |= {
                "app": "0.1.0",
                "synced_at": LATER,
                "pending": 0,
                "refused": 0,
                "offset_ms": 1,
            }
            for document in (one, mistaken, device):
                assert nurse.put(f"site-{site}/{document['_id']}", json=document).status_code == 201
            expected += 2

    with server.client(f"chief-{server.place.county}") as chief:
        view = f"{server.county}/_design/coverage/_view"

        def counted() -> Any:
            rows = chief.get(f"{view}/children", params={"group_level": 2}).json()["rows"]
            found = {tuple(row["key"]): row["value"] for row in rows}
            return found.get((here, 2019)) == 2 and found.get((there, 2019)) == 2

        until(counted, "the children in the county's table")
        rows = chief.get(f"{view}/doses", params={"group": "true"}).json()["rows"]
        doses = {tuple(row["key"]): row["value"] for row in rows if row["key"][1] == 2019}
        assert doses == {(site, 2019, 7, "HepB", n): 1 for site in (here, there) for n in (1, 2)}
        rows = chief.get(
            f"{view}/given",
            params={"group_level": 1, "startkey": f'["{there}"]', "endkey": f'["{there}",{{}}]'},
        ).json()["rows"]
        assert rows == [{"key": [there], "value": 2}]

        def devices() -> bool:
            rows = chief.get(f"{server.county}/_design/sites/_view/devices").json()["rows"]
            return {row["key"][0] for row in rows} >= {here, there}

        # They were written last.
        until(devices, "the devices in the county's list")
        found = chief.get(
            f"{server.county}/_design/lookup/_view/by_name_birth",
            params={"key": f'["苗苗","{born}"]', "include_docs": "true"},
        ).json()["rows"]
        assert len(found) == 4


def test_provisioning_again_changes_nothing(server: Server) -> None:
    user, password = server.admin
    result = subprocess.run(  # noqa: S603 - our own program
        [
            sys.executable,
            "-c",
            "from miaopu.cli import main; main()",
            "provision",
            str(server.config),
            "--couchdb",
            server.database,
            "--user",
            user,
        ],
        env={**os.environ, "MIAOPU_COUCHDB_PASSWORD": password},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == "0 changes made.\n"


def test_printing_needs_a_login_and_repeats_no_data(server: Server) -> None:
    url = server.address + "/api/print/notice"
    assert httpx.post(url, json={}).status_code == 401
    with server.client(server.nurse) as nurse:
        bad = nurse.post(url, json={"child": {"name": "张小苗"}})
        assert bad.status_code == 422
        assert "张小苗" not in bad.text
        assert nurse.post(server.address + "/api/print/none", json={}).status_code == 404
        label = {
            "child": {"name": "张小苗", "code": "990121000120250001", "birth_date": "2025-03-09"},
            "clinic_name": "一",
        }
        printed = nurse.post(server.address + "/api/print/card-label", json=label)
        assert printed.status_code == 200, printed.text
        assert printed.headers["content-type"] == "application/pdf"
        assert printed.content.startswith(b"%PDF-")
        assert nurse.post(url, json=[1, "张小苗"]).status_code == 422
        assert "张小苗" not in nurse.post(url, json=["张小苗"]).text


@pytest.mark.parametrize("path", ["/api/nothing", "/db-else", "/api/print/notice"])
def test_what_is_not_there_is_no_failure(server: Server, path: str) -> None:
    assert httpx.get(server.address + path).status_code in (404, 405, 200, 503)


def test_a_feed_wakes_for_a_change_and_streams(server: Server) -> None:
    site = server.place.sites[0]
    with server.client(server.nurse) as nurse:
        since = nurse.get(server.site).json()["update_seq"]
        document = child(site)
        params = {"feed": "continuous", "since": since, "heartbeat": "1000"}
        with nurse.stream("GET", f"{server.site}/_changes", params=params) as feed:
            lines = feed.iter_lines()
            with server.client(server.nurse) as other:
                other.put(f"{server.site}/{document['_id']}", json=document).raise_for_status()
            assert any(document["_id"] in line for line in lines if line)


def test_a_clinic_added_to_the_catalog_gets_its_database(server: Server) -> None:
    code = f"{server.place.county}0009"
    site = {"_id": f"site:{code}", "type": "site", "code": code, "name": "九"}
    with server.client(f"chief-{server.place.county}") as chief:
        put = chief.put(f"catalog/{site['_id']}", json={**site, "region": server.place.county})
        assert put.status_code == 201
        until(lambda: chief.get(f"site-{code}").is_success, "the new clinic's database")
        assert chief.get(f"site-{code}/_all_docs").status_code == 200
