"""Children who move: finding, fetching, distribution and moves between two clinics, over HTTP."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from records import LATER, child, fact, provenance, ulid
from records import dose as given_dose
from served import Server, until

from miaopu.case.canonical import canonical
from miaopu.case.merge import body

Json = dict[str, Any]
_cards = itertools.count(62_000_000_000_000)


def dose(site: str, vaccine: str, date: str) -> Json:
    """A dose that the tables of what was given, which other tests count, leave out."""
    return given_dose(site, vaccine, date, origin="history")


def a_card() -> str:
    return str(next(_cards))


def card(site: str, number: str) -> Json:
    return {"kind": "card", "number": number, "state": "issued", **provenance(site)}


class Clinic:
    """A clinic's account at the server."""

    def __init__(self, server: Server, site: str, client: httpx.Client) -> None:
        self.server, self.site, self.client = server, site, client

    @property
    def database(self) -> str:
        return f"site-{self.site}"

    def put(self, document: Json) -> Json:
        answer = self.client.put(f"{self.database}/{document['_id']}", json=document)
        assert answer.status_code == 201, answer.text
        return {**document, "_rev": answer.json()["rev"]}

    def get(self, doc_id: str) -> Json | None:
        answer = self.client.get(f"{self.database}/{doc_id}", params={"conflicts": "true"})
        return answer.json() if answer.status_code == 200 else None

    def add(self, doc_id: str, event: Json, **facts: Any) -> str:
        """Adds an event as a tablet would; returns its ULID."""
        number = ulid()

        def written() -> bool:
            there = self.get(doc_id)
            assert there is not None
            there.pop("_conflicts", None)
            there["events"][number] = {**event, **provenance(self.site)}
            there["facts"] |= {name: fact(value, self.site, LATER) for name, value in facts.items()}
            answer = self.client.put(f"{self.database}/{doc_id}", json=there)
            assert answer.status_code in (201, 409), answer.text
            return answer.status_code == 201

        until(written, "a write", 10)
        return number

    def has(self, doc_id: str, *events: str) -> Json:
        """The case, once it is here with these events."""

        def whole() -> Json | None:
            there = self.get(doc_id)
            return there if there and set(events) <= set(there["events"]) else None

        found: Json = until(whole, f"a case at {self.site}", 40)
        return found

    def api(self, path: str, **wanted: Any) -> httpx.Response:
        return self.client.post(f"{self.server.address}/api/cases/{path}", json=wanted)

    def find(self, **wanted: Any) -> list[Json]:
        answer = self.api("find", **wanted)
        assert answer.status_code == 200, answer.text
        rows: list[Json] = answer.json()["rows"]
        return rows


@pytest.fixture
def clinics(server: Server) -> Iterator[tuple[Clinic, Clinic]]:
    here, there = server.place.sites
    with server.client(f"senior-{here}") as a, server.client(f"nurse-{there}") as b:
        yield Clinic(server, here, a), Clinic(server, there, b)


def in_the_county(clinic: Clinic, **wanted: Any) -> list[Json]:
    return until(lambda: clinic.find(**wanted), "a case in the county", 40)  # type: ignore[no-any-return]


def one_row(clinic: Clinic, **wanted: Any) -> list[Json]:
    def found() -> list[Json] | None:
        rows = clinic.find(**wanted)
        return rows if len(rows) == 1 else None

    return until(found, "one row", 20)  # type: ignore[no-any-return]


def test_a_visiting_child_is_found_and_fetched_and_its_doses_flow_back(
    clinics: tuple[Clinic, Clinic],
) -> None:
    home, away = clinics
    number = a_card()
    case = home.put(
        child(
            home.site,
            dose(home.site, "0201", "2025-03-09"),
            card(home.site, number),
            sex="F",
            mother_name="林",
        )
    )
    (row,) = in_the_county(away, card=number)
    assert row == {
        "id": case["_id"],
        "name": "苗苗",
        "sex": "F",
        "birth_date": "2025-03-09",
        "site": home.site,
    }
    assert away.get(case["_id"]) is None

    fetched = away.api("fetch", id=case["_id"], purpose="visit")
    assert fetched.status_code == 200, fetched.text
    assert fetched.json()["recorded"] == ["visit"]
    again = away.api("fetch", id=case["_id"], purpose="visit").json()
    assert again["recorded"] == []
    there = away.has(case["_id"], *case["events"])
    assert (
        away.client.get(f"{away.database}/{case['_id']}", params={"revs": "true"}).json()[
            "_revisions"
        ]["ids"][-1]
        == case["_rev"].partition("-")[2]
    )
    assert {e["kind"] for e in there["events"].values()} == {"dose", "card", "visit"}

    given = away.add(case["_id"], dose(away.site, "0101", "2026-11-23"))
    at_home = home.has(case["_id"], given)
    # And what the home clinic records later reaches the visited one.
    later = home.add(case["_id"], dose(home.site, "0201", "2026-11-23"))
    assert set(away.has(case["_id"], later)["events"]) == set(at_home["events"]) | {later}
    until(
        lambda: (
            canonical(body(home.get(case["_id"]) or {}))
            == canonical(body(away.get(case["_id"]) or {}))
        ),
        "equal copies",
        20,
    )


def move(step: str, home: str, away: str, **more: Any) -> Json:
    return {
        "kind": "move",
        "date": "2026-11-23",
        "step": step,
        "from_site": home,
        "to_site": away,
        **more,
    }


def test_a_move_is_requested_released_and_received(clinics: tuple[Clinic, Clinic]) -> None:
    home, away = clinics
    case = home.put(child(home.site, dose(home.site, "0201", "2025-03-09"), register_status="1"))
    doc_id = case["_id"]
    until(lambda: away.api("fetch", id=doc_id, purpose="move").status_code == 200, "a fetch", 40)
    asked = next(u for u, e in away.has(doc_id)["events"].items() if e["kind"] == "move")
    home.has(doc_id, asked)

    # Nobody takes a child that was not released.
    taken = away.has(doc_id)
    taken["facts"]["site"] = fact(away.site, away.site, LATER)
    refused = away.client.put(f"{away.database}/{doc_id}", json=taken)
    assert refused.status_code == 403
    assert "receipt" in refused.json()["reason"]

    released = home.add(doc_id, move("released", home.site, away.site))
    away.has(doc_id, released)
    received = away.add(
        doc_id,
        move("received", home.site, away.site, answers=[asked, released]),
        site=away.site,
        register_status="10",
    )
    assert home.has(doc_id, received)["facts"]["site"]["value"] == away.site

    # A tablet of the old clinic that comes late: a revision on top of what it knew.
    late = {**case, "events": {**case["events"], ulid(): dose(home.site, "0101", "2026-11-22")}}
    generation = 2
    revision = f"{generation}-{'1' * 32}"
    late |= {
        "_rev": revision,
        "_revisions": {"start": 2, "ids": ["1" * 32, case["_rev"].partition("-")[2]]},
    }
    answer = home.client.post(
        f"{home.database}/_bulk_docs", json={"docs": [late], "new_edits": False}
    )
    assert answer.json() in ([], [{"ok": True, "id": doc_id, "rev": revision}])
    end = away.has(doc_id, *late["events"], received)
    assert end["facts"]["site"]["value"] == away.site
    until(
        lambda: canonical(body(home.get(doc_id) or {})) == canonical(body(away.get(doc_id) or {})),
        "equal copies",
        40,
    )


@pytest.mark.parametrize("order", [("release", "request"), ("request", "release")])
def test_a_move_whose_steps_were_taken_offline_on_both_sides(
    clinics: tuple[Clinic, Clinic], order: tuple[str, str]
) -> None:
    home, away = clinics
    case = home.put(child(home.site, register_status="1"))
    doc_id = case["_id"]
    until(lambda: away.api("fetch", id=doc_id, purpose="visit").status_code == 200, "a fetch", 40)
    (visit,) = away.has(doc_id)["events"]
    home.has(doc_id, visit)
    # Each side has this version, loses the network, and takes its step without the other's.
    base = away.has(doc_id, visit)
    base.pop("_conflicts", None)
    steps = {}
    for name in order:
        clinic = home if name == "release" else away
        steps[name] = ulid()
        event = move(f"{name}d" if name == "release" else "requested", home.site, away.site)
        extra = dose(clinic.site, "0101", "2026-11-23")
        events = {
            **base["events"],
            steps[name]: {**event, **provenance(clinic.site)},
            ulid(): extra,
        }
        digest = steps[name].lower().encode().hex()[-32:]
        number, parent = base["_rev"].split("-")
        late = {
            **base,
            "events": events,
            "_rev": f"{int(number) + 1}-{digest}",
            "_revisions": {"start": int(number) + 1, "ids": [digest, parent]},
        }
        answer = clinic.client.post(
            f"{clinic.database}/_bulk_docs", json={"docs": [late], "new_edits": False}
        )
        assert not [row for row in answer.json() if "error" in row], answer.text
    there = away.has(doc_id, *steps.values())
    assert sum(e["kind"] == "dose" for e in there["events"].values()) == 2
    received = away.add(
        doc_id,
        move("received", home.site, away.site, answers=sorted(steps.values())),
        site=away.site,
        register_status="10",
    )
    assert home.has(doc_id, received)["facts"]["site"]["value"] == away.site
    until(
        lambda: canonical(body(home.get(doc_id) or {})) == canonical(body(away.get(doc_id) or {})),
        "equal copies",
        40,
    )


def test_a_provisional_case_is_joined_whichever_comes_first(
    clinics: tuple[Clinic, Clinic],
) -> None:
    home, away = clinics
    for true_first in (True, False):
        number = a_card()
        true = child(home.site, dose(home.site, "0201", "2025-03-09"), card(home.site, number))
        visit = {"kind": "visit", "date": "2026-11-23", "provisional": True}
        provisional = child(
            away.site,
            card(away.site, number),
            {**visit, **provenance(away.site)},
            dose(away.site, "0101", "2026-11-23"),
        )
        if true_first:
            home.put(true)
            in_the_county(away, card=number)
            away.put(provisional)
        else:
            away.put(provisional)
            in_the_county(home, card=number)
            home.put(true)

        def joined(clinic: Clinic, doc_id: str = provisional["_id"]) -> bool:
            there = clinic.get(doc_id)
            return there is not None and any(
                e["kind"] == "same_as" for e in there["events"].values()
            )

        until(lambda: joined(away), "the join", 40)
        until(lambda: joined(home), "the provisional case at home", 40)
        away.has(true["_id"], *true["events"])
        # Whoever looks for the child finds one, by either.
        (row,) = one_row(away, card=number)
        assert row["id"] == true["_id"]
        # Fetched again, nothing is recorded twice, and the join is not made twice.
        there = away.get(provisional["_id"])
        assert there is not None
        assert sum(e["kind"] == "same_as" for e in there["events"].values()) == 1


def test_the_coverage_counts_the_doses_of_a_joined_case_for_the_child(
    server: Server, clinics: tuple[Clinic, Clinic]
) -> None:
    home, away = clinics
    number = a_card()
    born = "2018-07-05"
    true = child(home.site, dose(home.site, "0201", born), card(home.site, number), birth=born)
    provisional = child(
        away.site,
        card(away.site, number),
        {
            "kind": "visit",
            "date": "2026-11-23",
            "provisional": True,
            **provenance(away.site),
        },
        dose(away.site, "0201", "2018-08-05"),
        dose(away.site, "0101", "2018-08-05"),
        birth=born,
    )
    home.put(true)
    in_the_county(away, card=number)
    away.put(provisional)
    address = f"{server.address}/api/reports/joined"
    with server.client(f"chief-{server.place.county}") as chief:

        def table() -> Json:
            """The views' rows with what joined cases add, of the children of that year."""
            rows: Json = {}
            answer = chief.get(address, params={"since": "2018-07", "until": "2018-07"})
            assert answer.status_code == 200, answer.text
            for name in ("children", "doses"):
                view = f"{server.county}/_design/coverage/_view/{name}"
                seen = chief.get(view, params={"group": "true"}).json()["rows"]
                for row in [*seen, *answer.json()[name]]:
                    if row["key"][1] == 2018:
                        key = (name, *row["key"])
                        rows[key] = rows.get(key, 0) + row["value"]
            return {key: value for key, value in rows.items() if value}

        expected = {("children", home.site, 2018, 7, None, None): 1} | {
            ("doses", home.site, 2018, 7, *dose_): 1
            for dose_ in (("BCG", 1), ("HepB", 1), ("HepB", 2))
        }
        until(lambda: table() == expected, "both cases counted as one child", 40)
        # Another month's doses are not asked for.
        answer = chief.get(address, params={"since": "2018-08", "until": "2018-12"})
        assert answer.json()["doses"] == []
        assert chief.get(address, params={"since": "2018-13"}).status_code == 422
        # Parted, they are two children, each with its own doses.
        away_doses = [("BCG", 1), ("HepB", 1)]
        undo = {"id": provisional["_id"], "target": true["_id"], "decision": "undo"}
        answer = chief.post(f"{server.address}/api/cases/decide", json=undo)
        assert answer.status_code == 200, answer.text
        apart = (
            {("children", site, 2018, 7, None, None): 1 for site in (home.site, away.site)}
            | {("doses", home.site, 2018, 7, "HepB", 1): 1}
            | {("doses", away.site, 2018, 7, *dose_): 1 for dose_ in away_doses}
        )
        until(lambda: table() == apart, "the cases counted apart", 40)
    assert home.client.get(address).status_code == 403
    with server.client() as nobody:
        assert nobody.get(address).status_code == 401


def test_a_manager_decides_on_suspected_duplicates(
    server: Server, clinics: tuple[Clinic, Clinic]
) -> None:
    home, away = clinics
    mother = f"林{a_card()[-4:]}"
    one = home.put(child(home.site, dose(home.site, "0201", "2025-03-09"), mother_name=mother))
    two = away.put(child(away.site, dose(away.site, "0101", "2025-03-10"), mother_name=mother))
    ids = sorted([one["_id"], two["_id"]])
    with server.client(f"chief-{server.place.county}") as client:
        chief = Clinic(server, server.place.county, client)

        def pair() -> Json | None:
            answer = chief.api("duplicates")
            if answer.status_code == 429:
                return None
            assert answer.status_code == 200, answer.text
            found = [
                p for p in answer.json()["pairs"] if sorted(c["id"] for c in p["cases"]) == ids
            ]
            return found[0] if found else None

        def is_joined() -> bool | None:
            answer = chief.api("duplicates")
            if answer.status_code == 429:
                return None
            pairs = answer.json()["joined"]
            return any(sorted(c["id"] for c in p["cases"]) == ids for p in pairs)

        found: Json = until(pair, "the pair", 60)
        assert found["reason"] == "person"
        told = {"id": one["_id"], "target": two["_id"]}
        assert home.api("decide", **told, decision="same").status_code == 403
        assert chief.api("decide", **told, decision="undo").status_code == 409
        assert chief.api("decide", **told, decision="same").status_code == 200
        # Both travel to both clinics, and neither loses an event.
        for clinic in clinics:
            clinic.has(one["_id"], *one["events"])
            clinic.has(two["_id"], *two["events"])

        def kinds(clinic: Clinic) -> list[str]:
            there = clinic.get(one["_id"])
            return sorted(e["kind"] for e in there["events"].values()) if there else []

        until(lambda: kinds(away) == ["dose", "same_as"], "the join", 40)
        until(is_joined, "the list of joined cases", 60)
        assert chief.api("decide", **told, decision="undo").status_code == 200
        until(lambda: kinds(away) == ["dose", "same_as", "void"], "the parting", 40)
        until(lambda: is_joined() is False, "the list without them", 60)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({}, "body"),
        ({"card": "x"}, "card"),
        ({"id_number": "1"}, "id_number"),
        ({"child_code": 7}, "child_code"),
        ({"name": "苗苗"}, "body"),
        ({"name": "苗苗", "birth_date": "2025-02-30"}, "birth_date"),
        ({"card": "620000123", "child_code": "990121000120250001"}, "body"),
        ({"nickname": "苗苗"}, "nickname"),
    ],
)
def test_wrong_parameters_are_named(
    clinics: tuple[Clinic, Clinic], wanted: Json, field: str
) -> None:
    answer = clinics[0].api("find", **wanted)
    assert answer.status_code == 400
    assert field in [problem["field"] for problem in answer.json()["detail"]]
    assert "苗苗" not in answer.text


def test_who_may_ask(server: Server, clinics: tuple[Clinic, Clinic]) -> None:
    url = f"{server.address}/api/cases"
    for path in ("find", "fetch", "read", "duplicates", "decide"):
        assert httpx.post(f"{url}/{path}", json={}).status_code == 401
    home, _ = clinics
    nobody = f"child:{ulid()}"
    assert home.api("fetch", id=nobody, purpose="visit").status_code == 404
    assert home.api("fetch", id="child:1", purpose="visit").status_code == 400
    assert home.api("fetch", id=nobody, purpose="theft").status_code == 400
    assert home.api("read", id=nobody).status_code == 403
    assert home.api("duplicates").status_code == 403
    text = home.client.post(f"{url}/find", content=b"{", headers={"content-length": "1"})
    assert text.status_code == 400
    assert home.client.post(f"{url}/find", content=b"[]").status_code == 400


def test_an_account_may_not_look_for_everybody(server: Server) -> None:
    with server.client(f"nurse-{server.place.sites[0]}") as client:
        clinic = Clinic(server, server.place.sites[0], client)
        answers = [clinic.api("find", card="62000012345678") for _ in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[30].status_code == 429
    assert int(answers[30].headers["retry-after"]) >= 1
