"""The process in which JavaScript of design documents runs, and nothing else.

It is started by `workers`, knows no file but its two pipes, and is ended by the kernel when a call
uses more processor time than it may: much of what QuickJS does in C is never interrupted by itself.
Run by path, with the folder of QuickJS's extension as its argument, so that it starts fast.
"""

from __future__ import annotations

import marshal
import os
import resource
import signal
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` itself takes longer to import than all the rest
    from typing import Any

FINE, THREW, STOPPED, BROKEN = range(4)
"""What became of a call: it gave a text, it threw, it met a limit, its source is no function."""

HEAD = struct.Struct("!I")
REPLY = struct.Struct("!BId")
"""What became of a call, the length of its text, and the seconds of processor time that it took."""
MOST_TEXT = 16 * 1024 * 1024
"""Bytes of one answer; a function that gives more is stopped."""

_STACK = 512 * 1024
_ADDRESSES = 2 * 1024 * 1024 * 1024
_HARD_SECONDS = 0.5
"""How much longer than QuickJS's own limit a call may last before the kernel ends the process."""

# What a design document's function finds beside the language itself, and the calls that the host
# makes. Built-ins that loop natively over a length without looking at the clock are fenced, so that
# they fail at once instead of at the limit, and what can block or measure a thread is removed,
# before any foreign code is read.
_PRELUDE = r"""
'use strict';
(function (root) {
  const parse = JSON.parse, stringify = JSON.stringify, isArr = Array.isArray;
  const apply = Reflect.apply, define = Object.defineProperty;
  const evaluate = root.eval, Fn = Function, Err = Error, Str = String;
  const namesOf = Object.keys, owns = Object.prototype.hasOwnProperty;
  const Watched = Proxy, { get, has, ownKeys, getOwnPropertyDescriptor } = Reflect;
  const MOST = 2000000;
  const every = Array.prototype.every, descriptor = Object.getOwnPropertyDescriptor;
  // A native loop runs to a length that is read once; so it must be a small, plain number.
  function measured(value) {
    if (value === null || typeof value !== 'object' || !('length' in value)) return true;
    const own = descriptor(value, 'length');
    return own !== undefined && typeof own.value === 'number' && own.value <= MOST;
  }
  // What goes through an object's own members reads the length of lists and strings alone: a
  // document may well have a member of that name.
  function counted(value) {
    if (value === null || typeof value !== 'object' || isArr(value)) return measured(value);
    const own = descriptor(value, 'length');
    return own !== undefined && own.writable !== false || measured(value);
  }
  function fence(owner, names, fits) {
    for (const name of names) {
      const original = owner[name];
      if (typeof original !== 'function') continue;
      const fenced = {
        [name](...args) {
          if (!fits(this) || !apply(every, args, [fits]))
            throw new RangeError(name + ': too many elements');
          return apply(original, this, args);
        },
      }[name];
      define(owner, name, { value: fenced, writable: true, configurable: true });
    }
  }
  fence(Array.prototype, ['concat', 'copyWithin', 'fill', 'flat', 'flatMap', 'includes', 'indexOf',
    'join', 'lastIndexOf', 'pop', 'push', 'reverse', 'shift', 'slice', 'sort', 'splice',
    'toLocaleString', 'toReversed', 'toSorted', 'toSpliced', 'unshift', 'with'], measured);
  fence(Array, ['from', 'of'], measured);
  fence(Object, ['assign', 'entries', 'freeze', 'fromEntries', 'keys', 'seal', 'values',
    'getOwnPropertyDescriptors', 'getOwnPropertyNames'], counted);
  fence(Reflect, ['ownKeys'], counted);
  fence(Reflect, ['apply', 'construct'], measured);
  fence(Function.prototype, ['apply'], measured);
  fence(JSON, ['stringify'], counted);
  for (const name of ['Atomics', 'SharedArrayBuffer', 'performance', 'queueMicrotask', 'WeakRef',
    'FinalizationRegistry', 'Proxy', 'print', 'console', 'scriptArgs', 'std', 'os'])
    delete root[name];

  function plain(f) {
    define(root, f.name, { value: f, writable: false, configurable: false, enumerable: false });
  }
  plain(function isArray(value) { return isArr(value); });
  plain(function sum(values) { let total = 0; for (const v of values) total += v; return total; });
  plain(function toJSON(value) { return stringify(value); });
  plain(function log() {});

  let emitted = [];
  plain(function emit(key, value) {
    emitted.push([key === undefined ? null : key, value === undefined ? null : value]);
  });

  let library = {};
  const modules = new Map();
  function resolve(path, from) {
    const parts = path[0] === '.' ? from.slice(0, -1) : [];
    for (const part of path.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '') parts.push(part);
    }
    return parts;
  }
  function load(path, from) {
    const parts = resolve(Str(path), from), name = parts.join('/');
    if (modules.has(name)) return modules.get(name).exports;
    let source = library;
    for (const part of parts)
      source = source !== null && typeof source === 'object' ? source[part] : undefined;
    if (typeof source !== 'string')
      throw new Err('require: there is no module ' + name);
    const module = { exports: {}, id: name };
    modules.set(name, module);
    new Fn('module', 'exports', 'require', source)(
      module, module.exports, function (next) { return load(next, parts); });
    return module.exports;
  }
  plain(function require(path) { return load(path, []); });

  function compile(source) {
    const text = Str(source).trim().replace(/;+$/, '');
    const made = evaluate('(' + text + '\n)');
    if (typeof made !== 'function') throw new TypeError('the source is not a function');
    return made;
  }
  function told(error, by) {
    if (error !== null && typeof error === 'object') {
      if ('forbidden' in error) return { forbidden: Str(error.forbidden) };
      if ('unauthorized' in error) return { unauthorized: Str(error.unauthorized) };
    }
    return { failed: Str(error), by };
  }

  // What a function looks at: its verdict holds wherever that is the same.
  const DOCUMENT = 1, USER = 2, PLACE = 4;
  let looked = 0;
  function watching(what) {
    const look = (f) => (...args) => { looked |= what; return f(...args); };
    const traps = { get: look(get), has: look(has), ownKeys: look(ownKeys),
      getOwnPropertyDescriptor: look(getOwnPropertyDescriptor) };
    return (value) => new Watched(value, traps);
  }
  const watchUser = watching(USER), watchPlace = watching(PLACE);
  function user(text) {
    const context = parse(text), db = context.db;
    define(context, 'db', { enumerable: true, configurable: true,
      get() { looked |= PLACE; return db; },
      set(value) { define(context, 'db', { value, writable: true }); } });
    return watchUser(context);
  }
  function security(text) { return watchPlace(parse(text)); }
  function closed() { looked |= DOCUMENT; throw new Err('closed'); }
  const CLOSED = new Watched({}, { get: closed, set: closed, has: closed, ownKeys: closed,
    getOwnPropertyDescriptor: closed, defineProperty: closed, deleteProperty: closed,
    getPrototypeOf: closed, setPrototypeOf: closed, isExtensible: closed,
    preventExtensions: closed });
  // What a function looks at that lets a document pass without looking at it; else null.
  function careless(f, userCtx, secObj) {
    looked = 0;
    try { for (const old of [null, CLOSED]) f(CLOSED, old, user(userCtx), security(secObj)); }
    catch (error) { return null; }
    return looked & DOCUMENT ? null : looked;
  }

  // Gives both documents one value for what they hold alike, down to the members of their members;
  // whether that is everything.
  function object(value) { return value !== null && typeof value === 'object'; }
  function share(newDoc, oldDoc, depth) {
    const names = namesOf(oldDoc), others = namesOf(newDoc);
    let alike = names.length === others.length;
    for (let i = 0; i < names.length; i++) {
      const name = names[i], before = oldDoc[name], after = newDoc[name];
      alike = alike && name === others[i];
      if (before === after) continue;
      const both = object(before) && object(after) && apply(owns, newDoc, [name]);
      const deeper = depth > 0 && both && !isArr(before) && !isArr(after);
      if (deeper ? share(after, before, depth - 1) : both && equal(before, after, 8))
        oldDoc[name] = after;
      else alike = false;
    }
    return alike;
  }
  // Whether two values of JSON would be written alike. Looking is faster than writing them, but
  // takes more of the stack.
  function equal(a, b, depth) {
    if (a === b) return true;
    if (!object(a) || !object(b) || isArr(a) !== isArr(b)) return false;
    if (depth === 0) return stringify(a) === stringify(b);
    const names = namesOf(a), others = namesOf(b);
    if (names.length !== others.length) return false;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name !== others[i] || !equal(a[name], b[name], depth - 1)) return false;
    }
    return true;
  }

  // The old document out of what it has of its own and the names that its last member has not.
  function before(newDoc, own, added) {
    const old = { ...newDoc, ...own }, names = namesOf(newDoc);
    for (let i = 0; i < names.length; i++) {
      const value = newDoc[names[i]];
      if (!object(value) || isArr(value) || !apply(owns, value, [added[0]])) continue;
      const less = { ...value };
      for (let k = 0; k < added.length; k++) delete less[added[k]];
      old[names[i]] = less;
      break;
    }
    return old;
  }

  const functions = [], patterns = new Map();
  return {
    library(text) { library = parse(text); modules.clear(); },
    add(source) { functions.push(compile(source)); },
    validate(text, userCtx, secObj) {
      const verdicts = [functions.map((f) => careless(f, userCtx, secObj))];
      for (const [newDoc, given, added] of parse(text)) {
        const oldDoc = added === undefined ? given : before(newDoc, given, added);
        if (added === undefined && oldDoc !== null) share(newDoc, oldDoc, 1);
        let verdict = [];
        for (let i = 0; i < functions.length; i++) {
          looked = DOCUMENT;
          try {
            functions[i](newDoc, oldDoc, user(userCtx), security(secObj));
            verdict.push(looked);
          } catch (error) { verdict = told(error, i); break; }
        }
        verdicts.push(verdict);
      }
      return stringify(verdicts);
    },
    map(text) {
      const all = [];
      for (const doc of parse(text)) {
        const rows = [];
        for (const f of functions) {
          emitted = [];
          try { f(doc); } catch (error) { emitted = []; }
          rows.push(emitted);
        }
        all.push(rows);
      }
      emitted = [];
      return stringify(all);
    },
    filter(text, req) {
      const request = parse(req), result = [];
      for (const doc of parse(text)) {
        let passed = false;
        passed = Boolean(functions[0](doc, request));
        result.push(passed ? 1 : 0);
      }
      return stringify(result);
    },
    emits(text) {
      const result = [];
      for (const doc of parse(text)) {
        emitted = [];
        try { functions[0](doc); } catch (error) { emitted = []; }
        result.push(emitted.length ? 1 : 0);
      }
      emitted = [];
      return stringify(result);
    },
    test(source, text) {
      let found = patterns.get(source);
      if (found === undefined) {
        const inline = /^\(\?([ims]+)\)/.exec(source);
        const flags = inline ? inline[1] : '';
        const body = inline ? source.slice(inline[0].length) : source;
        try { found = new RegExp(body, flags + 'u'); }
        catch (error) { found = new RegExp(body, flags); }
        if (patterns.size >= 100) patterns.clear();
        patterns.set(source, found);
      }
      return found.test(text) ? '1' : '';
    },
    reduce(index, keys, values, rereduce) {
      const result = functions[index](parse(keys), parse(values), rereduce);
      return stringify(result === undefined ? null : result);
    },
  };
})(globalThis)
"""
_CALLS = ("library", "add", "validate", "map", "filter", "emits", "reduce", "test")


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def was_stopped(line: str) -> bool:
    """Whether an exception's text is a limit's and not the code's own."""
    return (
        line in ("null", "")
        or line.startswith("InternalError")
        or "call stack size" in line
        or "out of memory" in line
    )


class _Compiled:
    """One QuickJS runtime with the functions of one program."""

    def __init__(
        self, quickjs: Any, memory: int, seconds: float, library: str, sources: list[str]
    ) -> None:
        context = quickjs.Context()
        context.set_memory_limit(memory)
        context.set_time_limit(seconds)
        context.set_max_stack_size(_STACK)
        context.set("__host", context.eval(_PRELUDE))
        self.calls = {name: context.eval(f"(h => h.{name})(__host)") for name in _CALLS}
        context.eval("delete globalThis.__host")
        self.calls["library"](library)
        for source in sources:
            self.calls["add"](source)
        self.context = context


def _work(quickjs: Any, compiled: dict[bytes, _Compiled], message: Any) -> tuple[int, str]:
    """Does what one message asks for: what became of it, and the text."""
    dropped, key, making, call, seconds = message
    for one in dropped:
        compiled.pop(one, None)
    # The kernel's word is the last one; it counts processor time, as QuickJS does.
    signal.setitimer(signal.ITIMER_PROF, seconds + _HARD_SECONDS)
    try:
        if making is not None:
            try:
                compiled[key] = _Compiled(quickjs, *making)
            except quickjs.JSException as error:
                return BROKEN, first_line(error)
        if call is None:
            return FINE, ""
        name, arguments = call
        program = compiled[key]
        program.context.set_time_limit(seconds)
        try:
            result = str(program.calls[name](*map(_text, arguments)))
        except quickjs.JSException as error:
            line = first_line(error)
            if was_stopped(line):
                # So that nothing half-done is ever met again.
                del compiled[key]
                return STOPPED, line
            return THREW, line
        if len(result) > MOST_TEXT:
            del compiled[key]
            return STOPPED, "it gave too much"
        return FINE, result
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _text(argument: Any) -> Any:
    return argument.decode("utf-8", "replace") if isinstance(argument, bytes) else argument


def _read(size: int) -> bytes:
    """Exactly `size` bytes; ends the process when whoever started it has gone."""
    parts: list[bytes] = []
    while size:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def main() -> None:
    sys.path.append(sys.argv[1])
    import _quickjs

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    # Not one more file, socket or pipe is opened from here on.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    compiled: dict[bytes, _Compiled] = {}
    while True:
        (size,) = HEAD.unpack(_read(HEAD.size))
        before = time.process_time()
        status, text = _work(_quickjs, compiled, marshal.loads(_read(size)))  # noqa: S302 - ours
        answer = text.encode("utf-8", "surrogatepass")
        used = time.process_time() - before
        rest = memoryview(REPLY.pack(status, len(answer), used) + answer)
        while rest:
            rest = rest[os.write(1, rest) :]


if __name__ == "__main__":
    main()
