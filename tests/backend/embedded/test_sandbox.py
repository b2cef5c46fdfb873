"""Foreign code reaches nothing and is stopped."""

from __future__ import annotations

import time

import pytest

from miaopu.embedded.errors import CouchError
from miaopu.embedded.sandbox import Program, Stopped, Validator, pattern


def run(source: str) -> str:
    return Program([f"function () {{ {source} }}"]).call("reduce", 0, "[]", "[]", False)


@pytest.mark.parametrize(
    "expression",
    ["typeof process", "typeof require('fs')", "typeof std", "typeof os", "typeof print",
     "typeof WebAssembly", "typeof fetch", "typeof XMLHttpRequest", "typeof setTimeout",
     "typeof SharedArrayBuffer", "typeof Atomics", "typeof __host", "typeof globalThis.__host"],
)  # fmt: skip
def test_there_is_nothing_to_reach(expression: str) -> None:
    try:
        assert run(f"return {expression}") == '"undefined"'
    except CouchError as error:
        assert error.reason is not None
        assert "there is no module" in error.reason


def test_modules_cannot_be_imported() -> None:
    with pytest.raises(CouchError):
        Program(["function () { import os from 'os'; }"])
    assert run("import('os').then(function (m) { throw m }, function () {}); return 1") == "1"


@pytest.mark.parametrize(
    "source",
    [
        "while (true) {}",
        "for (;;) { try { throw 1 } catch (e) { continue } }",
        "var a = []; while (true) a.push(new Array(1000).fill('x'))",
        "(function f() { return f() })()",
        "return 'x'.repeat(1e9)",
        "return /(a+)+$/.test('a'.repeat(40) + 'b')",
        "Array.prototype.forEach.call({length: 1e15}, function () {})",
        "Array.prototype.reverse.call({length: 1e15})",
        "var n = 0; [].reverse.call({get length() { return n++ ? 1e15 : 1 }})",
        "new Array(4e9).sort()",
        "return [].join.call({length: 1e12})",
        "return String(new Array(4e9))",
        "return JSON.stringify({}, new Array(4e9))",
        "new Set(new Array(4e9))",
        "var o = {}; o.length = {valueOf: function () { return 1e15 }}; [].sort.call(o)",
    ],
)
def test_what_would_not_end_is_ended(source: str) -> None:
    started = time.monotonic()
    with pytest.raises((Stopped, CouchError)):
        run(source)
    assert time.monotonic() - started < 10


def test_a_stopped_program_works_again_from_the_start() -> None:
    program = Program(
        ["function (k, v) { if (v[0]) { globalThis.left = 1; while (1) {} } return typeof left }"]
    )
    with pytest.raises(Stopped):
        program.call("reduce", 0, "[]", "[true]", False)
    assert program.call("reduce", 0, "[]", "[false]", False) == '"undefined"'


def test_everyday_code_works() -> None:
    source = """function (doc) {
      var args = (function () { return Array.prototype.slice.call(arguments, 1) })(1, 2, 3);
      emit(args, Object.keys(doc).sort().concat([1]).join('-') + sum([1, 2]) + isArray([]));
    }"""
    assert Program([source]).call("map", '[{"b":1,"a":2}]') == '[[[[[2,3],"a-b-13true"]]]]'
    arrow = Program(["(doc) => { emit(doc.a ?? null, [...'ab']) }"])
    assert arrow.call("map", '[{"a":1}]') == '[[[[1,["a","b"]]]]]'


def test_a_validator_that_cannot_run_lets_nothing_through() -> None:
    for source in ("function (", "function () { throw new Error('x') }", "function () { nope() }",
                   "function () { while (true) {} }", "5"):  # fmt: skip
        with pytest.raises(CouchError) as caught:
            Validator("_design/x", source, {}).check("{}", "null", "{}", "{}")
        assert caught.value.status == 403


def test_validators_cannot_speak_to_each_other() -> None:
    one = Validator("_design/a", "function () { globalThis.x = 1; JSON.parse = null }", {})
    other = Validator(
        "_design/b", "function () { if (typeof x !== 'undefined') throw({forbidden: 1}) }", {}
    )
    for _ in range(2):
        one.check("{}", "null", "{}", "{}")
        other.check("{}", "null", "{}", "{}")


def test_a_pattern_that_does_not_end_is_stopped() -> None:
    search = pattern("(a+)+$")
    assert search("aaa")
    with pytest.raises(CouchError) as caught:
        search("a" * 40 + "b")
    assert caught.value.error == "timeout"
