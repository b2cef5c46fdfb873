"""Denials are read as they are said, and the validators say no code but those of the list."""

import re
from pathlib import Path

import pytest

from miaopu.generate import ROOT
from miaopu.models.denials import DENIALS, Denial, deny, part_of, read_denial

ULID = "01K9A3Q6Z0000000000000000A"


@pytest.mark.parametrize(
    ("reason", "event", "fact"),
    [
        (deny("other-site", f"event {ULID}"), ULID, None),
        (deny("unknown-field", f"field events.{ULID}.temp_c"), ULID, None),
        (deny("fact-older", "fact phone"), None, "phone"),
        (deny("wrong-form", "field facts.phone.value"), None, "phone"),
        (deny("wrong-type", "field events"), None, None),
        ("forbidden: " + deny("server-only"), None, None),
    ],
)
def test_a_denial_names_its_part(reason: str, event: str | None, fact: str | None) -> None:
    read = read_denial(reason)
    assert read is not None
    assert (read.event, read.fact) == (event, fact)


@pytest.mark.parametrize("reason", ["no", "413 document_too_large", "[Bad] document", "[x] y z"])
def test_other_words_are_no_denial(reason: str) -> None:
    assert read_denial(reason) is None


def test_a_code_of_another_day_is_read_too() -> None:
    assert read_denial("[brand-new] event A") == Denial("brand-new", "event A")


def test_no_value_is_shown_as_a_name() -> None:
    assert part_of("fact", "张三") == "fact ?"


def test_the_validators_say_what_is_in_the_list() -> None:
    said = set()
    sources = [
        *Path(ROOT / "design-docs").rglob("*.js"),
        ROOT / "backend/miaopu/generate/structure.js",
    ]
    for source in sources:
        text = source.read_text("utf-8")
        said |= set(re.findall(r"refuse\('([^']*)'", text))
        said |= set(re.findall(r"forbidden: '\[([a-z-]+)\]", text))
    assert len(said) > 20
    assert said <= DENIALS.keys()
