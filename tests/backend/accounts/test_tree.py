"""The tree of places."""

from miaopu.accounts.tree import Tree

TREE = Tree(
    {"1101010001": "110101", "1101010002": "110101", "1101020001": "110102"},
    {"110000": None, "110100": "110000", "110101": "110100", "110102": "110100"},
)


def test_the_places_of_a_server_below_another() -> None:
    here = TREE.among({"region-110101", "site-1101010001", "catalog"})
    assert here.sites == {"1101010001": "110101"}
    assert here.roots() == ["110101"]
    assert here.above("110101") == ["110101"]
    assert here.region_of("site-1101010001") == "110101"
    assert here.region_of("region-110100") is None


def test_all_places_are_those_of_the_centre() -> None:
    names = {*(f"region-{code}" for code in TREE.parents), *(f"site-{code}" for code in TREE.sites)}
    assert TREE.among(names) == TREE
