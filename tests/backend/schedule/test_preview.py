"""`POST /api/schedules/preview`, over a catalog and children of a database's stand-in."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from miaopu.accounts.actor import Identities
from miaopu.ids import ulid_of
from miaopu.provision.catalog import content
from miaopu.schedule.api import schedules_router
from miaopu.schedule.sample import Sample

Json = dict[str, Any]
COUNTY = "330102"
TODAY = "2026-11-29"
AT = "2026-01-01T00:00:00.000Z"
LONG = {
    "kind": "interval",
    "antigen": "DTaP",
    "dose": 2,
    "interval": {"from": "previous", "absMin": "3 months", "min": "3 months"},
}


def child(number: int, birth: str, *doses: tuple[str, str], status: str = "1") -> Json:
    facts = {"birth_date": birth, "sex": "F", "register_status": status}
    base = {"at": AT, "by": "nurse", "site": f"{COUNTY}0001", "kind": "dose"}
    events = {
        ulid_of(number, place): {**base, "date": date, "vaccine": code}
        for place, (date, code) in enumerate(doses)
    }
    held = {name: {"value": value, "at": AT, "by": "nurse"} for name, value in facts.items()}
    doc_id = f"child:{ulid_of(number, number)}"
    return {"_id": doc_id, "type": "child", "facts": held, "events": events}


ONE = (("2026-09-15", "0402"),)
CHILDREN = [
    child(1, "2026-07-10", *ONE),  # DTaP-2 at 4 months, on 11-10; with the rule on 12-15
    child(50, "2026-07-12", *ONE),
    child(99, "2026-07-12", *ONE, status="2"),
    child(1000, "2016-01-01"),
]


class Databases:
    """Answers `_all_docs` and `_session`."""

    def __init__(self, children: list[Json]) -> None:
        self.documents = {
            "catalog": list(content()),
            f"region-{COUNTY}": children,
            f"site-{COUNTY}0001": children[:1],
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        database, _, what = request.url.path.strip("/").partition("/")
        if database == "_session":
            name = request.headers.get("cookie", "").removeprefix("AuthSession=") or None
            place = "site:3301020001" if name == "nurse" else f"region:{COUNTY}"
            grade = "senior" if name == "senior" else "admin"
            return httpx.Response(
                200, json={"userCtx": {"name": name, "roles": [place, f"grade:{grade}"]}}
            )
        assert what == "_all_docs"
        asked = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        start, end = json.loads(asked["startkey"]), json.loads(asked["endkey"])
        low, high = sorted((start, end))
        rows = sorted(
            (one for one in self.documents[database] if low <= one["_id"] < high),
            key=lambda one: str(one["_id"]),
            reverse=start > end,
        )
        limit = int(asked.get("limit", len(rows)))
        found = [{"id": one["_id"], "doc": one} for one in rows[:limit]]
        return httpx.Response(200, json={"rows": found})

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url="http://db.example/", transport=httpx.MockTransport(self))


@pytest.fixture
def databases() -> Databases:
    return Databases(CHILDREN)


@pytest.fixture
def api(databases: Databases) -> TestClient:
    app = FastAPI()
    app.include_router(schedules_router(Identities(databases.client), databases.client))
    return TestClient(app, headers={"cookie": "AuthSession=admin"})


def rule(layer: Json, **more: Any) -> Json:
    base = {"type": "layer", "name": "a", "title": "一", "region": COUNTY, "effective": TODAY}
    return {**base, "layer": layer, "updated_at": AT, "updated_by": "admin", **more}


def edition(**within: Any) -> Json:
    document = next(one for one in content() if one["_id"] == "schedule:cn-nip-2026")
    schedule = {**document["schedule"], "name": "cn-x", **within}
    outer = {name: it for name, it in document.items() if name != "_id"}
    return {**outer, "name": "cn-x", "schedule": schedule}


def preview(api: TestClient, proposal: Json) -> Json:
    answer = api.post("/schedules/preview", json={"proposal": proposal, "today": TODAY})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_a_rule_is_shown_with_what_it_changes(api: TestClient) -> None:
    found = preview(api, rule(LONG))
    assert {one["code"] for one in found["problems"]} == {"impossibleBefore"}
    # Two children of the three whom a clinic waits for have DTaP-2 later; it was due today.
    assert found["region"] == {
        "children": 3,
        "changed": 2,
        "dueBefore": 3,
        "dueAfter": 3,
        "groups": {"DTaP": 2},
        "is_all": True,
    }
    assert len(found["examples"]) == 10
    changed = [one for one in found["examples"] if any(row["changed"] for row in one["rows"])]
    assert [one["months"] for one in changed] == [2, 3]
    (row,) = [row for row in changed[0]["rows"] if row["changed"]]
    assert (row["group"], row["before"]["target"]) == ("DTaP", 2)
    assert row["before"]["earliest"] < row["after"]["earliest"]


def test_a_rule_for_some_clinics_is_counted_there(api: TestClient) -> None:
    assert preview(api, rule(LONG, sites=[f"{COUNTY}0001"]))["region"]["children"] == 1


def test_an_edition_is_tried_against_the_one_in_force(api: TestClient) -> None:
    same = preview(api, edition())
    assert same["region"]["changed"] == 0
    none = preview(api, edition(antigens=[], groups=[]))
    assert [one["code"] for one in none["problems"]] == ["noAntigens"]
    assert none["region"] is None


def test_what_cannot_be_applied_changes_nothing(api: TestClient) -> None:
    found = preview(api, rule({**LONG, "dose": 15}))
    assert found["problems"][0]["code"] == "badLayer"
    assert (found["examples"], found["region"]) == ([], None)


@pytest.mark.parametrize(
    ("proposal", "who", "status"),
    [
        (rule(LONG), "", 401),
        (rule(LONG), "senior", 403),
        (rule(LONG), "nurse", 403),
        (rule(LONG, region="330103"), "admin", 403),
        (rule(LONG, sites=["3301030001"]), "admin", 403),
        (rule({"kind": "party"}), "admin", 422),
        ({"type": "site"}, "admin", 422),
        ({**edition(), "name": "../_users"}, "admin", 422),
    ],
)
def test_what_is_asked_wrongly_or_by_others_is_refused(
    api: TestClient, proposal: Json, who: str, status: int
) -> None:
    cookie = f"AuthSession={who}" if who else ""
    body = {"proposal": proposal, "today": TODAY}
    answer = api.post("/schedules/preview", json=body, headers={"cookie": cookie})
    assert answer.status_code == status, answer.text


def test_entries_that_people_wrote_are_listed(api: TestClient, databases: Databases) -> None:
    assert api.get("/schedules/own-entries").json() == {"entries": []}
    vaccine = next(
        one for one in databases.documents["catalog"] if one["_id"] == "dictionary:route"
    )
    new = {"zh": "鼻腔", "en": "nasal"}
    mine = {**vaccine, "entries": {**vaccine["entries"], "nose": new}}
    databases.documents["catalog"] = [mine]
    found = api.get("/schedules/own-entries").json()
    assert found == {"entries": [{"dictionary": "route", "code": "nose"}]}
    assert api.get("/schedules/own-entries", headers={"cookie": ""}).status_code == 401


@pytest.mark.anyio
async def test_a_sample_is_of_all_times_and_says_what_it_left_out() -> None:
    many = [child(n if n % 3 else n // 100, "2026-01-01") for n in range(3000)]
    known = {one["_id"] for one in many}
    databases = Databases(list({one["_id"]: one for one in many}.values()))
    async with databases.client() as client:
        for most, is_all in ((5000, True), (len(known), True), (500, False)):
            sample = Sample(client, [f"region-{COUNTY}"], most)
            ids = [one["_id"] async for page in sample.pages() for one in page]
            assert len(ids) == len(set(ids)) == min(most, len(known))
            if not is_all:
                assert max(ids) > sorted(known)[-200]
            assert sample.is_all is is_all or most == len(known)
        assert [page async for page in Sample(client, [f"site-{COUNTY}0001"], 5).pages()]
