"""A row that is passed over at a glance has nothing that the distribution would do about it."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from miaopu.accounts.tree import Tree
from miaopu.case.events import cards
from miaopu.case.joined import ever_linked, is_provisional
from miaopu.case.moving import holders
from miaopu.flow.distribution import targets
from miaopu.flow.glance import is_at_home, rows_of, sites_in

HOME, NEAR, FAR = "3301020001", "3301020002", "3301030001"
TREE = Tree(
    sites={HOME: "330102", NEAR: "330102", FAR: "330103"},
    parents={"330102": "330100", "330103": "330100", "330100": None},
)
ID = "child:01K9A3Q6Z0000000000000000A"
OTHER = "child:01K9A3Q6Z0000000000000000B"

sites = st.sampled_from([HOME, HOME, HOME, NEAR, FAR, "9999999999"])
ulids = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26)
text = st.one_of(st.text(max_size=20), st.just('site":"' + NEAR + '"'), st.just('"same_as"'))


def event(kind: str, more: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    always = {"kind": st.just(kind), "site": sites, "at": st.just("2026-01-01T00:00:00.000Z")}
    return st.fixed_dictionaries({**always, **more})


events = st.one_of(
    event("dose", {"note": text}),
    event("card", {"number": st.sampled_from(["123456", "654321"]), "state": st.just("issued")}),
    event("visit", {"provisional": st.booleans()}),
    event("same_as", {"target": st.just(OTHER)}),
    event("void", {"target": ulids}),
    event("move", {"step": st.just("released"), "from_site": sites, "to_site": sites}),
)
children = st.fixed_dictionaries(
    {
        "_id": st.just(ID),
        "_rev": st.just("2-a"),
        "facts": st.fixed_dictionaries(
            {
                "site": st.fixed_dictionaries({"value": sites}),
                "phone": st.fixed_dictionaries({"value": st.sampled_from(["5551234567", None])}),
                "remark": st.fixed_dictionaries({"value": text}),
            }
        ),
        "events": st.dictionaries(ulids, events, max_size=4),
    }
)


def row(child: dict[str, Any], *, leaves: int = 1) -> bytes:
    changes = [{"rev": f"2-{number}"} for number in range(leaves)]
    return orjson.dumps({"seq": "7-abc", "id": child["_id"], "changes": changes, "doc": child})


@given(children, st.sampled_from(["330102", "330100"]))
def test_what_is_passed_over_is_of_no_interest(child: dict[str, Any], region: str) -> None:
    assert holders(child) <= sites_in(row(child))
    if is_at_home(row(child), TREE, {HOME, NEAR, FAR}, set(), []):
        held_by = holders(child) & set(TREE.sites)
        assert len(held_by) == 1
        assert targets(region, TREE, held_by) <= held_by
        assert not ever_linked(child)
        assert not is_provisional(child)


def plain() -> dict[str, Any]:
    return {
        "_id": ID,
        "facts": {"site": {"value": HOME}},
        "events": {
            "01K9A3Q6Z0000000000000000C": {
                "kind": "card",
                "site": HOME,
                "number": "123456",
                "state": "issued",
                "at": "2026-01-01T00:00:00.000Z",
            }
        },
    }


def test_a_child_of_one_clinic_is_passed_over() -> None:
    assert is_at_home(row(plain()), TREE, {HOME}, set(), [])


def test_one_is_looked_at_whose_clinic_has_not_had_all() -> None:
    assert not is_at_home(row(plain()), TREE, {NEAR}, set(), [])


def test_one_is_looked_at_that_was_joined_or_for_which_a_case_waits() -> None:
    assert not is_at_home(row(plain()), TREE, {HOME}, {ID}, [])
    waiting = [number.encode() for number in cards(plain())]
    assert not is_at_home(row(plain()), TREE, {HOME}, set(), waiting)


def test_one_is_looked_at_that_has_several_versions() -> None:
    assert not is_at_home(row(plain(), leaves=2), TREE, {HOME}, set(), [])


def test_what_is_no_child_is_looked_at() -> None:
    assert not is_at_home(row({**plain(), "_id": "stock:1"}), TREE, {HOME}, set(), [])


def test_the_rows_of_an_answer() -> None:
    for end in (b"\n", b"\r\n"):
        answer = b'{"results":[\n{"a":1},%b{"b":2}\n],\n"last_seq":"2-x","pending":0}\n' % end
        assert rows_of(answer) == (
            [b'{"a":1}', b'{"b":2}'],
            b'{"last_seq":"2-x","pending":0}\n',
        )
    assert rows_of(b'{"results":[\n\n],\n"last_seq":0,"pending":0}\n') == (
        [],
        b'{"last_seq":0,"pending":0}\n',
    )
    assert rows_of(b'{"results": [{"a": 1}], "last_seq": 1}') is None
