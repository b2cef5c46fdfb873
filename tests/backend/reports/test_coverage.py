"""What joined cases add to the coverage: held against the maps of the views themselves."""

import json
from collections import Counter
from functools import cache
from typing import Any

import quickjs
from hypothesis import given
from hypothesis import strategies as st

from miaopu.provision.designs import design_documents
from miaopu.reports.coverage import Counts, correction, counted

Json = dict[str, Any]
GROUPS = {"0101": ["HepB"], "0201": ["BCG"], "0501": ["DTP", "IPV"], "0999": []}
HOME, AWAY = "3301020001", "3301020002"


@cache
def view(name: str) -> Any:
    """The map of a view, as a function from a document to its rows."""
    documents = design_documents("region", {"vaccine_groups": GROUPS, "routes": {}})
    source = documents["_design/coverage"]["views"][name]["map"]
    context = quickjs.Context()
    context.eval(
        "var rows; function emit(k, v) { rows.push(k); }"
        f"function run(doc) {{ rows = []; ({source})(JSON.parse(doc));"
        "return JSON.stringify(rows); }"
    )
    return context.get("run")


def seen(*cases: Json) -> Counts:
    """What the views count of these documents."""
    found = Counts()
    for case in cases:
        for name, rows in (("children", found.children), ("doses", found.doses)):
            rows.update(tuple(key) for key in json.loads(view(name)(json.dumps(case))))
    return found


def corrected(*cases: Json) -> Counts:
    found = seen(*cases)
    found.add(correction(cases, GROUPS))
    return found.without_zeros()


def case(name: str, site: str | None, *events: Json, **facts: Any) -> Json:
    known = {"site": site, "birth_date": "2025-03-09", **facts}
    return {
        "_id": f"child:{name}",
        "_rev": "1-a",
        "type": "child",
        "facts": {
            key: {"value": value, "at": "T", "by": "a"}
            for key, value in known.items()
            if value is not None
        },
        "events": {f"{name}{n}": event for n, event in enumerate(events)},
    }


def dose(date: str, vaccine: str) -> Json:
    return {"kind": "dose", "date": date, "vaccine": vaccine, "origin": "given"}


def same_as(name: str) -> Json:
    return {"kind": "same_as", "target": f"child:{name}"}


def test_a_dose_of_the_provisional_case_counts_for_the_child() -> None:
    true = case("B", HOME, dose("2025-03-09", "0101"), residence="1")
    provisional = case(
        "C", AWAY, dose("2025-04-09", "0101"), dose("2025-04-09", "0501"), same_as("B")
    )
    assert seen(true, provisional).doses == {(HOME, 2025, 3, "HepB", 1): 1}
    whole = corrected(true, provisional)
    assert whole.children == {(HOME, 2025, 3, "1", None): 1}
    assert whole.doses == {
        (HOME, 2025, 3, group, n): 1
        for group, n in (("HepB", 1), ("HepB", 2), ("DTP", 1), ("IPV", 1))
    }


def test_a_dose_that_stands_in_both_counts_once() -> None:
    both = dose("2025-03-09", "0101")
    cases = (case("B", HOME, both), case("C", AWAY, both, same_as("B")))
    assert correction(cases, GROUPS) == Counts()


def test_a_dose_that_the_other_case_voids_does_not_count() -> None:
    true = case("B", HOME, dose("2025-03-09", "0101"))
    other = case("C", AWAY, {"kind": "void", "target": "B0"}, same_as("B"))
    assert correction((true, other), GROUPS).doses == {(HOME, 2025, 3, "HepB", 1): -1}


def test_a_child_without_a_date_of_birth_gets_the_other_case_s() -> None:
    true = case("B", HOME, dose("2025-03-09", "0101"), birth_date=None)
    other = case("C", AWAY, same_as("B"), residence="2")
    whole = corrected(true, other)
    assert whole.children == {(HOME, 2025, 3, "2", None): 1}
    assert whole.doses == {(HOME, 2025, 3, "HepB", 1): 1}


def test_cases_that_name_each_other_are_one_child() -> None:
    cases = (
        case("B", HOME, same_as("C")),
        case("C", AWAY, same_as("B"), dose("2025-04-09", "0201")),
    )
    assert seen(*cases) == Counts()
    assert corrected(*cases).children == {(HOME, 2025, 3, None, None): 1}
    assert corrected(*cases).doses == {(HOME, 2025, 3, "BCG", 1): 1}


def test_one_joined_to_two_makes_them_one() -> None:
    cases = (case("B", HOME), case("C", AWAY), case("D", AWAY, same_as("B"), same_as("C")))
    assert sum(seen(*cases).children.values()) == 2
    assert corrected(*cases).children == {(HOME, 2025, 3, None, None): 1}


def test_cases_that_were_parted_are_two() -> None:
    void = {"kind": "void", "target": "C0"}
    parted = case("C", AWAY, same_as("B"), dose("2025-04-09", "0201"), void)
    assert sum(seen(case("B", HOME), parted).children.values()) == 2
    assert seen(parted) == counted(parted, GROUPS)


dates = st.sampled_from(["2025-03-09", "2025-03-10", "2025-04-09"])
doses = st.builds(dose, dates, st.sampled_from(["0101", "0201", "0501", "0999", "7777"]))
voids = st.builds(
    lambda target: {"kind": "void", "target": target},
    st.sampled_from(["A0", "A1", "A2", "A3", "Z"]),
)
cases = st.builds(
    lambda site, birth, events, residence: case(
        "A", site, *events, birth_date=birth, residence=residence
    ),
    st.sampled_from([HOME, None]),
    st.sampled_from(["2025-03-09", "2024-12-31", None]),
    st.lists(doses | voids, max_size=8),
    st.sampled_from(["1", None]),
)


@given(cases)
def test_a_single_case_is_counted_as_the_views_count_it(one: Json) -> None:
    found = counted(one, GROUPS)
    assert found == seen(one)
    assert isinstance(found.children, Counter)
    assert correction([one], GROUPS) == Counts()


def test_an_adult_is_in_no_rate_of_children() -> None:
    dose = {"kind": "dose", "date": "2026-11-01", "vaccine": "0101", "origin": "given"}
    adult = case("A", HOME, dose, person="adult", birth_date="1980-02-03")
    child = case("B", HOME, dose)
    assert seen(adult) == Counts()
    assert counted(adult, GROUPS) == Counts()
    assert seen(adult, child) == seen(child)
