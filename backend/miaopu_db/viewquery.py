"""Questions to a view: their parameters, the rows of a range, and what is reduced from rows."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from . import parameters, store
from .collation import raw_key, sort_key
from .documents import Options, dumps
from .errors import CouchError, bad_request, query_error
from .views import Index, Row, View

CHUNK = 1 << 20
UNSET = object()
REDUCE_BATCH = 500


@dataclass(frozen=True, slots=True)
class Query:
    """One question, as CouchDB understands its parameters. `start` and `end` are `UNSET` when
    they were not given (null is a key)."""

    start: Any = UNSET
    end: Any = UNSET
    start_doc: str | None = None
    end_doc: str | None = None
    keys: tuple[Any, ...] | None = None
    descending: bool = False
    inclusive_end: bool = True
    limit: int | None = None
    skip: int = 0
    reduce: bool | None = None
    group: bool | None = None
    group_level: int | None = None
    include_docs: bool = False
    conflicts: bool = False
    attachments: bool = False
    encoding_info: bool = False
    update: str = "true"
    update_seq: bool = False
    sorted: bool = True

    def level(self) -> int | None:
        """How many members of an array key make a group; None: the whole key."""
        if self.group_level is not None:
            if self.group is False and self.group_level > 0:
                raise query_error("Can't specify group=false and group_level>0 at the same time")
            return self.group_level
        return None if self.group else 0


def parse(given: dict[str, Any], base: Query, *, decoded: bool) -> Query:
    """`base` with the parameters of a query string (JSON text) or of a body (`decoded`)."""
    if "partition" in given:
        raise query_error("`partition` parameter is not supported in this design doc")
    asked = parameters.read(given, decoded=decoded)
    asked.pop("stable", None)  # there is one copy of an index
    return replace(base, **asked)


def check(query: Query, view: View) -> bool:
    """Whether the question is to be reduced; 400 when its parameters contradict each other."""
    reducing = view.reduce is not None and query.reduce is not False
    level = query.level()
    if view.reduce is None and query.reduce:
        raise query_error("Reduce is invalid for map-only views.")
    if not reducing and level != 0:
        raise query_error("Invalid use of grouping on a map view.")
    if query.keys is not None:
        if reducing and level is not None and len(query.keys) > 1:
            raise query_error("Multi-key fetches for reduce views must use `group=true`")
        bounded = query.start is not UNSET or query.end is not UNSET
        if bounded and query.keys:
            raise query_error("`keys` is incompatible with `key`, `start_key` and `end_key`")
    if reducing and query.include_docs:
        raise query_error("`include_docs` is invalid for reduce")
    if reducing and query.conflicts:
        raise query_error("`conflicts` is invalid for reduce views.")
    encode = raw_key if view.raw else sort_key
    if query.start is not UNSET and query.end is not UNSET:
        start, end = encode(query.start), encode(query.end)
        if (start < end) if query.descending else (start > end):
            raise query_error(
                "No rows can match your key range, reverse your start_key and end_key or set "
                + ("descending=false" if query.descending else "descending=true")
            )
    return reducing


@dataclass(frozen=True, slots=True)
class Span:
    """A range of rows, as conditions on the index."""

    where: str
    values: tuple[Any, ...]
    order: str


def span(query: Query, view: View, key: Any = UNSET) -> Span:
    """The rows asked for; those of `key` alone when it is given."""
    encode = raw_key if view.raw else sort_key
    where = ["view = ?"]
    values: list[Any] = [view.number]
    order = "DESC" if query.descending else "ASC"
    if key is not UNSET:
        where.append("key = ?")
        values.append(encode(key))
    else:
        after, before = ("<", ">") if query.descending else (">", "<")
        if query.start is not UNSET:
            start = encode(query.start)
            if query.start_doc is None:
                where.append(f"key {after}= ?")
                values.append(start)
            else:
                where.append(f"(key, doc) {after}= (?, ?)")
                values += [start, query.start_doc]
        if query.end is not UNSET:
            end = encode(query.end)
            equal = "=" if query.inclusive_end else ""
            if query.end_doc is None:
                where.append(f"key {before}{equal} ?")
                values.append(end)
            else:
                where.append(f"(key, doc) {before}{equal} (?, ?)")
                values += [end, query.end_doc]
    return Span(" AND ".join(where), tuple(values), order)


def keys_of(query: Query) -> list[Any]:
    """The keys asked for one by one, in the order in which they are answered."""
    keys = list(query.keys or ())
    return keys[::-1] if query.descending else keys


def total(cx: sqlite3.Connection, view: View) -> int:
    count: int = cx.execute("SELECT count(*) FROM entry WHERE view = ?", (view.number,)).fetchone()[
        0
    ]
    return count


def offset(cx: sqlite3.Connection, query: Query, view: View) -> int:
    """How many rows lie before the first one asked for, without `skip`."""
    if query.start is UNSET:
        return 0
    encode = raw_key if view.raw else sort_key
    side = ">" if query.descending else "<"
    start = encode(query.start)
    if query.start_doc is not None:
        count = cx.execute(
            f"SELECT count(*) FROM entry WHERE view = ? AND (key, doc) {side} (?, ?)",  # noqa: S608
            (view.number, start, query.start_doc),
        )
    else:
        count = cx.execute(
            f"SELECT count(*) FROM entry WHERE view = ? AND key {side} ?",  # noqa: S608
            (view.number, start),
        )
    result: int = count.fetchone()[0]
    return result


def read_rows(
    cx: sqlite3.Connection, within: Span, skip: int, limit: int, after: Row | None
) -> list[Row]:
    """Up to `limit` rows of a range, those after the row `after`, of about `CHUNK` bytes."""
    where, values = within.where, list(within.values)
    if after is not None:
        side = "<" if within.order == "DESC" else ">"
        # The first condition leads into the index; the second one is exact.
        where += f" AND key {side}= ? AND (key, doc, number) {side} (?, ?, ?)"
        values += [after[0], *after[:3]]
    order = within.order
    sql = (
        f"SELECT key, doc, number, shown, value FROM entry WHERE {where}"  # noqa: S608
        f" ORDER BY key {order}, doc {order}, number {order} LIMIT ? OFFSET ?"
    )
    rows: list[Row] = []
    size = 0
    for row in cx.execute(sql, (*values, limit, skip)):
        rows.append(row)
        size += len(row[3]) + len(row[4])
        if size >= CHUNK:
            break
    return rows


def show_row(cx: sqlite3.Connection | None, row: Row, query: Query) -> bytes:
    """A row of the answer; `cx` reads the documents when they are included."""
    doc = b""
    if cx is not None:
        doc = b',"doc":' + _included(cx, row, query)
    return b'{"id":%b,"key":%b,"value":%b%b}' % (orjson.dumps(row[1]), row[3], row[4], doc)


def _included(cx: sqlite3.Connection, row: Row, query: Query) -> bytes:
    options = Options(
        conflicts=query.conflicts,
        attachments=query.attachments,
        encoding_info=query.encoding_info,
    )
    wanted, rev = row[1], None
    if b'"_id"' in row[4] or b'"_rev"' in row[4]:
        value = orjson.loads(row[4])
        if isinstance(value, dict):
            other = value.get("_id")
            wanted = other if isinstance(other, str) else wanted
            given = value.get("_rev")
            rev = given if isinstance(given, str) else None
    found = store.read_row(cx, wanted)
    if found is None or (found.deleted and rev is None):
        return b"null"
    document = store.read_revision(cx, found, rev, options)
    return b"null" if document is None else document.render(options)


# -- reducing ---------------------------------------------------------------------------------

Reducer = Callable[[Iterator[Row]], Any]


def reduce_rows(
    cx: sqlite3.Connection, index: Index, query: Query, view: View
) -> list[tuple[bytes, bytes]]:
    """The reduced rows asked for: key and value as JSON."""
    level = query.level()
    if view.reduce == "_count" and level == 0 and query.keys is None:
        number = count(cx, span(query, view))
        rows = [(b"null", b"%d" % number)] if number else []
        rows = rows[query.skip :]
        return rows if query.limit is None else rows[: query.limit]
    result: list[tuple[bytes, bytes]] = []
    left = query.limit
    skip = query.skip
    spans = (
        [span(query, view)]
        if query.keys is None
        else [span(query, view, key) for key in keys_of(query)]
    )
    for within in spans:
        for shown, grouped in _groups(_scan(cx, within), level):
            if left is not None and left <= 0:
                return result
            if skip:
                skip -= 1
                for _ in grouped:
                    pass
                continue
            result.append((shown, dumps(_reduce(index, view, grouped))))
            if left is not None:
                left -= 1
    return result


def count(cx: sqlite3.Connection, within: Span) -> int:
    """How many rows a range has."""
    number: int = cx.execute(
        f"SELECT count(*) FROM entry WHERE {within.where}",  # noqa: S608
        within.values,
    ).fetchone()[0]
    return number


def _scan(cx: sqlite3.Connection, within: Span) -> Iterator[Row]:
    order = within.order
    yield from cx.execute(
        f"SELECT key, doc, number, shown, value FROM entry WHERE {within.where}"  # noqa: S608
        f" ORDER BY key {order}, doc {order}, number {order}",
        within.values,
    )


def _groups(rows: Iterator[Row], level: int | None) -> Iterator[tuple[bytes, Iterator[Row]]]:
    """Runs of rows with one group key, each to be used up before the next is asked for."""
    first = next(rows, None)
    while first is not None:
        mark, shown = _group_key(first, level)
        following: list[Row | None] = [None]

        def run(first: Row = first, mark: bytes = mark, end: list[Row | None] = following) -> Any:
            yield first
            last_key = first[0]
            for row in rows:
                # Equal keys need no second look.
                if level != 0 and row[0] != last_key:
                    if level is None or _group_key(row, level)[0] != mark:
                        end[0] = row
                        return
                    last_key = row[0]
                yield row

        group = run()
        yield shown, group
        for _ in group:
            continue
        first = following[0]


def _group_key(row: Row, level: int | None) -> tuple[bytes, bytes]:
    if level == 0:
        return b"", b"null"
    if level is None:
        return row[0], row[3]
    if not row[3].startswith(b"["):
        return row[3], row[3]
    key = orjson.loads(row[3])
    shown = dumps(key[:level])
    return shown, shown


def _reduce(index: Index, view: View, rows: Iterator[Row]) -> Any:
    name = view.reduce or ""
    if name == "_count":
        return sum(1 for _ in rows)
    if name == "_sum":
        return _sum(rows)
    if name == "_stats":
        return _stats(rows)
    if name == "_approx_count_distinct":
        return len({row[0] for row in rows})
    if name.startswith("_"):
        raise bad_request(f"There is no built-in reduce function {name}.", "invalid_reduce")
    partial: list[Any] = []
    keys: list[Any] = []
    values: list[Any] = []
    for row in rows:
        keys.append([orjson.loads(row[3]), row[1]])
        values.append(orjson.loads(row[4]))
        if len(values) >= REDUCE_BATCH:
            partial.append(index.reduce_script(view, keys, values, False))
            keys, values = [], []
    if values or not partial:
        partial.append(index.reduce_script(view, keys, values, False))
    while len(partial) > 1:
        partial = [
            index.reduce_script(view, [], partial[start : start + REDUCE_BATCH], True)
            for start in range(0, len(partial), REDUCE_BATCH)
        ]
    return partial[0]


def _not_reducible(name: str, wanted: str) -> CouchError:
    return bad_request(
        f"The {name} function requires that map values be {wanted}.", "builtin_reduce_error"
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sum(rows: Iterator[Row]) -> Any:
    result: Any = 0
    for row in rows:
        result = add(result, orjson.loads(row[4]))
    return _finite(result)


def add(one: Any, other: Any) -> Any:
    """CouchDB's `_sum`: numbers, lists member by member, objects name by name."""
    if _number(one) and _number(other):
        return one + other
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: add(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}
    if isinstance(one, dict) or isinstance(other, dict):
        if one == 0:
            return add({}, other)
        raise _not_reducible("_sum", "numbers, arrays of numbers or objects, but not mixed")
    left = one if isinstance(one, list) else [one]
    right = other if isinstance(other, list) else [other]
    if not all(map(_number, left)) or not all(map(_number, right)):
        raise _not_reducible("_sum", "numbers or arrays of numbers")
    size = max(len(left), len(right))
    left = left + [0] * (size - len(left))
    right = right + [0] * (size - len(right))
    return [a + b for a, b in zip(left, right, strict=True)]


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > 2**63:
        return float(value)
    return value


def _stats(rows: Iterator[Row]) -> dict[str, Any]:
    total: float = 0
    count = 0
    squares: float = 0
    least = math.inf
    most = -math.inf
    for row in rows:
        value = orjson.loads(row[4])
        if not _number(value):
            raise _not_reducible("_stats", "numbers")
        total += value
        count += 1
        squares += value * value
        least = min(least, value)
        most = max(most, value)
    return {
        "sum": _finite(total),
        "count": count,
        "min": least,
        "max": most,
        "sumsqr": _finite(squares),
    }
