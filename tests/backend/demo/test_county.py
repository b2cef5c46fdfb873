"""The demo county: deterministic, valid by the models, true to life where a clinic would look."""

import datetime as dt
import itertools
import re
from collections import Counter, defaultdict
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miaopu.case.rules import Rules
from miaopu.demo import County, build
from miaopu.demo.identity import id_number, ulid
from miaopu.demo.programme import LIVE_INJECTED
from miaopu.models import DOCUMENTS
from miaopu.provision.catalog import routes

TODAY = dt.date(2026, 11, 23)
Json = dict[str, Any]


@pytest.fixture(scope="module")
def county() -> County:
    return build(3, 400, 7, TODAY)


@pytest.fixture(scope="module")
def documents(county: County) -> dict[str, list[Json]]:
    return {name: list(county.documents(name)) for name in county.databases}


@pytest.fixture(scope="module")
def kids(documents: dict[str, list[Json]]) -> list[Json]:
    return [
        document
        for found in documents.values()
        for document in found
        if document["type"] == "child"
    ]


def counted_doses(child: Json) -> list[Json]:
    events = child["events"]
    voided = {event["target"] for event in events.values() if event["kind"] == "void"}
    return [e for key, e in events.items() if e["kind"] == "dose" and key not in voided]


def check_valid(database: str, document: Json) -> None:
    kind = database.partition("-")[0]
    model = next(m for m in DOCUMENTS[kind] if re.match(m.id_pattern, document["_id"]))
    model.model_validate({key: value for key, value in document.items() if key != "_id"})


@given(
    seed=st.integers(0, 10**9),
    sites=st.integers(1, 4),
    today=st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31)),
)
@settings(max_examples=15)
def test_every_document_is_valid_and_the_same_again(seed: int, sites: int, today: dt.date) -> None:
    first, second = build(sites, 12, seed, today), build(sites, 12, seed, today)
    assert first.accounts == second.accounts
    for name in first.databases:
        found = list(first.documents(name))
        assert orjson.dumps(found) == orjson.dumps(list(second.documents(name)))
        for document in found:
            check_valid(name, document)
            assert next(iter(document)) == "_id"


def test_whole_site_is_valid(documents: dict[str, list[Json]]) -> None:
    for name, found in documents.items():
        for document in found:
            check_valid(name, document)


def test_all_of_it_may_be_recorded(documents: dict[str, list[Json]]) -> None:
    """By the rules that the page asks, with the whole dictionary to look at."""
    changes = [(one, None) for some in documents.values() for one in some]
    with Rules(routes()) as rules:
        denied = [one for one in rules.denials(changes) if one is not None]
    assert denied == []


def test_another_seed_makes_another_county() -> None:
    one, two = build(1, 5, 1, TODAY), build(1, 5, 2, TODAY)
    name = one.databases[0]
    assert list(one.documents(name)) != list(two.documents(name))


def test_a_site_does_not_depend_on_what_was_read_before(county: County) -> None:
    name = county.databases[1]
    assert list(county.documents(name)) == list(county.documents(name))


def test_ids_and_numbers_are_used_once(documents: dict[str, list[Json]], kids: list[Json]) -> None:
    ids = [(name, d["_id"]) for name, found in documents.items() for d in found]
    assert len(set(ids)) == len(ids)
    for field in ("child_code", "id_number"):
        values = [c["facts"][field]["value"] for c in kids if field in c["facts"]]
        assert len(set(values)) == len(values) > 900
    cards = [
        e["number"]
        for c in kids
        for e in c["events"].values()
        if e["kind"] == "card" and e["state"] == "issued"
    ]
    assert len(set(cards)) == len(cards)
    assert len(kids) * 0.88 < len(cards) < len(kids)


def test_id_numbers_have_right_check_digits_and_say_birth_and_sex(kids: list[Json]) -> None:
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    for child in kids:
        facts = child["facts"]
        if "id_number" not in facts:
            continue
        number = facts["id_number"]["value"]
        values = [int(digit) for digit in number[:17]]
        last = 10 if number[17] == "X" else int(number[17])
        # ISO 7064 MOD 11-2, of which GB 11643 is a use.
        assert (sum(v * w for v, w in zip(values, weights, strict=True)) + last) % 11 == 1
        assert number[6:14] == facts["birth_date"]["value"].replace("-", "")
        assert (values[16] % 2 == 1) == (facts["sex"]["value"] == "M")
        assert number.startswith("99")


def test_known_id_number_and_ulid() -> None:
    # The example printed in GB 11643 itself.
    assert id_number("110105", "1949-12-31", 2) == "11010519491231002X"
    assert ulid(1469918176385, 0) == "01ARYZ6S410000000000000000"


def test_codes_belong_to_claimed_blocks(documents: dict[str, list[Json]]) -> None:
    for found in documents.values():
        blocks = {d["_id"]: d for d in found if d["type"] == "numbers"}
        for child in (d for d in found if d["type"] == "child"):
            code = child["facts"]["child_code"]["value"]
            assert code[:10] == child["facts"]["site"]["value"]
            assert code[10:14] == child["facts"]["birth_date"]["value"][:4]
            block = blocks[f"numbers:{code[:10]}:{code[10:14]}:{code[14:16]}"]
            assert block["at"] < child["facts"]["child_code"]["at"]


def test_nothing_is_later_than_yesterday_or_before_birth(kids: list[Json]) -> None:
    yesterday = (TODAY - dt.timedelta(days=1)).isoformat()
    for child in kids:
        birth = child["facts"]["birth_date"]["value"]
        assert birth <= yesterday
        for event in child["events"].values():
            assert event["at"][:10] <= yesterday
            if event["kind"] == "dose":
                assert birth <= event["date"] <= event["at"][:10]


def test_doses_come_from_lots_that_were_good(kids: list[Json]) -> None:
    for child in kids:
        for dose in counted_doses(child):
            assert dose["date"] <= dose.get("expiry", "9999")


def test_stock_covers_what_was_given(documents: dict[str, list[Json]]) -> None:
    for name, found in documents.items():
        balance: Counter[tuple[str, str]] = Counter()
        expiry: dict[tuple[str, str], str] = {}
        days: dict[tuple[str, str], str] = defaultdict(lambda: "9999")
        for document in found:
            if document["type"] == "stock":
                key = (document["vaccine"], document["lot"])
                balance[key] += document["doses"]
                expiry[key] = document["expiry"]
                days[key] = min(days[key], document["date"])
        for child in (d for d in found if d["type"] == "child"):
            for dose in counted_doses(child):
                own = dose["site"] == name.removeprefix("site-")
                if dose["origin"] == "given" and own and "lot" in dose:
                    key = (dose["vaccine"], dose["lot"])
                    balance[key] -= 1
                    assert days[key] <= dose["date"]
        assert min(balance.values()) >= 0
        today = TODAY.isoformat()
        for vaccine in ("0202", "0306", "0311", "0402", "1201", "1601", "1701", "1801", "1902"):
            good = [
                left for key, left in balance.items() if key[0] == vaccine and expiry[key] >= today
            ]
            assert sum(good) >= 40
        assert [key for key, left in balance.items() if left and expiry[key] < today]
        assert [key for key, left in balance.items() if 0 < left < 5 and expiry[key] >= today]


def test_intervals_hold_but_for_a_few_mistakes(kids: list[Json]) -> None:
    doses = early = live_pairs = 0
    for child in kids:
        given = sorted(counted_doses(child), key=lambda dose: str(dose["date"]))
        doses += len(given)
        by_vaccine: dict[str, list[dt.date]] = defaultdict(list)
        live: list[dt.date] = []
        for dose in given:
            date = dt.date.fromisoformat(dose["date"])
            by_vaccine[dose["vaccine"]].append(date)
            if dose["vaccine"] in LIVE_INJECTED:
                live.append(date)
        for dates in by_vaccine.values():
            early += sum((b - a).days < 28 for a, b in itertools.pairwise(dates))
        live_pairs += sum(0 < (b - a).days < 28 for a, b in itertools.pairwise(live))
    assert doses > 15_000
    assert early + live_pairs < doses * 0.003


def test_dtap_follows_the_edition_of_its_day(kids: list[Json]) -> None:
    for child in kids:
        birth = dt.date.fromisoformat(child["facts"]["birth_date"]["value"])
        dates = sorted(d["date"] for d in counted_doses(child) if d["vaccine"] == "0402")
        if not dates:
            continue
        first = dt.date.fromisoformat(dates[0])
        if first < dt.date(2025, 1, 1):
            assert (first - birth).days >= 89
        else:
            assert (first - birth).days >= 59


def test_counties_mixture(kids: list[Json]) -> None:
    def share(field: str, value: str) -> float:
        found = [c["facts"][field]["value"] for c in kids if field in c["facts"]]
        return found.count(value) / len(found)

    assert 0.03 < share("mother_hbsag", "1") < 0.075
    assert 0.85 < share("ethnic_group", "01") < 0.99
    assert 0.48 < share("sex", "M") < 0.57
    early = [c for c in kids if c["facts"]["gestation_weeks"]["value"] < 37]
    assert 0.04 < len(early) / len(kids) < 0.10
    kinds = Counter(e["kind"] for c in kids for e in c["events"].values())
    assert {"dose", "card", "move", "void", "refusal", "precheck", "consent", "aefi"} <= set(kinds)
    assert [c for c in kids if len({e["site"] for e in c["events"].values()}) > 1]


def test_accounts_of_every_role(county: County) -> None:
    names = {account.name: account for account in county.accounts}
    assert len(names) == len(county.accounts) == 3 * 3 + 2
    assert names["nurse2"].roles == ("site:9901210002", "grade:ordinary")
    assert names["admin3"].roles == ("site:9901210003", "grade:admin")
    assert names["county"].roles == ("region:990121", "grade:senior")


@pytest.mark.parametrize(("sites", "children"), [(0, 5), (1, 0), (701, 1), (1, 30_001)])
def test_impossible_sizes_are_refused(sites: int, children: int) -> None:
    with pytest.raises(ValueError, match="demo"):
        build(sites, children, 1, TODAY)


def test_the_example_card_is_of_a_child_with_something_due(
    county: County, documents: dict[str, list[Json]]
) -> None:
    card = county.example_card()
    holders = [
        child
        for child in documents[county.databases[0]]
        if child["type"] == "child"
        and any(e["kind"] == "card" and e["number"] == card for e in child["events"].values())
    ]
    assert len(holders) == 1
    age = TODAY - dt.date.fromisoformat(holders[0]["facts"]["birth_date"]["value"])
    assert 240 < age.days < 700
    assert not [dose for dose in counted_doses(holders[0]) if dose["vaccine"] == "1201"]
    assert build(1, 1, 1, TODAY).example_card().isdigit()


def test_regions_and_sites_fit_together(county: County) -> None:
    codes = {region.code: region for region in county.regions}
    assert [codes[site.region].level for site in county.sites] == ["county"] * 3
    assert {r.parent for r in county.regions} == {None, "990000", "990100"}
    assert county.databases == [f"site-{site.code}" for site in county.sites]
    assert len({site.name for site in build(300, 1, 1, TODAY).sites}) == 300


def test_unknown_database() -> None:
    with pytest.raises(KeyError, match="site-1"):
        build(1, 1, 1, TODAY).documents("site-1")
