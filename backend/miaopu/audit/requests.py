"""What a request to the database means for the trail: pure.

Only names come out of here: ids, revisions, kinds of events, names of facts. Never a value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from miaopu.couch.place import place_of
from miaopu.models.base import ULID_PATTERN
from miaopu_db.address import Address

Json = dict[str, Any]

_WATCHED = frozenset({"catalog", "_users", "_replicator"})
"""Databases beside those of places."""
_TRAIL = re.compile(r"audit-[0-9]{6}")
# What is written down is what the trail's own database takes: one odd value would keep the whole
# entry out of it.
_SAFE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,150}")
_SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_SAFE_REV = re.compile(r"[0-9]{1,16}-[!-~]{1,64}")
_ULID = re.compile(ULID_PATTERN)
_CASE = "child:"
_HARMLESS = frozenset(
    {
        "_compact",
        "_design_docs",
        "_ensure_full_commit",
        "_explain",
        "_index",
        "_local",
        "_local_docs",
        "_missing_revs",
        "_purged_infos",
        "_purged_infos_limit",
        "_revs_diff",
        "_revs_limit",
        "_security",
        "_shards",
        "_sync_shards",
        "_view_cleanup",
    }
)
"""What tells nothing of a case. Whatever is not here is taken for a reading."""
_BY_ID = frozenset({None, "", "_design", "_doc_ids"})
"""Filters of the changes that look at nothing but ids."""
_HEARTBEAT = "device:"
"""Ids of what a device says of itself (设备同步状态) every minute: nothing of anybody's."""
_DENIED = frozenset({"forbidden", "unauthorized"})
_ID_IN_TEXT = re.compile(rb'"_?id"\s*:\s*"([a-z]+:[A-Za-z0-9:._-]{1,100})"')
ANCESTORS = 8


@dataclass(frozen=True, slots=True)
class Watch:
    """A request that may have to stand in the trail."""

    action: Literal["write", "read"]
    database: str
    request: str
    doc_id: str | None = None
    """The document that the path names."""

    @property
    def is_count(self) -> bool:
        """Whether it asks a view that may count, and whose rows then name nobody."""
        return "/" in self.request and not self.request.startswith("lookup/")


@dataclass(slots=True)
class Seen:
    """One document in a request."""

    id: str
    rev: str | None = None
    ancestors: tuple[str, ...] = ()
    """Revisions before this one, the nearest first."""
    events: dict[str, list[str]] = field(default_factory=dict)
    """Event → its kind and, of a void, its target: of all events that the document holds."""
    facts: dict[str, str] = field(default_factory=dict)
    """Name → when it was set: of all facts that the document holds."""

    def to_json(self) -> Json:
        """For the spool; what is empty is left out."""
        values = {
            "id": self.id,
            "rev": self.rev,
            "ancestors": self.ancestors,
            "events": self.events,
            "facts": self.facts,
        }
        return {name: value for name, value in values.items() if value}


def shown_id(doc_id: object) -> str:
    """An id that may be written down; `?` for one that nobody honest made."""
    return doc_id if isinstance(doc_id, str) and _SAFE_ID.fullmatch(doc_id) else "?"


def shown_rev(rev: object) -> str | None:
    """A revision that may be written down; None for one that no database made."""
    return rev if isinstance(rev, str) and _SAFE_REV.fullmatch(rev) else None


def watched(method: str, address: Address) -> Watch | None:
    """What a request is for the trail; None when it does not matter to it."""
    if not address.segments or method == "OPTIONS":
        return None
    database, *rest = address.segments
    is_trail = _TRAIL.fullmatch(database) is not None
    if not is_trail and place_of(database) is None and database not in _WATCHED:
        return None
    found = _of(method, database, rest, address.parameters)
    if found is None or (method == "HEAD" and found.doc_id is None):
        return None  # a HEAD tells whether there is such a child, and nothing of a list
    if is_trail and (found.action != "write" or method == "GET"):
        return None  # who reads the trail leaves none; who tries to write it does
    return found


def _of(method: str, database: str, rest: list[str], query: Mapping[str, str]) -> Watch | None:
    if not rest:
        if method in ("POST", "PUT", "DELETE"):
            return Watch("write", database, method if method == "POST" else f"{method} database")
        return None
    first = rest[0]
    if first == "_design":
        return _design(method, database, rest)
    if first.startswith("_"):
        return _special(method, database, rest, query)
    if method == "PUT" and first.startswith(_HEARTBEAT):
        return None
    if method in ("PUT", "DELETE", "COPY"):
        return Watch("write", database, method, first)
    return Watch("read", database, method, first) if first.startswith(_CASE) else None


def _design(method: str, database: str, path: list[str]) -> Watch | None:
    if len(path) >= 3 and path[2] == "_update":
        return Watch("write", database, path[2])
    if len(path) >= 3 and path[2].startswith("_") and path[2] != "_info":
        return Watch("read", database, f"{_shown_name(path[1])}/{_shown_name(path[-1])}")
    if method in ("PUT", "DELETE", "COPY"):
        return Watch("write", database, method, "/".join(path[:2]))
    return None


def _shown_name(name: str) -> str:
    return name if _SAFE_NAME.fullmatch(name) else "?"


def _special(method: str, database: str, rest: list[str], query: Mapping[str, str]) -> Watch | None:
    first = rest[0]
    if method == "POST" and first in ("_bulk_docs", "_purge", "_index"):
        return Watch("write", database, first)
    if method in ("PUT", "DELETE") and first in ("_security", "_revs_limit", "_index"):
        return Watch("write", database, first, first)
    if first in _HARMLESS:
        return None
    if first == "_all_docs" and not (_shows(query) or "keys" in query or method == "POST"):
        return None
    # A filter that looks into documents tells of them by what it lets through.
    if first == "_changes" and not (_shows(query) or query.get("filter") not in _BY_ID):
        return None
    return Watch("read", database, _shown_name(first))


def _shows(query: Mapping[str, str]) -> bool:
    return query.get("include_docs", "false").strip().lower() != "false"


def ids_in_text(text: bytes) -> Iterator[str]:
    """The ids of documents in JSON that was too long to be read as such."""
    return (found.decode() for found in _ID_IN_TEXT.findall(text))


def _ancestors(document: Json, replicated: bool) -> tuple[str, ...]:
    if not replicated:
        before = shown_rev(document.get("_rev"))
        return (before,) if before is not None else ()
    history = document.get("_revisions")
    if not isinstance(history, dict):
        return ()
    start, ids = history.get("start"), history.get("ids")
    if not isinstance(start, int) or not isinstance(ids, list):
        return ()
    older = [f"{start - n}-{ids[n]}" for n in range(1, min(len(ids), ANCESTORS + 1))]
    return tuple(rev for rev in older if shown_rev(rev) is not None)


def _seen(document: Json, replicated: bool) -> Seen:
    found = Seen(
        shown_id(document.get("_id")),
        shown_rev(_named(document)) if replicated else None,
        _ancestors(document, replicated),
    )
    events, facts = document.get("events"), document.get("facts")
    if found.id.startswith(_CASE) and isinstance(events, dict) and isinstance(facts, dict):
        for key, event in events.items():
            if isinstance(event, dict):
                target = [str(event.get("target"))] if event.get("kind") == "void" else []
                found.events[key] = [str(event.get("kind")), *target]
        for name, fact in facts.items():
            if isinstance(fact, dict):
                found.facts[name] = str(fact.get("at"))
    return found


@dataclass(slots=True)
class Written:
    """The documents of a write: taken, and refused by the database."""

    done: list[Seen] = field(default_factory=list)
    refused: list[Seen] = field(default_factory=list)
    beats: bool = False
    """There were heartbeats among them, which are not told."""


def bulk(body: Json, answer: object, status: int) -> Written:
    """`_bulk_docs`. `answer` is None when the answer was not seen."""
    replicated = body.get("new_edits") is False
    given = body.get("docs")
    documents = [doc for doc in given if isinstance(doc, dict)] if isinstance(given, list) else []
    if status in (401, 403):
        return Written(refused=[Seen(shown_id(doc.get("_id"))) for doc in documents])
    rows = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    result = Written()
    for document, row in zip(documents, _rows_of(documents, rows, replicated), strict=True):
        failed = row.get("error")
        # Where the database drew the id, its row holds it.
        name = document.get("_id", row.get("id"))
        if failed in _DENIED:
            result.refused.append(Seen(shown_id(name)))
        elif failed is None and isinstance(name, str) and name.startswith(_HEARTBEAT):
            result.beats = True
        elif failed is None:
            seen = _seen({**document, "_id": name}, replicated)
            seen.rev = seen.rev or shown_rev(row.get("rev"))
            result.done.append(seen)
    return result


def _rows_of(documents: list[Json], rows: list[Json], replicated: bool) -> list[Json]:
    """The answer's row for each document: in order, or, of replicated ones, those that failed."""
    if not replicated:
        return [*rows, *({} for _ in documents)][: len(documents)]
    # One document may stand there in several revisions, of which each has its own fate.
    failed: dict[tuple[str, str | None], list[Json]] = {}
    for row in rows:
        name, rev = row.get("id"), row.get("rev")
        if isinstance(name, str):
            failed.setdefault((name, rev if isinstance(rev, str) else None), []).append(row)

    def row_of(document: Json) -> Json:
        name, rev = document.get("_id"), _named(document)
        if not isinstance(name, str) or not isinstance(rev, str):
            return {}
        left = failed.get((name, rev)) or failed.get((name, None))
        return left.pop(0) if left else {}

    return [row_of(document) for document in documents]


def _named(document: Json) -> object:
    """The revision that a replicated document is: what `_revisions` says, before `_rev`."""
    history = document.get("_revisions")
    ids = history.get("ids") if isinstance(history, dict) else None
    if isinstance(history, dict) and isinstance(ids, list) and ids:
        return f"{history.get('start')}-{ids[0]}"
    return document.get("_rev")


def single(
    doc_id: str | None, body: object, answer: object, status: int, before: str | None
) -> Written:
    """PUT, POST, DELETE or COPY of one document; `before` is the revision that it replaces."""
    reply = answer if isinstance(answer, dict) else {}
    document = body if isinstance(body, dict) else {}
    # The database's word comes first: what is copied is not what is written.
    name = reply.get("id") or doc_id or document.get("_id")
    if status in (401, 403):
        return Written(refused=[Seen(shown_id(name))])
    replicated = isinstance(document.get("_revisions"), dict)
    seen = _seen({**document, "_id": name}, replicated)
    seen.rev = shown_rev(reply.get("rev")) or seen.rev
    if before is not None and not seen.ancestors:
        seen.ancestors = (before,)
    return Written(done=[seen])


def _ids(rows: object, *names: str) -> Iterator[str]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield from (row[name] for name in names if isinstance(row.get(name), str))


@dataclass(slots=True)
class Shown:
    """What a reading request was about: the children that it named or was shown, each once, and
    whether there may have been more."""

    ids: list[str] = field(default_factory=list)
    more: bool = False


def cases_shown(watch: Watch, body: object, answer: object) -> Shown:
    """`answer` is None where it was no JSON, or not seen as a whole."""
    found: list[str] = [watch.doc_id] if watch.doc_id is not None else []
    more = answer is None and watch.doc_id is None
    if isinstance(body, dict) and watch.request == "_bulk_get":
        found += _ids(body.get("docs"), "id")
    if isinstance(answer, dict):
        for part in (answer, *_objects(answer.get("results"))):
            found += _ids(part.get("rows"), "id")
            # A question may ask for fields alone, and not for whose they are.
            docs = _objects(part.get("docs")) if watch.request == "_find" else []
            found += _ids(docs, "_id")
            more = more or any("_id" not in doc for doc in docs)
        found += _ids(answer.get("results"), "id")
    cases = [shown_id(one) for one in found if one.startswith(_CASE)]
    return Shown(list(dict.fromkeys(cases)), more)


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def difference(seen: Json, before: Json | None) -> Json:
    """What `AuditedDocument` says of what was seen, given the version before it."""
    events, facts = (
        before.get("events", {}) if before else {},
        before.get("facts", {}) if before else {},
    )
    added = [event for key, event in seen.get("events", {}).items() if key not in events]
    counted: dict[str, int] = {}
    for kind, *_ in added:
        if _SAFE_NAME.fullmatch(kind):
            counted[kind] = counted.get(kind, 0) + 1
    changed = [
        name
        for name, at in seen.get("facts", {}).items()
        if _SAFE_NAME.fullmatch(name) and facts.get(name, {}).get("at") != at
    ]
    result: Json = {"id": seen["id"]}
    if seen.get("rev"):
        result["rev"] = seen["rev"]
    if counted:
        result["events"] = counted
    voided = [
        event[1]
        for event in added
        if event[0] == "void" and len(event) > 1 and _ULID.fullmatch(event[1])
    ]
    if voided:
        result["voided"] = voided[:200]
    if changed:
        result["facts"] = changed[:100]
    return result


def unknown_ancestors(documents: Iterable[Json]) -> list[Json]:
    """What to ask `_bulk_get` for: the revisions before those that changed something already."""
    return [
        {"id": seen["id"], "rev": rev}
        for seen in documents
        if seen.get("events") or seen.get("facts")
        for rev in seen.get("ancestors", ())
    ]
