"""An answer is of one moment, however often others write while it is made."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from miaopu_db import changes, viewquery
from miaopu_db.app import EmbeddedCouch, create_app
from miaopu_db.auth import SYSTEM, hash_password
from miaopu_db.database import Database
from miaopu_db.documents import NewDocument
from miaopu_db.http import alldocs
from miaopu_db.peers import Local, Wish
from miaopu_db.server import Server

IDS = [f"d{number}" for number in range(6)]
MAP = "function (doc) { emit(doc._id, doc.n) }"
DESIGN = {
    "views": {"all": {"map": MAP}, "sum": {"map": MAP, "reduce": "_sum"}},
    "filters": {"some": "function (doc) { return doc._id !== 'd0' }"},
}
State = dict[str, tuple[int, int]]
"""What stands at one moment: id → its sequence and its `n`."""


class Busy:
    """A database in which a document is rewritten before whatever statement a reader makes."""

    def __init__(self, couch: EmbeddedCouch, database: Database) -> None:
        self.database = database
        self.client = couch.client(SYSTEM)
        self.states: dict[int, State] = {0: {}}
        """By the database's sequence."""
        self.left = 0
        """How often it is still written in the midst of a reading."""
        self._loop = asyncio.get_running_loop()
        self._writing = threading.Lock()

    @property
    def now(self) -> State:
        return self.states[max(self.states)]

    async def rewrite(self, doc_id: str) -> None:
        found = self.database.read_now(
            lambda cx: cx.execute("SELECT rev FROM doc WHERE id = ?", (doc_id,)).fetchone()
        )
        turn = len(self.states)
        body = json.dumps(DESIGN if doc_id.startswith("_") else {"n": turn}).encode()
        new = NewDocument(doc_id, list(found or ()), False, body)
        (outcome,) = await self.database.update([new], SYSTEM)
        assert outcome.error is None
        seq = self.database.seq
        self.states[seq] = {**self.now, doc_id: (seq, turn)}

    async def _rewrite_and_index(self) -> None:
        children = {doc_id: seq for doc_id, (seq, _) in self.now.items() if doc_id in IDS}
        await self.rewrite(min(children, key=lambda one: children[one]))
        answer = await self.client.get("/busy/_design/d/_view/all", params={"limit": "0"})
        assert answer.status_code == 200

    def interfere(self) -> None:
        """On a reader's thread."""
        reads = threading.current_thread().name.startswith("couch")
        if not reads or not self.left or not self._writing.acquire(blocking=False):
            return
        try:
            self.left -= 1
            asyncio.run_coroutine_threadsafe(self._rewrite_and_index(), self._loop).result()
        finally:
            self._writing.release()

    async def text(self, path: str, times: int = 12, **params: str) -> str:
        self.left = times
        answer = await self.client.get(f"/busy/{path}", params=params)
        assert answer.status_code == 200, answer.text
        assert not times or self.left < times, "nobody wrote meanwhile"
        return answer.text

    async def get(self, path: str, times: int = 12, **params: str) -> Any:
        return json.loads(await self.text(path, times, **params))

    def at(self, sequence: str) -> State:
        """What stood then."""
        return self.states[_number(sequence)]


def _number(sequence: str) -> int:
    return int(sequence.partition("-")[0])


def _seqs(rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(row["id"], _number(row["seq"])) for row in rows]


def _in_order(state: State, without: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    told = [(doc_id, seq) for doc_id, (seq, _) in state.items() if doc_id not in without]
    return sorted(told, key=lambda one: one[1])


@pytest.fixture
async def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Busy]:
    made: list[Busy] = []

    class Watched(sqlite3.Connection):
        only_reads = False

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            self.only_reads |= "query_only" in arguments[0]
            if made and self.only_reads and arguments[0] != "ROLLBACK":
                made[0].interfere()
            return super().execute(*arguments)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Watched))
    # Every row, and every two documents that a filter sees, are a part of their own.
    for module in (changes, alldocs, viewquery):
        monkeypatch.setattr(module, "CHUNK", 1)
    monkeypatch.setattr(changes, "BATCH", 2)
    # It lets nobody open an index while it looks for those that nobody needs.
    monkeypatch.setattr(Server, "tidy_views", lambda *_: None)
    couch = create_app(tmp_path, {"admin": hash_password("secret")})
    async with couch.running():
        one = Busy(couch, await couch.server.create("busy"))
        for doc_id in [*IDS, "_design/d"]:
            await one.rewrite(doc_id)
        made.append(one)
        yield one
        await one.client.aclose()


@pytest.mark.parametrize("feed", ["normal", "longpoll"])
@pytest.mark.parametrize(
    ("more", "without"),
    [
        ({}, ()),
        ({"include_docs": "true"}, ()),
        ({"style": "all_docs", "include_docs": "true", "conflicts": "true"}, ()),
        ({"filter": "d/some"}, ("d0",)),
        ({"filter": "_view", "view": "d/all"}, ()),
        ({"filter": "_design"}, tuple(IDS)),
        ({"filter": "_doc_ids", "doc_ids": '["d1","d5"]'}, ("d0", "d2", "d3", "d4", "_design/d")),
    ],
)
async def test_a_feed_and_its_last_sequence_are_of_one_moment(
    busy: Busy, feed: str, more: dict[str, str], without: tuple[str, ...]
) -> None:
    found = await busy.get("_changes", feed=feed, **more)
    assert found["pending"] == 0
    assert _seqs(found["results"]) == _in_order(busy.at(found["last_seq"]), without)
    for row in found["results"] if "include_docs" in more else ():
        if row["id"] in IDS:
            assert row["doc"]["n"] == busy.at(found["last_seq"])[row["id"]][1]


async def test_a_feed_that_descends_leaves_out_nobody(busy: Busy) -> None:
    found = await busy.get("_changes", descending="true")
    rows = _seqs(found["results"])
    assert rows == _in_order(busy.states[rows[0][1]])[::-1]


@pytest.mark.parametrize("feed", ["normal", "longpoll"])
async def test_a_feed_with_a_limit_says_how_many_are_left_at_that_moment(
    busy: Busy, feed: str
) -> None:
    first = await busy.get("_changes", feed=feed, limit="3")
    rows = _seqs(first["results"])
    assert len(rows) == 3
    assert first["pending"] == len(busy.now) - 3
    assert any(
        rows == _in_order(state)[:3] for seq, state in busy.states.items() if seq >= rows[-1][1]
    )
    rest = await busy.get("_changes", times=0, since=first["last_seq"])
    assert {**dict(rows), **dict(_seqs(rest["results"]))} == dict(_in_order(busy.now))


@pytest.mark.parametrize("feed", ["continuous", "eventsource"])
async def test_a_feed_that_goes_on_tells_everybody_up_to_where_it_says_it_is(
    busy: Busy, feed: str
) -> None:
    text = await busy.text("_changes", feed=feed, timeout="200")
    lines = [line.removeprefix("data: ") for line in text.split("\n")]
    rows = [json.loads(line) for line in lines if line.startswith('{"seq"')]
    assert sorted(dict(_seqs(rows)).items()) == sorted(_in_order(busy.now))
    if feed == "continuous":
        end = json.loads(lines[-2])
        assert (_number(end["last_seq"]), end["pending"]) == (max(busy.states), 0)


async def test_a_replication_within_the_server_misses_nobody(busy: Busy) -> None:
    source = Local(lambda: busy.database, SYSTEM)
    told: set[str] = set()
    since: Any = 0
    pending: int | None = 1
    busy.left = 12
    while pending:
        found = await source.changes(Wish(), since, 2, 0)
        told |= found.leaves.keys()
        since, pending = found.last, found.pending
    assert busy.left == 0
    assert told == set(busy.at(since))


@pytest.mark.parametrize("more", [{}, {"include_docs": "true"}, {"descending": "true"}])
async def test_all_docs_and_their_sequence_are_of_one_moment(
    busy: Busy, more: dict[str, str]
) -> None:
    found = await busy.get("_all_docs", update_seq="true", **more)
    state = busy.at(found["update_seq"])
    assert found["total_rows"] == len(found["rows"]) == len(state)
    for row in found["rows"] if "include_docs" in more else ():
        if row["id"] in IDS:
            assert row["doc"]["n"] == state[row["id"]][1]


async def test_documents_asked_for_by_name_are_of_one_moment(busy: Busy) -> None:
    many = json.dumps(IDS * 10)
    found = await busy.get("_all_docs", update_seq="true", include_docs="true", keys=many)
    state = busy.at(found["update_seq"])
    assert [row["doc"]["n"] for row in found["rows"]] == [state[one][1] for one in IDS * 10]


async def test_a_view_and_its_sequence_are_of_one_moment(busy: Busy) -> None:
    found = await busy.get("_design/d/_view/all", update_seq="true")
    state = busy.at(found["update_seq"])
    assert found["total_rows"] == len(IDS)
    assert {row["key"]: row["value"] for row in found["rows"]} == {
        doc_id: state[doc_id][1] for doc_id in IDS
    }
    reduced = await busy.get("_design/d/_view/sum", update_seq="true")
    state = busy.at(reduced["update_seq"])
    assert reduced["rows"][0]["value"] == sum(state[doc_id][1] for doc_id in IDS)


async def test_the_counters_of_a_database_are_of_one_moment(busy: Busy) -> None:
    info = await busy.get("")
    assert info["doc_count"] == len(busy.at(info["update_seq"]))
