"""How much one account may bring in (上限), so that nobody fills a clinic's database.

What is too much comes back a little later: the answer is `too_many_requests`, and nothing of it is
lost on the device. Administrators of a clinic are not counted, by whose account its hub brings all
that the clinic has; the trail names whoever writes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from miaopu.accounts.actor import Actor
from miaopu.accounts.limits import Limit
from miaopu.gate.answers import AnswerError
from miaopu.models.denials import deny
from miaopu_db.documents import dumps

Json = dict[str, Any]

LARGEST = 512 * 1024
"""Bytes of a document. A child's whole record is some thirty thousand."""

_HOUR_S = 3600.0
_MOST: Mapping[str, tuple[int, float]] = {
    "child": (1000, _HOUR_S),
    "problem": (300, _HOUR_S),
    "device": (50, 24 * _HOUR_S),
    "": (5000, _HOUR_S),
}
"""Kind of document → how many new ones in how long; `""`: of any other."""


def _limits() -> dict[str, Limit]:
    return {kind: Limit(most, seconds) for kind, (most, seconds) in _MOST.items()}


def too_large(size: int, documents: Sequence[Json]) -> dict[int, str]:
    """Which documents of a request of so many bytes are larger than any record, and why not."""
    if size <= LARGEST:
        return {}
    denial = deny("too-large")
    return {number: denial for number, one in enumerate(documents) if len(dumps(one)) > LARGEST}


@dataclass(slots=True)
class Quotas:
    """Counts what is new."""

    _limits: dict[str, Limit] = field(default_factory=_limits)

    def check(self, actor: Actor, new: Iterable[str]) -> None:
        """Counts the ids of new documents. Raises AnswerError when they are too many."""
        if actor.grade == "admin":
            return
        kinds = Counter(doc_id.partition(":")[0] for doc_id in new)
        for kind, count in kinds.items():
            limit = self._limits.get(kind, self._limits[""])
            wait = limit.wait(actor.name, count)
            if wait:
                raise AnswerError(
                    429,
                    "too_many_requests",
                    f"This account has brought very many new documents; try again in {wait:.0f} s.",
                )
