"""Who may manage whom, and which passwords are taken."""

import pytest

from miaopu.accounts.actor import Actor
from miaopu.accounts.rules import grade_in, may_manage, place_in, weakness
from miaopu.accounts.tree import Tree
from miaopu.accounts.users import draw_password

TREE = Tree(
    {"3301020001": "330102", "3301030001": "330103"},
    {"330102": "330100", "330103": "330100", "330100": "330000", "330000": None},
)


def actor(*roles: str) -> Actor:
    return Actor("somebody", roles)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "short"),
        ("x" * 9, "short"),
        ("x" * 201, "long"),
        ("my-nurse1-password", "name"),
        ("MY-NURSE1-PASSWORD", "name"),
        ("张小苗的密码是这一个哦", "name"),
        ("abababababab", "monotone"),
        ("1234567890", "sequence"),
        ("9876543210", "sequence"),
        ("abcdefghijkl", "sequence"),
        ("correct horse", None),
        ("苗圃里有许多小树苗呀", None),
    ],
)
def test_weak_passwords_are_told_apart(password: str, why: str | None) -> None:
    assert weakness(password, "nurse1", "张小苗") == why


def test_a_drawn_password_is_strong() -> None:
    drawn = {draw_password() for _ in range(50)}
    assert len(drawn) == 50
    assert all(weakness(password) is None for password in drawn)


@pytest.mark.parametrize(
    ("who", "mine"),
    [
        (("site:3301020001", "grade:admin"), {"site:3301020001"}),
        (("site:3301020001", "grade:senior"), set()),
        (("region:330102", "grade:admin"), {"site:3301020001", "region:330102"}),
        (("region:330102", "grade:senior"), set()),
        (
            ("region:330100", "grade:admin"),
            {"site:3301020001", "site:3301030001", "region:330102", "region:330103"}
            | {"region:330100"},
        ),
        (("region:330000", "grade:admin"), "all"),
        (("region:440000", "grade:admin"), set()),
        (("grade:admin",), set()),
        (("server",), set()),
    ],
)
def test_an_administrator_manages_its_place_and_what_is_below(
    who: tuple[str, ...], mine: set[str] | str
) -> None:
    places = {f"site:{code}" for code in TREE.sites} | {f"region:{code}" for code in TREE.parents}
    found = {place for place in places if may_manage(actor(*who), place, TREE)}
    assert found == (places if mine == "all" else mine)


def test_what_is_no_person_s_is_nobody_s_to_manage() -> None:
    everybody = actor("region:330000", "grade:admin")
    assert place_in({"roles": ["server", "site:3301020001"]}) is None
    assert place_in({"roles": ["_admin"]}) is None
    assert not may_manage(everybody, None, TREE)
    assert not may_manage(everybody, "site:4401020001", TREE)


def test_a_disabled_account_keeps_its_place() -> None:
    record = {"roles": [], "disabled": {"roles": ["site:3301020001", "grade:senior"]}}
    assert place_in(record) == "site:3301020001"
    assert grade_in(record) == "senior"


def test_a_region_that_stands_above_itself_ends() -> None:
    ring = Tree({}, {"330100": "330102", "330102": "330100"})
    assert ring.above("330102") == ["330102", "330100"]
    assert ring.roots() == []


def test_whose_trail_a_database_belongs_to() -> None:
    assert TREE.region_of("site-3301020001") == "330102"
    assert TREE.region_of("site-3301029999") == "330102"
    assert TREE.region_of("site-4401020001") is None
    assert TREE.region_of("region-330100") == "330100"
    assert TREE.region_of("catalog") is None
    assert TREE.roots() == ["330000"]
