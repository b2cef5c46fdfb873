"""What the views emit."""

import json
from pathlib import Path
from typing import Any

import pytest

from miaopu.case.name import comparable_name

VECTORS = Path(__file__).parents[1] / "vectors"
SITE = "3301020001"


def fact(value: Any) -> dict[str, Any]:
    return {"value": value, "at": "2026-01-01T00:00:00.000Z", "by": "a"}


def dose(date: str, vaccine: str, origin: str = "given") -> dict[str, Any]:
    return {"kind": "dose", "date": date, "vaccine": vaccine, "origin": origin, "site": SITE}


def card(number: str, state: str, at: str) -> dict[str, Any]:
    return {"kind": "card", "number": number, "state": state, "at": at}


def child(facts: dict[str, Any], *events: dict[str, Any]) -> dict[str, Any]:
    return {
        "_id": "child:A",
        "type": "child",
        "facts": {name: fact(value) for name, value in facts.items()},
        "events": {f"E{n}": event for n, event in enumerate(events)},
    }


BORN = {"site": SITE, "birth_date": "2025-03-09", "residence": "1"}


def test_a_dose_is_counted_for_each_group_once_a_day(designs: Any) -> None:
    rows = designs("region").map(
        "coverage",
        "doses",
        child(
            BORN,
            dose("2025-03-09", "0101"),
            dose("2025-03-09", "0101"),
            dose("2025-05-09", "0501", "history"),
            dose("2025-06-09", "0501"),
            {"kind": "void", "target": "E3"},
            dose("2025-07-01", "9999"),
        ),
    )
    assert sorted(key for key, _ in rows) == [
        [SITE, 2025, 3, "9999", 1],
        [SITE, 2025, 3, "DTP", 1],
        [SITE, 2025, 3, "HepB", 1],
        [SITE, 2025, 3, "IPV", 1],
    ]


def test_a_second_day_is_a_second_dose(designs: Any) -> None:
    two = child(BORN, dose("2025-04-09", "0101"), dose("2025-03-09", "0101"))
    keys = [key for key, _ in designs("region").map("coverage", "doses", two)]
    assert keys == [[SITE, 2025, 3, "HepB", 1], [SITE, 2025, 3, "HepB", 2]]


def test_a_child_without_a_birth_date_is_counted_as_such(designs: Any) -> None:
    rows = designs("region").map("coverage", "children", child({"site": SITE}))
    assert rows == [([SITE, None, None, None, None], None)]
    rows = designs("region").map("coverage", "children", child(BORN))
    assert rows == [([SITE, 2025, 3, "1", None], None)]


def test_given_counts_what_the_clinic_gave(designs: Any) -> None:
    rows = designs("region").map(
        "coverage",
        "given",
        child(BORN, dose("2025-03-09", "0101"), dose("2025-03-10", "0201", "history")),
    )
    assert rows == [([SITE, "2025-03-09", "0101"], None)]


def test_a_card_is_found_while_it_is_in_use(designs: Any) -> None:
    for kind in ("site", "region"):
        rows = designs(kind).map(
            "lookup",
            "by_card",
            child(
                {},
                card("111111", "lost", "2026-02-01"),
                card("111111", "issued", "2026-01-01"),
                card("222222", "issued", "2026-02-01"),
            ),
        )
        assert rows == [("222222", None)]


def test_a_child_is_found_by_what_is_known(designs: Any) -> None:
    known = child({"child_code": "1" * 18, "id_number": None, "name": "苗苗", "birth_date": None})
    site = designs("site")
    assert site.map("lookup", "by_child_code", known) == [("1" * 18, None)]
    assert site.map("lookup", "by_id_number", known) == []
    assert site.map("lookup", "by_name_birth", known) == [(["苗苗", None], None)]


_NAMES: list[tuple[str, str]] = json.loads((VECTORS / "names.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize(("name", "comparable"), _NAMES)
def test_names_are_compared_in_one_form(designs: Any, name: str, comparable: str) -> None:
    assert comparable_name(name) == comparable
    known = child({"name": name, "birth_date": "2025-03-09", "mother_name": name})
    for kind in ("site", "region"):
        rows = designs(kind).map("lookup", "by_name_birth", known)
        assert rows == [([comparable, "2025-03-09"], None)]
    rows = designs("region").map("duplicates", "candidates", known)
    assert (["person", comparable, "2025-03-09", comparable], None) in rows
    assert (["mother", "2025-03-09", comparable], None) in rows
    assert len(rows) == 2


def test_devices_and_open_problems_are_listed_by_site(designs: Any) -> None:
    device = {"_id": "device:A", "type": "device", "site": SITE, "name": "一号", "app": "0.1.0"}
    device |= {"synced_at": "2026-01-01T00:00:00.000Z", "pending": 2, "refused": 0}
    ((key, value),) = designs("region").map("sites", "devices", device)
    assert key == [SITE, "device:A"]
    assert value["pending"] == 2
    problem = {"_id": "problem:A", "type": "problem", "site": SITE, "at": "T"}
    assert designs("region").map("sites", "problems", problem) == [([SITE, "T"], None)]
    assert designs("region").map("sites", "problems", {**problem, "resolved_at": "T"}) == []


def test_no_view_stumbles_over_other_documents(designs: Any) -> None:
    for kind in ("site", "region"):
        for name, design in designs(kind).documents.items():
            for view in design.get("views", {}):
                for other in ({"_id": "x"}, {"_id": "stock:A", "type": "stock"}):
                    assert designs(kind).map(name.removeprefix("_design/"), view, other) == []


def same_as(target: str) -> dict[str, Any]:
    return {"kind": "same_as", "target": target}


def test_a_joined_case_is_counted_with_the_other(designs: Any) -> None:
    region = designs("region")
    joined = child(BORN, dose("2025-03-09", "0101"), same_as("child:B"))
    parted = child(
        BORN, dose("2025-03-09", "0101"), same_as("child:B"), {"kind": "void", "target": "E1"}
    )
    for view in ("children", "doses"):
        assert region.map("coverage", view, joined) == []
        assert len(region.map("coverage", view, parted)) == 1
    assert len(region.map("coverage", "given", joined)) == 1
    assert region.map("duplicates", "links", joined) == [(["child:A", "child:B"], True)]
    assert region.map("duplicates", "links", parted) == [(["child:A", "child:B"], False)]


def test_what_two_cases_have_in_common(designs: Any) -> None:
    facts = {"name": "苗苗", "birth_date": "2025-03-09", "mother_name": "林", "id_number": "1X"}
    facts |= {"phone": "13900000000"}
    rows = designs("region").map(
        "duplicates", "candidates", child(facts, card("620001", "issued", "2026-01-01"))
    )
    assert [key for key, _ in rows] == [
        ["id_number", "1X"],
        ["person", "苗苗", "2025-03-09", "林"],
        ["mother", "2025-03-09", "林"],
        ["phone", "2025-03-09", "13900000000"],
        ["card", "620001"],
    ]
    assert designs("region").map("duplicates", "candidates", child({"name": "苗苗"})) == []


def test_a_provisional_case_waits_until_it_is_joined(designs: Any) -> None:
    visit = {"kind": "visit", "provisional": True}
    region = designs("region")
    assert len(region.map("duplicates", "provisional", child({}, visit))) == 1
    assert region.map("duplicates", "provisional", child({}, visit, same_as("child:B"))) == []
    assert region.map("duplicates", "provisional", child({}, {"kind": "visit"})) == []


VOIDS = json.loads((Path(__file__).parents[1] / "vectors" / "voids.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VOIDS["cases"], ids=[c["title"] for c in VOIDS["cases"]])
def test_views_see_which_events_were_voided(designs: Any, case: Any) -> None:
    one = child(BORN)
    one["events"] = {name: dose(f"2025-04-0{name[1]}", "0101") for name in ("E1", "E2")}
    one["events"] |= {name: {"kind": "void", "target": to} for name, to in case["voids"].items()}
    rows = designs("region").map("coverage", "given", one)
    expected = [name for name in ("E1", "E2") if name not in case["voided"]]
    assert [key[1] for key, _ in rows] == [f"2025-04-0{name[1]}" for name in expected]


def test_a_case_is_not_joined_to_itself(designs: Any) -> None:
    one = child(BORN, same_as("child:A"))
    assert len(designs("region").map("coverage", "children", one)) == 1


def test_reactions_are_found_by_their_day(designs: Any) -> None:
    reacted = child(
        BORN,
        dose("2025-03-09", "0101"),
        {"kind": "aefi", "date": "2025-03-10", "symptoms": ["fever"]},
    )
    assert designs("region").map("aefi", "reactions", reacted) == [("2025-03-10", None)]
    assert designs("region").map("aefi", "reactions", child(BORN)) == []
