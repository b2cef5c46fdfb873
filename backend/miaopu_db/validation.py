"""What the `validate_doc_update` functions of a database say of a request's writes.

Documents are handed to the functions many at a time: each call gives up Python's lock and has to
wait for it again, which on a busy server takes longer than the call. A document on its way through
several databases is judged once by a function that stands in all of them.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from .documents import Document, NewDocument, Options, dumps
from .errors import CouchError, forbidden, unauthorized, undecided
from .sandbox import BATCH_MEMORY, Meter, Program, Stopped, Unreadable, answered, javascript_lists

BUDGET = 5.0
"""Seconds that the functions may use for one request; its other documents have to come again."""

PART = 1 << 18
"""Bytes of documents in one call."""

_REQUIRES = re.compile(r"\brequire\b")


_DOCUMENT, _USER, _PLACE = 1, 2, 4
"""What a function has looked at (`sandboxed`)."""

_Verdict = CouchError | list[int]
"""Why a document is refused; or that it passes, and what each function has looked at."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who writes, and where, as the functions are told."""

    user: str
    """JSON of `userCtx`."""
    security: str
    who: bytes
    """JSON of `userCtx` without the database."""

    @classmethod
    def of(cls, context: Mapping[str, Any], security: Mapping[str, Any]) -> Asker:
        who = {name: value for name, value in context.items() if name != "db"}
        return cls(dumps(context).decode(), dumps(security).decode(), dumps(who))


class _Passed:
    """What functions have let pass in the last minute, by what they looked at: the document with
    the one before it, and who writes.

    They are made of that alone (CouchDB: "must be side-effect free"), so they would again. Used on
    the writing threads of all databases.
    """

    MOST = 60_000
    SECONDS = 60.0

    def __init__(self) -> None:
        self._until: OrderedDict[tuple[bytes, bytes, bytes], float] = OrderedDict()
        self._lock = threading.Lock()

    def holds(self, function: bytes, edit: bytes, who: bytes) -> bool:
        """`edit`: what the documents are remembered by; none for what passes whatever they are."""
        now = time.monotonic()
        return any(self._until.get((function, edit, one), 0.0) > now for one in (b"", who))

    def add(self, function: bytes, edit: bytes, who: bytes, looked: int) -> None:
        if looked & _PLACE:
            return
        name = (function, edit if looked & _DOCUMENT else b"", who if looked & _USER else b"")
        with self._lock:
            self._until.pop(name, None)
            self._until[name] = time.monotonic() + self.SECONDS
            if len(self._until) > self.MOST:
                self._until.popitem(last=False)


_PASSED = _Passed()


class Validator:
    """One or more `validate_doc_update`, called as CouchDB calls them, the first that refuses is
    heard. Several see the documents as they are parsed once, and cannot `require` anything."""

    def __init__(self, sources: Mapping[str, str], design: Mapping[str, Any] | None = None) -> None:
        """`sources`: id of the design document → its function."""
        self._names = list(sources)
        library = dumps(dict(design or {}))
        self._functions = [
            hashlib.sha256(source.encode("utf-8", "surrogatepass") + library).digest()
            for source in sources.values()
        ]
        self._broken: CouchError | None = None
        try:
            texts = list(sources.values())
            self._program = Program(texts, dict(design or {}), memory=BATCH_MEMORY)
        except CouchError as error:
            if error.status == 503:
                raise  # not the validators' doing; the next write tries again
            # One that cannot be read lets nothing through, as one that always throws.
            self._broken = self._refusal(_broken(sources, design), f"cannot run: {error.reason}")

    def check(self, pairs: list[bytes], asker: Asker, meter: Meter) -> list[CouchError | None]:
        """Of each of these, as `pair` makes them: None, or 403 or 401 as a function throws; 403 as
        well when it fails; 503 when it was stopped, as it has said nothing then. Raises `Stopped`
        when several are too much together."""
        if self._broken is not None:
            return [self._broken] * len(pairs)
        errors: list[CouchError | None] = [None] * len(pairs)
        strict = [one for one in self._functions if not _PASSED.holds(one, b"", asker.who)]
        if not strict:
            return errors
        edits = [hashlib.blake2b(one, digest_size=20).digest() for one in pairs]
        left = [
            number
            for number, edit in enumerate(edits)
            if not all(_PASSED.holds(one, edit, asker.who) for one in strict)
        ]
        if left:
            verdicts = self._ask([pairs[number] for number in left], asker, meter)
            for number, said in zip(left, verdicts, strict=True):
                if isinstance(said, CouchError):
                    errors[number] = said
                else:
                    self._remember(edits[number], said, asker)
        return errors

    def _remember(self, edit: bytes, looked: Sequence[int | None], asker: Asker) -> None:
        for function, what in zip(self._functions, looked, strict=True):
            if what is not None:
                _PASSED.add(function, edit, asker.who, what)

    def _ask(self, pairs: list[bytes], asker: Asker, meter: Meter) -> list[_Verdict]:
        texts = javascript_lists(pairs)
        names = ", ".join(self._names)
        try:
            said = self._program.call("validate", texts, asker.user, asker.security, meter=meter)
            careless, *verdicts = answered(said, len(pairs) + 1)
            self._remember(b"", self._looks(careless), asker)
            return [self._verdict(one) for one in verdicts]
        except Stopped as error:
            failure = undecided(f"validate_doc_update of {names} was stopped: {error}")
        except Unreadable:
            failure = self._refusal(names, "failed: it changes what it runs in")
        except CouchError as error:
            if error.status == 503:
                raise
            failure = self._refusal(names, f"failed: {error.reason}")
        if len(pairs) > 1:
            raise Stopped
        return [failure]

    def _looks(self, said: Any) -> list[Any]:
        is_list = isinstance(said, list) and len(said) == len(self._functions)
        if not is_list or not all(one is None or type(one) is int for one in said):
            raise Unreadable
        found: list[Any] = said
        return found

    def _verdict(self, said: Any) -> _Verdict:
        match said:
            case [*_]:
                return self._looks(said)
            case {"forbidden": str(reason)}:
                return forbidden(reason)
            case {"unauthorized": str(reason)}:
                return unauthorized(reason)
            case {"failed": str(reason), "by": int(number)} if 0 <= number < len(self._names):
                return self._refusal(self._names[number], f"failed: {reason[:300]}")
        raise Unreadable

    @staticmethod
    def _refusal(name: str, what: str) -> CouchError:
        return forbidden(f"validate_doc_update of {name} {what}")


def _broken(sources: Mapping[str, str], design: Mapping[str, Any] | None) -> str:
    """The first of several functions that is none."""
    for name, source in sources.items():
        try:
            Program([source], dict(design or {}), memory=BATCH_MEMORY)
        except CouchError:
            return name
    return ", ".join(sources)


def validators_of(designs: Mapping[str, Mapping[str, Any]]) -> list[Validator]:
    """The validators in design documents, by their ids. Those that need no modules go together."""
    together: dict[str, str] = {}
    alone: list[Validator] = []
    for doc_id, design in designs.items():
        source = design.get("validate_doc_update")
        if not isinstance(source, str) or not source.strip():
            continue
        if _REQUIRES.search(source):
            alone.append(Validator({doc_id: source}, design))
        else:
            together[doc_id] = source
    return [*([Validator(together)] if together else []), *alone]


def pair(new: bytes, old: bytes | None) -> bytes:
    """A document and the one that it follows, as `Validator.check` takes them.

    What both hold alike becomes one value in both (`sandboxed`). So a function sees by `===` that
    it was not changed, and need not look at what was found good with the old document.
    """
    return b"[%b,%b]" % (new, b"null" if old is None else old)


_WITH_REVS = Options(revs=True)


def edit(new: NewDocument, old: Document | None) -> bytes:
    """The same of a document that is to be written. Where that only adds to the last member of the
    body, as a dose does to a child's events, the old one need not be read: it is told by what it
    has of its own, and by the names that it has not."""
    if old is None:
        return pair(new.render(), None)
    bare = bool(new.revs) and not (new.deleted or old.deleted or new.attachments or old.attachments)
    added = appended(new.body, old.body) if bare else None
    if added is None:
        return pair(new.render(), old.render(_WITH_REVS))
    own = replace(old, body=b"{}").render(_WITH_REVS)
    return b"[%b,%b,%b]" % (new.render(), own, dumps(added))


def appended(new: bytes, old: bytes) -> list[str] | None:
    """The names by which the object that is a body's last member has grown at its end, when that
    is all that distinguishes two bodies, and no other member of them has an object with the first
    of these. None: it is not, or not so plainly."""
    # What ends so closes the last member and the body: before it stands a member of that member.
    if not (old.endswith(b"}}") and new.endswith(b"}}") and new.startswith(old[:-2])):
        return None
    more = new[len(old) - 2 : -2].removeprefix(b",")
    try:
        # Neither does it close more than it opens: it is members of an object, and nothing else.
        names = list(orjson.loads(b"{%b}" % more))
    except orjson.JSONDecodeError:
        return None
    if not names or b"%b:" % dumps(names[0]) in old:
        return None
    return names


class Validation:
    """The validators of a database as one request meets them, with its budget of their time."""

    def __init__(
        self,
        validators: Sequence[Validator],
        context: Mapping[str, Any],
        security: Mapping[str, Any],
    ) -> None:
        self._validators = validators
        self._asker = Asker.of(context, security)
        self._meter = Meter()

    def check(self, pairs: Sequence[bytes]) -> list[CouchError | None]:
        """Why each of these is refused, or None. The first validator that refuses is heard."""
        errors: list[CouchError | None] = []
        for part in _parts(pairs):
            found: list[CouchError | None] = [None] * len(part)
            for validator in self._validators:
                left = [number for number, error in enumerate(found) if error is None]
                said = self._ask(validator, [part[number] for number in left])
                for number, error in zip(left, said, strict=True):
                    found[number] = error
            errors += found
        return errors

    def _ask(self, validator: Validator, pairs: list[bytes]) -> list[CouchError | None]:
        if not pairs:
            return []
        if self._meter.seconds > BUDGET:
            late = undecided("validate_doc_update used up the time of this request.")
            return [late] * len(pairs)
        try:
            return validator.check(pairs, self._asker, self._meter)
        except Stopped:
            pass
        # One at a time: only the document that is too much for the function is not taken.
        return [error for one in pairs for error in self._ask(validator, [one])]


def _parts(pairs: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    start = size = 0
    for number, one in enumerate(pairs):
        if size and size + len(one) > PART:
            yield pairs[start:number]
            start, size = number, 0
        size += len(one)
    if start < len(pairs):
        yield pairs[start:]
