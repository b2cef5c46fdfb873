"""Who may write what: the authority validators, executed as they stand."""

from typing import Any

import pytest

from miaopu.models.denials import DENIALS, read_denial

SITE = "3301020001"
DB = f"site-{SITE}"
AT = "2026-11-23T01:00:00.000Z"
LATER = "2026-11-23T02:00:00.000Z"
E1, E2, E3, E4 = (f"01M82YS7QR0000000000000E{n}A" for n in (1, 2, 3, 4))


def user(*roles: str, name: str = "nurse", db: str = DB) -> dict[str, Any]:
    return {"db": db, "name": name, "roles": list(roles)}


NURSE = user(f"site:{SITE}", "grade:ordinary")
SENIOR = user(f"site:{SITE}", "grade:senior")
SERVER = user("server", name="miaopu")
MANAGER = user("region:330102", "grade:admin", name="manager")
STRANGER = user("site:3301020002", "grade:admin")


def event(site: str = SITE, by: str = "nurse", **more: Any) -> dict[str, Any]:
    return {"kind": "dose", "site": site, "by": by, "at": AT, "vaccine": "0101", **more}


def void(target: str = E1, **more: Any) -> dict[str, Any]:
    return {**event(), "kind": "void", "target": target, **more}


def fact(value: Any, at: str = AT, by: str = "nurse") -> dict[str, Any]:
    return {"value": value, "at": at, "by": by}


def child(events: Any = None, facts: Any = None, **more: Any) -> dict[str, Any]:
    return {"_id": "child:A", "type": "child", "facts": facts or {}, "events": events or {}, **more}


def stock(**more: Any) -> dict[str, Any]:
    return {"_id": "stock:A", "type": "stock", "site": SITE, "doses": 10, **more}


def numbers(**more: Any) -> dict[str, Any]:
    ids = {"_id": f"numbers:{SITE}:2026:07", "type": "numbers"}
    return {**ids, "site": SITE, "year": 2026, "block": 7, "station": "S", **more}


def settings(**more: Any) -> dict[str, Any]:
    return {"_id": f"settings:{SITE}", "type": "settings", "site": SITE, **more}


def problem(**more: Any) -> dict[str, Any]:
    return {"_id": "problem:A", "type": "problem", "site": SITE, "reason": "r", **more}


DEVICE = {"_id": "device:A", "type": "device", "site": SITE, "pending": 0}
FOREIGN = event(site="3301020002")

ACCEPTED_AT_A_SITE = {
    "a nurse adds a child": (child({E1: event()}), None, NURSE),
    "a nurse adds an event": (child({E1: event(), E2: event()}), child({E1: event()}), NURSE),
    "key order is no change": (
        child({E1: dict(reversed(event().items()))}),
        child({E1: event()}),
        NURSE,
    ),
    "what a colleague recorded on the shared device": (child({E1: event(by="b")}), None, NURSE),
    "what another site recorded stays": (child({E1: FOREIGN}), child({E1: FOREIGN}), NURSE),
    "what another site recorded comes by the server": (child({E1: FOREIGN}), None, SERVER),
    "a fact edited later": (
        child(facts={"name": fact("b", LATER)}),
        child(facts={"name": fact("a")}),
        NURSE,
    ),
    "a fact taken back": (
        child(facts={"name": fact(None, LATER)}),
        child(facts={"name": fact("a")}),
        NURSE,
    ),
    "two facts of one moment merged": (
        child(facts={"name": fact("b")}),
        child(facts={"name": fact("a")}),
        SERVER,
    ),
    "of two facts of one moment the greater value": (
        child(facts={"birth_weight_g": fact(2500)}),
        child(facts={"birth_weight_g": fact(250)}),
        NURSE,
    ),
    "of two facts of one moment the greater author's": (
        child(facts={"name": fact("a", by="nurse 2")}),
        child(facts={"name": fact("b", by="nurse")}),
        NURSE,
    ),
    "two events of one id merged": (
        child({E1: event(lot="1")}),
        child({E1: event(lot="2")}),
        SERVER,
    ),
    "the server deletes with all events": (
        child({E1: event()}, _deleted=True),
        child({E1: event()}),
        SERVER,
    ),
    "a nurse voids what she recorded": (
        child({E1: event(), E2: void()}),
        child({E1: event()}),
        NURSE,
    ),
    "a colleague's mistake and its void come together": (
        child({E1: event(by="b"), E2: void(by="b")}),
        None,
        NURSE,
    ),
    "a senior voids what another recorded": (
        child({E1: event(by="b"), E2: void()}),
        child({E1: event(by="b")}),
        SENIOR,
    ),
    "a void comes by the server": (
        child({E1: event(by="b"), E2: void()}),
        child({E1: event(by="b")}),
        SERVER,
    ),
    "a senior throws doses away": (stock(kind="waste"), None, SENIOR),
    "a senior counts the stock": (stock(kind="count"), None, SENIOR),
    "a manager changes the settings": (settings(offline_days=3), settings(), MANAGER),
    "a manager resolves a problem": (problem(resolved_at=AT), problem(), MANAGER),
    "a stock move": (stock(), None, NURSE),
    "a stock move written twice": (stock(_rev="2-b"), stock(_rev="1-a"), NURSE),
    "a number block": (numbers(), None, NURSE),
    "the earlier of two claims of a number block": (numbers(at=AT), numbers(at=LATER), SERVER),
    "the lesser of two claims of one moment": (
        numbers(at=AT, station="R"),
        numbers(at=AT),
        SERVER,
    ),
    "a device": (DEVICE, {**DEVICE, "pending": 3}, NURSE),
    "a problem is resolved": (problem(resolved_at=AT), problem(), NURSE),
    "a senior changes the settings": (settings(offline_days=3), settings(), SENIOR),
    "an administrator of the database": (child({E1: FOREIGN}), None, user("_admin")),
}

OTHER = "3301020002"
RELEASE = event(site=OTHER, kind="move", step="released", from_site=OTHER, to_site=SITE)
THEIRS = {"site": {"value": OTHER, "at": AT, "by": "other"}}
OURS = {"site": {"value": SITE, "at": LATER, "by": "nurse"}}


def step(name: str, **more: Any) -> dict[str, Any]:
    return event(kind="move", step=name, **more)


def same_as(kind: str = "same_as") -> dict[str, Any]:
    return event(kind=kind, target="child:B")


RECEIPT = step("received", from_site=OTHER, to_site=SITE, answers=[E1])
AGAIN = {**RECEIPT, "at": LATER}

MOVES_ACCEPTED = {
    "a new child of this clinic": (child(facts=OURS), None, NURSE),
    "a clinic asks for a child": (
        child({E1: step("requested", from_site=OTHER, to_site=SITE)}, THEIRS),
        child(facts=THEIRS),
        NURSE,
    ),
    "a clinic lets a child go": (
        child({E1: step("released", from_site=SITE, to_site=OTHER)}, OURS),
        child(facts=OURS),
        NURSE,
    ),
    "a clinic receives a child that was released": (
        child(
            {E1: RELEASE, E2: step("received", from_site=OTHER, to_site=SITE, answers=[E1])}, OURS
        ),
        child({E1: RELEASE}, THEIRS),
        NURSE,
    ),
    "a clinic receives a child that was released to whoever asks": (
        child(
            {
                E1: {k: v for k, v in RELEASE.items() if k not in ("to_site", "from_site")},
                E2: step("received", from_site=OTHER, to_site=SITE, answers=[E1]),
            },
            OURS,
        ),
        child(
            {E1: {k: v for k, v in RELEASE.items() if k not in ("to_site", "from_site")}}, THEIRS
        ),
        NURSE,
    ),
    "a second receipt that takes nothing from anybody": (
        child({E1: RELEASE, E2: RECEIPT, E3: AGAIN}, OURS),
        child({E1: RELEASE, E2: RECEIPT}, OURS),
        NURSE,
    ),
    "an event that was recorded while the clock was wrong": (
        child({E1: event(at="2026-11-21T09:00:00.000Z")}),
        None,
        NURSE,
    ),
    "an event of any id that comes by the server": (child({"0" * 26: event()}), None, SERVER),
    "a move from a clinic that is not on this system": (
        child({E1: step("received", from_site="4401020001")}, OURS),
        child(facts=OURS),
        NURSE,
    ),
    "the managing site comes by the server": (child(facts=OURS), child(facts=THEIRS), SERVER),
    "a senior joins two cases": (child({E1: same_as()}), child(), SENIOR),
    "a senior tells two cases apart": (child({E1: same_as("not_same_as")}), child(), SENIOR),
    "a senior parts two cases": (
        child({E1: same_as(), E2: void()}),
        child({E1: same_as()}),
        SENIOR,
    ),
}

MOVES_REFUSED = {
    "a child taken back by a release that was answered before": (
        child({E1: RELEASE, E2: RECEIPT, E3: AGAIN}, OURS),
        child({E1: RELEASE, E2: RECEIPT}, THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken back by a release whose receipt was taken back": (
        child({E1: RELEASE, E2: RECEIPT, E3: AGAIN, E4: void(E2)}, OURS),
        child({E1: RELEASE, E2: RECEIPT, E4: void(E2)}, THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken by a release that was taken back": (
        child({E1: RELEASE, E2: RECEIPT, E4: void(E1, site=OTHER)}, OURS),
        child({E1: RELEASE, E4: void(E1, site=OTHER)}, THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child of another clinic registered": (
        child(facts=THEIRS),
        None,
        NURSE,
        "[other-manager] fact site",
    ),
    "a child taken": (child(facts=OURS), child(facts=THEIRS), NURSE, "[no-receipt] fact site"),
    "a child taken with a receipt that answers nothing": (
        child({E1: step("received", from_site=OTHER, to_site=SITE)}, OURS),
        child(facts=THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken with a receipt of before": (
        child({E1: RELEASE, E2: step("received", to_site=SITE, answers=[E1])}, OURS),
        child({E1: RELEASE, E2: step("received", to_site=SITE, answers=[E1])}, THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken by a release of one's own": (
        child(
            {
                E1: step("released", from_site=SITE, to_site=SITE),
                E2: step("received", from_site=OTHER, to_site=SITE, answers=[E1]),
            },
            OURS,
        ),
        child(facts=THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken by a release that names nobody": (
        child({E1: step("released"), E2: step("received", to_site=SITE, answers=[E1])}, OURS),
        child(facts=THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken that was released to another": (
        child(
            {
                E1: {**RELEASE, "to_site": "3301020003"},
                E2: step("received", from_site=OTHER, to_site=SITE, answers=[E1]),
            },
            OURS,
        ),
        child({E1: {**RELEASE, "to_site": "3301020003"}}, THEIRS),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child taken by the release of one that managed it before": (
        child(
            {E1: RELEASE, E2: step("received", from_site=OTHER, to_site=SITE, answers=[E1])}, OURS
        ),
        child({E1: RELEASE}, {"site": {**THEIRS["site"], "value": "3301020003"}}),
        NURSE,
        "[no-receipt] fact site",
    ),
    "a child given away in the other's name": (
        child(facts={"site": {**THEIRS["site"], "at": LATER}}),
        child(facts={"site": {**OURS["site"], "at": AT}}),
        NURSE,
        "[other-manager] fact site",
    ),
    "a release for the other": (
        child({E1: step("released", from_site=OTHER, to_site=SITE)}),
        child(),
        NURSE,
        f"[other-sites-step] event {E1}",
    ),
    "a request for the other": (
        child({E1: step("requested", from_site=SITE, to_site=OTHER)}),
        child(),
        NURSE,
        f"[other-sites-step] event {E1}",
    ),
    "a nurse joins two cases": (
        child({E1: same_as()}),
        child(),
        NURSE,
        f"[senior-only] event {E1}",
    ),
    "a nurse tells two cases apart": (
        child({E1: same_as("not_same_as")}),
        child(),
        NURSE,
        f"[senior-only] event {E1}",
    ),
    "a nurse parts what the server joined": (
        child({E1: {**same_as(), "by": "miaopu"}, E2: void()}),
        child({E1: {**same_as(), "by": "miaopu"}}),
        NURSE,
        f"[void-of-another] event {E2}",
    ),
}

REFUSED_AT_A_SITE = {
    **MOVES_REFUSED,
    "a stranger": (child(), None, STRANGER, "[not-this-place] document"),
    "a manager": (child(), None, MANAGER, "[not-this-place] document"),
    "a manager adds a dose": (
        child({E1: event()}),
        child(),
        MANAGER,
        "[not-this-place] document",
    ),
    "a manager moves stock": (stock(), None, MANAGER, "[not-this-place] document"),
    "a manager takes numbers": (numbers(), None, MANAGER, "[not-this-place] document"),
    "a manager's device": (DEVICE, None, MANAGER, "[not-this-place] document"),
    "a manager reports a problem": (problem(), None, MANAGER, "[not-this-place] document"),
    "a manager of no grade resolves one": (
        problem(resolved_at=AT),
        problem(),
        user("region:330102", "grade:ordinary"),
        "[senior-only] document",
    ),
    "settings by an ordinary manager": (
        settings(),
        None,
        user("region:330102", "grade:ordinary"),
        "[senior-only] document",
    ),
    "a nurse voids what another recorded": (
        child({E1: event(by="b"), E2: void()}),
        child({E1: event(by="b")}),
        NURSE,
        f"[void-of-another] event {E2}",
    ),
    "a nurse voids it in the other's name": (
        child({E1: event(by="b"), E2: void(by="b")}),
        child({E1: event(by="b")}),
        NURSE,
        f"[void-of-another] event {E2}",
    ),
    "a nurse voids what is not here": (
        child({E2: void()}),
        None,
        NURSE,
        f"[unknown-target] event {E2}",
    ),
    "a nurse throws doses away": (stock(kind="waste"), None, NURSE, "[senior-only] document"),
    "a nurse counts the stock": (stock(kind="count"), None, NURSE, "[senior-only] document"),
    "an account without a role": (child(), None, user(), "[not-this-place] document"),
    "a database whose name is no site's": (
        child(),
        None,
        user(f"site:{SITE}", db="elsewhere"),
        "[not-this-place] document",
    ),
    "an event dropped": (child(), child({E1: event()}), NURSE, f"[event-missing] event {E1}"),
    "an event dropped by the server": (
        child(),
        child({E1: event()}),
        SERVER,
        f"[event-missing] event {E1}",
    ),
    "an event whose id is of long ago": (
        child({"0" * 26: event()}),
        None,
        NURSE,
        "[event-id-time] event " + "0" * 26,
    ),
    "an event whose id sorts after all others": (
        child({"7" + "Z" * 25: event()}),
        None,
        NURSE,
        "[event-id-time] event 7" + "Z" * 25,
    ),
    "an event changed": (
        child({E1: event(lot="1")}),
        child({E1: event(lot="2")}),
        NURSE,
        f"[event-changed] event {E1}",
    ),
    "an event changed by the server": (
        child({E1: event(lot="2")}),
        child({E1: event(lot="1")}),
        SERVER,
        f"[event-changed] event {E1}",
    ),
    "an event extended": (
        child({E1: event(lot="1")}),
        child({E1: event()}),
        NURSE,
        f"[event-changed] event {E1}",
    ),
    "an event in another site's name": (
        child({E1: FOREIGN}),
        None,
        NURSE,
        f"[other-site] event {E1}",
    ),
    "a fact dropped": (
        child(),
        child(facts={"name": fact("a")}),
        NURSE,
        "[fact-missing] fact name",
    ),
    "a fact from before": (
        child(facts={"name": fact("b")}),
        child(facts={"name": fact("a", LATER)}),
        NURSE,
        "[fact-older] fact name",
    ),
    "a fact from before by the server": (
        child(facts={"name": fact("b")}),
        child(facts={"name": fact("a", LATER)}),
        SERVER,
        "[fact-older] fact name",
    ),
    "a fact of the same moment that a merge would not choose": (
        child(facts={"name": fact("a")}),
        child(facts={"name": fact("b")}),
        NURSE,
        "[fact-older] fact name",
    ),
    "a fact of the same moment that a merge would not choose, by the server": (
        child(facts={"name": fact("z", by="nurse")}),
        child(facts={"name": fact("a", by="nurse 2")}),
        SERVER,
        "[fact-older] fact name",
    ),
    "a fact that is nothing": (
        child(facts={"name": None}),
        child(facts={"name": fact("a")}),
        NURSE,
        "[wrong-type] fact name",
    ),
    "an event that is nothing": (child({E1: None}), child(), NURSE, f"[wrong-type] event {E1}"),
    "events that are a list": (child([1]), child(), NURSE, "[wrong-type] field events"),
    "a nurse deletes": (
        child({E1: event()}, _deleted=True),
        child({E1: event()}),
        NURSE,
        "[server-only] document",
    ),
    "a deletion that loses events": (
        child(_deleted=True),
        child({E1: event()}),
        SERVER,
        f"[event-missing] event {E1}",
    ),
    "a tombstone's events dropped": (
        child(),
        child({E1: event()}, _deleted=True),
        SERVER,
        f"[event-missing] event {E1}",
    ),
    "a stock move changed": (stock(doses=9), stock(), NURSE, "[unchangeable] document"),
    "a stock move changed by the server": (
        stock(doses=9),
        stock(),
        SERVER,
        "[unchangeable] document",
    ),
    "a stock move of another site": (
        stock(site="3301020002"),
        None,
        NURSE,
        "[other-site] document",
    ),
    "a number block taken over": (
        numbers(station="T"),
        numbers(),
        NURSE,
        "[unchangeable] document",
    ),
    "a number block of an earlier claim": (
        numbers(at=AT),
        numbers(at=LATER),
        NURSE,
        "[unchangeable] document",
    ),
    "the later of two claims": (
        numbers(at=LATER),
        numbers(at=AT),
        SERVER,
        "[unchangeable] document",
    ),
    "a number block under another id": (numbers(block=8), None, NURSE, "[wrong-id] field _id"),
    "a device of another site": (
        {**DEVICE, "site": "3301020002"},
        None,
        NURSE,
        "[other-site] document",
    ),
    "a problem rewritten": (problem(reason="x"), problem(), NURSE, "[unchangeable] document"),
    "settings by a nurse": (settings(), None, NURSE, "[senior-only] document"),
    "settings of another site": (settings(site="3301020002"), None, SENIOR, "[wrong-id] field _id"),
    "a type that is not written here": (
        {"_id": "x", "type": "site"},
        None,
        NURSE,
        "[unknown-type] field type",
    ),
}


ACCEPTED_AT_A_SITE |= MOVES_ACCEPTED


def refusal(kind: Any, new: Any, old: Any, who: Any) -> str | None:
    """What is said against a write by who may write, and by what may not be lost."""
    for design in ("authority", "history"):
        said: str | None = kind.validate(design, new, old, who)
        if said is not None:
            return said
    return None


@pytest.mark.parametrize("case", ACCEPTED_AT_A_SITE.values(), ids=ACCEPTED_AT_A_SITE)
def test_a_site_accepts(designs: Any, case: Any) -> None:
    new, old, who = case
    assert refusal(designs("site"), new, old, who) is None


@pytest.mark.parametrize("case", REFUSED_AT_A_SITE.values(), ids=REFUSED_AT_A_SITE)
def test_a_site_refuses(designs: Any, case: Any) -> None:
    new, old, who, why = case
    said = refusal(designs("site"), new, old, who)
    assert said == why
    denial = read_denial(said)
    assert denial is not None and denial.code in DENIALS


@pytest.mark.parametrize("who", [NURSE, MANAGER, user("grade:admin")])
def test_a_region_is_written_by_the_server_alone(designs: Any, who: Any) -> None:
    region = designs("region")
    assert "[server-only]" in region.validate("authority", child(), None, who)
    assert region.validate("authority", child(), None, SERVER) is None


def test_a_region_too_loses_nothing(designs: Any) -> None:
    region = designs("region")
    assert "[event-missing]" in region.validate("history", child(), child({E1: event()}), SERVER)
    assert "[unchangeable]" in region.validate("history", stock(doses=9), stock(), SERVER)
    assert refusal(region, DEVICE, {**DEVICE, "pending": 1}, SERVER) is None


def test_the_catalog_is_written_by_administrators_of_a_region(designs: Any) -> None:
    catalog = designs("catalog")
    site = {"_id": f"site:{SITE}", "type": "site", "code": SITE}
    schedule = {"_id": "schedule:cn", "type": "schedule", "name": "cn"}
    province = user("region:330000", "grade:admin", name="province")
    for document, whose in ((site, MANAGER), (schedule, province)):
        for who in (whose, SERVER, user("_admin")):
            assert catalog.validate("authority", document, None, who) is None
        for who in (NURSE, STRANGER, user("region:330102", "grade:senior")):
            assert "[admin-only]" in catalog.validate("authority", document, None, who)
        assert "[wrong-id]" in catalog.validate(
            "authority", {**document, "_id": "site:1"}, None, MANAGER
        )
        gone = {"_id": document["_id"], "_deleted": True}
        assert "[server-only]" in catalog.validate("authority", gone, document, MANAGER)
        assert catalog.validate("authority", gone, document, SERVER) is None


def test_what_is_common_to_a_province_is_added_to_by_its_administrators(designs: Any) -> None:
    catalog = designs("catalog")
    province = user("region:330000", "grade:admin", name="province")

    def refusal(new: Any, old: Any, who: Any) -> Any:
        return catalog.validate("authority", new, old, who)

    edition = {"_id": "schedule:cn", "type": "schedule", "name": "cn", "edition": "1"}
    words = {"_id": "dictionary:word", "type": "dictionary", "name": "word"}
    more = {**words, "entries": {"a": {"zh": "一"}, "b": {"zh": "二"}}}
    less = {**words, "entries": {"a": {"zh": "一"}}}
    for who in (MANAGER, user("region:330100", "grade:admin", name="city")):
        for document in (edition, more):
            assert "[province-only]" in refusal(document, None, who)
    changed = {**edition, "edition": "2"}
    assert "[edition-stands]" in refusal(changed, edition, province)
    assert refusal(changed, {**edition, "_deleted": True}, province) is None
    assert refusal(dict(edition), edition, province) is None
    assert refusal(changed, edition, SERVER) is None
    assert refusal(more, less, province) is None
    assert "[entry-missing] field entries.b" in refusal(less, more, province)
    hostile = {**words, "entries": {"张三 1": {}}}
    assert "[entry-missing] field entries.?" in refusal(less, hostile, province)
    assert refusal(less, more, SERVER) is None


COUNTY, CITY, PROVINCE = "330102", "330100", "330000"


def place(code: str, **more: Any) -> dict[str, Any]:
    kind = "site" if len(code) == 10 else "region"
    return {"_id": f"{kind}:{code}", "type": kind, "code": code, **more}


def chief(region: str) -> dict[str, Any]:
    return user(f"region:{region}", "grade:admin", name="chief", db="catalog")


@pytest.mark.parametrize("who", [COUNTY, CITY, PROVINCE])
def test_a_place_is_written_from_above(designs: Any, who: str) -> None:
    catalog = designs("catalog")
    site = place(SITE, region=COUNTY)
    assert catalog.validate("authority", site, None, chief(who)) is None
    assert catalog.validate("authority", site, site, chief(who)) is None
    region = place(COUNTY, parent=CITY)
    assert catalog.validate("authority", region, region, chief(who)) is None


@pytest.mark.parametrize("who", ["330103", "330200", "340000"])
def test_nobody_takes_another_region_s_place(designs: Any, who: str) -> None:
    catalog = designs("catalog")
    ours, taken = place(SITE, region=COUNTY), place(SITE, region=who)
    assert "[other-region]" in catalog.validate("authority", ours, None, chief(who))
    assert "[other-region]" in catalog.validate("authority", taken, ours, chief(who))
    # Nor does anybody give one of their own away.
    assert "[other-region]" in catalog.validate("authority", taken, ours, chief(COUNTY))


def test_a_region_stays_below_the_one_above_it(designs: Any) -> None:
    catalog = designs("catalog")
    region, moved = place(COUNTY, parent=CITY), place(COUNTY, parent="330200")
    assert "[server-only] field parent" in catalog.validate(
        "authority", moved, region, chief(COUNTY)
    )
    assert "[other-region] field parent" in catalog.validate(
        "authority", moved, None, chief(COUNTY)
    )
    assert catalog.validate("authority", region, None, chief(CITY)) is None
    assert catalog.validate("authority", moved, region, SERVER) is None


def local_rule(region: str, **more: Any) -> dict[str, Any]:
    return {
        "_id": "layer:two-a-visit",
        "type": "layer",
        "name": "two-a-visit",
        "title": "两剂",
        "region": region,
        "effective": "2026-11-01",
        "layer": {"kind": "visit", "maxInjections": 2},
        "updated_at": "2026-11-01T00:00:00.000Z",
        "updated_by": "chief",
        **more,
    }


@pytest.mark.parametrize("who", [COUNTY, CITY, PROVINCE])
def test_a_local_rule_is_written_by_its_region_and_those_above(designs: Any, who: str) -> None:
    catalog = designs("catalog")
    rule = local_rule(COUNTY, sites=[SITE])
    for before in (None, rule):
        assert catalog.validate("structure", rule, before, chief(who)) is None
        assert catalog.validate("authority", rule, before, chief(who)) is None


def test_nobody_changes_a_local_rule_of_another_or_of_above(designs: Any) -> None:
    catalog = designs("catalog")

    def refusal(new: dict[str, Any], old: dict[str, Any] | None, who: Any) -> str:
        return str(catalog.validate("authority", new, old, who))

    assert "[other-region] field region" in refusal(local_rule(PROVINCE), None, chief(COUNTY))
    assert "[other-region] field region" in refusal(local_rule("330103"), None, chief(COUNTY))
    # Neither by making it one's own.
    assert "[other-region] field region" in refusal(
        local_rule(COUNTY), local_rule(PROVINCE), chief(COUNTY)
    )
    assert "[other-region] field sites" in refusal(
        local_rule(COUNTY, sites=["3301030001"]), None, chief(COUNTY)
    )
    assert "[not-the-author] field updated_by" in refusal(
        local_rule(COUNTY, updated_by="else"), None, chief(COUNTY)
    )
    for nobody in (NURSE, user("region:330102", "grade:senior")):
        assert "[admin-only]" in refusal(local_rule(COUNTY), None, nobody)
    gone = {"_id": "layer:two-a-visit", "_deleted": True}
    assert "[server-only]" in refusal(gone, local_rule(COUNTY), chief(COUNTY))


@pytest.mark.parametrize(
    "layer",
    [
        {"kind": "visit", "maxInjections": "two"},
        {"kind": "visit", "maxInjections": 0},
        {"kind": "party"},
        {"kind": "interval", "antigen": "DTaP", "dose": 2},
        {"kind": "interval", "antigen": "DTaP", "dose": 2, "interval": {"from": "birth"}},
        {"kind": "parameter", "name": "je-mixed", "value": "no", "more": 1},
        {"kind": "campaign", "name": "x", "vaccines": [], "births": {}, "from": "2026-11-01"},
        {"kind": "with", "schedule": {"name": "my own"}},
        {"kind": "season", "antigen": "Influenza", "season": {"start": "13/09"}},
    ],
)
def test_a_local_rule_in_no_form_of_the_engine_is_refused(designs: Any, layer: Any) -> None:
    rule = local_rule(COUNTY, layer=layer)
    assert "field layer" in designs("catalog").validate("structure", rule, None, chief(COUNTY))


def test_the_trail_is_the_server_s_and_stays(designs: Any) -> None:
    audit = designs("audit")
    entry = {"_id": "audit:A", "type": "audit", "by": "nurse"}
    for who in (NURSE, MANAGER, chief(PROVINCE)):
        assert "[server-only]" in audit.validate("authority", entry, None, who)
    for who in (SERVER, user("_admin")):
        assert audit.validate("authority", entry, None, who) is None
        assert "[unchangeable]" in audit.validate("authority", {**entry, "by": "x"}, entry, who)
        gone = {"_id": "audit:A", "_deleted": True}
        assert "[unchangeable]" in audit.validate("authority", gone, entry, who)


def test_accounts_are_changed_through_the_server(designs: Any) -> None:
    record = {"_id": "org.couchdb.user:nurse", "type": "user", "name": "nurse", "roles": []}
    users = designs("users")
    for who in (NURSE, MANAGER, SERVER, {"name": None, "roles": []}):
        assert "[accounts-only]" in users.validate("authority", record, record, who)
    assert users.validate("authority", record, record, user("_admin")) is None
