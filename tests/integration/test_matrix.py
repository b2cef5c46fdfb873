"""Each cell of `design-docs/matrix.toml`, tried over HTTP with an account of that role.

What is allowed succeeds. What is not is refused by the database, or by the server for accounts:
401 to nobody, 403 to somebody; 404 where whoever asks may not even know that something is there.
"""

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from country import Served, running_country
from records import AT, LATER, child, dose, fact, provenance, ulid
from served import KINDS, PASSWORD, no_majority

from miaopu.generate import MATRIX
from miaopu.generate.matrix import read_matrix

Json = dict[str, Any]

CELLS = sorted(
    ((one.database, one.name, role, may) for one, role, may in read_matrix(MATRIX).cells()),
    # What nobody may is tried before anybody has been here.
    key=lambda cell: cell[2] != "anonymous",
)
NUMBERS = itertools.count(1000)
HIDDEN = frozenset({"users", "accounts"})
ANOTHER = "another horse"


@dataclass
class Try:
    """One attempt: the server, who tries, and where."""

    served: Served
    role: str

    @property
    def me(self) -> httpx.Client:
        return self.served.client(self.role)

    @property
    def name(self) -> str:
        return "nobody" if self.role == "anonymous" else self.served.credentials(self.role)[0]

    @property
    def site(self) -> str:
        return self.served.country.sites[0]

    @property
    def here(self) -> str:
        return f"site-{self.site}"

    @property
    def region(self) -> str:
        return f"region-{self.served.country.county}"

    @property
    def trail(self) -> str:
        return f"audit-{self.served.country.county}"

    def put(self, database: str, document: Json) -> httpx.Response:
        return self.me.put(f"{database}/{document['_id']}", json=document)

    def seeded(self, database: str, document: Json) -> Json:
        """The document as it stands after the server has put it there."""
        answer = self.served.client("server").put(f"{database}/{document['_id']}", json=document)
        assert answer.status_code in (201, 202), answer.text
        return {**document, "_rev": answer.json()["rev"]}

    def event(self, kind: str, **more: Any) -> Json:
        return {**provenance(self.site), "by": self.name, "kind": kind, **more}

    def dose(self, by: str) -> Json:
        return {**dose(self.site, "0201", "2025-03-09"), "by": by}

    def add(self, event: Json, *before: Json) -> httpx.Response:
        """Adds an event to a child that holds `before`."""
        there = self.seeded(self.here, child(self.site, *before))
        return self.put(self.here, {**there, "events": {**there["events"], ulid(): event}})

    def void(self, by: str) -> httpx.Response:
        there = self.seeded(self.here, child(self.site, self.dose(by)))
        (target,) = there["events"]
        there["events"][ulid()] = self.event("void", target=target, reason="entry")
        return self.put(self.here, there)

    def stock(self, kind: str, doses: int) -> Json:
        lot = {"vaccine": "0201", "lot": "A1", "expiry": "2027-01-01", "maker": "甲"}
        base = {"_id": f"stock:{ulid()}", "type": "stock", "kind": kind, "date": "2026-11-23"}
        return {**base, **provenance(self.site), **lot, "doses": doses}

    def counted(self) -> Json:
        move = self.stock("count", 0)
        del move["doses"]
        return {**move, "count": {"counted": 9, "seen": [], "given": 0}}

    def problem(self) -> Json:
        base = {"_id": f"problem:{ulid()}", "type": "problem", **provenance(self.site)}
        return {**base, "document": f"child:{ulid()}", "revision": "1-a", "reason": "r"}

    def batch(self) -> httpx.Response:
        base = {"_id": f"batch:{ulid()}", "type": "batch", **provenance(self.site)}
        digests = {"sha256": "0" * 64, "header": "1" * 64}
        counts = ("rows", "new", "matched", "doubt", "error", "cases", "events", "facts")
        more = {"file": "a.csv", "state": "running", "updated_at": AT, **dict.fromkeys(counts, 0)}
        return self.put(self.here, {**base, **digests, **more, "by": self.name})

    def settings(self, database: str) -> httpx.Response:
        doc_id = f"settings:{self.site}"
        there = self.served.client("server").get(f"{database}/{doc_id}")
        base = {"_id": doc_id, "type": "settings", "site": self.site, "updated_at": AT}
        document = {**base, "schedules": ["cn-nip-2026"], "updated_by": self.name}
        if there.is_success:
            document["_rev"] = there.json()["_rev"]
        return self.put(database, document)

    def gone(self, database: str, document: Json) -> httpx.Response:
        """Deletes as the merging server does: the tombstone holds what the document held."""
        return self.put(database, {**self.seeded(database, document), "_deleted": True})

    def design(self, database: str) -> httpx.Response:
        return self.put(database, {"_id": f"_design/{ulid()}", "views": {}})

    def security(self, database: str) -> httpx.Response:
        return self.me.put(f"{database}/_security", json={"members": {"names": [self.name]}})

    def entry(self) -> Json:
        base = {"_id": f"audit:{ulid()}", "type": "audit", "at": AT, "by": "nurse"}
        more = {"address": "192.0.2.1", "action": "read", "request": "GET"}
        return {**base, **more, "database": self.here}

    def place(self, number: str, region: str | None = None) -> Json:
        code = self.served.country.county + number
        base = {"_id": f"site:{code}", "type": "site", "code": code, "name": "一"}
        return {**base, "region": region or self.served.country.county}

    def there(self, doc_id: str) -> Json:
        found: Json = self.served.client("server").get(f"catalog/{doc_id}").json()
        return found

    def known_place(self) -> Json:
        """A clinic of the county in the catalog."""
        return self.there(f"site:{self.served.country.sites[1]}")

    def moved_place(self) -> httpx.Response:
        country = self.served.country
        there = self.known_place()
        answer = self.put("catalog", {**there, "region": country.elsewhere})
        if answer.is_success:
            self.seeded("catalog", {**there, "_rev": answer.json()["rev"]})
        return answer

    def catalog(self, kind: str, /, **more: Any) -> httpx.Response:
        name = f"cell-{ulid().lower()}"  # 32 characters are the most that a name may have
        return self.put("catalog", {"_id": f"{kind}:{name}", "type": kind, "name": name, **more})

    def edition(self, **within: Any) -> httpx.Response:
        """Adds an edition, the one of 2021 under another name."""
        name = f"cell-{ulid().lower()}"
        base = self.there("schedule:cn-nip-2021")["schedule"]
        schedule = {**base, "name": name, **within}
        more = {"edition": base["edition"], "effective": base["effective"], "schedule": schedule}
        return self.put(
            "catalog", {"_id": f"schedule:{name}", "type": "schedule", "name": name, **more}
        )

    def dictionary(self, *codes: str) -> httpx.Response:
        """Adds entries to the dictionary of routes."""
        there = self.there("dictionary:route")
        entries = {code: {"zh": "新", "en": "new"} for code in codes}
        return self.put("catalog", {**there, "entries": {**there["entries"], **entries}})

    def removed_entry(self) -> httpx.Response:
        there = self.there("dictionary:route")
        entries = dict(list(there["entries"].items())[1:])
        answer = self.put("catalog", {**there, "entries": entries})
        if answer.is_success:
            self.seeded("catalog", {**there, "_rev": answer.json()["rev"]})
        return answer

    def holidays(self) -> httpx.Response:
        # Every attempt is about a year of its own.
        year = 2000 + next(NUMBERS) % 1000
        base = {"_id": f"holidays:{year}", "type": "holidays", "year": year}
        more = {"off": [f"{year}-10-01"], "updated_at": AT, "updated_by": self.name}
        return self.put("catalog", {**base, **more})

    def rule(self, region: str, **other: Any) -> httpx.Response:
        layer = other or {"kind": "visit", "maxInjections": 2}
        more = {"title": "两针", "region": region, "effective": "2026-01-01", "layer": layer}
        return self.catalog("layer", **more, updated_at=AT, updated_by=self.name)

    def article(self, region: str) -> httpx.Response:
        more = {"region": region, "kind": "notice", "title": "通知", "published": "2026-11-01"}
        return self.catalog("article", **more, updated_at=AT, updated_by=self.name)

    def department(self, region: str) -> httpx.Response:
        more = {"region": region, "title": "疾控中心", "phone": "0000"}
        return self.catalog("department", **more, updated_at=AT, updated_by=self.name)

    def reminder(self) -> Json:
        base = {"_id": f"reminder:{ulid()}", "type": "reminder", **provenance(self.site)}
        return {**base, "title": "交月报", "due": "2026-12-05"}

    def user(self, name: str) -> str:
        return f"_users/org.couchdb.user:{name}"

    def account(self, method: str, path: str, **body: Any) -> httpx.Response:
        url = f"{self.served.server.address}/api/accounts{path}"
        return self.me.request(method, url, json=body or None)

    def new_account(self, **place: str) -> httpx.Response:
        name = f"new-{ulid().lower()}"
        more = {"display_name": "新人", "grade": "admin", "password": PASSWORD}
        return self.account("POST", "", name=name, **more, **place)

    def of_target(self, what: str, **body: Any) -> httpx.Response:
        return self.account("PATCH", f"/{what}-{self.served.country.county}", **body)

    def own_password(self) -> httpx.Response:
        answer = self.account("POST", "/me/password", old=PASSWORD, new=ANOTHER)
        if answer.is_success:
            back = {"old": ANOTHER, "new": PASSWORD}
            url = f"{self.served.server.address}/api/accounts/me/password"
            with httpx.Client(auth=(self.name, ANOTHER), trust_env=False, timeout=30) as client:
                assert client.post(url, json=back).status_code == 204
        return answer

    def own_record(self) -> httpx.Response:
        there = self.me.get(self.user(self.name))
        base = {"type": "user", "name": self.name, "roles": [], "password": ANOTHER}
        return self.me.put(
            self.user(self.name), json={**base, **(there.json() if there.is_success else {})}
        )

    def another_record(self) -> httpx.Response:
        name = f"target-{self.served.country.county}"
        # With the revision that stands, so that only its authority is in question.
        with self.served.server.administrator() as admin:
            record = admin.get(self.user(name)).json()
        return self.me.put(self.user(name), json={**record, "password": ANOTHER})


def changed(there: Json, **more: Any) -> Json:
    """The document with its first event changed."""
    document = copy.deepcopy(there)
    next(iter(document["events"].values())).update(more)
    return document


def without_events(there: Json) -> Json:
    return {**there, "events": {}}


def numbers(t: Try) -> Json:
    # Every attempt asks for a block of its own.
    block, year = divmod(next(NUMBERS), 15)
    return numbers_of(t, 2010 + year, block % 100)


def numbers_of(t: Try, year: int, block: int) -> Json:
    base = {"_id": f"numbers:{t.site}:{year}:{block:02}", "type": "numbers"}
    more = {"station": ulid(), "by": t.name, "year": year, "block": block}
    return {**base, **provenance(t.site), **more}


def foreign(t: Try) -> Json:
    """Another clinic's child, as the county knows it, and nothing more of it."""
    there = t.seeded(t.region, child(t.served.country.sites[1]))
    return {"_id": there["_id"], "type": "child", "facts": {}, "events": {}}


def taken_back(t: Try) -> Json:
    """A child that was received here by a release, is the other clinic's again, and is taken by the
    same release."""
    other = t.served.country.sites[1]
    released, first, again = ulid(), ulid(), ulid()
    release = {"step": "released", "from_site": other, "to_site": t.site}
    receipt = {"step": "received", "from_site": other, "to_site": t.site, "answers": [released]}
    move = {"kind": "move", "date": "2026-11-23"}
    there = child(other)
    there["events"] = {
        released: {**provenance(other), **move, **release},
        first: t.event("move", date="2026-11-23", **receipt),
    }
    there = t.seeded(t.here, there)
    facts = {**there["facts"], "site": {**fact(t.site, t.site, LATER), "by": t.name}}
    second = t.event("move", date="2026-11-23", **receipt)
    return {**there, "facts": facts, "events": {**there["events"], again: second}}


AHEAD = "2099-01-01T00:00:00.000Z"


def device(t: Try) -> Json:
    base = {"_id": f"device:{ulid()}", "type": "device", "site": t.site, "name": "一号"}
    more = {"app": "0.1.0", "synced_at": AT, "pending": 0, "refused": 0, "offset_ms": 0}
    return {**base, **more}


def ratings(t: Try) -> Json:
    by = provenance(t.site) | {"by": t.name, "station": ulid()}
    base = {"_id": f"rating:2026-11-23:{by['station']}", "type": "rating", "day": "2026-11-23"}
    return {**base, **by, "given": [{"by": t.name, "scores": [0, 0, 1, 2, 3]}]}


def with_dose(t: Try) -> Json:
    return t.seeded(t.here, child(t.site, t.dose(t.name)))


OPERATIONS: dict[tuple[str, str], Callable[[Try], httpx.Response]] = {
    ("site", "read"): lambda t: t.me.get(f"{t.here}/_all_docs", params={"limit": 1}),
    ("site", "register-child"): lambda t: t.put(t.here, child(t.site)),
    ("site", "add-dose"): lambda t: t.add(t.dose(t.name)),
    ("site", "add-contraindication"): lambda t: t.add(
        t.event("contraindication", code="other", date="2026-11-23")
    ),
    ("site", "add-refusal"): lambda t: t.add(
        t.event("refusal", date="2026-11-23", vaccine="0201", reason="other")
    ),
    ("site", "add-aefi"): lambda t: t.add(
        t.event("aefi", date="2026-11-23", symptoms=["fever"]), t.dose(t.name)
    ),
    ("site", "add-card"): lambda t: t.add(t.event("card", number="1234567", state="issued")),
    ("site", "add-move"): lambda t: t.add(
        t.event("move", date="2026-11-23", step="requested", to_site=t.site)
    ),
    ("site", "void-own-event"): lambda t: t.void(t.name),
    ("site", "void-others-event"): lambda t: t.void("somebody"),
    ("site", "record-for-another-clinic"): lambda t: t.add(
        {**t.dose(t.name), "site": t.served.country.sites[1]}
    ),
    ("site", "record-of-a-child-not-held"): lambda t: t.put(
        t.here, {**foreign(t), "events": {ulid(): t.dose(t.name)}}
    ),
    ("site", "facts-of-a-child-not-held"): lambda t: t.put(
        t.here, {**foreign(t), "facts": {"name": {**fact("改名", t.site, LATER), "by": t.name}}}
    ),
    ("site", "take-by-an-old-release"): lambda t: t.put(t.here, taken_back(t)),
    ("site", "join-to-a-child-not-held"): lambda t: t.add(
        t.event("same_as", target=foreign(t)["_id"])
    ),
    ("site", "record-under-a-strangers-name"): lambda t: t.add(t.dose("somebody")),
    ("site", "record-dated-ahead"): lambda t: t.add({**t.dose(t.name), "at": AHEAD}),
    ("site", "fact-dated-ahead"): lambda t: t.put(
        t.here,
        {
            **(there := t.seeded(t.here, child(t.site))),
            "facts": {**there["facts"], "phone": fact("13800000000", t.site, AHEAD)},
        },
    ),
    ("site", "record-with-an-id-of-another-time"): lambda t: t.put(
        t.here,
        {
            **t.seeded(t.here, child(t.site)),
            "events": {"0" * 16 + ulid()[16:]: t.dose(t.name)},
        },
    ),
    ("site", "change-event"): lambda t: t.put(
        # The greater in canonical JSON: a merge, which the server may make, keeps the smaller.
        t.here,
        changed(with_dose(t), vaccine="0299"),
    ),
    ("site", "drop-event"): lambda t: t.put(t.here, without_events(with_dose(t))),
    ("site", "edit-facts"): lambda t: t.put(
        t.here,
        {
            **(there := t.seeded(t.here, child(t.site))),
            "facts": {**there["facts"], "phone": fact("13800000000", t.site, LATER)},
        },
    ),
    ("site", "stock-receive"): lambda t: t.put(t.here, t.stock("receive", 10)),
    ("site", "stock-waste"): lambda t: t.put(t.here, t.stock("waste", -1)),
    ("site", "stock-count"): lambda t: t.put(t.here, t.counted()),
    ("site", "stock-change"): lambda t: t.put(
        t.here, {**t.seeded(t.here, t.stock("receive", 10)), "doses": 11}
    ),
    ("site", "claim-numbers"): lambda t: t.put(t.here, numbers(t)),
    ("site", "claim-numbers-of-no-child"): lambda t: t.put(t.here, numbers_of(t, 2999, 7)),
    ("site", "device-state"): lambda t: t.put(t.here, device(t)),
    ("site", "report-problem"): lambda t: t.put(t.here, t.problem()),
    ("site", "resolve-problem"): lambda t: t.put(
        t.here, {**t.seeded(t.here, t.problem()), "resolved_at": LATER}
    ),
    ("site", "add-reminder"): lambda t: t.put(t.here, t.reminder()),
    ("site", "change-reminder"): lambda t: t.put(
        t.here, {**t.seeded(t.here, t.reminder()), "title": "交年报"}
    ),
    ("site", "settings"): lambda t: t.settings(t.here),
    ("site", "ratings"): lambda t: t.put(t.here, ratings(t)),
    ("site", "import-batch"): lambda t: t.batch(),
    ("site", "delete-child"): lambda t: t.gone(t.here, child(t.site)),
    ("site", "replication-place"): lambda t: t.me.put(
        f"{t.here}/_local/{ulid().lower()}", json={"session_id": "s"}
    ),
    ("site", "design"): lambda t: t.design(t.here),
    ("site", "security"): lambda t: t.security(t.here),
    ("region", "read"): lambda t: t.me.get(f"{t.region}/_changes", params={"limit": 1}),
    ("region", "lookup"): lambda t: t.me.get(
        f"{t.region}/_design/lookup/_view/by_card", params={"key": '"1234567"'}
    ),
    ("region", "write-child"): lambda t: t.put(t.region, child(t.site)),
    ("region", "settings"): lambda t: t.settings(t.region),
    ("region", "delete-child"): lambda t: t.gone(t.region, child(t.site)),
    ("region", "replication-place"): lambda t: t.me.put(
        f"{t.region}/_local/{ulid().lower()}", json={"session_id": "s"}
    ),
    ("region", "design"): lambda t: t.design(t.region),
    ("region", "security"): lambda t: t.security(t.region),
    ("above", "read"): lambda t: t.me.get(f"region-{t.served.country.city}/_all_docs?limit=1"),
    ("above", "write-child"): lambda t: t.put(f"region-{t.served.country.city}", child(t.site)),
    ("catalog", "read"): lambda t: t.me.get("catalog/dictionary:vaccine"),
    ("catalog", "add-edition"): Try.edition,
    ("catalog", "unusable-edition"): lambda t: t.edition(antigens=[], groups=[]),
    ("catalog", "change-edition"): lambda t: t.put(
        "catalog", {**t.there("schedule:cn-nip-2021"), "edition": "of my own"}
    ),
    ("catalog", "local-rule"): lambda t: t.rule(t.served.country.county),
    ("catalog", "local-rule-above"): lambda t: t.rule(t.served.country.province),
    ("catalog", "unusable-rule"): lambda t: t.rule(
        t.served.country.county, kind="without", groups=["No"]
    ),
    ("catalog", "knowledge"): lambda t: t.article(t.served.country.county),
    ("catalog", "knowledge-above"): lambda t: t.article(t.served.country.province),
    ("catalog", "department"): lambda t: t.department(t.served.country.county),
    ("catalog", "dictionary"): lambda t: t.dictionary(ulid().lower()),
    ("catalog", "holidays"): Try.holidays,
    ("catalog", "dictionary-remove"): Try.removed_entry,
    ("catalog", "add-site"): lambda t: t.put("catalog", t.place(f"{next(NUMBERS)}")),
    ("catalog", "edit-site"): lambda t: t.put("catalog", {**t.known_place(), "name": "新名"}),
    ("catalog", "take-site"): Try.moved_place,
    ("catalog", "edit-region"): lambda t: t.put(
        "catalog", {**t.there(f"region:{t.served.country.county}"), "name": "新县"}
    ),
    ("catalog", "delete"): lambda t: t.gone(
        "catalog",
        {
            "_id": f"dictionary:{(name := 'gone-' + ulid().lower())}",
            "type": "dictionary",
            "name": name,
            "entries": {},
        },
    ),
    ("catalog", "design"): lambda t: t.design("catalog"),
    ("catalog", "security"): lambda t: t.security("catalog"),
    ("audit", "read"): lambda t: t.me.get(f"{t.trail}/_all_docs", params={"limit": 1}),
    ("audit", "write"): lambda t: t.put(t.trail, t.entry()),
    ("audit", "change"): lambda t: t.put(
        t.trail, {**t.seeded(t.trail, t.entry()), "by": "another"}
    ),
    ("audit", "delete"): lambda t: t.gone(t.trail, t.entry()),
    ("audit", "design"): lambda t: t.design(t.trail),
    ("audit", "security"): lambda t: t.security(t.trail),
    ("users", "read-own"): lambda t: t.me.get(t.user(t.name)),
    ("users", "read-another"): lambda t: t.me.get(t.user(f"target-{t.served.country.county}")),
    ("users", "list"): lambda t: t.me.get("_users/_all_docs"),
    ("users", "change-own"): Try.own_record,
    ("users", "change-another"): Try.another_record,
    ("users", "create"): lambda t: t.me.put(
        t.user(name := f"own-{ulid().lower()}"),
        json={"type": "user", "name": name, "roles": [], "password": PASSWORD},
    ),
    ("users", "security"): lambda t: t.security("_users"),
    ("accounts", "list"): lambda t: t.account("GET", ""),
    ("accounts", "create-for-clinic"): lambda t: t.new_account(site=t.site),
    ("accounts", "create-for-county"): lambda t: t.new_account(region=t.served.country.county),
    ("accounts", "create-for-province"): lambda t: t.new_account(region=t.served.country.province),
    ("accounts", "disable"): lambda t: t.of_target("stopped", disabled=True),
    ("accounts", "reset-password"): lambda t: t.of_target("target", draw_password=True),
    ("accounts", "grade"): lambda t: t.of_target("target", grade="senior"),
    ("accounts", "own-password"): Try.own_password,
    ("server", "create-database"): lambda t: t.me.put(f"made-{ulid().lower()}"),
    ("server", "delete-database"): lambda t: t.me.delete(f"site-{t.served.country.sites[1]}"),
    ("server", "replicate"): lambda t: t.me.put(
        f"_replicator/{ulid()}", json={"source": t.here, "target": "elsewhere"}
    ),
}


OF_THE_EMBEDDED = {("users", "read-own"), ("users", "change-own")}
"""What CouchDB 3 keeps for its administrators; the program asks `/api/accounts/me`."""


@pytest.fixture(scope="module", params=[kind for kind in KINDS if kind != "proxied"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with running_country(request.param, tmp_path_factory.mktemp("matrix")) as found:
        yield found


def test_every_operation_of_the_table_is_tried() -> None:
    assert {(database, name) for database, name, _, _ in CELLS} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("database", "name", "role", "may"),
    CELLS,
    ids=[f"{database}:{name}:{role}" for database, name, role, _ in CELLS],
)
def test_cell(served: Served, database: str, name: str, role: str, may: bool) -> None:
    answer = OPERATIONS[database, name](Try(served, role))
    if (database, name) in OF_THE_EMBEDDED and served.server.is_couchdb:
        assert answer.status_code in (401, 403), answer.text
    elif may:
        assert answer.is_success, answer.text
    elif role == "anonymous":
        assert answer.status_code in (401, 403), answer.text
    else:
        hidden = (404,) if database in HIDDEN else ()
        refused = answer.status_code in (401, 403, *hidden)
        assert refused or (name == "security" and no_majority(answer)), answer.text


def test_a_session_of_a_disabled_account_ends_at_once(served: Served) -> None:
    base = served.server.address
    name = f"leaver-{ulid().lower()}"
    admin = served.client("clinic.admin")
    new = {"name": name, "display_name": "离职", "grade": "senior", "password": PASSWORD}
    assert admin.post(f"{base}/api/accounts", json=new).status_code == 201
    site = f"site-{served.country.sites[0]}"
    with httpx.Client(base_url=base + "/db/", trust_env=False, timeout=30) as leaver:
        login = leaver.post("_session", json={"name": name, "password": PASSWORD})
        assert login.is_success
        assert leaver.get(f"{site}/_all_docs?limit=1").is_success
        answer = admin.patch(f"{base}/api/accounts/{name}", json={"disabled": True})
        assert answer.json()["account"]["disabled"]
        assert leaver.get(f"{site}/_all_docs?limit=1").status_code == 401
        again = leaver.post("_session", json={"name": name, "password": PASSWORD})
        assert again.status_code == 401
