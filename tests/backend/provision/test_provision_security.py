"""`_security` on a cluster, which answers from any copy and may write one alone."""

from collections.abc import Iterator
from typing import Any

import couchdb
import pytest

from miaopu.provision import security as module
from miaopu.provision.security import PLACE, security

Json = dict[str, Any]
DEFAULT: Json = {"admins": {"roles": ["_admin"]}, "members": {"roles": ["_admin"]}}


class Cluster:
    """One database of three nodes, of which some are down."""

    def __init__(self) -> None:
        self.copies: list[Json] = [DEFAULT] * 3
        self.local: Json | None = None
        self.up = {0, 1, 2}
        self.reads: list[int] = []
        self.writes = 0

    def __getitem__(self, _: str) -> "Cluster":
        return self

    def get(self, doc_id: str) -> couchdb.Document | None:
        assert doc_id == PLACE
        return None if self.local is None else couchdb.Document(self.local)

    def save(self, document: Json) -> None:
        self.writes += 1
        self.local = {**document, "_rev": f"0-{self.writes}"}

    @property
    def security(self) -> Json:
        return self.copies[self.reads.pop(0) if self.reads else min(self.up)]

    @security.setter
    def security(self, wanted: Json) -> None:
        self.copies = [wanted if n in self.up else one for n, one in enumerate(self.copies)]
        if len(self.up) < 2:
            raise couchdb.ServerError((500, ("error", "no_majority")))

    def set_up(self, *, is_new: bool = False) -> list[str]:
        said = []
        for says, make in security(self, "site-1", ["site:1"], is_new=is_new):  # type: ignore[arg-type]
            make()
            said.append(says)
        return said


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_PAUSE_S", 0)
    yield


def test_what_no_majority_took_is_set_again_whatever_is_read() -> None:
    cluster = Cluster()
    cluster.up = {2}
    with pytest.raises(couchdb.ServerError):
        cluster.set_up(is_new=True)
    generation = cluster.copies[2]["generation"]
    cluster.up = {0, 1, 2}
    cluster.reads = [2]  # the one copy that has it
    assert cluster.set_up() == ["set who may read site-1: site:1"]
    assert [copy.get("generation") for copy in cluster.copies] == [generation] * 3
    assert cluster.set_up() == []


def test_a_copy_that_missed_it_makes_no_other_generation() -> None:
    cluster = Cluster()
    cluster.set_up(is_new=True)
    whole = cluster.copies[0]
    cluster.copies[1] = DEFAULT
    cluster.reads = [1]
    cluster.set_up()
    assert cluster.copies == [whole] * 3
    # Nor does it where an older version set the database up, and nothing is remembered.
    cluster.local = None
    cluster.copies[1] = DEFAULT
    cluster.reads = [1, 1, 0]
    cluster.set_up()
    assert cluster.copies == [whole] * 3


def test_a_database_that_was_just_created_is_another_one() -> None:
    cluster = Cluster()
    cluster.set_up(is_new=True)
    first = cluster.copies[0]["generation"]
    cluster.local, cluster.copies = None, [DEFAULT] * 3
    cluster.set_up(is_new=True)
    assert cluster.copies[0]["generation"] != first


def test_a_database_that_was_left_without_one_gets_it() -> None:
    cluster = Cluster()
    assert cluster.set_up()
    assert len(cluster.copies[0]["generation"]) == 26
