"""JavaScript of design documents, run where it can reach nothing and is stopped at its limits.

A `Program` is one QuickJS runtime with its own memory limit. It has no I/O and no clock beyond
`Date`; each call may use `seconds` of processor time. A runtime belongs to the thread that made
it. One that was stopped is thrown away, so that nothing half-done is ever met again.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import orjson
import quickjs

from .errors import CouchError, bad_request, forbidden, unauthorized

log = logging.getLogger(__name__)

SECONDS = 1.0
MEMORY = 32 * 1024 * 1024
BATCH_MEMORY = 128 * 1024 * 1024
STACK = 512 * 1024
KEPT_PROGRAMS = 32
BUILT_IN = frozenset({"_count", "_sum", "_stats", "_approx_count_distinct"})
"""Reduce functions that are the server's own."""

T = TypeVar("T")

# What a design document's function finds beside the language itself, and the calls that the host
# makes. Built-ins that loop natively over a length without looking at the clock are fenced, and
# what can block or measure a thread is removed, before any foreign code is read.
_PRELUDE = r"""
'use strict';
(function (root) {
  const parse = JSON.parse, stringify = JSON.stringify, isArr = Array.isArray;
  const apply = Reflect.apply, define = Object.defineProperty;
  const evaluate = root.eval, Fn = Function, Err = Error, Str = String;
  const MOST = 2000000;
  const every = Array.prototype.every, descriptor = Object.getOwnPropertyDescriptor;
  // A native loop runs to a length that is read once; so it must be a small, plain number.
  function measured(value) {
    if (value === null || typeof value !== 'object' || !('length' in value)) return true;
    const own = descriptor(value, 'length');
    return own !== undefined && typeof own.value === 'number' && own.value <= MOST;
  }
  function fence(owner, names) {
    for (const name of names) {
      const original = owner[name];
      if (typeof original !== 'function') continue;
      const fenced = {
        [name](...args) {
          if (!measured(this) || !apply(every, args, [measured]))
            throw new RangeError(name + ': too many elements');
          return apply(original, this, args);
        },
      }[name];
      define(owner, name, { value: fenced, writable: true, configurable: true });
    }
  }
  fence(Array.prototype, ['concat', 'copyWithin', 'fill', 'flat', 'flatMap', 'includes', 'indexOf',
    'join', 'lastIndexOf', 'pop', 'push', 'reverse', 'shift', 'slice', 'sort', 'splice',
    'toLocaleString', 'toReversed', 'toSorted', 'toSpliced', 'unshift', 'with']);
  fence(Array, ['from', 'of']);
  fence(Object, ['assign', 'entries', 'freeze', 'fromEntries', 'keys', 'seal', 'values',
    'getOwnPropertyDescriptors', 'getOwnPropertyNames']);
  fence(Reflect, ['ownKeys', 'apply', 'construct']);
  fence(Function.prototype, ['apply']);
  fence(JSON, ['stringify']);
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
  function told(error) {
    if (error !== null && typeof error === 'object') {
      if ('forbidden' in error) return stringify({ forbidden: Str(error.forbidden) });
      if ('unauthorized' in error) return stringify({ unauthorized: Str(error.unauthorized) });
    }
    return stringify({ failed: Str(error) });
  }

  const functions = [], patterns = new Map();
  return {
    library(text) { library = parse(text); modules.clear(); },
    add(source) { functions.push(compile(source)); },
    validate(newDoc, oldDoc, userCtx, secObj) {
      try {
        functions[0](parse(newDoc), parse(oldDoc), parse(userCtx), parse(secObj));
        return '';
      } catch (error) { return told(error); }
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


class Stopped(Exception):  # noqa: N818 - what happened to the code
    """The code was stopped at its time or memory limit, or could not go on."""


class Program:
    """Functions of one design document, compiled. To be made and used on one thread."""

    def __init__(
        self,
        sources: list[str],
        library: Any = None,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self._sources = sources
        self._library = orjson.dumps(library if isinstance(library, dict) else {}).decode()
        self._seconds = seconds
        self._memory = memory
        self._context: Any = None
        self._start()

    def _start(self) -> None:
        """Raises 400 `compilation_error` when a source is not a function."""
        context = quickjs.Context()
        context.set_memory_limit(self._memory)
        context.set_time_limit(self._seconds)
        context.set_max_stack_size(STACK)
        try:
            host = context.eval(_PRELUDE)
            context.set("__host", host)
            calls = {
                name: context.eval(f"(h => h.{name})(__host)")
                for name in (
                    "library",
                    "add",
                    "validate",
                    "map",
                    "filter",
                    "emits",
                    "reduce",
                    "test",
                )
            }
            context.eval("delete globalThis.__host")
            calls["library"](self._library)
            for source in self._sources:
                calls["add"](source)
        except quickjs.JSException as error:
            raise CouchError(400, "compilation_error", _first_line(error)) from None
        self._context = context
        self._calls = calls

    def call(self, name: str, *arguments: Any, seconds: float | None = None) -> str:
        """The text that the host function `name` gives; `Stopped` when it does not finish,
        `CouchError` 400 when the foreign code throws."""
        if self._context is None:
            self._start()
        if seconds is not None:
            self._context.set_time_limit(seconds)
        try:
            result = self._calls[name](*arguments)
        except quickjs.JSException as error:
            line = _first_line(error)
            if _was_stopped(line):
                self._context = None
                raise Stopped(line) from None
            raise bad_request(line, "javascript_error") from None
        return str(result)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def _was_stopped(line: str) -> bool:
    return (
        line in ("null", "")
        or line.startswith("InternalError")
        or "call stack size" in line
        or "out of memory" in line
    )


class Validator:
    """One `validate_doc_update`, called as CouchDB calls it."""

    def __init__(self, name: str, source: str, design: Mapping[str, Any]) -> None:
        self.name = name
        self._broken: str | None = None
        try:
            self._program = Program([source], dict(design))
        except CouchError as error:
            # A validator that cannot be read lets nothing through, as one that always throws.
            self._broken = error.reason

    def check(self, new: str, old: str, user: str, security: str) -> None:
        """Raises 403 or 401 as the function throws; 403 as well when it fails or is stopped."""
        if self._broken is not None:
            raise forbidden(f"validate_doc_update of {self.name} cannot run: {self._broken}")
        try:
            verdict = self._program.call("validate", new, old, user, security)
        except Stopped as error:
            raise forbidden(f"validate_doc_update of {self.name} was stopped: {error}") from None
        except CouchError as error:
            raise forbidden(f"validate_doc_update of {self.name} failed: {error.reason}") from None
        if not verdict:
            return
        said = orjson.loads(verdict)
        if "forbidden" in said:
            raise forbidden(said["forbidden"])
        if "unauthorized" in said:
            raise unauthorized(said["unauthorized"])
        raise forbidden(f"validate_doc_update of {self.name} failed: {said['failed'][:300]}")


class Workshop:
    """A thread of its own for foreign code that runs beside requests: filters and views.

    `programs` may only be touched on that thread."""

    def __init__(self, name: str) -> None:
        self.programs: OrderedDict[tuple[str, ...], Program] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def run(self, work: Callable[[], T]) -> T:
        """Does `work` on the workshop's thread and waits for it; never from the event loop."""
        return self._pool.submit(work).result()

    def keep(self, key: tuple[str, ...], program: Program) -> None:
        """Remembers a compiled program; the one unused for longest goes when there are many."""
        self.programs[key] = program
        if len(self.programs) > KEPT_PROGRAMS:
            self.programs.popitem(last=False)

    def close(self) -> None:
        """Ends the thread after what it is doing."""
        # Runtimes must be freed on the thread that made them.
        self._pool.submit(self.programs.clear)
        self._pool.shutdown(wait=False)


def javascript_lists(items: list[bytes]) -> str:
    """A JSON list out of JSON texts."""
    return (b"[" + b",".join(items) + b"]").decode("utf-8", "replace")


_LOCAL = threading.local()


def pattern(source: str) -> Callable[[Any], bool]:
    """A search for a regular expression within strings, as foreign as a function: it is stopped
    at its limit, and holds up nobody meanwhile. Raises 400 `bad_arg` when it is none."""

    def program() -> Program:
        found: Program | None = getattr(_LOCAL, "patterns", None)
        if found is None:
            found = _LOCAL.patterns = Program([])
        return found

    def search(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            return program().call("test", source, value) == "1"
        except Stopped:
            raise bad_request("A $regex was stopped at its time limit.", "timeout") from None

    try:
        search("")
    except CouchError:
        raise bad_request(
            "Bad argument for operator $regex: not a regular expression", "bad_arg"
        ) from None
    return search
