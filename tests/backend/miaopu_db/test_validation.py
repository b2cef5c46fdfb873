"""Validators see every document as it is, each on its own, many in one call."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_db import revtree, validation
from miaopu_db.documents import Document, NewDocument, Options, dumps
from miaopu_db.errors import CouchError
from miaopu_db.validation import Validation, Validator, appended, edit, pair

USER = {"name": "nurse", "roles": []}
SHOWS = "function (newDoc, oldDoc) { throw { forbidden: JSON.stringify([newDoc, oldDoc]) }; }"


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def pairs(*edits: tuple[Any, Any]) -> list[bytes]:
    return [pair(encoded(new), None if old is None else encoded(old)) for new, old in edits]


def check(source: str, *edits: tuple[Any, Any]) -> list[CouchError | None]:
    return Validation([Validator({"_design/x": source})], USER, {}).check(pairs(*edits))


def reason(error: CouchError | None) -> str:
    assert error is not None
    assert error.reason is not None
    return error.reason


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"a": 1}, None),
        ({"a": 1}, {}),
        ({}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.5}),
        ({"a": {"x": 0, "y": False}}, {"a": {"x": False, "y": False}}),
        ({"a": {"x": 1, "y": {"z": []}}}, {"a": {"y": {"z": []}, "x": 2}, "b": 0}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}),
        ({"a": {"k": 1}}, {"a": [1]}),
        ({"a": None}, {"a": {}}),
        ({"a": {"b": {"x": 1, "y": 2}}}, {"a": {"b": {"y": 2, "x": 1}}}),
        ({"a": {"b": {"x": [1]}}}, {"a": {"b": {"x": {"0": 1}}}}),
        ({"a": {"b": {"x": [1, [2, {}]]}}}, {"a": {"b": {"x": [1, [2, None]]}}}),
        ({"__proto__": {"x": 1}, "a": {"__proto__": 3}}, {"__proto__": {"x": 1}, "a": 3}),
        ({"a": {"__proto__": 3, "b": 1}}, {"a": {"__proto__": 3}}),
        ({"b": 1, "a": {"y": 1, "x": {}, "z": 2}}, {"a": {"x": {}, "y": 1, "z": 3}, "b": 1}),
    ],
)  # fmt: skip
def test_a_function_sees_both_documents_as_they_are(new: Any, old: Any) -> None:
    (shown,) = check(SHOWS, (new, old))
    # As text, so that types and the order of members count.
    assert json.dumps(json.loads(reason(shown))) == json.dumps([new, old])


def test_what_did_not_change_is_the_very_same() -> None:
    source = """function (newDoc, oldDoc) {
      var same = Object.keys(newDoc.events).filter(function (id) {
        return oldDoc.events[id] === newDoc.events[id];
      });
      throw { forbidden: same.join() + (newDoc.facts === oldDoc.facts) };
    }"""
    old = {"facts": {"x": {"at": 1}}, "events": {"a": {"n": 1}, "b": {"n": [2]}, "c": {"n": 3}}}
    new = {"facts": {"x": {"at": 1}}, "events": {**old["events"], "b": {"n": [3]}, "d": {"n": 4}}}
    assert reason(*check(source, (new, old))) == "a,ctrue"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_document_may_nest_as_deep_as_a_database_keeps(opening: str, closing: str) -> None:
    deep = f'{{"x":{opening * 990}1{closing * 990}'.encode()
    asked = pair(deep + b',"y":1}', deep + b"}")
    source = "function (n, o) { throw { forbidden: n.x === o.x } }"
    (error,) = Validation([Validator({"_design/x": source})], USER, {}).check([asked])
    assert reason(error) == "true"


names = st.sampled_from(["a", "b", "c", "__proto__", "toJSON"])
scalars = st.none() | st.booleans() | st.integers(-1, 1)
scalars |= st.sampled_from([0.5, 1.0, "", "x\n", "苗"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)
documents = st.dictionaries(names, values, max_size=4)


@given(st.lists(st.tuples(documents, documents), min_size=1, max_size=4))
def test_any_two_documents_are_seen_as_they_are(edits: list[tuple[Any, Any]]) -> None:
    shown = check(SHOWS, *edits)
    # JavaScript knows one kind of number.
    plain = [json.dumps(edit).replace("1.0", "1") for edit in edits]
    assert [json.dumps(json.loads(reason(one))) for one in shown] == plain


LOOKS = """function (newDoc, oldDoc) {
  var told = [];
  function look(now, before, names) {
    Object.keys(now).forEach(function (name) {
      var a = now[name], b = before[name], object = typeof a === 'object' && a !== null;
      if (!Object.prototype.hasOwnProperty.call(before, name) || !object) return;
      told.push([names.concat(name), a === b]);
      if (a !== b && b !== null && typeof b === 'object' && names.length === 0 &&
          !Array.isArray(a) && !Array.isArray(b)) { look(a, b, [name]); }
    });
  }
  look(newDoc, oldDoc, []);
  throw { forbidden: JSON.stringify(told) };
}"""


@given(st.lists(st.tuples(documents, documents), min_size=1, max_size=4))
def test_what_is_alike_is_one_value_and_nothing_else_is(edits: list[tuple[Any, Any]]) -> None:
    for (new, old), said in zip(edits, check(LOOKS, *edits), strict=True):
        for (first, *rest), same in json.loads(reason(said)):
            a, b = new[first], old[first]
            if rest:
                a, b = a[rest[0]], b[rest[0]]
            assert same == (json.dumps(a) == json.dumps(b))


keys = st.sampled_from(["a", "b", "__proto__", "0", "2", "start", "length", 'x"', "苗"])


@st.composite
def growths(draw: st.DrawFn) -> tuple[Any, Any]:
    """A body before and after, the last member of which mostly grows."""
    last = draw(st.dictionaries(keys, values, max_size=3))
    old = {**draw(st.dictionaries(keys, values, max_size=3)), draw(keys): last}
    name = list(old)[-1]
    more = draw(st.dictionaries(keys, values, max_size=3))
    return old, {**old, name: {**last, **more} if isinstance(old[name], dict) else more}


def written(old: Any, new: Any) -> tuple[NewDocument, Document]:
    tree: revtree.Tree = {"1-a": revtree.Node(None, 1, False, 1, 0)}
    revs = ["2-b", "1-a"]
    before = Document("x", "1-a", False, dumps(old), {}, 1, tree)
    return NewDocument("x", revs, False, dumps(new)), before


@given(st.lists(growths(), min_size=1, max_size=4))
def test_what_is_added_to_the_last_member_is_seen_as_any_other_change(edits: list[Any]) -> None:
    made = [written(old, new) for old, new in edits]
    whole = [pair(new.render(), old.render(Options(revs=True))) for new, old in made]
    for source in (SHOWS, LOOKS):
        validation = Validation([Validator({"_design/x": source})], USER, {})
        by_names = [reason(error) for error in validation.check([edit(*one) for one in made])]
        assert by_names == [reason(error) for error in validation.check(whole)]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ({"f": 1, "e": {}}, {"f": 1, "e": {"a": {}}}, ["a"]),
        ({"f": 1, "e": {"a": {}}}, {"f": 1, "e": {"a": {}, "b": 2, "c": {"d": 1}}}, ["b", "c"]),
        ({"e": {"a": {}}}, {"e": {"a": {}}}, None),
        ({"e": {"a": {}}}, {"e": {"a": {}, "b": 1}, "f": {}}, None),
        ({"e": {"a": {}}}, {"e": {"a": {"b": 1}}}, None),
        ({"e": {"a": {}}}, {"e": {"b": 1, "a": {}}}, None),
        ({"e": {"a": {}}}, {"e": {"a": {}, "b": {}}, "f": {"g": {}}}, None),
        ({"f": {"b": 1}, "e": {"a": {}}}, {"f": {"b": 1}, "e": {"a": {}, "b": 1}}, None),
        ({"e": {"a": [{}]}}, {"e": {"a": [{}, 1]}}, None),
        ({"e": [{}]}, {"e": [{}, {"a": {}}]}, None),
        ({"e": '{"a":1}}'}, {"e": '{"a":1,"b":2}}'}, None),
    ],
)
def test_only_what_is_plainly_added_counts_as_that(old: Any, new: Any, names: Any) -> None:
    assert appended(dumps(new), dumps(old)) == names


def test_each_document_has_its_own_verdict() -> None:
    source = """function (doc) {
      if (doc.n % 2) throw doc.n > 4 ? { unauthorized: doc.n } : { forbidden: doc.n };
    }"""
    errors = check(source, *[({"n": n}, None) for n in range(7)])
    assert [error and (error.status, error.reason) for error in errors] == [
        None, (403, "1"), None, (403, "3"), None, (401, "5"), None,
    ]  # fmt: skip


def test_many_documents_go_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "PART", 100)
    source = "function (doc) { if (doc.n % 3 === 0) throw {forbidden: doc.n} }"
    errors = check(source, *[({"n": n, "pad": "x" * n}, None) for n in range(50)])
    assert [reason(error) for error in errors if error] == [str(n) for n in range(0, 50, 3)]
    assert [n for n, error in enumerate(errors) if error] == list(range(0, 50, 3))


def test_the_first_validator_that_refuses_is_heard() -> None:
    one = Validator({"_design/a": "function (doc) { if (doc.a) throw {forbidden: 'a'} }"})
    other = Validator({"_design/b": "function (doc) { if (doc.b) throw {forbidden: 'b'} }"})
    documents = [{"a": 1}, {"b": 1}, {}, {"a": 1, "b": 1}]
    both = Validator(
        {
            "_design/a": "function (doc) { if (doc.a) throw {forbidden: 'a'} }",
            "_design/b": "function (doc) { if (doc.b) throw {forbidden: 'b'} }",
        }
    )
    for validators in ([one, other], [both]):
        request = Validation(validators, USER, {})
        errors = request.check(pairs(*[(doc, None) for doc in documents]))
        assert [error and error.reason for error in errors] == ["a", "b", None, "a"]


COUNTS = "var seen = (this.seen = (this.seen || 0) + 1); if (seen > 1) throw { forbidden: seen };"


@pytest.mark.parametrize(
    ("looks", "is_asked"),
    [
        ("", False),
        ("userCtx.name + userCtx.roles;", False),
        ("userCtx.db;", True),
        ("JSON.stringify(userCtx);", True),
        ("Object.assign({}, userCtx);", True),
        ("userCtx.db = 1;", False),
        ("secObj.members;", True),
        ("'admins' in secObj;", True),
        ("for (var name in secObj) {}", True),
        ("Object.getOwnPropertyDescriptor(secObj, 'members');", True),
        ("JSON.stringify([secObj]);", True),
    ],
)
def test_what_passed_is_asked_again_in_another_database_only_where_that_was_looked_at(
    looks: str, is_asked: bool
) -> None:
    # A function that counts, as none should, tells whether it was asked.
    source = f"function (newDoc, oldDoc, userCtx, secObj) {{ newDoc._id; {looks} {COUNTS} }}"
    validators = [Validator({"_design/x": source})]

    def ask(database: str, user: str, *edits: tuple[Any, Any]) -> list[CouchError | None]:
        context = {"db": database, "name": user, "roles": []}
        return Validation(validators, context, {"members": {}}).check(pairs(*edits))

    document = {"_id": looks}
    assert ask("one", "nurse", (document, None)) == [None]
    (again,) = ask("other", "nurse", (document, None))
    assert (again is not None) == is_asked
    # Another document, another before and, where that was looked at, somebody else.
    assert ask("other", "nurse", ({"_id": "y"}, None)) != [None]
    assert ask("other", "nurse", (document, {})) != [None]
    (of_another,) = ask("other", "senior", (document, None))
    assert (of_another is not None) == (is_asked or "userCtx.name" in looks)


@pytest.mark.parametrize(
    "looks",
    ["newDoc.x", "oldDoc && 1; newDoc.x", "typeof newDoc; 'x' in newDoc", "newDoc + ''",
     "Object.isExtensible(newDoc)", "newDoc instanceof Array", "JSON.stringify(newDoc)",
     "Object.keys(newDoc)", "try { newDoc.x } catch (error) {}", "if (oldDoc) oldDoc.x"],
)  # fmt: skip
def test_a_function_that_looks_at_a_document_is_asked_of_each(looks: str) -> None:
    source = f"function (newDoc, oldDoc) {{ {looks}; {COUNTS} }}"
    validation = Validation([Validator({"_design/x": source})], USER, {})
    first = validation.check(pairs(({"n": 1}, {})))
    assert [*first, *validation.check(pairs(({"n": 2}, {})))].count(None) < 2


def test_a_function_that_looks_at_the_user_alone_is_asked_once_for_each() -> None:
    source = """function (newDoc, oldDoc, userCtx) {
      if (userCtx.roles.indexOf('server') < 0) { throw { forbidden: newDoc._id }; }
    }"""
    server = {"db": "a", "name": "s", "roles": ["server"]}
    one = Validation([Validator({"_design/x": source})], server, {})
    assert one.check(pairs(({"_id": "1"}, None))) == [None]
    other = Validation([Validator({"_design/x": source})], {**server, "db": "b"}, {})
    assert other.check(pairs(({"_id": "2"}, None), ({"_id": "3"}, {}))) == [None, None]
    assert other._meter.seconds == 0
    nurse = Validation([Validator({"_design/x": source})], USER, {})
    said = nurse.check(pairs(({"_id": "1"}, None), ({"_id": "2"}, None)))
    assert [reason(error) for error in said] == ["1", "2"]


def test_what_was_refused_is_asked_again() -> None:
    source = "function (doc) { doc.x; if (!this.seen) { this.seen = 1; throw { forbidden: 1 }; } }"
    validators = [Validator({"_design/x": source})]
    said = [Validation(validators, USER, {}).check(pairs(({}, None))) for _ in range(2)]
    assert [reason(said[0][0]), said[1]] == ["1", [None]]


def test_a_function_sees_its_user_and_the_security_as_they_are() -> None:
    source = """function (newDoc, oldDoc, userCtx, secObj) {
      throw { forbidden: JSON.stringify([userCtx, secObj, userCtx.db, secObj.admins.names[0]]) };
    }"""
    context = {"db": "d", **USER}
    security = {"admins": {"names": ["a"]}, "members": {}}
    validation = Validation([Validator({"_design/x": source})], context, security)
    (said,) = validation.check(pairs(({}, None)))
    assert json.loads(reason(said)) == [context, security, "d", "a"]


def test_of_several_validators_the_one_at_fault_is_named() -> None:
    good, wrong = "function () {}", "function () { nope() }"
    designs = {
        "_design/a": {"validate_doc_update": good},
        "_design/b": {"validate_doc_update": wrong},
        "_design/c": {"validate_doc_update": "function () { require('x') }"},
        "_design/d": {"views": {}},
        "_design/e": {"validate_doc_update": "function () { var required = []; }"},
    }
    together, alone = validation.validators_of(designs)
    (said,) = Validation([together], USER, {}).check(pairs(({}, None)))
    assert reason(said).startswith("validate_doc_update of _design/b failed: ReferenceError")
    (said,) = Validation([alone], USER, {}).check(pairs(({}, None)))
    assert reason(said).startswith("validate_doc_update of _design/c failed: ")
    designs["_design/b"]["validate_doc_update"] = "function ("
    broken, _ = validation.validators_of(designs)
    (said,) = Validation([broken], USER, {}).check(pairs(({}, None)))
    assert reason(said).startswith("validate_doc_update of _design/b cannot run: ")


@pytest.mark.parametrize(
    "source",
    ["function (", "function () { throw new Error('x') }", "function () { nope() }",
     "function () { while (true) {} }", "5",
     "function () { throw { get forbidden() { throw 1 } } }",
     "function () { throw { toString: null } }",
     "function () { JSON.stringify = function () { return 7 }; throw({forbidden: '_design/x'}) }",
     "function () { Object.prototype.toJSON = function () { return 7 }; throw({forbidden: 1}) }",
     "function () { Array.prototype.toJSON = Object.prototype.forbidden = 5; throw 1 }",
     "function () { throw({toString: function () { throw 1 }}) }",
     "function () { throw(null) }"],
)  # fmt: skip
def test_a_validator_that_cannot_run_lets_nothing_through(source: str) -> None:
    (error,) = check(source, ({}, None))
    assert error is not None
    # One that was stopped has not refused: the write may come again.
    assert error.status == (503 if "while" in source else 403)
    assert "_design/x" in reason(error)


def test_a_validator_that_changes_the_language_refuses_each() -> None:
    source = """function (doc) {
      Object.prototype.toJSON = function () { return 7 };
      if (doc.n) throw { forbidden: 1 };
    }"""
    errors = check(source, *[({"n": n}, None) for n in range(3)])
    assert [error is not None and error.status for error in errors[1:]] == [403, 403]


def test_a_text_cut_in_the_middle_of_a_character_is_told() -> None:
    (error,) = check(
        "function (doc) { throw { forbidden: doc.a[0] } }", ({"a": "\U0001f476"}, None)
    )
    assert reason(error) == "?"


def test_only_what_is_too_much_is_stopped() -> None:
    source = "function (doc) { while (doc.n === 3) {} if (doc.n === 5) throw {forbidden: 'five'} }"
    errors = check(source, *[({"n": n}, None) for n in range(7)])
    assert [n for n, error in enumerate(errors) if error] == [3, 5]
    # Nothing was said of the one; a refusal would be the last word to a replicator.
    assert errors[3] is not None and errors[3].status == 503
    assert "was stopped" in reason(errors[3])
    assert errors[5] is not None and errors[5].status == 403
    assert reason(errors[5]) == "five"


def test_a_request_has_a_budget_of_the_validators_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "BUDGET", 0.5)
    source = "function (doc) { while (doc.slow) {} }"
    validator = Validator({"_design/x": source})
    request = Validation([validator], USER, {})
    assert "was stopped" in reason(*request.check(pairs(({"slow": True}, None))))
    (late,) = request.check(pairs(({}, None)))
    assert late is not None and late.status == 503
    assert "used up the time" in reason(late)
    # Waiting, on a busy machine or for anything else, is not the validators' time.
    patient = Validation([validator], USER, {})
    honest = validator.check

    def late(*arguments: Any) -> list[CouchError | None]:
        time.sleep(0.6)
        return honest(*arguments)

    monkeypatch.setattr(validator, "check", late)
    assert patient.check(pairs(({}, None))) == [None]
    assert patient.check(pairs(({}, None))) == [None]


def test_what_a_validator_does_to_what_it_runs_in_undoes_no_refusal() -> None:
    wild = "function (d) { JSON.parse = JSON.stringify = Object.keys = null }"
    strict = "function (d) { if (d.a) throw({forbidden: 1}) }"
    together = Validator({"_design/a": wild, "_design/b": strict})
    alone = [Validator({"_design/a": wild}), Validator({"_design/b": strict})]
    for validators in ([together], alone):
        request = Validation(validators, USER, {})
        for _ in range(2):
            said = request.check(pairs(({"a": 1}, None), ({"b": 1}, {"b": 1})))
            assert [error and error.reason for error in said] == ["1", None]
