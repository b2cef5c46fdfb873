"""To whom a case is handed over: whom the protocol gives it to, and nobody by what he writes."""

from typing import Any

from miaopu.case.moving import entitled
from miaopu.flow.held import doubtful, held, on_whose_word

Json = dict[str, Any]
HOME, AWAY, THIRD = "3301020001", "3301020002", "3301020003"
A, B = "child:01K9A3Q6Z0000000000000000A", "child:01K9A3Q6Z0000000000000000B"
SEAL = "sealed"


def child(doc_id: str = A, site: str | None = HOME, **events: Json) -> Json:
    facts = {"site": {"value": site, "at": "", "by": ""}} if site else {}
    return {"_id": doc_id, "type": "child", "facts": facts, "events": events}


def event(kind: str, site: str, **more: Any) -> Json:
    return {"kind": kind, "site": site, "by": f"nurse-{site}", "at": "2026-11-23", **more}


def move(step: str, site: str, **more: Any) -> Json:
    return event("move", site, step=step, **more)


def is_sealed(_: str, ulid: str, __: Json) -> bool:
    return ulid.startswith(SEAL)


def given(one: Json) -> set[str]:
    return entitled(one, lambda ulid, event: is_sealed("", ulid, event))


def test_no_event_of_ones_own_entitles_to_a_case() -> None:
    own = (
        event("dose", AWAY),
        event("visit", AWAY),
        event("observation", AWAY),
        move("requested", AWAY, from_site=HOME, to_site=AWAY),
        move("released", AWAY, to_site=AWAY),
        move("released", AWAY, from_site=AWAY, to_site=AWAY),
        move("received", AWAY, from_site=HOME, to_site=AWAY),
        event("same_as", AWAY, target=B),
    )
    for one in own:
        assert given(child(e=one)) == {HOME}
    # Nor does it give others anything.
    assert given(child(e=move("released", AWAY, from_site=HOME, to_site=THIRD))) == {HOME}


def test_a_server_s_seal_a_release_and_its_receipt_do() -> None:
    assert given(child(sealed=event("visit", AWAY))) == {HOME, AWAY}
    assert given(child(sealed=move("requested", AWAY, to_site=AWAY))) == {HOME, AWAY}
    released = move("released", HOME, from_site=HOME, to_site=AWAY)
    assert given(child(r=released)) == {HOME, AWAY}
    received = move("received", AWAY, from_site=HOME, to_site=AWAY, answers=["r"])
    assert given(child(site=AWAY, r=released, v=received)) == {HOME, AWAY}
    # What was released to whoever asks is given to nobody until it is asked for.
    anyone = move("released", HOME, from_site=HOME)
    assert given(child(r=anyone)) == {HOME}
    assert given(child(site=AWAY, r=anyone, v=received)) == {HOME, AWAY}
    # A receipt makes nobody a former holder who has not let the child go.
    forged = move("received", AWAY, from_site=THIRD, to_site=AWAY, answers=["d"])
    assert given(child(site=AWAY, d=event("dose", THIRD), v=forged)) == {AWAY}


def test_cases_travel_together_on_the_word_of_a_server_or_of_who_has_both() -> None:
    provisional = child(B, AWAY, p=event("visit", AWAY, provisional=True))
    join = event("same_as", AWAY, target=A)

    def handed(true: Json, **joined: Json) -> dict[str, set[str]]:
        one = {**provisional, "events": {**provisional["events"], **joined}}
        documents = {A: true, B: one}
        assert doubtful(documents, is_sealed) == {}
        return held(documents, is_sealed, {})

    both = {A: {HOME, AWAY}, B: {HOME, AWAY}}
    assert handed(child(), own=join) == {A: {HOME}, B: {AWAY}}
    assert handed(child(), sealed=join) == both
    assert handed(child(sealed=event("visit", AWAY)), own=join) == both
    assert on_whose_word({A: child(), B: provisional}, AWAY) == f"nurse-{AWAY}"
    assert on_whose_word({A: child(), B: provisional}, HOME) is None


def test_who_has_a_case_already_is_kept_up_to_date() -> None:
    documents = {A: child(d=event("dose", AWAY))}
    assert doubtful(documents, is_sealed) == {AWAY: {A}}
    assert held(documents, is_sealed, {AWAY: set()}) == {A: {HOME}}
    assert held(documents, is_sealed, {AWAY: {A}}) == {A: {HOME, AWAY}}


def test_a_join_to_a_case_that_is_not_there_joins_nothing() -> None:
    documents = {A: child(own=event("same_as", HOME, target="child:nowhere"))}
    assert held(documents, is_sealed, {}) == {A: {HOME}}
