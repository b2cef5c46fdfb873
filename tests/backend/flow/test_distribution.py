"""What is decided in the distribution: whom a region serves, and when a join was made."""

import pytest

from miaopu.accounts.limits import Limit
from miaopu.accounts.tree import Tree
from miaopu.case.seal import Stamp
from miaopu.flow.distribution import opened, targets

TREE = Tree(
    sites={"3301020001": "330102", "3301020002": "330102", "3301030001": "330103"},
    parents={"330102": "330100", "330103": "330100", "330100": None},
)


def test_a_county_serves_its_own_clinics_and_the_city_those_of_several() -> None:
    one_county = {"3301020001", "3301020002"}
    assert targets("330102", TREE, one_county) == one_county
    assert targets("330100", TREE, one_county) == set()
    two_counties = {"3301020001", "3301030001", "4401020001"}
    assert targets("330102", TREE, two_counties) == {"3301020001"}
    assert targets("330100", TREE, two_counties) == {"3301020001", "3301030001"}


def test_a_join_is_dated_by_its_case_whenever_it_is_made() -> None:
    at = opened("child:01K9A3Q6Z0000000000000000A")
    assert Stamp("01K9A3Q6Z0000000000000000S", b"").provenance("3301020001", "miaopu", at)[
        "at"
    ] == ("2025-11-05T13:36:24.032Z")


@pytest.mark.parametrize("letter", "07Z")
def test_a_case_has_a_time_whatever_its_id(letter: str) -> None:
    at = opened("child:" + letter * 26)
    assert Stamp("01K9A3Q6Z0000000000000000S", b"").provenance("3301020001", "miaopu", at)["at"]


def test_an_account_waits_when_it_asks_too_often() -> None:
    clock = [0.0]
    limit = Limit(2, 60, lambda: clock[0])
    assert [limit.wait("a"), limit.wait("a"), limit.wait("b")] == [0, 0, 0]
    assert limit.wait("a") == 60
    clock[0] = 59
    assert limit.wait("a") == 1
    clock[0] = 60
    assert limit.wait("a") == 0
