"""What people write of the programme, before the database takes it."""

import json
from typing import Any

import pytest

from miaopu.catalog import dictionary_documents
from miaopu.provision.catalog import content
from miaopu.schedule.guard import is_below, refusals

Json = dict[str, Any]
TODAY = "2026-11-29"
PROVINCE = "330000"
CATALOG: Json = {
    "schedules": [one for one in content() if one["type"] == "schedule"],
    "rules": [],
    "regions": [],
}
NATIONAL = next(one for one in CATALOG["schedules"] if one["name"] == "cn-nip-2026")


def edition(**within: Any) -> Json:
    """A new edition: that of 2026 with a few fields of its own."""
    schedule = {**json.loads(json.dumps(NATIONAL["schedule"])), "name": "cn-x", **within}
    return {**NATIONAL, "_id": "schedule:cn-x", "name": "cn-x", "schedule": schedule}


def rule(**layer: Any) -> Json:
    base = {"_id": "layer:a", "type": "layer", "name": "a", "title": "一", "region": PROVINCE}
    return {**base, "effective": "2026-01-01", "layer": layer}


def dictionary(name: str, code: str, entry: Json) -> Json:
    return {
        "_id": f"dictionary:{name}",
        "type": "dictionary",
        "name": name,
        "entries": {code: entry},
    }


VACCINE = next(one for one in dictionary_documents() if one["name"] == "vaccine")["entries"]["0101"]
INTERVAL = {"from": "previous", "absMin": "3 months", "min": "3 months"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (edition(), None),
        (edition(antigens=[], groups=[]), "[programme-unusable] field schedule"),
        (edition(antigens="none"), "[programme-unusable] field schedule"),
        (edition(groups=[{"name": "Zoster", "antigens": ["Zoster"]}]), "[programme-unusable]"),
        (edition(name="cn-y"), "[programme-unusable] field schedule.name"),
        (edition(effective="2020-01-01"), "[programme-unusable] field schedule.effective"),
        ({**edition(), "schedule": []}, "[wrong-type] field schedule"),
        (rule(kind="visit", maxInjections=2), None),
        (rule(kind="interval", antigen="DTaP", dose=2, interval=INTERVAL), None),
        (rule(kind="interval", antigen="DTaP", dose=15, interval=INTERVAL), "[programme-unusable]"),
        (rule(kind="with", schedule="cn-nowhere"), "[programme-unusable] field layer"),
        (rule(kind="without", groups=["No"]), "[programme-unusable] field layer"),
        (rule(kind="party"), "[programme-unusable] field layer"),
        ({**rule(kind="without", groups=["No"]), "withdrawn": True}, None),
        (dictionary("vaccine", "9998", VACCINE), None),
        (dictionary("vaccine", "9998", {"zh": "苗", "en": "v"}), "field entries.9998"),
        (dictionary("vaccine", "x", VACCINE), "[programme-unusable] field entries.x"),
        (dictionary("route", "nasal", {"zh": "鼻", "en": "n"}), None),
        (dictionary("route", "nasal", {"zh": "鼻", "en": "n", "more": {"national": "x"}}), "nasal"),
        (dictionary("word", "a", {"zh": "一", "en": "a", "more": 1}), "[programme-unusable]"),
        ({**dictionary("word", "a", {}), "entries": []}, "[wrong-type] field entries"),
    ],
)
def test_what_cannot_be_used_is_refused_by_code_and_part(document: Json, said: str | None) -> None:
    (found,) = refusals([document], CATALOG, PROVINCE, TODAY)
    if said is None:
        assert found is None
    else:
        assert found is not None
        assert said in found


def test_what_the_program_brings_would_be_taken() -> None:
    brought = list(content())
    assert refusals(brought, CATALOG, PROVINCE, TODAY) == [None] * len(brought)


@pytest.mark.parametrize(
    ("code", "region", "below"),
    [
        ("3301020001", "330102", True),
        ("330102", "330100", True),
        ("330102", "330000", True),
        ("340102", "330000", False),
        ("330203", "330100", False),
    ],
)
def test_codes_of_places_nest(code: str, region: str, below: bool) -> None:
    assert is_below(code, region) is below
