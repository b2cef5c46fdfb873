"""What a server recorded itself and lost with its disk comes back from whatever tablet has it."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from records import LATER, child, dose, fact, provenance, ulid
from served import PASSWORD, Server, until

from miaopu.case.merge import body

Json = dict[str, Any]


@pytest.fixture
def nurse(server: Server) -> Iterator[httpx.Client]:
    """An ordinary account of the first clinic."""
    with server.client(server.nurse) as client:
        yield client


@pytest.fixture
def visited(server: Server) -> Iterator[httpx.Client]:
    """One of the second clinic."""
    with server.client(f"nurse-{server.place.sites[1]}") as client:
        yield client


@dataclass
class Lost:
    """A child of the first clinic whose case the server has lost."""

    first: Json
    """As it was registered, before the server recorded anything."""
    held: Json
    """As tablets of the clinic have it, with its history."""
    event: str
    """What the server recorded."""

    @property
    def id(self) -> str:
        return str(self.first["_id"])

    @property
    def own(self) -> Json:
        return dict(self.held["events"][self.event])


def get(client: httpx.Client, database: str, doc_id: str) -> Json | None:
    answer = client.get(f"{database}/{doc_id}", params={"revs": "true", "conflicts": "true"})
    return answer.json() if answer.status_code == 200 else None


def databases(server: Server) -> list[str]:
    sites = [f"site-{site}" for site in server.place.sites]
    return [*sites, *(f"region-{region}" for region in server.place.regions)]


def push(client: httpx.Client, database: str, *documents: Json) -> list[Json]:
    """Writes revisions as tablets do; returns the rows of those that were not taken."""
    answer = client.post(f"{database}/_bulk_docs", json={"docs": documents, "new_edits": False})
    assert answer.status_code == 201, answer.text
    return [row for row in answer.json() if "error" in row]


def on_top(document: Json, **events: Json) -> Json:
    """A revision of a tablet on top of another, whose history it goes on."""
    number, _, parent = document["_rev"].partition("-")
    ids = document.get("_revisions", {"ids": [parent]})["ids"]
    digest = ulid().lower().encode().hex()[-32:]
    start = int(number) + 1
    return {
        **body(document),
        "events": {**document["events"], **events},
        "_rev": f"{start}-{digest}",
        "_revisions": {"start": start, "ids": [digest, *ids]},
    }


def registered(server: Server, nurse: httpx.Client) -> Json:
    site = server.place.sites[0]
    case = child(site, {**dose(site, "0201", "2025-03-09"), "by": f"senior-{site}"})
    answer = nurse.put(f"{server.site}/{case['_id']}", json=case)
    assert answer.status_code == 201, answer.text
    return {**case, "_rev": answer.json()["rev"]}


def lose(server: Server, first: Json, event: str, holders: list[str]) -> Lost:
    """Waits for an event of the server to be with all `holders`, and takes the child from all."""
    doc_id = first["_id"]
    with server.administrator() as admin:

        def everywhere() -> Json | None:
            found = [get(admin, database, doc_id) for database in holders]
            documents = [one for one in found if one is not None and event in one["events"]]
            revs = {one["_rev"] for one in documents}
            clean = not any("_conflicts" in one for one in documents)
            return (
                documents[0] if len(documents) == len(found) and len(revs) == 1 and clean else None
            )

        held: Json = until(everywhere, "the event at all that hold the child", 40)

        def purge() -> bool:
            """Whether there was anything to purge still."""
            found = False
            for database in holders:
                answer = admin.post(f"{database}/_bulk_get", json={"docs": [{"id": doc_id}]}).json()
                revs = [one["ok"]["_rev"] for one in answer["results"][0]["docs"] if "ok" in one]
                if revs:
                    found = True
                    purged = admin.post(f"{database}/_purge", json={doc_id: revs})
                    assert purged.status_code in (201, 202), purged.text
            return found

        def gone() -> bool:
            """Nowhere, and still so once those who had read it before have written it."""
            if purge():
                return False
            time.sleep(1)
            return not purge()

        until(gone, "the child to be gone from all", 40)
    return Lost(first, held, event)


def fetched(server: Server, nurse: httpx.Client, visited: httpx.Client) -> Lost:
    """A child whom the second clinic has fetched; then the server lost all of it."""
    first = registered(server, nurse)

    def fetch() -> bool:
        body = {"id": first["_id"], "purpose": "visit"}
        return visited.post(f"{server.address}/api/cases/fetch", json=body).is_success

    until(fetch, "the county to know the child", 40)
    there = get(visited, f"site-{server.place.sites[1]}", first["_id"])
    assert there is not None
    (event,) = there["events"].keys() - first["events"].keys()
    return lose(server, first, event, databases(server))


def restore(server: Server, lost: Lost) -> Json:
    """The first clinic's database has the child as it was before the server recorded anything."""
    digest = lost.first["_rev"].partition("-")[2]
    old = {**lost.first, "_revisions": {"start": 1, "ids": [digest]}}
    with server.administrator() as admin:
        assert push(admin, server.site, old) == []
    return old


def has(client: httpx.Client, database: str, lost: Lost) -> bool:
    there = get(client, database, lost.id)
    return there is not None and there["events"].get(lost.event) == lost.own


def is_held_by_both(server: Server, visited: httpx.Client, lost: Lost) -> None:
    """The county knows the event, so the second clinic holds the child again."""
    with server.client(f"chief-{server.place.county}") as chief:
        until(lambda: has(chief, server.county, lost), "the event in the county", 40)
    until(lambda: has(visited, f"site-{server.place.sites[1]}", lost), "the child, there again", 40)


def given(server: Server, vaccine: str = "0101") -> Json:
    """A dose that the nurse of the first clinic recorded."""
    return {**dose(server.place.sites[0], vaccine, "2025-03-09"), "by": server.nurse}


def one(client: httpx.Client, database: str, lost: Lost) -> Json:
    """The child as it is in a database, once it has one version there."""

    def found() -> Json | None:
        there = get(client, database, lost.id)
        return None if there is None or "_conflicts" in there else there

    document: Json = until(found, "one version", 20)
    return document


def test_a_visit_that_the_server_lost_comes_back_from_a_tablet_of_the_other_clinic(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    restore(server, lost)
    # All that the tablet has goes on from what the server has, over versions that it lost.
    held = on_top(on_top(lost.held, **{ulid(): given(server)}), **{ulid(): given(server)})
    assert push(nurse, server.site, held) == []
    there = one(nurse, server.site, lost)
    assert (there["_rev"], there["events"]) == (held["_rev"], held["events"])
    is_held_by_both(server, visited, lost)
    # And what is recorded later is taken, as the clinic's own.
    later = on_top(held, **{ulid(): given(server, "0301")})
    assert push(nurse, server.site, later, held) == []
    assert one(nurse, server.site, lost)["_rev"] == later["_rev"]


def test_it_comes_back_beside_what_was_recorded_since(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    old = restore(server, lost)
    since = on_top(old, **{ulid(): given(server)})
    assert push(nurse, server.site, since) == []
    late = on_top(lost.held, **{ulid(): given(server, "0301")})
    assert push(nurse, server.site, late) == []
    assert one(nurse, server.site, lost)["events"] == {**since["events"], **late["events"]}
    is_held_by_both(server, visited, lost)


def test_it_comes_back_though_something_else_is_refused(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    old = restore(server, lost)
    wrong, right = ulid(), ulid()
    foreign = dose(server.place.sites[1], "0101", "2025-03-09")
    (row,) = push(nurse, server.site, on_top(lost.held, **{wrong: foreign, right: given(server)}))
    assert wrong in row["reason"]
    there = one(nurse, server.site, lost)
    assert there["events"] == {**old["events"], lost.event: lost.own}
    assert push(nurse, server.site, on_top(there, **{right: there["events"][lost.event]})) != []
    assert push(nurse, server.site, on_top(there, **{right: given(server)})) == []
    is_held_by_both(server, visited, lost)


def test_a_child_that_was_lost_as_a_whole_comes_back_part_by_part(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    (row,) = push(nurse, server.site, lost.held)
    assert lost.event in row["reason"]
    own = on_top({**lost.first, "_rev": "0-"})
    own["_revisions"] = {"start": 1, "ids": own["_revisions"]["ids"][:1]}
    assert push(nurse, server.site, own) == []
    trial = on_top(own, **{lost.event: lost.own})
    assert push(nurse, server.site, trial) == []
    asked = {lost.id: [trial["_rev"]]}
    assert nurse.post(f"{server.site}/_revs_diff", json=asked).json() == {}
    is_held_by_both(server, visited, lost)


def test_a_single_write_brings_it_back_too(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    old = restore(server, lost)
    document = {**body(lost.held), "_rev": old["_rev"]}
    path = f"{server.site}/{lost.id}"
    # It stands on a revision on which the server has written itself meanwhile.
    assert nurse.put(path, json=document).status_code == 409
    assert has(nurse, server.site, lost)


def test_a_decision_of_the_county_comes_back_from_an_ordinary_nurse(
    server: Server, nurse: httpx.Client
) -> None:
    one, other = registered(server, nurse), registered(server, nurse)
    decided = {"id": one["_id"], "target": other["_id"], "decision": "same"}
    with server.client(f"chief-{server.place.county}") as chief:

        def decide() -> bool:
            return chief.post(f"{server.address}/api/cases/decide", json=decided).is_success

        until(decide, "the county to know both", 40)
    there = get(nurse, server.site, one["_id"])
    assert there is not None
    (event,) = there["events"].keys() - one["events"].keys()
    holders = [server.site, *(f"region-{region}" for region in server.place.regions)]
    lost = lose(server, one, event, holders)
    own = restore(server, lost)
    forged = {**lost.own, "target": f"child:{ulid()}"}
    (row,) = push(nurse, server.site, on_top(own, **{event: forged}))
    assert "[not-a-colleague]" in row["reason"]
    assert push(nurse, server.site, on_top(own, **{event: lost.own})) == []
    assert has(nurse, server.site, lost)


def test_a_join_comes_back_though_the_server_would_not_make_it_any_more(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    here, there = server.place.sites
    number = str(random.randrange(10**13, 10**14))
    issued = {"kind": "card", "number": number, "state": "issued"}
    true = child(here, {**issued, **provenance(here)})
    visit = {"kind": "visit", "date": "2026-11-23", "provisional": True}
    first = child(there, {**issued, **provenance(there)}, {**visit, **provenance(there)})
    path = f"{server.site}/{true['_id']}"
    true["_rev"] = nurse.put(path, json=true).json()["rev"]
    first["_rev"] = visited.put(f"site-{there}/{first['_id']}", json=first).json()["rev"]

    def joined() -> str | None:
        found = get(nurse, server.site, first["_id"])
        events = found["events"] if found is not None else {}
        return next((key for key, event in events.items() if event["kind"] == "same_as"), None)

    event: str = until(joined, "the join, here", 40)
    gone = {**issued, "state": "lost", **provenance(here)}
    answer = nurse.put(path, json={**true, "events": {**true["events"], ulid(): gone}})
    assert answer.status_code == 201, answer.text
    with server.administrator() as admin:

        def known() -> bool:
            found = [get(admin, f"region-{region}", true["_id"]) for region in server.place.regions]
            return all(one is not None and gone in one["events"].values() for one in found)

        until(known, "the regions to know that the card is lost", 40)
    lost = lose(server, first, event, databases(server))
    own = restore(server, lost)
    assert push(nurse, server.site, on_top(own, **{event: lost.own})) == []
    is_held_by_both(server, visited, lost)


def test_nobody_forges_what_a_server_recorded(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    old = restore(server, lost)
    another = registered(server, nurse)
    digest = another["_rev"].partition("-")[2]
    another["_revisions"] = {"start": 1, "ids": [digest]}
    own = lost.own
    later = lost.event[:9] + ("0" if lost.event[9] != "0" else "1") + lost.event[10:]
    forged = [
        on_top(old, **{lost.event: {**own, "date": "2020-01-01"}}),
        on_top(old, **{lost.event: {**own, "by": server.nurse}}),
        on_top(old, **{lost.event: {**own, "station": ulid()}}),
        on_top(old, **{lost.event: {**own, "provisional": True}}),
        on_top(old, **{ulid(): own}),
        on_top(old, **{later: own}),
        on_top(another, **{lost.event: own}),
    ]
    refused = push(nurse, server.site, *forged)
    assert len(refused) == len(forged)
    assert all(row["reason"].startswith("[other-site] event ") for row in refused)
    # One who has no part in the clinic's database brings nothing there.
    answer = visited.post(
        f"{server.site}/_bulk_docs", json={"docs": [lost.held], "new_edits": False}
    )
    assert answer.status_code == 403 or all("error" in row for row in answer.json())
    for document in (old, another):
        there = get(nurse, server.site, document["_id"])
        assert there is not None
        assert body(there) == body(document)
    # And what is right among wrong ones is added alone.
    wrong = {ulid(): own, ulid(): {**own, "kind": "dose"}}
    push(nurse, server.site, on_top(old, **{lost.event: own}, **wrong))
    found = get(nurse, server.site, lost.id)
    assert found is not None
    assert found["events"] == {**old["events"], lost.event: own}


def test_nobody_brings_more_with_it_than_they_may(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    old = restore(server, lost)
    (number,) = old["events"]
    name = old["facts"]["name"]
    void = {**provenance(server.place.sites[0]), "by": server.nurse}
    void |= {"kind": "void", "target": number, "reason": "entered_twice"}
    facts = old["facts"]
    back = {**old["events"], lost.event: lost.own}
    changes: list[Json] = [
        # A fact of the same time, which a merge would leave out, and one that takes the child over.
        {"facts": {**facts, "name": {**name, "value": "0"}}},
        {"facts": {**facts, "site": fact(server.place.sites[1], server.place.sites[1], LATER)}},
        {"facts": {key: value for key, value in facts.items() if key != "name"}},
        {"events": {**back, number: {**old["events"][number], "lot": "another"}}},
        {"events": {**back, number: {**old["events"][number], "app": "0"}}},
        {"events": {lost.event: lost.own}},
        {"events": {**back, ulid(): void}},
        {"events": {**back, ulid(): {**given(server), "more": 1}}},
        {"more": 1},
        {"type": "stock"},
        {"_deleted": True},
        {"_attachments": {"note.txt": {"content_type": "text/plain", "data": "eA=="}}},
    ]
    # In one request, before which nothing has come back.
    documents = [{**on_top(old, **{lost.event: lost.own}), **changed} for changed in changes]
    assert len(push(nurse, server.site, *documents)) == len(documents)
    there = one(nurse, server.site, lost)
    assert body(there) == {**body(old), "events": back}


def test_an_account_that_is_gone_brings_nothing(
    server: Server, nurse: httpx.Client, visited: httpx.Client
) -> None:
    lost = fetched(server, nurse, visited)
    restore(server, lost)
    name = f"brief-{server.place.sites[0]}"
    account = {"_id": f"org.couchdb.user:{name}", "type": "user", "name": name}
    account |= {"password": PASSWORD, "roles": [f"site:{server.place.sites[0]}", "grade:ordinary"]}
    with server.administrator() as admin:
        path = f"_users/{account['_id']}"
        rev = admin.put(path, json=account).json()["rev"]
        with server.client(name) as brief:
            assert push(brief, server.site) == []
            assert admin.delete(path, params={"rev": rev}).is_success
            docs = {"docs": [lost.held], "new_edits": False}
            assert brief.post(f"{server.site}/_bulk_docs", json=docs).status_code == 401
    assert not has(nurse, server.site, lost)


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "events",
    [None, [], "x", {"x": None}, {"x": []}, {"x": 1}, {"x": "visit"}, {"": {}}, {"é": {}}],
)
@pytest.mark.parametrize("wrong", [None, {"at": None}, {"at": deep(300)}, {"more": deep(300)}])
def test_what_is_no_event_is_refused_and_upsets_nobody(
    server: Server, nurse: httpx.Client, events: Any, wrong: Json | None
) -> None:
    case = registered(server, nurse)
    station = nurse.get(f"{server.address}/api/time").json()["generation"]
    forged = {
        "station": station,
        "at": "2026-11-23T01:02:03.004Z",
        "kind": "visit",
        **(wrong or {}),
    }
    if isinstance(events, dict):
        events = {
            name: {**forged, **event} if event == {} else event for name, event in events.items()
        }
        if wrong is not None:
            events[ulid()] = forged
    document = {**case, "events": events}
    assert nurse.put(f"{server.site}/{case['_id']}", json=document).status_code == 403
    history = {"start": 2, "ids": ["a" * 32, case["_rev"].partition("-")[2]]}
    replicated = {**document, "_rev": "2-" + "a" * 32, "_revisions": history}
    assert [row["error"] for row in push(nurse, server.site, replicated)] == ["forbidden"]
