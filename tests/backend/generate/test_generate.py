"""The generated files are current, and the generated validator agrees with the models."""

import json
from typing import Any

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from miaopu.generate import generated, stale
from miaopu.generate.schemas import all_schemas
from miaopu.models import DOCUMENTS, Child
from miaopu.models.base import Document
from miaopu_db.validation import Validation, Validator, pair

MODELS: dict[str, type[Document]] = {
    model.type_name(): model for models in DOCUMENTS.values() for model in models
}
VALIDATORS = {kind: quickjs.Context() for kind in DOCUMENTS}
EMBEDDED: dict[str, Validation] = {}
for path, text in generated().items():
    if path.name == "validate_doc_update.js":
        EMBEDDED[path.parts[-3]] = Validation([Validator({"_design/structure": text})], {}, {})
        VALIDATORS[path.parts[-3]].eval(
            f"var f = ({text}); function run(d) {{ try {{ f(d, null, {{}}, {{}}); return ''; }}"
            "catch (e) { if (e.forbidden === undefined) throw e; return e.forbidden; } }"
        )


def refusal(document: Any, kind: str = "site") -> str:
    said: str = VALIDATORS[kind].eval(f"run({json.dumps(document)})")
    return said


def refusal_beside(document: Any, old: Any) -> str:
    """As the embedded database asks: what did not change is the same object in both documents."""
    (error,) = EMBEDDED["site"].check(
        [pair(json.dumps(document).encode(), json.dumps(old).encode())]
    )
    return "" if error is None else str(error.reason)


AT = "2026-11-23T01:02:03.004Z"
ULID = "01K9A3Q6Z0000000000000000A"
PROVENANCE = {
    "at": AT,
    "by": "nurse",
    "station": ULID,
    "site": "3301020001",
    "offset_ms": None,
    "app": "0.1.0",
}
DOSE = {**PROVENANCE, "kind": "dose", "date": "2024-02-29", "vaccine": "0101", "origin": "given"}


def child(**more: Any) -> dict[str, Any]:
    fact = {"value": "苗苗", "at": AT, "by": "nurse"}
    document = {
        "_id": f"child:{ULID}",
        "_rev": "1-a",
        "_revisions": {"start": 1, "ids": ["a"]},
        "type": "child",
        "facts": {"name": fact, "phone": {**fact, "value": None}},
        "events": {ULID: DOSE},
    }
    return document | more


def with_dose(**more: Any) -> dict[str, Any]:
    return child(events={ULID: {**DOSE, **more}})


def test_generated_files_are_current() -> None:
    assert stale() == [], "run `miaopu generate`"


def test_a_good_child_passes() -> None:
    assert refusal(child()) == ""


def test_a_deletion_is_left_to_authority() -> None:
    assert refusal({"_id": "whatever", "_deleted": True}) == ""


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"_id": "x"}, "[unknown-type] field type"),
        ({"_id": "x", "type": "constructor"}, "[unknown-type] field type"),
        ({"_id": "x", "type": ["child"]}, "[unknown-type] field type"),
        (child(_id="child:张三"), "[wrong-id] field _id"),
        (child(type="stock"), "[wrong-id] field _id"),
        (child(events=None), "[wrong-type] field events"),
        (child(events=[]), "[wrong-type] field events"),
        (child(events={"x": DOSE}), "[wrong-form] field events.x"),
        (child(events={"张三": DOSE}), "[wrong-form] field events.?"),
        (child(nickname="x"), "[unknown-field] field nickname"),
        (child(_attachments={}), "[unknown-field] field _attachments"),
        (child(constructor={}), "[unknown-field] field constructor"),
        (child(facts={"name": None}), "[wrong-type] field facts.name"),
        (child(facts={"name": {"value": "x", "at": AT}}), "[missing-field] field facts.name.by"),
        (
            child(facts={"name": {"value": "x" * 51, "at": AT, "by": "b"}}),
            "[wrong-length] field facts.name.value",
        ),
        (
            child(facts={"name": {"value": "", "at": AT, "by": "b"}}),
            "[wrong-length] field facts.name.value",
        ),
        (
            child(facts={"birth_weight_g": {"value": 3.5e3 + 0.5, "at": AT, "by": "b"}}),
            "[wrong-type]",
        ),
        (
            child(facts={"birth_weight_g": {"value": 1, "at": AT, "by": "b"}}),
            "[out-of-range] field facts.birth_weight_g.value",
        ),
        (
            child(facts={"birth_weight_g": {"value": "3200", "at": AT, "by": "b"}}),
            "[wrong-type] field facts.birth_weight_g.value",
        ),
        (with_dose(date="2025-02-29"), f"[wrong-date] field events.{ULID}.date"),
        (with_dose(date="1900-02-29"), "[wrong-date]"),
        (with_dose(date="2026-04-31"), "[wrong-date]"),
        (with_dose(date="0000-01-01"), "[wrong-date]"),
        (with_dose(date="2026-00-10"), "[wrong-date]"),
        (with_dose(date="2026-1-1"), "[wrong-date]"),
        (with_dose(date=20260101), "[wrong-type]"),
        (with_dose(at="2026-11-23T24:00:00.000Z"), "[wrong-date]"),
        (with_dose(at="2026-11-23T01:00:00Z"), "[wrong-date]"),
        (with_dose(kind="toString"), f"[unknown-kind] field events.{ULID}.kind"),
        (with_dose(kind=None), f"[unknown-kind] field events.{ULID}.kind"),
        (with_dose(lot=None), f"[wrong-type] field events.{ULID}.lot"),
        (with_dose(origin="stolen"), f"[not-allowed] field events.{ULID}.origin"),
        (with_dose(self_paid="yes"), f"[wrong-type] field events.{ULID}.self_paid"),
        (
            with_dose(override={"warnings": [], "reason": "x"}),
            f"[wrong-length] field events.{ULID}.override.warnings",
        ),
        (
            with_dose(override={"warnings": ["x y"], "reason": "x"}),
            f"[wrong-form] field events.{ULID}.override.warnings.0",
        ),
        (with_dose(offset_ms=1.5), f"[wrong-type] field events.{ULID}.offset_ms"),
    ],
)
def test_a_bad_document_is_refused_by_name(document: Any, said: str) -> None:
    assert said in refusal(document)
    assert said in refusal_beside(document, child())
    assert said in refusal_beside(document, {**document, "_deleted": True})


def test_a_good_child_grows() -> None:
    other = "01K9A3Q6Z0000000000000000B"
    grown = child(events={ULID: DOSE, other: {**DOSE, "lot": "B"}})
    assert refusal_beside(grown, child()) == ""
    assert "[wrong-type]" in refusal_beside(
        child(events={ULID: DOSE, other: {**DOSE, "lot": 1}}), child()
    )


def test_what_changes_its_kind_is_looked_at_again() -> None:
    informed = {"relation": "mother", "method": "pin", "at": AT}
    dose = {
        **PROVENANCE,
        "kind": "dose",
        "date": "2024-02-29",
        "vaccine": "0101",
        "origin": "given",
    }
    card = {**PROVENANCE, "kind": "card", "number": "123456", "state": "issued"}
    old = child(events={ULID: {**dose, "informed": informed}})
    new = child(events={ULID: {**card, "informed": informed}})
    assert f"[unknown-field] field events.{ULID}.informed" in refusal_beside(new, old)


def test_own_proto_is_no_way_around() -> None:
    text = json.dumps(child(events={ULID: {**DOSE, "__proto__": {"x": 1}}}))
    run = VALIDATORS["site"].eval("(function (s) { return run(JSON.parse(s)); })")
    assert run(text).startswith("[unknown-field]")


def test_a_long_name_is_measured_in_characters() -> None:
    fifty = {"name": {"value": "𠮷" * 50, "at": AT, "by": "b"}}
    assert refusal(child(facts=fifty)) == ""


def test_each_database_holds_its_own_types() -> None:
    site = {
        "_id": "site:3301020001",
        "type": "site",
        "code": "3301020001",
        "name": "一",
        "region": "330102",
    }
    assert refusal(site, "catalog") == ""
    assert "[unknown-type]" in refusal(site, "site")
    assert "[unknown-type]" in refusal(child(), "catalog")
    assert refusal(child(), "region") == ""


def test_schemas_stand_for_every_type() -> None:
    schemas = all_schemas()
    assert schemas.keys() == MODELS.keys()
    for schema in schemas.values():
        assert schema["additionalProperties"] is False
        assert {"_id", "type"} <= set(schema["required"])


# Any value that JSON has, put in the place of any field: the model and the validator agree on it.
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10_000),
    st.sampled_from(
        [0.5, 36.5, "", "x", "0101", "F", "2026-02-28", "2026-02-30", AT, ULID, [], {}]
    ),
    st.sampled_from(["3301020001", "330102", "given", "1" * 18, "苗" * 51, "苗" * 201]),
)


@given(
    st.sampled_from(sorted(set(Child.model_fields["facts"].annotation.model_fields))),
    anything,  # type: ignore[union-attr]
)
def test_model_and_validator_agree_on_facts(name: str, value: Any) -> None:
    facts = {name: {"value": value, "at": AT, "by": "nurse"}}
    try:
        Child.model_validate({"type": "child", "facts": facts, "events": {}})
        good = True
    except ValidationError:
        good = False
    assert (refusal(child(facts=facts)) == "") == good


FIELDS = sorted(
    {*DOSE, "number", "lot", "expiry", "trace_code", "self_paid", "informed", "campaign"}
)


@given(st.sampled_from(FIELDS), anything.filter(lambda value: value is not None))
def test_model_and_validator_agree_on_doses(name: str, value: Any) -> None:
    document = with_dose(**{name: value})
    bare = {key: part for key, part in document.items() if not key.startswith("_")}
    try:
        Child.model_validate(bare)
        good = True
    except ValidationError:
        good = False
    assert (refusal(document) == "") == good
