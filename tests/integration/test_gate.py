"""What an account could do to records by writing beside them, and may not."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from records import LATER, child, dose, fact, provenance, ulid
from served import Server, until

Json = dict[str, Any]
HEX = "0123456789abcdef" * 2


@pytest.fixture
def nurse(server: Server) -> Iterator[httpx.Client]:
    with server.client(server.nurse) as client:
        yield client


@pytest.fixture
def senior(server: Server) -> Iterator[httpx.Client]:
    with server.client(f"senior-{server.place.sites[0]}") as client:
        yield client


def recorded(server: Server, by: str) -> Json:
    """A dose that `by` recorded at the first clinic."""
    site = server.place.sites[0]
    return {**dose(site, "0201", "2025-03-09", origin="history"), "by": by, "lot": "L2"}


def registered(server: Server, client: httpx.Client, *events: Json) -> Json:
    """A child of the first clinic, with its revision."""
    document = child(server.place.sites[0], *events)
    answer = client.put(f"{server.site}/{document['_id']}", json=document)
    assert answer.status_code == 201, answer.text
    return {**document, "_rev": answer.json()["rev"]}


def push(client: httpx.Client, database: str, *documents: Json, **more: Any) -> list[Json]:
    """Writes revisions as they are; returns the rows of those that were not taken."""
    body = {"docs": list(documents), "new_edits": False}
    answer = client.post(f"{database}/_bulk_docs", json=body, **more)
    assert answer.status_code == 201, answer.text
    return [row for row in answer.json() if "error" in row]


def beside(document: Json, **changed: Any) -> Json:
    """Another document under the same id, as a revision that stands on nothing."""
    rest = {name: value for name, value in document.items() if name != "_rev"}
    return {**rest, "_rev": "1-" + HEX, "_revisions": {"start": 1, "ids": [HEX]}, **changed}


def leaves(server: Server, document: Json) -> tuple[Json, list[str]]:
    """The document as the database has it, and its other leaves."""
    with server.client(server.nurse) as client:
        params = {"conflicts": "true"}
        found: Json = client.get(f"{server.site}/{document['_id']}", params=params).json()
    return found, found.pop("_conflicts", [])


def unchanged(server: Server, document: Json) -> None:
    assert leaves(server, document) == (document, [])


def test_nobody_changes_a_record_by_a_version_that_stands_on_nothing(
    server: Server, nurse: httpx.Client, senior: httpx.Client
) -> None:
    there = registered(server, senior, recorded(server, f"senior-{server.place.sites[0]}"))
    other = child(server.place.sites[0])
    (number,) = there["events"]
    smaller = {**there["events"][number], "lot": "L1"}
    forged = beside(there, events={number: smaller})
    new = {**other, "_rev": "1-" + HEX, "_revisions": {"start": 1, "ids": [HEX]}}
    (row,) = push(nurse, server.site, forged, new)
    assert (row["id"], row["rev"], row["error"]) == (there["_id"], forged["_rev"], "forbidden")
    assert f"[event-changed] event {number}" in row["reason"]
    unchanged(server, there)
    # What came with it is taken.
    assert nurse.get(f"{server.site}/{other['_id']}").status_code == 200
    packed = gzip.compress(json.dumps({"docs": [forged], "new_edits": False}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = nurse.post(f"{server.site}/_bulk_docs", content=packed, headers=headers)
    assert [row["error"] for row in answer.json()] == ["forbidden"]
    answer = nurse.put(f"{server.site}/{there['_id']}", json=forged, params={"new_edits": "false"})
    assert answer.status_code == 403
    unchanged(server, there)


def test_nobody_voids_a_colleagues_record_by_saying_it_was_theirs(
    server: Server, nurse: httpx.Client, senior: httpx.Client
) -> None:
    there = registered(server, senior, recorded(server, f"senior-{server.place.sites[0]}"))
    (number,) = there["events"]
    void = {**provenance(server.place.sites[0]), "by": server.nurse}
    void |= {"kind": "void", "target": number, "reason": "entered_twice"}
    mine = {**there["events"][number], "by": server.nurse}
    forged = beside(there, events={number: mine, ulid(): void})
    (row,) = push(nurse, server.site, forged)
    assert row["error"] == "forbidden"
    unchanged(server, there)


def test_nobody_takes_a_child_over_by_a_version_that_stands_on_nothing(server: Server) -> None:
    here, there = server.place.sites
    with server.client(server.nurse) as client:
        case = registered(server, client, recorded(server, server.nurse))

    def in_the_county() -> bool:
        with server.client(f"chief-{server.place.county}") as chief:
            return chief.get(f"{server.county}/{case['_id']}").status_code == 200

    until(in_the_county, "the county to know the child")
    with server.client(f"nurse-{there}") as thief:
        taken = {**case["facts"], "site": fact(there, there, LATER)}
        (row,) = push(thief, f"site-{there}", beside(case, facts=taken, events={}))
        assert "[not-held]" in row["reason"]
        answer = thief.post(
            f"{server.address}/api/cases/fetch", json={"id": case["_id"], "purpose": "visit"}
        )
        assert answer.status_code == 200, answer.text
        (row,) = push(thief, f"site-{there}", beside(case, facts=taken, events={}))
        assert "fact site" in row["reason"]
    assert leaves(server, case)[0]["facts"]["site"]["value"] == here


def test_an_honest_version_that_was_left_behind_is_merged(
    server: Server, nurse: httpx.Client
) -> None:
    there = registered(server, nurse)
    site = server.place.sites[0]
    path = f"{server.site}/{there['_id']}"
    first = {**dose(site, "0201", "2026-11-23", origin="history"), "by": server.nurse}
    events = {ulid(): first}
    assert nurse.put(path, json={**there, "events": events}).status_code == 201
    # A device that has not seen that: it stands on the version before.
    late = ulid()
    second = {**first, "vaccine": "0301"}
    history = {"start": 2, "ids": [HEX, there["_rev"].partition("-")[2]]}
    branch = {**there, "_rev": f"2-{HEX}", "_revisions": history, "events": {late: second}}
    assert push(nurse, server.site, branch) == []

    def merged() -> bool:
        found, others = leaves(server, there)
        return not others and found["events"].keys() == {*events, late}

    until(merged, "the merge", 20)
    # And the same once more changes nothing.
    assert push(nurse, server.site, branch) == []
    assert merged()


def test_a_version_that_the_server_ended_is_not_gone_on_with(
    server: Server, nurse: httpx.Client, senior: httpx.Client
) -> None:
    site = server.place.sites[0]
    there = registered(server, senior)
    theirs, ours = ulid(), ulid()
    a = recorded(server, f"senior-{site}")
    b = {**recorded(server, server.nurse), "vaccine": "0301"}
    history = {"start": 2, "ids": [HEX, there["_rev"].partition("-")[2]]}
    low = "0" * 32
    push(senior, server.site, {**there, "events": {theirs: a}, "_revisions": history})
    ended = {**there, "_rev": f"2-{low}", "events": {ours: b}}
    ended["_revisions"] = {"start": 2, "ids": [low, *history["ids"][1:]]}
    push(nurse, server.site, ended)

    def merged() -> Json | None:
        found, others = leaves(server, there)
        return found if not others and found["events"].keys() == {theirs, ours} else None

    whole = until(merged, "the merge", 20)
    answer = nurse.post(f"{server.site}/_bulk_get", json={"docs": [{"id": there["_id"]}]}).json()
    (stone,) = [one["ok"] for one in answer["results"][0]["docs"] if one["ok"].get("_deleted")]
    events = {ours: b, theirs: {**a, "lot": "L1"}}
    number, _, digest = stone["_rev"].partition("-")
    start = int(number) + 1
    on_stone = beside(there, events=events, _rev=f"{start}-{HEX}")
    on_stone["_revisions"] = {"start": start, "ids": [HEX, digest]}
    assert [row["error"] for row in push(nurse, server.site, on_stone)] == ["forbidden"]
    plain = {**beside(there, events=events), "_rev": stone["_rev"]}
    del plain["_revisions"]
    assert nurse.put(f"{server.site}/{there['_id']}", json=plain).status_code in (403, 409)
    unchanged(server, whole)


def test_a_stock_move_is_not_claimed_by_an_earlier_one(server: Server, nurse: httpx.Client) -> None:
    move = {"_id": f"stock:{ulid()}", "type": "stock", "kind": "receive", "date": "2026-11-23"}
    move |= {"vaccine": "0201", "lot": "L1", "expiry": "2027-01-01", "maker": "甲", "doses": 10}
    move |= provenance(server.place.sites[0])
    answer = nurse.put(f"{server.site}/{move['_id']}", json=move)
    assert answer.status_code == 201, answer.text
    there = {**move, "_rev": answer.json()["rev"]}
    (row,) = push(nurse, server.site, beside(there, doses=9, at="2020-01-01T00:00:00.000Z"))
    assert "[unchangeable]" in row["reason"]
    unchanged(server, there)


def test_no_version_outlasts_all_others(server: Server, nurse: httpx.Client) -> None:
    there = registered(server, nurse)
    late = {**there["facts"], "name": fact("苗", server.place.sites[0], "9999-01-01T00:00:00.000Z")}
    answer = nurse.put(f"{server.site}/{there['_id']}", json={**there, "facts": late})
    assert answer.status_code == 403
    assert "[dated-ahead] fact name" in answer.json()["reason"]
    far = beside(there, _rev=f"{2**53}-{HEX}")
    far["_revisions"] = {"start": 2**53, "ids": [HEX, there["_rev"].partition("-")[2]]}
    (row,) = push(nurse, server.site, far)
    assert "[revision-ahead]" in row["reason"]
    unchanged(server, there)


def test_only_the_servers_keep_their_places(server: Server, nurse: httpx.Client) -> None:
    place = {"since": "999999-x"}
    for name in ("_local/miaopu-merger", "_local/" + "a" * 32):
        assert nurse.put(f"{server.site}/{name}", json=place).status_code == 403
        assert nurse.put(f"{server.site}/{name.replace('/', '%2F')}", json=place).status_code == 403
        (row,) = push(nurse, server.site, {"_id": name, **place})
        assert row["error"] == "forbidden"
        document = registered(server, nurse)
        headers = {"destination": name}
        answer = nurse.request("COPY", f"{server.site}/{document['_id']}", headers=headers)
        assert answer.status_code == 403
    there = nurse.get(f"{server.site}/_local/miaopu-merger")
    assert there.status_code == 404 or there.json()["since"] != place["since"]
    with server.client(f"chief-{server.place.county}") as chief:
        answer = chief.put(f"{server.county}/_local/miaopu-distribution", json=place)
        assert answer.status_code == 403
        assert chief.post(server.county, json={"_id": "_local/x"}).status_code == 403


def test_nobody_replicates_past_the_gate(server: Server, nurse: httpx.Client) -> None:
    ends = {"source": f"{server.address}/db/{server.site}", "target": server.site}
    assert nurse.post("_replicate", json=ends).status_code == 403
    assert nurse.post("_replicator", json=ends).status_code == 403
    assert nurse.put("_replicator/mine", json=ends).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "content", "kind"),
    [
        ("PUT", "/note.txt", b"x", "text/plain"),
        ("DELETE", "/note.txt", b"", "text/plain"),
        ("PUT", "", b"--b\r\n\r\n{}\r\n--b--", 'multipart/related; boundary="b"'),
    ],
)
def test_what_is_no_document_is_not_written(
    server: Server, nurse: httpx.Client, method: str, path: str, content: bytes, kind: str
) -> None:
    there = registered(server, nurse)
    url = f"{server.site}/{there['_id']}{path}"
    headers = {"content-type": kind, "if-match": there["_rev"]}
    assert nurse.request(method, url, content=content, headers=headers).status_code == 403
    unchanged(server, there)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'"x"', b'{"docs":1}', b'{"docs":[1]}', b'{"docs":[],"new_edits":"false"}'],
)
def test_what_cannot_be_read_is_said(server: Server, nurse: httpx.Client, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = nurse.post(f"{server.site}/_bulk_docs", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_request"


def test_nobody_unknown_is_asked_for_a_document(server: Server) -> None:
    with server.client() as client:
        answer = client.post(f"{server.site}/_bulk_docs", json={"docs": [child("1234567890")]})
        assert answer.status_code == 401


@pytest.fixture
def other(server: Server) -> Iterator[httpx.Client]:
    """The nurse of the second clinic."""
    with server.client(f"nurse-{server.place.sites[1]}") as client:
        yield client


def known_above(server: Server, case: Json) -> None:
    with server.client(f"chief-{server.place.county}") as chief:
        until(
            lambda: chief.get(f"{server.county}/{case['_id']}").status_code == 200,
            "the county to know the child",
        )


def test_nobody_writes_about_a_child_that_their_clinic_does_not_hold(
    server: Server, nurse: httpx.Client, other: httpx.Client
) -> None:
    here, there = server.place.sites
    case = registered(server, nurse, recorded(server, server.nurse))
    known_above(server, case)
    visit = {"kind": "visit", "date": "2026-11-23", **provenance(there)}
    asked = {"kind": "move", "date": "2026-11-23", "step": "requested", **provenance(there)}
    bare: Json = {"_id": case["_id"], "type": "child", "facts": {}, "events": {}}
    attempts = [
        {**bare, "events": {ulid(): dose(there, "0201", "2025-03-09")}},
        {**bare, "events": {ulid(): visit}},
        {**bare, "events": {ulid(): {**asked, "from_site": here, "to_site": there}}},
        {**bare, "facts": {"name": fact("被改名", there, LATER)}},
        bare,
    ]
    path = f"site-{there}/{case['_id']}"
    for document in attempts:
        answer = other.put(path, json=document)
        assert (answer.status_code, answer.json()["reason"]) == (403, "[not-held] document")
        (row,) = push(other, f"site-{there}", beside(document))
        assert row["reason"] == "[not-held] document"
        answer = other.post(f"site-{there}", json=document)
        assert answer.status_code == 403
    assert other.get(path).status_code == 404
    unchanged(server, case)
    # Fetched, it may be written about.
    fetch = {"id": case["_id"], "purpose": "visit"}
    answer = other.post(f"{server.address}/api/cases/fetch", json=fetch)
    assert answer.status_code == 200, answer.text
    fetched = other.get(path).json()
    given = {**fetched["events"], ulid(): dose(there, "0201", "2025-03-09")}
    assert other.put(path, json={**fetched, "events": given}).status_code == 201


def test_an_author_is_an_account_of_the_clinic(server: Server, nurse: httpx.Client) -> None:
    site = server.place.sites[0]
    there = registered(server, nurse)
    for by, status in (("nobody", 403), (f"nurse-{server.place.sites[1]}", 403), ("senior", 201)):
        name = f"senior-{site}" if by == "senior" else by
        event = {**dose(site, "0201", "2025-03-09"), "by": name}
        answer = nurse.put(
            f"{server.site}/{there['_id']}",
            json={**there, "events": {**there["events"], ulid(): event}},
        )
        assert answer.status_code == status, answer.text
        if status == 403:
            assert "[not-a-colleague] event" in answer.json()["reason"]


def test_a_case_is_not_joined_to_one_that_is_not_held(
    server: Server, nurse: httpx.Client, senior: httpx.Client, other: httpx.Client
) -> None:
    site = server.place.sites[0]
    own, second = registered(server, nurse), registered(server, nurse)
    theirs = child(server.place.sites[1])
    assert other.put(f"site-{server.place.sites[1]}/{theirs['_id']}", json=theirs).is_success
    known_above(server, theirs)
    for target, status in ((theirs["_id"], 403), (f"child:{ulid()}", 403), (second["_id"], 201)):
        join = {"kind": "same_as", "target": target, **provenance(site), "by": f"senior-{site}"}
        answer = senior.put(f"{server.site}/{own['_id']}", json={**own, "events": {ulid(): join}})
        assert answer.status_code == status, answer.text
        if status == 403:
            assert "[target-not-held] event" in answer.json()["reason"]


def test_nobody_uses_up_the_codes_of_a_clinic(server: Server, nurse: httpx.Client) -> None:
    site = server.place.sites[0]

    def block(number: int, year: int, station: str) -> Json:
        base = {"_id": f"numbers:{site}:{year}:{number:02}", "type": "numbers"}
        return {**base, **provenance(site), "station": station, "year": year, "block": number}

    one = ulid()
    assert nurse.put(f"{server.site}/numbers:{site}:2019:00", json=block(0, 2019, one)).is_success
    answer = nurse.put(f"{server.site}/numbers:{site}:2019:01", json=block(1, 2019, one))
    assert "[numbers-unused]" in answer.json()["reason"]
    body = {"docs": [block(number, 2019, ulid()) for number in range(1, 100)]}
    rows = nurse.post(f"{server.site}/_bulk_docs", json=body).json()
    assert sum("error" not in row for row in rows) == 11
    assert {row["reason"] for row in rows if "error" in row} == {"[numbers-many] document"}
    replicated = [
        {**block(n, 2018, ulid()), "_rev": "1-" + HEX, "_revisions": {"start": 1, "ids": [HEX]}}
        for n in range(100)
    ]
    assert len(push(nurse, server.site, *replicated)) == 88
    for year in (1900, 2999):
        answer = nurse.put(f"{server.site}/numbers:{site}:{year}:00", json=block(0, year, one))
        assert "[numbers-year]" in answer.json()["reason"]


def test_no_version_without_the_known_events_is_ever_shown(
    server: Server, nurse: httpx.Client
) -> None:
    there = registered(server, nurse, recorded(server, server.nurse))
    path = f"{server.site}/{there['_id']}"
    ahead = 1
    for number in range(40):
        ahead += 2
        digest = f"{number:032x}"
        bare = beside(there, facts={}, events={}, _rev=f"{ahead}-{digest}")
        bare["_revisions"] = {"start": ahead, "ids": [digest]}
        if number % 2:
            answer = nurse.put(path, json=bare, params={"new_edits": "false"})
            assert answer.status_code == 201, answer.text
        else:
            assert push(nurse, server.site, bare) == []
        shown = nurse.get(path).json()
        assert shown["events"] == there["events"]
        assert shown["facts"] == there["facts"]
        # Whoever wrote it finds it taken.
        asked = {there["_id"]: [bare["_rev"]]}
        assert nurse.post(f"{server.site}/_revs_diff", json=asked).json() == {}
        # Nor does a plain write on one side of a conflict show it.
        plain = {**bare, "_rev": shown["_rev"]}
        del plain["_revisions"]
        assert nurse.put(path, json=plain).status_code in (403, 409)
        ahead = max(ahead, int(shown["_rev"].partition("-")[0]))
    until(lambda: not leaves(server, there)[1], "the versions to be joined", 20)
    assert leaves(server, there)[0]["events"] == there["events"]
