"""The seal of what the server records itself: nobody else can make one, or move it elsewhere."""

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from miaopu.case.canonical import canonical
from miaopu.case.seal import Stamp
from miaopu.models.base import ULID_PATTERN
from miaopu.serve.keep import Keep, stamp_of

Json = dict[str, Any]
STATION = "01K9A3Q6Z0000000000000000S"
CHILD = "child:01K9A3Q6Z0000000000000000A"
STAMP = Stamp(STATION, b"a key")
INSTANTS = st.datetimes(timezones=st.none()).map(
    lambda at: f"{at.year:04}-{at:%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
EVENTS = st.builds(
    lambda more, at: {**more, "station": STATION, "at": at},
    st.dictionaries(st.text(), VALUES, max_size=5),
    INSTANTS,
)


def visit(**more: Any) -> Json:
    return {"kind": "visit", "date": "2026-11-23", **STAMP.provenance("3301020002", "n"), **more}


@given(EVENTS)
def test_what_the_server_sealed_is_its_own(event: Json) -> None:
    ulid = STAMP.sealed(CHILD, event)
    assert re.fullmatch(ULID_PATTERN, ulid)
    assert STAMP.is_own(CHILD, ulid, event)
    # However its fields are ordered, as on the way through tablets.
    assert STAMP.is_own(CHILD, ulid, dict(reversed(event.items())))


@given(EVENTS, st.text(), VALUES)
def test_another_field_breaks_the_seal(event: Json, name: str, value: Any) -> None:
    changed = {**event, name: value}
    assume(canonical(changed) != canonical(event))
    assert not STAMP.is_own(CHILD, STAMP.sealed(CHILD, event), changed)


@given(EVENTS, st.data())
def test_without_a_field_the_seal_is_broken(event: Json, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(event)))
    less = {key: value for key, value in event.items() if key != name}
    assert not STAMP.is_own(CHILD, STAMP.sealed(CHILD, event), less)


@given(EVENTS, st.text())
def test_the_seal_holds_for_one_child(event: Json, child: str) -> None:
    assume(child != CHILD)
    assert not STAMP.is_own(child, STAMP.sealed(CHILD, event), event)


@given(EVENTS, st.integers(0, 25), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZé"))
def test_another_id_is_no_seal(event: Json, place: int, letter: str) -> None:
    ulid = STAMP.sealed(CHILD, event)
    other = ulid[:place] + letter + ulid[place + 1 :]
    assume(other != ulid)
    assert not STAMP.is_own(CHILD, other, event)


@given(EVENTS, st.binary(), st.text())
def test_another_server_makes_another_seal(event: Json, key: bytes, station: str) -> None:
    assume(key != STAMP.key and station != STATION)
    assert not STAMP.is_own(CHILD, Stamp(STATION, key).sealed(CHILD, event), event)
    elsewhere = Stamp(station, STAMP.key)
    assert not elsewhere.is_own(CHILD, STAMP.sealed(CHILD, event), event)


def test_ids_sort_by_the_time_of_their_events() -> None:
    early, late = visit(at="2026-11-23T01:02:03.004Z"), visit(at="2026-11-23T01:02:03.005Z")
    assert STAMP.sealed(CHILD, early)[:10] == "01M82YS7QW"
    assert STAMP.sealed(CHILD, early) < STAMP.sealed(CHILD, late)


def deep(levels: int) -> Json:
    value: Json = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "visit",
        {},
        {"station": STATION},
        visit(at=None),
        visit(at=1),
        visit(at="yesterday"),
        visit(at="2026-11-23T01:02:03.004+00:00"),
        visit(date=float("inf")),
        visit(date=deep(100_000)),
        visit(station=[STATION]),
    ],
)
def test_what_is_no_event_has_no_seal(event: object) -> None:
    assert not STAMP.is_own(CHILD, "01M82YS7QW0000000000000000", event)


def test_the_key_is_the_servers_own_and_is_shown_nowhere() -> None:
    keep = Keep("admin", "secret", STATION)
    stamp = stamp_of(keep)
    assert stamp.station == STATION
    assert stamp == stamp_of(Keep("another", "secret", STATION))
    assert stamp.key != stamp_of(Keep("admin", "other", STATION)).key
    assert b"secret" not in stamp.key
    assert "key" not in repr(stamp)
