"""What the `validate_doc_update` functions of a database say of a request's writes.

Documents are handed to the functions many at a time: each call gives up Python's lock and has to
wait for it again, which on a busy server takes longer than the call. A document on its way through
several databases with the same functions is judged by them once.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .documents import dumps
from .errors import CouchError, forbidden, unauthorized, undecided
from .sandbox import BATCH_MEMORY, Meter, Program, Stopped, Unreadable, answered, javascript_lists

BUDGET = 5.0
"""Seconds that the functions may use for one request; its other documents have to come again."""

PART = 1 << 18
"""Bytes of documents in one call."""

_REQUIRES = re.compile(r"\brequire\b")


_Verdict = CouchError | Literal["here"] | None
"""Why a document is refused; "here": it passes, and the functions have looked at the name or the
security of the database; None: it passes in every database."""


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
    """What functions have let pass in the last minute without looking at where it was written.

    They are made of documents alone (CouchDB: "must be side-effect free"), so they would again.
    Used on the writing threads of all databases.
    """

    MOST = 20_000
    SECONDS = 60.0

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def names(functions: bytes, who: bytes, pairs: Sequence[bytes]) -> list[bytes]:
        """What each pair is remembered by."""
        asked = hashlib.sha256(functions + who).digest()
        return [hashlib.blake2b(one, digest_size=20, key=asked).digest() for one in pairs]

    def __contains__(self, name: bytes) -> bool:
        return self._until.get(name, 0.0) > time.monotonic()

    def add(self, name: bytes) -> None:
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
        self._made_of = hashlib.sha256(dumps([list(sources.values()), dict(design or {})])).digest()
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
        names = _PASSED.names(self._made_of, asker.who, pairs)
        left = [number for number, name in enumerate(names) if name not in _PASSED]
        errors: list[CouchError | None] = [None] * len(pairs)
        if left:
            verdicts = self._ask([pairs[number] for number in left], asker, meter)
            for number, said in zip(left, verdicts, strict=True):
                if said is None:
                    _PASSED.add(names[number])
                elif isinstance(said, CouchError):
                    errors[number] = said
        return errors

    def _ask(self, pairs: list[bytes], asker: Asker, meter: Meter) -> list[_Verdict]:
        texts = javascript_lists(pairs)
        names = ", ".join(self._names)
        try:
            said = self._program.call("validate", texts, asker.user, asker.security, meter=meter)
            return [self._verdict(one) for one in answered(said, len(pairs))]
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

    def _verdict(self, said: Any) -> _Verdict:
        match said:
            case None:
                return None
            case "here":
                return "here"
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
