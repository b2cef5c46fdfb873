"""What the server above refuses."""

import json
from typing import Any
from urllib.parse import unquote

import anyio
import httpx
import pytest

from miaopu.case.seal import Stamp
from miaopu.flow import denials
from miaopu.flow.denials import Link, _Upward, withdrawn_of

Json = dict[str, Any]
A, B, C, D = ("01K00000000000000000000000"[:-1] + letter for letter in "ABCD")


def child(**events: Json) -> Json:
    return {"_id": "child:X", "type": "child", "facts": {}, "events": events}


def void(target: str) -> Json:
    return {"kind": "void", "target": target}


DOSE: Json = {"kind": "dose"}


def test_a_refused_event_that_was_voided_is_taken_back_with_its_void() -> None:
    here = child(**{A: DOSE, B: void(A), C: DOSE})
    refused = [f"event {A}", f"event {B}", f"event {C}", "fact phone 2026"]
    assert withdrawn_of(refused, here) == {f"event {A}", f"event {B}"}


def test_a_void_of_what_the_server_above_has_is_not() -> None:
    here = child(**{A: DOSE, B: void(A)})
    assert withdrawn_of([f"event {B}"], here) == set()


def test_a_void_that_was_voided_itself_takes_nothing_back() -> None:
    here = child(**{A: DOSE, B: void(A), C: void(B)})
    refused = [f"event {one}" for one in (A, B, C)]
    assert withdrawn_of(refused, here) == {f"event {B}", f"event {C}"}


def test_other_documents_are_taken_back_by_nobody() -> None:
    assert withdrawn_of([""], {"_id": "stock:X", "type": "stock"}) == set()


class Server:
    """A server's database with one document in one or more versions, the winner first."""

    def __init__(self, *versions: Json) -> None:
        self.versions = list(versions)
        self.refuses = ""
        self.places: Json = {}
        self.problems: dict[str, Json] = {}
        self.asked: list[Json] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        _, _, *rest = unquote(request.url.path).split("/")
        name = "/".join(rest)
        body = json.loads(request.content) if request.content else {}
        if name == "_revs_diff":
            known = {one["_rev"] for one in self.versions}
            lacking = {i: [r for r in revs if r not in known] for i, revs in body.items()}
            return _said({i: {"missing": revs} for i, revs in lacking.items() if revs})
        if name == "_bulk_docs":
            return _said([self._judged(one) for one in body["docs"]])
        if name == "_bulk_get":
            return _said({"results": [{"docs": [{"ok": v} for v in self._named(body["docs"])]}]})
        if name.startswith("_local/"):
            return self._kept(self.places, name, request.method, body)
        if name.startswith("problem:"):
            return self._kept(self.problems, name, request.method, body)
        if request.method == "PUT":
            said = self._judged(body)
            return _said(said, 403 if "error" in said else 201)
        if not self.versions:
            return _said({}, 404)
        top, *others = self.versions
        return _said({**top, **({"_conflicts": [o["_rev"] for o in others]} if others else {})})

    def _named(self, docs: list[Json]) -> list[Json]:
        revs = [one.get("rev") for one in docs]
        return [one for one in self.versions if revs == [None] or one["_rev"] in revs]

    def _judged(self, document: Json) -> Json:
        self.asked.append(document)
        if self.refuses and self.refuses in json.dumps(document):
            reason = f"[other-site] event {self.refuses}"
            return {"id": document["_id"], "error": "forbidden", "reason": reason}
        number = int(document.get("_rev", "0-").split("-")[0]) + 1
        self.versions = [{**document, "_rev": f"{number}-above"}]
        return {"id": document["_id"], "rev": f"{number}-above"}

    @staticmethod
    def _kept(kept: Json, name: str, method: str, body: Json) -> httpx.Response:
        if method == "PUT":
            if name in kept and "_rev" not in body:
                return _said({}, 409)
            kept[name] = {**body, "_rev": "1-x"}
            return _said({"rev": "1-x"}, 201)
        return _said(kept[name]) if name in kept else _said({}, 404)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self.answer)
        return httpx.AsyncClient(transport=transport, base_url="http://db/")


def _said(value: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def version(rev: str, *events: str) -> Json:
    doses = {one: {"kind": "dose"} for one in events}
    return {"_id": "child:X", "_rev": rev, "type": "child", "facts": {}, "events": doses}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "_LOOK_S", 0.0)
    monkeypatch.setattr(denials, "_REPLICATION_S", 0.01)


def look(here: Server, above: Server, *, again: bool = False) -> _Upward:
    """One look by a server that remembers where the last one ended."""

    async def run() -> _Upward:
        link = Link("site-3301020001", "site-3301020001")
        async with here.client() as own, above.client() as other:
            upward = _Upward(own, own, other, Stamp("S", b"key"), link)
            await upward._recall()
            leaves = await upward._leaves({"child:X"})
            await upward._look(leaves, again=again)
            await upward._remember()
            return upward

    return anyio.run(run)


def test_all_but_the_refused_part_is_brought_and_that_is_reported_once() -> None:
    here, above = Server(version("2-here", A, B, C)), Server(version("1-x", A))
    above.refuses = B
    for _ in range(2):
        assert look(here, above).count == 1
        assert above.versions[0]["events"].keys() == {A, C}
    (report,) = here.problems.values()
    assert B in report["reason"]
    assert (report["document"], report["site"]) == ("child:X", "3301020001")


def test_what_is_known_to_be_refused_is_tried_again_only_when_it_is_asked_for() -> None:
    here, above = Server(version("2-here", A, B)), Server(version("1-x", A))
    above.refuses = B
    look(here, above)
    above.asked.clear()
    look(here, above)
    assert len(above.asked) == 1, "the version itself, which the replication has not brought"
    above.asked.clear()
    look(here, above, again=True)
    assert len(above.asked) == 2


def test_what_is_not_refused_any_more_is_reported_as_mended() -> None:
    here, above = Server(version("2-here", A, B)), Server(version("1-x", A))
    above.refuses = B
    look(here, above)
    above.refuses = ""
    assert look(here, above, again=True).count == 0
    (report,) = here.problems.values()
    assert "resolved_at" in report
    assert above.versions[0]["events"].keys() == {A, B}


def test_a_child_of_several_versions_above_waits_until_they_are_joined() -> None:
    here, above = Server(version("2-here", A, B)), Server(version("1-x", A), version("1-w", C))
    above.refuses = B
    assert look(here, above).later == {"child:X"}
    assert above.versions == [version("1-x", A), version("1-w", C)]
    assert not here.problems
    above.versions = [version("2-joined", A, C)]
    upward = look(here, above)
    assert not upward.later
    assert upward.count == 1


def test_what_does_not_go_up_is_passed_by_once() -> None:
    """A feed that is asked from before a design document answers at once, again and again."""
    asked: list[str] = []

    def feed(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["since"])
        if len(asked) > 2:
            raise httpx.ConnectError("enough")
        rows = [{"id": "_design/history", "changes": [{"rev": "2-a"}]}] if len(asked) == 1 else []
        return _said({"results": rows, "last_seq": "5"})

    async def follow() -> None:
        server = Server()
        feeds = httpx.AsyncClient(transport=httpx.MockTransport(feed), base_url="http://db/")
        link = Link("site-x", "site-x")
        upward = _Upward(server.client(), feeds, server.client(), Stamp("S", b"key"), link)
        with pytest.raises(httpx.ConnectError):
            await upward.run()

    anyio.run(follow)
    assert asked == ["0", "5", "5"]
