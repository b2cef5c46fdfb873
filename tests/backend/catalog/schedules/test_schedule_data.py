"""The Chinese schedules' JSON is what the sources say, and editions follow each other."""

import datetime as dt
import itertools

import orjson
import pytest

from miaopu.catalog.schedules import FOLDER, edition_on, editions, schedule_names, schedule_text
from miaopu.catalog.schedules.build import build_all
from miaopu.catalog.schedules.conditions import conditional_skip


def test_the_json_is_current() -> None:
    for name, content in build_all().items():
        assert (FOLDER / name).read_bytes() == content, (
            f"{name} is stale: run python -m miaopu.catalog.schedules.build"
        )


def test_each_edition_begins_the_day_after_the_one_before() -> None:
    rows = editions()
    for before, after in itertools.pairwise(rows):
        last = dt.date.fromisoformat(before["superseded"])
        assert last + dt.timedelta(days=1) == dt.date.fromisoformat(after["effective"])
    assert "superseded" not in rows[-1]
    assert {row["name"] for row in rows} <= set(schedule_names())


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2021-02-22", None),
        ("2024-12-31", "cn-nip-2021"),
        ("2025-01-01", "cn-nip-2025"),
        ("2025-11-10", "cn-nip-2025-hpv"),
        ("2026-06-16", "cn-nip-2025-hpv"),
        ("2026-06-17", "cn-nip-2026"),
    ],
)
def test_the_edition_in_force_on_a_day(day: str, name: str | None) -> None:
    assert edition_on(day) == name


def test_an_unknown_schedule_is_named_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="cn-nip-2026"):
        schedule_text("cn-nip-1999")


def test_every_rule_cites_a_source_that_the_schedule_lists() -> None:
    for name in schedule_names():
        schedule = orjson.loads(schedule_text(name))
        for antigen in schedule["antigens"]:
            for series in antigen["series"]:
                assert series["source"] in schedule["sources"], (name, series["name"])
                for dose in series["doses"]:
                    assert dose.get("source", series["source"]) in schedule["sources"]
        for parameter in schedule["parameters"].values():
            assert parameter["source"] in schedule["sources"]


def test_a_condition_reads_as_it_is_written() -> None:
    skip = conditional_skip("valid >= 2 of 1701 1703 before 24 months and has no hiv-exposed")
    assert skip["sets"][0]["conditions"] == [
        {
            "type": "count",
            "is": "more",
            "doses": 1,
            "counting": "valid",
            "vaccines": ["1701", "1703"],
            "to": "24 months",
        },
        {"type": "observation", "codes": ["hiv-exposed"], "absent": True},
    ]


@pytest.mark.parametrize("text", ["", "age > 2 years", "valid two", "has", "age >= 2 years and"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a condition"):
        conditional_skip(text)


def test_every_series_has_a_title_of_its_own_in_both_languages() -> None:
    for name in schedule_names():
        for antigen in orjson.loads(schedule_text(name))["antigens"]:
            for language in ("zh", "en"):
                titles = [series["title"][language] for series in antigen["series"]]
                assert len(set(titles)) == len(titles), (name, antigen["name"], titles)
            for series in antigen["series"]:
                assert series["title"]["zh"] != series["title"]["en"]
