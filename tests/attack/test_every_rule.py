"""Every rule of the matrix, by every role that it is denied to, in every way of writing.

`tests/integration/test_matrix.py` tries each cell as it is meant. Here what is denied is tried as
somebody would who knows how databases are written: in bulk, as a revision that was replicated, as
one beside what stands, as a hub's replication, and at addresses that hide what they are. What is
allowed passes by every honest way.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from country import Served
from test_matrix import CELLS, OPERATIONS, Try
from ways import (
    Catch,
    Wish,
    as_a_hub,
    encoded,
    hidden,
    in_bulk,
    is_refused,
    path_of,
    replicated,
    sent,
)

Json = dict[str, Any]

ROLES = sorted({role for _, _, role, _ in CELLS} - {"server"})
SETTLED_S = 20.0
HIDING = 3
"""Ways of hiding that one attack tries: a role's attacks together try each of them often."""


@dataclass
class Attempt(Try):
    """A try that is kept instead of sent."""

    catch: Catch = field(init=False)
    kept: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        through = self.served.client(self.role)
        self.catch = Catch(through)
        self.kept = httpx.Client(transport=self.catch, base_url=through.base_url)

    @property
    def me(self) -> httpx.Client:
        return self.kept

    def wish(self, database: str, name: str) -> Wish:
        """What the operation would send."""
        OPERATIONS[database, name](self)
        assert self.catch.wish is not None
        return self.catch.wish


@dataclass
class Attack:
    """One rule and one role, and what went wrong."""

    served: Served
    role: str
    what: str
    wish: Wish
    before: Json | None
    wrong: list[str] = field(default_factory=list)

    @property
    def client(self) -> httpx.Client:
        return self.served.client(self.role)

    def said(self, way: str, answer: httpx.Response, right: bool) -> None:
        if not right or answer.status_code >= 500:
            text = answer.text[:200]
            self.wrong.append(f"{self.what} by {way}: {answer.status_code} {text}")

    def in_hiding(self, turn: int) -> None:
        """At addresses that can be read in two ways nothing is done, whoever asks."""
        ways = hidden(self.wish)
        for way in range(HIDING):
            one = ways[(turn * HIDING + way) % len(ways)]
            answer = sent(self.client, one)
            self.said(one.target.decode(), answer, answer.status_code == 400)

    def denied(self) -> None:
        """By no way does it come to anything."""
        answer = sent(self.client, encoded(self.wish))
        self.said("an encoded address", answer, is_refused(answer))
        if self.wish.document is None:
            return
        revs = [self.before["_rev"]] if self.before is not None else []
        ways = [
            ("bulk", sent(self.client, in_bulk(self.wish))),
            ("new_edits=false", sent(self.client, replicated(self.wish, revs))),
            ("a hub", as_a_hub(self.client, replicated(self.wish, revs))),
            # One that every database shows instead of what stands, and one that none shows.
            ("a side branch", sent(self.client, replicated(self.wish, [], "f" * 32))),
            ("a small branch", sent(self.client, replicated(self.wish, [], "0" * 31 + "1"))),
        ]
        for way, answer in ways:
            self.said(way, answer, is_refused(answer) or self._unchanged())

    def allowed(self, turn: int) -> None:
        """By an honest way it is done."""
        if self.wish.document is None or self.wish.document["_id"].startswith("_"):
            return
        revs = [self.before["_rev"]] if self.before is not None else []
        # People bring no revisions of their own into the catalog.
        turn = 0 if self.wish.database == "catalog" else turn
        if turn % 3 == 0:
            answer = sent(self.client, in_bulk(self.wish))
        elif turn % 3 == 1:
            answer = sent(self.client, replicated(self.wish, revs))
        else:
            answer = as_a_hub(self.client, replicated(self.wish, revs))
        right = answer.is_success and not is_refused(answer)
        self.said(("bulk", "new_edits=false", "a hub")[turn % 3], answer, right)
        if self.before is not None and self.wish.database == "catalog":
            self._put_back(self.before)

    def _put_back(self, before: Json) -> None:
        """What all roles share is for the next one as it was."""
        path = path_of(self.wish.database, before["_id"])
        server = self.served.client("server")
        there = server.get(path).json()
        server.put(path, json={**before, "_rev": there["_rev"]}).raise_for_status()

    def _unchanged(self) -> bool:
        """Whether what was taken comes to nothing, as a version that a merge gives way to."""
        if self.before is None:
            return False
        end = time.monotonic() + SETTLED_S
        while time.monotonic() < end:
            found = stands(self.served, self.wish)
            if found is not None and same(found, self.before):
                return True
            time.sleep(0.1)
        return False


def stands(served: Served, wish: Wish) -> Json | None:
    """The document as the server sees it now."""
    assert wish.document is not None
    path = path_of(wish.database, wish.document["_id"])
    answer = served.client("server").get(path, params={"conflicts": "true"})
    found: Json | None = answer.json() if answer.is_success else None
    return None if found is None or "_conflicts" in found else found


def same(found: Json, before: Json) -> bool:
    def bare(document: Json) -> Json:
        return {name: value for name, value in document.items() if name != "_rev"}

    return bare(found) == bare(before)


def attacks(served: Served, role: str) -> Iterator[tuple[Attack, bool]]:
    for database, name, of, may in CELLS:
        if of != role:
            continue
        wish = Attempt(served, role).wish(database, name)
        before = stands(served, wish) if wish.document is not None else None
        yield Attack(served, role, f"{database}:{name}:{role}", wish, before), may


@pytest.mark.parametrize("role", ROLES)
def test_a_rule_holds_in_every_way(embedded: Served, role: str) -> None:
    wrong: list[str] = []
    for turn, (attack, may) in enumerate(attacks(embedded, role)):
        attack.in_hiding(turn)
        if may:
            attack.allowed(turn)
        else:
            attack.denied()
        wrong += attack.wrong
    assert not wrong, "\n".join(wrong)
