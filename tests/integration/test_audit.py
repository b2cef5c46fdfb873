"""The trail of `/db` and `/api/accounts`, as a county's administrator reads it."""

import gzip
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from country import Served, running_country
from records import LATER, child, dose, fact, provenance, ulid
from served import KINDS, PASSWORD, launch, stop, until

Json = dict[str, Any]


@pytest.fixture(scope="module", params=KINDS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with running_country(request.param, tmp_path_factory.mktemp("trail")) as found:
        yield found


def trail(served: Served, key: str, view: str = "by_document") -> list[Json]:
    """The entries on a document or of a user, the earliest first."""
    answer = served.client("county.admin").get(
        f"audit-{served.country.county}/_design/trail/_view/{view}",
        params={
            "startkey": json.dumps([key]),
            "endkey": json.dumps([key, {}]),
            "include_docs": "true",
        },
    )
    answer.raise_for_status()
    return [row["doc"] for row in answer.json()["rows"]]


def entries(served: Served, key: str, count: int, view: str = "by_document") -> list[Json]:
    def enough() -> list[Json] | None:
        found = trail(served, key, view)
        return found if len(found) >= count else None

    found: list[Json] = until(enough, f"{count} entries of the trail", 10)
    assert len(found) == count
    return found


def of(entry: Json, doc_id: str) -> Json:
    found: Json = next(one for one in entry["documents"] if one["id"] == doc_id)
    return found


def test_a_write_is_told_by_names_and_kinds(served: Served) -> None:
    site = served.country.sites[0]
    nurse = served.client("clinic.ordinary")
    document = child(site, dose(site, "0201", "2025-03-09"), phone="13800000000")
    rev = nurse.put(f"site-{site}/{document['_id']}", json=document).json()["rev"]
    author = served.credentials("clinic.ordinary")[0]
    document["events"][ulid()] = {**provenance(site), "by": author} | {
        "kind": "contraindication",
        "code": "other",
        "date": "2026-11-23",
    }
    document["facts"]["phone"] = fact("13900000001", site, LATER)
    pushed = {**document, "_rev": "2-" + "a" * 32}
    pushed["_revisions"] = {"start": 2, "ids": ["a" * 32, rev.partition("-")[2]]}
    body = {"new_edits": False, "docs": [pushed]}
    assert nurse.post(f"site-{site}/_bulk_docs", json=body).json() == []

    first, second = entries(served, document["_id"], 2)
    assert first["by"] == second["by"] == author
    assert first["site"] == site
    assert first["address"] == "127.0.0.1"
    assert first["database"] == f"site-{site}"
    assert (first["action"], first["request"]) == ("write", "PUT")
    assert of(first, document["_id"])["rev"] == rev
    assert of(first, document["_id"])["events"] == {"dose": 1}
    assert set(of(first, document["_id"])["facts"]) == {"site", "name", "birth_date", "phone"}
    told = of(second, document["_id"])
    assert told == {
        "id": document["_id"],
        "rev": "2-" + "a" * 32,
        "events": {"contraindication": 1},
        "facts": ["phone"],
    }
    everything = json.dumps([first, second], ensure_ascii=False)
    for value in ("苗苗", "13800000000", "13900000001", "0201"):
        assert value not in everything


def test_a_refused_write_is_told_too(served: Served) -> None:
    site = served.country.sites[0]
    document = child(site)
    chief = served.client("county.admin")
    assert chief.put(f"site-{site}/{document['_id']}", json=document).status_code == 403
    (entry,) = entries(served, document["_id"], 1)
    assert entry["action"] == "refused"
    assert entry["region"] == served.country.county


def test_a_case_read_from_outside_its_site_leaves_a_trace(served: Served) -> None:
    site = served.country.sites[0]
    document = child(site, card="6227000012345")
    number = "".join(str(ord(one) % 10) for one in document["_id"][-18:])
    document["facts"]["child_code"] = fact(number, site)
    nurse = served.client("clinic.ordinary")
    del document["facts"]["card"]
    nurse.put(f"site-{site}/{document['_id']}", json=document).raise_for_status()
    nurse.get(f"site-{site}/{document['_id']}").raise_for_status()

    manager = served.client("county.ordinary")
    manager.get(f"site-{site}/{document['_id']}").raise_for_status()
    asked = {"docs": [{"id": document["_id"]}]}
    manager.post(f"site-{site}/_bulk_get", json=asked).raise_for_status()
    manager.post(f"site-{site}/_all_docs", json={"keys": [document["_id"]]}).raise_for_status()
    look = f"site-{site}/_design/lookup/_view/by_child_code"
    found = manager.get(look, params={"key": f'"{number}"'}).json()["rows"]
    assert [row["id"] for row in found] == [document["_id"]]

    write, *reads = entries(served, document["_id"], 5)
    assert write["action"] == "write"
    assert {entry["action"] for entry in reads} == {"read"}
    assert {entry["by"] for entry in reads} == {served.credentials("county.ordinary")[0]}
    assert [entry["request"] for entry in reads] == [
        "GET",
        "_bulk_get",
        "_all_docs",
        "lookup/by_child_code",
    ]
    assert number not in json.dumps(reads)


def test_a_look_up_that_finds_nobody_is_one(served: Served) -> None:
    manager = served.client("county.senior")
    look = f"region-{served.country.county}/_design/lookup/_view/by_card"
    assert manager.get(look, params={"key": '"99999999"'}).json()["rows"] == []
    (entry,) = entries(served, served.credentials("county.senior")[0], 1, "by_user")
    assert (entry["action"], entry["request"]) == ("read", "lookup/by_card")
    assert "documents" not in entry
    assert "99999999" not in json.dumps(entry)


def test_a_counting_manager_leaves_no_trace(served: Served) -> None:
    manager = served.client("city.ordinary")
    county = f"region-{served.country.county}"
    manager.get(f"{county}/_design/coverage/_view/children?group_level=1").raise_for_status()
    manager.get(f"{county}/_all_docs?limit=3").raise_for_status()
    # What comes later is there, so what came before would be.
    look = f"{county}/_design/lookup/_view/by_card"
    manager.get(look, params={"key": '"1"'}).raise_for_status()
    (entry,) = entries(served, served.credentials("city.ordinary")[0], 1, "by_user")
    assert entry["request"] == "lookup/by_card"


def test_a_body_that_is_packed_or_long_hides_nothing(served: Served) -> None:
    site = served.country.sites[0]
    nurse = served.client("clinic.senior")
    packed, plain = child(site), child(site)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = nurse.post(
        f"site-{site}/_bulk_docs",
        content=gzip.compress(json.dumps({"docs": [packed]}).encode()),
        headers=headers,
    )
    assert answer.status_code == 201
    padding = " " * (9 * 1024 * 1024)
    text = json.dumps({"docs": [plain]})[:-1] + padding + "}"
    headers = {"content-type": "application/json"}
    answer = nurse.post(f"site-{site}/_bulk_docs", content=text, headers=headers)
    assert answer.status_code == 201
    (entry,) = entries(served, packed["_id"], 1)
    assert of(entry, packed["_id"])["facts"]
    (entry,) = entries(served, plain["_id"], 1)
    assert entry["cut"]


def test_the_work_of_the_server_itself_is_no_person_s(served: Served) -> None:
    site = served.country.sites[0]
    document = child(site)
    server = served.client("server")
    server.put(f"site-{site}/{document['_id']}", json=document).raise_for_status()
    later = child(site)
    nurse = served.client("clinic.ordinary")
    nurse.put(f"site-{site}/{later['_id']}", json=later).raise_for_status()
    entries(served, later["_id"], 1)
    assert trail(served, document["_id"]) == []


def test_accounts_are_managed_on_the_record(served: Served) -> None:
    url = f"{served.server.address}/api/accounts"
    admin = served.client("clinic.admin")
    name = f"nurse-{ulid().lower()}"
    new = {"name": name, "display_name": "李新", "grade": "ordinary"}
    made = admin.post(url, json=new).json()
    password = made["password"]
    assert made["account"]["site"] == served.country.sites[0]
    assert httpx.get(f"{served.server.address}/db/_session", auth=(name, password)).is_success
    assert admin.post(url, json=new).status_code == 409
    weak = admin.post(url, json={**new, "name": f"{name}x", "password": "password12"})
    assert weak.status_code == 201
    weak = admin.post(url, json={**new, "name": f"{name}y", "password": "1234567890"})
    assert weak.status_code == 422
    assert weak.json()["detail"]["code"] == "password.sequence"
    assert admin.patch(f"{url}/{name}", json={"disabled": True}).json()["account"]["disabled"]
    assert admin.patch(f"{url}/{name}", json={"password": PASSWORD}).status_code == 422
    assert admin.patch(f"{url}/{name}", json={"disabled": False}).status_code == 422
    back = admin.patch(f"{url}/{name}", json={"disabled": False, "draw_password": True}).json()
    assert back["password"] != password
    assert back["account"]["grade"] == "ordinary"
    mine = {one["name"] for one in admin.get(url).json()["accounts"]}
    assert name in mine
    assert served.credentials("county.admin")[0] not in mine
    assert "miaopu" not in mine
    assert admin.patch(f"{url}/miaopu", json={"disabled": True}).status_code == 404

    told = [
        entry
        for entry in entries(served, served.credentials("clinic.admin")[0], 4, "by_user")
        if entry["account"] == name
    ]
    assert [entry["request"] for entry in told] == ["create", "change", "change"]
    assert [entry["action"] for entry in told] == ["account"] * 3
    assert told[1]["changed"] == ["disabled", "password"]
    assert password not in json.dumps(told)


def test_a_device_learns_who_is_out(served: Served) -> None:
    url = f"{served.server.address}/api/accounts"
    admin = served.client("clinic.admin")
    tickets = {}
    for kind in ("stays", "changes", "leaves"):
        name = f"{kind}-{ulid().lower()}"
        new = {"name": name, "display_name": "王一", "grade": "ordinary", "password": PASSWORD}
        assert admin.post(url, json=new).status_code == 201
        with httpx.Client(auth=(name, PASSWORD), trust_env=False, timeout=30) as me:
            tickets[name] = me.get(f"{url}/me").json()["ticket"]
    stays, changes, leaves = tickets

    def closed(**other: str) -> list[str]:
        asked = [{"name": name, "ticket": said} for name, said in {**tickets, **other}.items()]
        # The device's cookie may have run out: it needs none.
        answer = httpx.post(f"{url}/standing", json={"accounts": asked}, timeout=30)
        answer.raise_for_status()
        return list(answer.json()["closed"])

    assert closed() == []
    assert admin.patch(f"{url}/{changes}", json={"password": "another horse"}).is_success
    assert admin.patch(f"{url}/{leaves}", json={"disabled": True}).is_success
    assert closed() == [changes, leaves]
    # Names alone tell nothing: a guess is out like everybody who has no ticket.
    guess = "0" * 64
    assert closed(**{stays: guess, "nobody-here": guess})[:1] == [stays]
    back = {"disabled": False, "password": PASSWORD}
    assert admin.patch(f"{url}/{leaves}", json=back).is_success
    assert closed() == [changes, leaves]
    assert httpx.post(f"{url}/standing", json={"accounts": [{"name": "x"}]}).status_code == 422


def test_one_s_own_rights_stay(served: Served) -> None:
    url = f"{served.server.address}/api/accounts/{served.credentials('clinic.admin')[0]}"
    admin = served.client("clinic.admin")
    for change in ({"disabled": True}, {"grade": "ordinary"}):
        assert admin.patch(url, json=change).status_code == 409


def test_one_s_own_password(served: Served) -> None:
    url = f"{served.server.address}/api/accounts"
    admin = served.client("clinic.admin")
    name = f"own-{ulid().lower()}"
    new = {"name": name, "display_name": "王一", "grade": "ordinary", "password": PASSWORD}
    assert admin.post(url, json=new).json()["password"] is None
    with httpx.Client(auth=(name, PASSWORD), trust_env=False, timeout=30) as me:
        wrong = me.post(f"{url}/me/password", json={"old": "no", "new": "another horse"})
        assert wrong.status_code == 403
        assert wrong.json()["detail"]["code"] == "password.old"
        same = me.post(f"{url}/me/password", json={"old": PASSWORD, "new": PASSWORD})
        assert same.json()["detail"]["code"] == "password.same"
        done = me.post(f"{url}/me/password", json={"old": PASSWORD, "new": "another horse"})
        assert done.status_code == 204
        again = me.post(f"{url}/me/password", json={"old": PASSWORD, "new": "a third horse"})
        # CouchDB takes a moment to forget a login: then it is the old password that is wrong.
        assert again.status_code == 401 or again.json()["detail"]["code"] == "password.old"
    assert httpx.post(f"{url}/me/password", json={"old": "a", "new": "b"}).status_code == 401


def test_what_was_acknowledged_is_in_the_trail_after_a_kill(tmp_path: Path) -> None:
    with running_country("embedded", tmp_path) as served:
        site = served.country.sites[0]
        nurse = served.client("clinic.ordinary")
        nurse.get(f"site-{site}").raise_for_status()
        written = []
        for _ in range(20):
            document = child(site)
            nurse.put(f"site-{site}/{document['_id']}", json=document).raise_for_status()
            written.append(document["_id"])
        served.server.process.send_signal(signal.SIGKILL)
        served.server.process.wait(10)
        process, address = launch(
            ["serve", "--data", str(served.server.data), "--port", "0"],
            tmp_path / "again.log",
            dict(os.environ),
        )
        try:
            chief = httpx.Client(
                base_url=f"{address}/db/", auth=served.credentials("county.admin"), timeout=30
            )

            def told() -> set[str]:
                rows = chief.get(
                    f"audit-{served.country.county}/_design/trail/_view/by_document"
                ).json()["rows"]
                return {row["key"][0] for row in rows}

            until(lambda: set(written) <= told(), "the whole trail", 20)
            waiting = httpx.get(f"{address}/api/health").json()["audit_waiting"]
            assert waiting == 0
            chief.close()
        finally:
            stop(process)


def sought(served: Served, role: str, **asked: Any) -> httpx.Response:
    """What the page of the trail asks the server."""
    base = {"region": served.country.county, "since": "2020-01-01T00:00:00.000Z"}
    body = {**base, "until": "2099-01-01T00:00:00.000Z", **asked}
    return served.client(role).post(f"{served.server.address}/api/trail/find", json=body)


def test_a_child_is_found_in_the_trail_by_name_code_or_number(served: Served) -> None:
    site = served.country.sites[0]
    code = f"{site}26{ulid()[-6:].translate(str.maketrans('ABCDEFGHJKMNPQRSTVWXYZ', '0' * 22))}"
    document = child(site, dose(site, "0201", "2025-03-09"), name="欧阳苗苗", child_code=code)
    nurse = served.client("clinic.ordinary")
    assert nurse.put(f"site-{site}/{document['_id']}", json=document).status_code == 201
    entries(served, document["_id"], 1)
    until(
        lambda: (
            served.client("county.admin")
            .get(f"region-{served.country.county}/{document['_id']}")
            .is_success
        ),
        "the child in the county",
    )
    for typed in ("欧阳·苗苗", f" {code} ", document["_id"]):
        found = sought(served, "city.admin", child=typed).json()
        assert [row["id"] for row in found["children"]] == [document["_id"]], typed
        assert "PUT" in [one["request"] for one in found["entries"]]
        assert all(
            document["_id"] in [shown["id"] for shown in one["documents"]]
            for one in found["entries"]
        )
    nobody = sought(served, "city.admin", child="没有这个人").json()
    assert (nobody["children"], nobody["entries"], nobody["next"]) == ([], [], None)
    # Who looked for whom is told by ids.
    name = served.credentials("city.admin")[0]

    def told() -> list[Json]:
        found = trail(served, name, "by_user")
        return [one for one in found if one["request"] == "trail/find"]

    until(lambda: len(told()) == 4, "who looked for whom", 10)
    assert "欧阳" not in json.dumps(told(), ensure_ascii=False)


def test_the_trail_comes_in_pages_and_by_action(served: Served) -> None:
    admin = served.client("county.admin")
    site = served.country.sites[0]
    name = served.credentials("clinic.senior")[0]
    for _ in range(60):
        served.client("clinic.senior").put(f"site-{site}/child:nobody", json={"type": "x"})

    def refused() -> int:
        return sum(one["action"] == "refused" for one in trail(served, name, "by_user"))

    until(lambda: refused() >= 60, "60 denials in the trail", 30)
    seen: list[str] = []
    after: Json | None = None
    while True:
        asked = {"user": name, "action": "refused", **({"after": after} if after else {})}
        answer = sought(served, "county.admin", **asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert {one["action"] for one in page["entries"]} == {"refused"}
        seen += [one["_id"] for one in page["entries"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) >= 60
    assert seen == sorted(seen, reverse=True)
    everything = sought(served, "county.admin").json()
    assert len(everything["entries"]) == 50 and everything["next"] is not None
    assert admin.get(f"audit-{served.country.county}").is_success


def test_who_reads_which_trail(served: Served) -> None:
    for role in ("county.admin", "city.admin", "province.admin"):
        assert sought(served, role).status_code == 200
    for role in ("county.senior", "city.ordinary", "clinic.admin", "other-county"):
        assert sought(served, role).status_code == 403
    assert sought(served, "county.admin", region=served.country.city).status_code == 403
    assert sought(served, "city.admin", region="999999").status_code == 403
    assert sought(served, "city.admin", until="x").status_code == 400


def test_a_heartbeat_is_not_told(served: Served) -> None:
    site = served.country.sites[1]
    nurse = served.client("other-clinic")
    name = served.credentials("other-clinic")[0]
    base = {"_id": f"device:{ulid()}", "type": "device", "site": site, "name": "一号"}
    more = {"app": "0.1.0", "synced_at": LATER, "pending": 0, "refused": 0, "offset_ms": 0}
    assert nurse.put(f"site-{site}/{base['_id']}", json={**base, **more}).status_code == 201
    again = {**base, **more, "_id": f"device:{ulid()}"}
    answer = nurse.post(f"site-{site}/_bulk_docs", json={"docs": [again]})
    assert "error" not in answer.json()[0]
    case = child(site)
    nurse.put(f"site-{site}/{case['_id']}", json=case).raise_for_status()
    entries(served, case["_id"], 1)
    told = trail(served, name, "by_user")
    assert not any(one["id"].startswith("device:") for e in told for one in e["documents"])
    assert all(one.get("documents") for one in told if one["action"] == "write")


def test_a_look_at_counts_leaves_no_trace(served: Served) -> None:
    name = served.credentials("county.ordinary")[0]
    answer = served.client("county.ordinary").get(
        f"region-{served.country.county}/_design/coverage/_view/children",
        params={"group": "true"},
    )
    assert answer.is_success and answer.json()["rows"]
    served.client("county.ordinary").get(f"site-{served.country.sites[0]}/child:nobody")
    assert [one for one in trail(served, name, "by_user") if "coverage" in one["request"]] == []


def test_from_which_grade_to_which(served: Served) -> None:
    url = f"{served.server.address}/api/accounts"
    name = f"raised-{ulid().lower()}"
    new = {"name": name, "display_name": "某人", "grade": "ordinary", "password": PASSWORD}
    admin = served.client("clinic.admin")
    assert admin.post(url, json=new).status_code == 201
    assert admin.patch(f"{url}/{name}", json={"grade": "senior"}).is_success
    assert admin.patch(f"{url}/{name}", json={"disabled": True}).is_success

    def told() -> list[Json] | None:
        found = [
            one
            for one in trail(served, served.credentials("clinic.admin")[0], "by_user")
            if one.get("account") == name
        ]
        return found if len(found) == 3 else None

    made, raised, closed = until(told, "the account's entries", 10)
    assert made["grades"] == ["ordinary"]
    assert raised["grades"] == ["ordinary", "senior"]
    assert closed["disabled"] is True
