"""Compaction: garbage goes, whatever is needed stays, and nobody waits or notices."""

from __future__ import annotations

import base64
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backend.miaopu_db.served import ADMIN, PASSWORD, Process

from miaopu_db import revtree, store
from miaopu_db.compaction import LEAST_FILE, share_of
from miaopu_db.documents import Document, Options, from_json
from miaopu_db.security import DEFAULT
from miaopu_db.store import Writer

BIG = random.Random(1).randbytes(3500).hex()
"""What is not made shorter by compressing it."""
EAGER = ("--compact-seconds", "0.05", "--compact-share", "0.3")


def test_only_a_file_worth_it_has_a_share() -> None:
    assert share_of(LEAST_FILE - 2, LEAST_FILE - 1) == 0
    assert share_of(0, LEAST_FILE) == 0
    assert share_of(LEAST_FILE // 4, LEAST_FILE) == 0.25
    # What is counted is an estimate, and never more than there is.
    assert share_of(3 * LEAST_FILE, LEAST_FILE) == 1


# -- what goes and what stays -------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "edit", "attach", "delete", "branch", "purge", "compact"]),
        st.integers(0, 3),
        st.integers(0, 5),
    ),
    max_size=60,
)


class Model:
    """A database, and what its leaves must hold."""

    def __init__(self, path: Path) -> None:
        store.create(path, DEFAULT)
        self.writer = Writer(path)
        self.writer.cx.execute("PRAGMA synchronous = OFF")
        self.cx = store.connect(path)
        self.leaves: dict[str, dict[str, tuple[Any, bytes | None]]] = {}
        self.number = 0
        self.after: int | None = 0
        self.writer.begin()
        self.writer.set_meta("revs_limit", 4)
        self.writer.commit()

    def write(self, work: Callable[[Writer], Any]) -> Any:
        self.writer.begin()
        result = work(self.writer)
        self.writer.commit()
        return result

    def step(self, kind: str, which: int, choice: int) -> None:
        doc_id = f"doc{which}"
        leaves = self.leaves.setdefault(doc_id, {})
        if kind == "compact":
            after = self.after
            if after is None:
                self.finish()
            else:
                self.after = self.write(lambda writer: writer.compact(after, 0))
            return
        row = store.read_row(self.cx, doc_id)
        tree = revtree.load(row.tree) if row is not None else {}
        live = [rev for rev in leaves if not tree[rev].deleted]
        self.number += 1
        members: dict[str, Any] = {"_id": doc_id, "n": self.number, "pad": "y" * 100 * choice}
        data: bytes | None = None
        if kind == "purge":
            if leaves:
                rev = sorted(leaves)[choice % len(leaves)]
                assert self.write(lambda writer: writer.purge({doc_id: [rev, rev]}))[doc_id] == [
                    rev,
                    rev,
                ]
                del leaves[rev]
            return
        if kind == "branch":
            known = sorted(tree)
            parent = known[choice % len(known)] if known else None
            path = revtree.path(tree, parent) if parent is not None else []
            generation = revtree.generation(parent) + 1 if parent is not None else 1
            rev = f"{generation}-{self.number:032x}"
            ids = [one.partition("-")[2] for one in (rev, *path)]
            members |= {"_rev": rev, "_revisions": {"start": generation, "ids": ids}}
            outcome = self.write(
                lambda writer: writer.update([from_json(members, False)], False, None)
            )[0]
        else:
            parent = sorted(live)[choice % len(live)] if live else None
            if parent is not None:
                members["_rev"] = parent
            if kind == "delete":
                if parent is None:
                    return
                members["_deleted"] = True
            if kind == "attach":
                # Few contents, so that documents share them.
                data = bytes([choice]) * 3000
                encoded = base64.b64encode(data).decode()
                members["_attachments"] = {"a": {"content_type": "x/y", "data": encoded}}
            outcome = self.write(lambda writer: writer.update([from_json(members)], True, None))[0]
            if not live and row is not None and row.deleted:
                # An edit without a revision goes on from the deletion that is shown.
                parent = row.rev
        assert outcome.error is None, outcome
        leaves.pop(parent or "", None)
        leaves[outcome.rev] = ((self.number, "y" * 100 * choice), data)

    def finish(self) -> None:
        while (after := self.after) is not None:
            self.after = self.write(lambda writer, after=after: writer.compact(after, 0))
        used, seq = store.read_attachment_keys(self.cx)
        # Somebody attaches what was an orphan when it was looked for.
        self.step("attach", 0, 1)
        while not self.write(lambda writer: writer.drop_orphans(used, seq, 0)):
            pass
        while self.write(lambda writer: writer.give_back(0)):
            pass
        self.after = 0

    def check(self) -> None:
        """The counters are true and every leaf has what it must have."""
        held: dict[int, int] = {}
        needed: set[int] = set()
        for doc_id, leaves in self.leaves.items():
            row = store.read_row(self.cx, doc_id)
            assert set(row.all_leaves() if row is not None else []) == set(leaves)
            tree = revtree.load(row.tree) if row is not None else {}
            held |= {node.body: revtree.generation(rev) for rev, node in tree.items() if node.body}
            for rev, (content, data) in leaves.items():
                needed.add(tree[rev].body)
                assert row is not None
                found = store.read_revision(self.cx, row, rev, Options(attachments=True))
                assert isinstance(found, Document)
                members = orjson.loads(found.body)
                assert (members["n"], members["pad"]) == content
                assert found.data == ({"a": data} if data is not None else {})
        sizes = dict(self.cx.execute("SELECT num, length(json) FROM body").fetchall())
        assert set(sizes) == set(held), "a body that no tree knows is litter"
        kept = self.cx.execute("SELECT coalesce(sum(length(data)), 0) FROM att").fetchone()[0]
        meta = dict(self.cx.execute("SELECT name, value FROM meta").fetchall())
        assert meta["bytes"] == sum(sizes.values()) + kept
        assert meta["outdated"] == sum(size for num, size in sizes.items() if num not in needed)

    def check_compacted(self) -> None:
        """Nothing is left that nobody needs, but for what came after the look for orphans."""
        used, _ = store.read_attachment_keys(self.cx)
        keys = {key for (key,) in self.cx.execute("SELECT key FROM att")}
        assert keys == used
        assert self.cx.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert self.cx.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@settings(max_examples=60)
@given(STEPS)
def test_leaves_keep_all_and_counters_tell_the_truth(steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        model = Model(Path(folder) / "data.sqlite")
        for step in steps:
            model.step(*step)
            model.check()
        model.finish()
        model.check()
        model.check_compacted()
        model.cx.close()
        model.writer.close()


def test_a_database_from_before_the_counters_counts_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite"
    store.create(path, DEFAULT)
    writer = Writer(path)

    def edit(rev: str | None) -> str:
        writer.begin()
        members = {"_id": "a", "pad": BIG} | ({"_rev": rev} if rev else {})
        outcome = writer.update([from_json(members)], True, None)[0]
        writer.commit()
        return outcome.rev

    rev = edit(edit(None))
    writer.cx.execute("DELETE FROM meta WHERE name LIKE 'outdated%'")
    tree = writer.cx.execute("SELECT tree FROM doc").fetchone()[0]
    plain = orjson.dumps([row[:4] for row in orjson.loads(tree)])
    writer.cx.execute("UPDATE doc SET tree = ?", (plain,))
    writer.close()
    cx = store.connect(path)
    assert store.read_info(cx).garbage == 0
    writer = Writer(path)
    edit(edit(rev))
    counted = store.read_info(cx).garbage
    assert len(BIG) < counted < 2 * len(BIG)
    writer.begin()
    assert writer.compact(0, 1) == 1
    writer.commit()
    assert cx.execute("SELECT count(*) FROM body").fetchone() == (1,)
    assert cx.execute("SELECT value FROM meta WHERE name = 'outdated'").fetchone() == (0,)
    writer.close()
    cx.close()


# -- by itself ----------------------------------------------------------------------------------


def tasks_of(client: httpx.Client) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = client.get("/_active_tasks").json()
    return [task for task in tasks if task["type"].endswith("_compaction")]


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def fill(client: httpx.Client, path: str, count: int, edits: int) -> dict[str, str]:
    """`count` documents of 7 kB, each edited so often. Their revisions."""
    revs: dict[str, str] = {}
    for edit in range(edits + 1):
        for start in range(0, count, 100):
            docs = [
                {"_id": f"{number:06}", "n": edit, "pad": BIG}
                | ({"_rev": revs[f"{number:06}"]} if edit else {})
                for number in range(start, min(count, start + 100))
            ]
            rows = client.post(f"{path}/_bulk_docs", json={"docs": docs}).json()
            revs |= {row["id"]: row["rev"] for row in rows}
    return revs


def test_garbage_goes_by_itself(start: Callable[..., Process]) -> None:
    process = start(extra=EAGER)
    with process.client() as admin:
        admin.put("/a")
        revs = fill(admin, "/a", 200, 5)
        until(
            lambda: (
                not tasks_of(admin) and admin.get("/a").json()["sizes"]["file"] < 200 * 7000 * 2
            ),
            "the file has not shrunk",
        )
        sizes = admin.get("/a").json()["sizes"]
        assert 200 * 7000 < sizes["active"] <= sizes["file"]
        rows = admin.get("/a/_all_docs", params={"include_docs": "true"}).json()["rows"]
        assert {row["id"]: row["value"]["rev"] for row in rows} == revs
        assert all(row["doc"]["n"] == 5 and row["doc"]["pad"] == BIG for row in rows)


@pytest.mark.parametrize(("share", "edits"), [("0.9", 1), ("1", 12)])
def test_below_the_share_nothing_is_compacted(
    start: Callable[..., Process], share: str, edits: int
) -> None:
    process = start(extra=("--compact-seconds", "0.01", "--compact-share", share))
    with process.client() as admin:
        admin.put("/a")
        revs = fill(admin, "/a", 150, edits)
        last = {"_rev": revs["000003"], "n": -1, "pad": BIG}
        assert admin.put("/a/000003", json=last).status_code == 201
        for _ in range(30):
            assert tasks_of(admin) == []
        assert admin.get("/a/000003", params={"rev": revs["000003"]}).status_code == 200


def test_requests_go_on_while_it_compacts(start: Callable[..., Process]) -> None:
    """Readers, writers and a feed are answered while the task is under way, with what they
    would get without it; and the task says how far it is."""
    process = start(extra=("--compact-share", "1"))
    with process.client() as admin:
        admin.put("/a")
        revs = fill(admin, "/a", 800, 3)
        assert admin.post("/a/_compact", json={}).status_code == 202
        until(lambda: bool(tasks_of(admin)), "no task is shown")
        phases: set[str] = set()
        served = 0
        while running := tasks_of(admin):
            task = running[0]
            phases.add(task["phase"])
            assert (task["type"], task["database"]) == ("database_compaction", "a")
            assert 0 <= task["progress"] <= 100
            assert admin.get("/a").json()["compact_running"] is True or not tasks_of(admin)
            name = f"{served * 37 % 800:06}"
            written = admin.put(
                f"/a/{name}", json={"_rev": revs[name], "n": -served, "pad": BIG}
            ).json()
            revs[name] = written["rev"]
            read = admin.get(f"/a/{name}").json()
            assert (read["_rev"], read["n"]) == (written["rev"], -served)
            feed = admin.get("/a/_changes", params={"descending": "true", "limit": 1}).json()
            assert feed["results"][0]["id"] == name
            served += 1
        assert served > 5
        assert "document_bodies" in phases
        rows = admin.get("/a/_all_docs").json()["rows"]
        assert {row["id"]: row["value"]["rev"] for row in rows} == revs


def test_views_give_back_what_deletions_free(start: Callable[..., Process]) -> None:
    process = start(extra=EAGER)
    with process.client() as admin:
        admin.put("/a")
        source = (
            "function (d) { for (var i = 0; i < 20; i++) emit([d.n, i, 'some padding'], d._id) }"
        )
        admin.put("/a/_design/v", json={"views": {"v": {"map": source}}})
        revs: dict[str, str] = {}
        for first in range(0, 2000, 500):
            docs = [{"_id": f"{n:05}", "n": n} for n in range(first, first + 500)]
            rows = admin.post("/a/_bulk_docs", json={"docs": docs}).json()
            revs |= {row["id"]: row["rev"] for row in rows}

        def built() -> tuple[int, int]:
            asked = admin.get("/a/_design/v/_view/v", params={"limit": 0}).json()
            info = admin.get("/a/_design/v/_info").json()["view_index"]
            return asked["total_rows"], info["sizes"]["file"]

        rows_before, before = built()
        assert (rows_before, before > LEAST_FILE) == (40_000, True)
        gone = [
            {"_id": name, "_rev": rev, "_deleted": True}
            for name, rev in revs.items()
            if name[-1] != "0"
        ]
        admin.post("/a/_bulk_docs", json={"docs": gone})
        assert built()[0] == 4000
        until(lambda: built()[1] < before / 2, "the index has not shrunk")
        assert built()[0] == 4000
        # By hand too, at once.
        assert admin.post("/a/_compact/v", json={}).status_code == 202
        assert admin.post("/a/_compact/none", json={}).status_code == 404


def test_a_kill_in_the_midst_loses_nothing_and_leaves_no_litter(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    """Writers and a compaction that never rests, a kill -9 in their midst, again and again."""
    acknowledged: dict[str, tuple[str, int]] = {}
    seen: set[str] = set()

    def write(url: str, writer: int, stop: threading.Event) -> None:
        with httpx.Client(base_url=url, auth=(ADMIN, PASSWORD), timeout=10, trust_env=False) as c:
            number = 0
            while not stop.is_set():
                name = f"{writer}-{number % 40}"
                number += 1
                old, count = acknowledged.get(name, (None, 0))
                members: dict[str, Any] = {"n": count + 1, "pad": BIG}
                if number % 7 == 0:
                    data = base64.b64encode(f"{name} {count}".encode() * 500).decode()
                    members["_attachments"] = {"a": {"content_type": "x/y", "data": data}}
                try:
                    current = c.get(f"/a/{name}")
                    if current.status_code == 200:
                        # An answer may have been lost with the server; what it wrote may stand.
                        assert current.json()["n"] in (count, count + 1)
                        old, members["n"] = current.json()["_rev"], current.json()["n"] + 1
                    else:
                        assert old is None
                    answer = c.put(f"/a/{name}", json=members | ({"_rev": old} if old else {}))
                    assert answer.status_code == 201, answer.text
                except httpx.HTTPError:
                    return
                acknowledged[name] = (answer.json()["rev"], members["n"])

    def rounds(number: int) -> None:
        process = start(extra=("--compact-seconds", "0.01", "--compact-share", "0.01"))
        with process.client() as admin:
            if number == 0:
                admin.put("/a")
                source = "function (d) { emit(d.n, d.pad) }"
                admin.put("/a/_design/v", json={"views": {"v": {"map": source}}})
            stop = threading.Event()
            writers = [
                threading.Thread(target=write, args=(process.url, n, stop)) for n in range(3)
            ]
            for thread in writers:
                thread.start()
            for _ in range(6 + number):
                seen.update(f"{task['type']} {task['phase']}" for task in tasks_of(admin))
                admin.get("/a/_design/v/_view/v", params={"limit": 1})
                time.sleep(0.1)
            process.kill()
            stop.set()
            for thread in writers:
                thread.join(timeout=30)

    for number in range(5):
        rounds(number)
    assert any(one.startswith("database_compaction") for one in seen)

    process = start(extra=EAGER)
    with process.client() as admin:
        for name, (rev, count) in acknowledged.items():
            found = admin.get(f"/a/{name}").json()
            assert found["n"] in (count, count + 1)
            assert found["n"] != count or found["_rev"] == rev
        assert len(acknowledged) > 30
        assert admin.post("/a/_compact", json={}).status_code == 202
        until(lambda: not tasks_of(admin), "the compaction does not end")
        view = admin.get("/a/_design/v/_view/v", params={"limit": 0}).json()
        assert view["total_rows"] == admin.get("/a").json()["doc_count"] - 1
    assert process.stop() == 0

    places = [path for path in process.data.rglob("*.sqlite") if path.parent.name != "trash"]
    folder = next(path.parent for path in places if path.parent.name == "a")
    assert sorted(path.name for path in folder.iterdir()) == ["data.sqlite", "views"]
    assert len(list((folder / "views").iterdir())) == 1
    assert list((process.data / "trash").iterdir()) == []
    cx = sqlite3.connect(folder / "data.sqlite")
    assert cx.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    trees = [revtree.load(tree) for (tree,) in cx.execute("SELECT tree FROM doc")]
    leaves = {tree[rev].body for tree in trees for rev in revtree.leaves(tree)}
    assert {num for (num,) in cx.execute("SELECT num FROM body")} == leaves
    used, _ = store.read_attachment_keys(cx)
    assert {key for (key,) in cx.execute("SELECT key FROM att")} == used
    cx.close()


@pytest.mark.parametrize("task", ["_compact", "_compact/v"])
def test_only_an_administrator_compacts(
    admin: httpx.Client, db: str, user: Callable[..., httpx.Client], task: str
) -> None:
    admin.put(f"{db}/_design/v", json={"views": {"v": {"map": "function (d) {}"}}})
    admin.put(f"{db}/_security", json={"members": {"roles": ["r"]}, "admins": {"roles": []}})
    assert user("r").post(f"{db}/{task}", json={}).status_code in (401, 403)
    assert admin.post(f"{db}/{task}", json={}).status_code == 202
