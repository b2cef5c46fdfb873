"""What a request to the database means for the trail: pure.

Only names come out of here: ids, revisions, kinds of events, names of facts. Never a value.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

_WATCHED = re.compile(r"^(?:site-[0-9]{10}|region-[0-9]{6}|catalog|_users|_replicator)$")
_SAFE_ID = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,150}$")
_SAFE_NAME = re.compile(r"^[A-Za-z0-9_.-]{1,32}$")
_CASE = "child:"
_REFUSALS = frozenset({"forbidden", "unauthorized"})
_ID_IN_TEXT = re.compile(rb'"_id"\s*:\s*"([a-z]+:[A-Za-z0-9:._-]{1,100})"')
ANCESTORS = 8


@dataclass(frozen=True, slots=True)
class Watch:
    """A request that may have to stand in the trail."""

    action: Literal["write", "read"]
    database: str
    request: str
    doc_id: str | None = None
    """The document that the path names."""


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
    return doc_id if isinstance(doc_id, str) and _SAFE_ID.match(doc_id) else "?"


def watched(method: str, parts: Sequence[str], query: str) -> Watch | None:
    """What a request is for the trail; None when it does not matter to it.

    `parts` are the decoded segments of the path below the mount, `query` the query string.
    """
    if not parts or not _WATCHED.match(parts[0]) or method in ("HEAD", "OPTIONS"):
        return None
    database, rest = parts[0], [part for part in parts[1:] if part]
    if not rest:
        if method in ("POST", "PUT", "DELETE"):
            return Watch("write", database, method if method == "POST" else f"{method} database")
        return None
    first = rest[0]
    if first == "_design" or first.startswith("_design/"):
        return _design(method, database, "/".join(rest).split("/"))
    if first.startswith("_"):
        return _special(method, database, rest, query)
    if method in ("PUT", "DELETE", "COPY"):
        return Watch("write", database, method, first)
    return Watch("read", database, method, first) if first.startswith(_CASE) else None


def _design(method: str, database: str, path: list[str]) -> Watch | None:
    if len(path) >= 4 and path[2] in ("_view", "_list", "_show", "_search"):
        return Watch("read", database, f"{path[1]}/{path[-1]}"[:100])
    if method in ("PUT", "DELETE", "COPY"):
        return Watch("write", database, method, "/".join(path[:2]))
    return None


def _special(method: str, database: str, rest: list[str], query: str) -> Watch | None:
    first = rest[0]
    if method == "POST" and first in ("_bulk_docs", "_purge", "_index"):
        return Watch("write", database, first)
    if method in ("PUT", "DELETE") and first in ("_security", "_revs_limit", "_index"):
        return Watch("write", database, first, first)
    if first in ("_bulk_get", "_find"):
        return Watch("read", database, first)
    if first == "_all_docs" and (
        "include_docs=true" in query or "keys=" in query or method == "POST"
    ):
        return Watch("read", database, first)
    if first == "_changes" and "include_docs=true" in query:
        return Watch("read", database, first)
    return None


def _text(value: object) -> str | None:
    """A short text, such as a revision; None for anything else."""
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def ids_in_text(text: bytes) -> Iterator[str]:
    """The ids of documents in JSON that was too long to be read as such."""
    return (found.decode() for found in _ID_IN_TEXT.findall(text))


def _ancestors(document: Json, replicated: bool) -> tuple[str, ...]:
    if not replicated:
        before = document.get("_rev")
        return (before,) if isinstance(before, str) else ()
    history = document.get("_revisions")
    if not isinstance(history, dict):
        return ()
    start, ids = history.get("start"), history.get("ids")
    if not isinstance(start, int) or not isinstance(ids, list):
        return ()
    return tuple(f"{start - n}-{ids[n]}" for n in range(1, min(len(ids), ANCESTORS + 1)))


def _seen(document: Json, replicated: bool) -> Seen:
    found = Seen(
        shown_id(document.get("_id")),
        _text(document.get("_rev")) if replicated else None,
        _ancestors(document, replicated),
    )
    events, facts = document.get("events"), document.get("facts")
    if found.id.startswith(_CASE) and isinstance(events, dict) and isinstance(facts, dict):
        for key, event in events.items():
            if isinstance(event, dict):
                target = [str(event["target"])] if event.get("kind") == "void" else []
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


def bulk(body: Json, answer: object, status: int) -> Written:
    """`_bulk_docs`. `answer` is None when the answer was not seen."""
    replicated = body.get("new_edits") is False
    given = body.get("docs")
    documents = [doc for doc in given if isinstance(doc, dict)] if isinstance(given, list) else []
    if status in (401, 403):
        return Written(refused=[Seen(shown_id(doc.get("_id"))) for doc in documents])
    rows = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    wrong = {_text(row.get("id")): _text(row.get("error")) for row in rows if "error" in row}
    revisions = {_text(row.get("id")): _text(row.get("rev")) for row in rows if "rev" in row}
    drawn = iter([row.get("id") for row in rows]) if not replicated else iter(())
    result = Written()
    for document in documents:
        if "_id" not in document:
            # The database drew the id; rows stand in the order of the documents.
            document = {**document, "_id": next(drawn, None)}
        else:
            next(drawn, None)
        failed = wrong.get(_text(document["_id"]))
        if failed in _REFUSALS:
            result.refused.append(Seen(shown_id(document["_id"])))
        elif failed is None:
            seen = _seen(document, replicated)
            seen.rev = seen.rev or revisions.get(_text(document["_id"]))
            result.done.append(seen)
    return result


def single(
    doc_id: str | None, body: object, answer: object, status: int, before: str | None
) -> Written:
    """PUT, POST, DELETE or COPY of one document; `before` is the revision that it replaces."""
    reply = answer if isinstance(answer, dict) else {}
    document = body if isinstance(body, dict) else {}
    name = doc_id or document.get("_id") or reply.get("id")
    if status in (401, 403):
        return Written(refused=[Seen(shown_id(name))])
    replicated = isinstance(document.get("_revisions"), dict)
    seen = _seen({**document, "_id": name}, replicated)
    seen.rev = _text(reply.get("rev")) or seen.rev
    if before is not None and not seen.ancestors:
        seen.ancestors = (before,)
    return Written(done=[seen])


def _ids(rows: object, *names: str) -> Iterator[str]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield from (row[name] for name in names if isinstance(row.get(name), str))


def cases_shown(watch: Watch, body: object, answer: object) -> list[str]:
    """The ids of the children that a reading request named or was shown, each once."""
    found: list[str] = [watch.doc_id] if watch.doc_id is not None else []
    if isinstance(body, dict) and watch.request == "_bulk_get":
        found += _ids(body.get("docs"), "id")
    if isinstance(answer, dict):
        found += _ids(answer.get("rows"), "id")
        found += _ids(answer.get("docs"), "_id")
        found += _ids(answer.get("results"), "id")
        parts = answer.get("results")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                found += _ids(part.get("rows"), "id")
    return list(dict.fromkeys(shown_id(one) for one in found if one.startswith(_CASE)))


def difference(seen: Json, before: Json | None) -> Json:
    """What `AuditedDocument` says of what was seen, given the version before it."""
    events, facts = (
        before.get("events", {}) if before else {},
        before.get("facts", {}) if before else {},
    )
    added = [event for key, event in seen.get("events", {}).items() if key not in events]
    counted: dict[str, int] = {}
    for kind, *_ in added:
        if _SAFE_NAME.match(kind):
            counted[kind] = counted.get(kind, 0) + 1
    changed = [
        name
        for name, at in seen.get("facts", {}).items()
        if _SAFE_NAME.match(name) and facts.get(name, {}).get("at") != at
    ]
    result: Json = {"id": seen["id"]}
    if seen.get("rev"):
        result["rev"] = seen["rev"]
    if counted:
        result["events"] = counted
    voided = [event[1] for event in added if event[0] == "void" and len(event) > 1]
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
