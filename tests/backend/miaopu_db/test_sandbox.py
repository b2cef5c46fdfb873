"""Foreign code reaches nothing and is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from miaopu_db.errors import CouchError
from miaopu_db.sandbox import (
    BATCH_MEMORY,
    Program,
    Stopped,
    Unreadable,
    answered,
    pattern,
)
from miaopu_db.workers import WORKERS


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
        "throw {get forbidden() { while (true) {} }}",
        "return {toJSON: function () { while (true) {} }}",
        "var it = {next() { return {} }, return() { for (;;); }};"
        "for (var x of {[Symbol.iterator]() { return it }}) break",
    ],
)
def test_what_would_not_end_is_ended(source: str) -> None:
    with pytest.raises((Stopped, CouchError)):
        run(source)


@pytest.mark.parametrize(
    "source",
    [
        "var a = new Uint8Array(30000000); for (;;) a.fill(1)",
        "var a = 'a'.repeat(10000000); for (;;) a.indexOf('b')",
        "return 'a'.repeat(9000000).indexOf('a'.repeat(4500000) + 'b')",
        "var x = (1n << 400000n) - 1n; for (;;) x * x",
        "var a = 'a'.repeat(8000000), b = 'a'.repeat(8000000); for (;;) a === b",
        "for (;;) encodeURIComponent('文'.repeat(1000000))",
        "var a = new Array(1900000); for (;;) a.concat(a)",
        "for (;;) Math.max(...new Array(60000))",
    ],
)
def test_what_is_never_interrupted_is_ended_with_its_process(source: str) -> None:
    with pytest.raises(Stopped):
        run(source)
    assert run("return 1") == "1"


@pytest.mark.parametrize("length", ["'5 cm'", "null", "{}", "[3]", "3000000", "'3000000'"])
def test_a_document_may_have_a_member_that_is_named_length(length: str) -> None:
    source = f"""var doc = {{a: 1, length: {length}}};
      JSON.stringify(doc);
      return Object.keys(doc).concat(Reflect.ownKeys(doc), Object.keys(Object.assign({{}}, doc)),
        Object.values(doc).length, Object.entries(doc).length).join();"""
    assert run(source) == '"a,length,a,length,a,length,2,2"'


@pytest.mark.parametrize(
    "call",
    ["[].join.call({length: '3000000'})", "Object.keys(new String('x'.repeat(3000000)))",
     "JSON.stringify(new Array(3000000))", "Object.keys(new Uint8Array(3000000))",
     "(function () {}).apply(null, {length: 3000000})"],
)  # fmt: skip
def test_what_is_long_is_not_gone_through(call: str) -> None:
    with pytest.raises(CouchError, match="too many elements"):
        run(f"return {call}")


def test_a_process_that_was_killed_is_replaced() -> None:
    program = Program(["function () { return 1 }"])
    with WORKERS.one(b"") as worker:
        worker._process.kill()
        worker._process.wait()
    assert program.call("reduce", 0, "[]", "[]", False) == "1"


def test_a_flood_is_dammed() -> None:
    for source in (
        "function (d) { for (;;) emit(1, 1) }",
        "function (d) { emit('x'.repeat(20000000)) }",
    ):
        with pytest.raises(Stopped):
            Program([source], memory=BATCH_MEMORY).call("map", '[{"_id":"a"}]')


def test_the_process_has_neither_the_servers_environment_nor_its_files() -> None:
    with WORKERS.one(b"") as worker:
        place = Path(f"/proc/{worker._process.pid}")
        if not place.exists():
            pytest.skip("needs /proc")
        names = {one.partition(b"=")[0] for one in (place / "environ").read_bytes().split(b"\0")}
        assert names == {b"MALLOC_TRIM_THRESHOLD_", b"MALLOC_TOP_PAD_", b""}
        open_files = {path.name: path.readlink() for path in (place / "fd").iterdir()}
    assert set(open_files) == {"0", "1", "2"}
    assert str(open_files["2"]) == "/dev/null"


@pytest.mark.parametrize(
    ("text", "count"),
    [("1", 1), ("[]", 1), ("[1,2]", 1), ("None", 1), ("[" * 2000 + "]" * 2000, 1), ("{}", 0)],
)
def test_an_answer_that_is_none_is_noticed(text: str, count: int) -> None:
    with pytest.raises(Unreadable):
        answered(text, count)
    assert answered('["\\ud800"]', 1) == ["?"]


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


def test_a_pattern_that_does_not_end_is_stopped() -> None:
    search = pattern("(a+)+$")
    assert search("aaa")
    with pytest.raises(CouchError) as caught:
        search("a" * 40 + "b")
    assert caught.value.error == "timeout"


def test_a_pattern_has_one_limit_for_all_the_strings_of_a_question() -> None:
    search = pattern("(a+)+$")
    with pytest.raises(CouchError) as caught:
        for _ in range(1000):
            search("a" * 24 + "b")
    assert caught.value.error == "timeout"
