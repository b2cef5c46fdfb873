"""Why a database refuses a write (拒收代码): a code and the part of the document that it speaks of.

A validator and the gate say `[code] part`, and nothing else; `part` is `event <ULID>`,
`fact <field>`, `field <path>` or `document`, and never a value. Programs read that, people read
sentences in their language made from it. This list is closed: from it TypeScript's codes and the
table in `docs/denials.md` are generated, and tests hold the validators and the words to it.
"""

import re
from dataclasses import dataclass
from typing import Literal

Cause = Literal["senior", "place", "size", "form", "rule", "other"]
"""What is to be done about it: `senior` wants 高级用户; `place` is another place's; `form`
is no shape that this server knows, as of a program that is too old; `rule` is what cannot have
happened, or needs a reason; `other` is for an administrator."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says."""

    cause: Cause
    text: str


_FORM = {
    "unknown-type": "The database holds no document of this type, or the account writes none.",
    "wrong-id": "The `_id` has not the form of its type, or does not say the same as the fields.",
    "unknown-field": "The model does not name this field.",
    "unknown-kind": "The model does not know this kind of event or rule.",
    "missing-field": "A field that must be there is not.",
    "wrong-type": "Not the type of value that belongs here: text, number, list, object …",
    "wrong-form": "A text that does not match its pattern.",
    "wrong-date": "Not a day of the calendar, or not a moment.",
    "wrong-length": "A text, a list or an object is too short or too long.",
    "out-of-range": "A number below or above what is allowed.",
    "not-allowed": "Not one of the allowed values.",
}
_SENIOR = {
    "senior-only": "Only the grades senior and admin may.",
    "void-of-another": "Only the grades senior and admin void what another person recorded.",
}
_PLACE = {
    "not-this-place": "Only accounts of this clinic, or of the regions above it, write here.",
    "other-site": "It names another site than the one whose database this is.",
    "other-sites-step": "The step of a move is another site's to take.",
    "other-manager": "The managing site would be another than this one.",
    "no-receipt": "The managing site changes only by a receipt that answers its release.",
    "not-held": "Another clinic's child, of whom this one was given nothing: the case is fetched "
    "or asked for before anything is written about it.",
    "target-not-held": "The case that it is joined to, or told apart from, is not one of this "
    "clinic's.",
    "other-region": "Only administrators of the region that a place or a local rule belongs to, "
    "or of one above it, write it.",
}
_SIZE = {"too-large": "The document is larger than any record is."}
_OTHER = {
    "server-only": "Only the server writes, deletes or moves this.",
    "admin-only": "Only administrators of a region write the catalog.",
    "province-only": "Editions and dictionaries are common to all: only administrators of a "
    "province, and the program, write them. Others change the programme by local rules.",
    "edition-stands": "An edition that stands is never changed; a new edition or a local rule is "
    "written instead.",
    "entry-missing": "A dictionary's entry is not there any more; records may name it.",
    "programme-unusable": "The schedule engine cannot use it: see `POST /api/schedules/preview`.",
    "accounts-only": "Accounts are changed through the server, at `/api/accounts`.",
    "not-the-author": "The author that the document names is not who writes it.",
    "not-a-colleague": "The author that it names is no account of this clinic.",
    "event-id-time": "The id of an event is not of the time at which it was recorded.",
    "numbers-year": "Blocks of child codes are given for the years of birth up to the next one.",
    "numbers-unused": "Enough codes of the year are unused in the station's blocks.",
    "numbers-many": "The account has claimed many blocks of the year that are unused still.",
    "unknown-target": "It voids an event that is not here.",
    "event-missing": "An event that was recorded is not there; events are only added.",
    "event-changed": "An event that was recorded was changed; another event voids it.",
    "fact-missing": "A field of the card is not there any more; its value is set to null instead.",
    "fact-older": "A field of the card would be replaced by what was set before it.",
    "unchangeable": "What was recorded is never changed; another document corrects it.",
    "other-type": "A document of another type has this `_id`.",
    "not-mergeable": "It cannot be merged with the versions that are known.",
    "wrong-revision": "A revision cannot be read.",
    "revision-ahead": "The number of the revision is out of all proportion.",
    "dated-ahead": "It is dated ahead of the server's time; the device's clock is wrong.",
    "whole-documents-only": "Only whole JSON documents are written here.",
}

_RULE = {
    "future-date": "A day that had not come when it was recorded.",
    "before-birth": "It would have happened before the child was born.",
    "after-death": "It would have happened after the child was recorded as dead.",
    "no-birth-date": "A child without a birth date is not vaccinated.",
    "impossible-birth-date": "A birth before 1900, or in the future.",
    "wrong-check-digit": "The form or the check digit of an ID number is wrong.",
    "unprintable": "A text with controls, marks of direction or characters of private use.",
    "unknown-vaccine": "No vaccine of the dictionary has this code.",
    "no-lot": "A dose that the clinic gave names no lot.",
    "impossible-expiry": "No lot that was here then expires on this day.",
    "wrong-count": "A count says what was counted and what was known; no other move does.",
    "beyond-stock": "More goes out of a lot than there is of it.",
    "pin-not-set": "A PIN consents that was never set.",
    "pin-locked": "The PIN is locked after five wrong ones; a senior unlocks it.",
    "wrong-total": "The total is not the sum of what was charged, or less was handed over.",
    "refunded": "More would be given back than was paid, or it was given back before.",
    "left-early": "They left before the observation was over, and no reason is given.",
    "card-taken": "Another child holds the card.",
    "id-number-taken": "Another child has the ID number.",
}
_WARNING = {
    "lot-expired": "The lot had expired on the day of the dose.",
    "lot-empty": "Nothing is left of the lot.",
    "lot-not-here": "The lot came to the clinic after the day of the dose.",
    "other-route": "The vaccine is given by another route.",
}
"""What may have been done all the same: it is recorded with the code among the warnings of
`override`, and a reason."""

WARNINGS = frozenset(_WARNING)

DENIALS: dict[str, Meaning] = {
    **{code: Meaning("form", text) for code, text in _FORM.items()},
    **{code: Meaning("senior", text) for code, text in _SENIOR.items()},
    **{code: Meaning("place", text) for code, text in _PLACE.items()},
    **{code: Meaning("rule", text) for code, text in _RULE.items()},
    **{code: Meaning("rule", f"{text} Needs a reason.") for code, text in _WARNING.items()},
    **{code: Meaning("size", text) for code, text in _SIZE.items()},
    **{code: Meaning("other", text) for code, text in _OTHER.items()},
}
"""Code → what it says."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A denial that was read: `part` as above."""

    code: str
    part: str

    @property
    def event(self) -> str | None:
        """The ULID of the event that it speaks of."""
        return self._below("event ", "field events.")

    @property
    def fact(self) -> str | None:
        """The field of the card that it speaks of."""
        return self._below("fact ", "field facts.")

    def _below(self, *starts: str) -> str | None:
        for start in starts:
            if self.part.startswith(start):
                return self.part.removeprefix(start).split(".")[0]
        return None


_DENIAL = re.compile(r"(?:^|: )\[([a-z]+(?:-[a-z]+)*)\] ((?:event|fact|field) [\w.?-]+|document)$")


_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def deny(code: str, part: str = "document") -> str:
    """What is said of a refused write. Raises KeyError for a code that is not in the list."""
    DENIALS[code]
    return f"[{code}] {part}"


def part_of(kind: Literal["event", "fact", "field"], *names: str) -> str:
    """The part of a denial: of a field, the names that lead to it. One that may be somebody's data
    is not shown."""
    return f"{kind} {'.'.join(name if _SAFE.fullmatch(name) else '?' for name in names)}"


def read_denial(reason: str) -> Denial | None:
    """What a database's reason says; None where it is not this program's: CouchDB's own words, or
    those of a program of another day."""
    found = _DENIAL.search(reason)
    return Denial(found[1], found[2]) if found else None
