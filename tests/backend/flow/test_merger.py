"""The merger beside somebody who knows what it will write."""

import json
from typing import Any

import anyio
import httpx

from miaopu.case.conflicts import merge_on_winner
from miaopu.case.merge import body
from miaopu.flow.merger import Tally, _Feed

Json = dict[str, Any]
CHILD = "child:01K00000000000000000000000"


def child(rev: str, **lots: str) -> Json:
    events = {ulid: {"kind": "dose", "lot": lot} for ulid, lot in lots.items()}
    return {"_id": CHILD, "_rev": rev, "type": "child", "facts": {}, "events": events}


class Database:
    """One document with two leaves; `planted` is what somebody wrote under the merge's revision."""

    def __init__(self, leaves: list[Json], planted: Json | None = None) -> None:
        self.leaves = leaves
        self.planted = planted
        self.written: list[Json] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("_bulk_get"):
            return httpx.Response(200, json={"results": [{"docs": [{"ok": self.leaves[1]}]}]})
        if request.url.path.endswith("_bulk_docs"):
            self.written += json.loads(request.content)["docs"]
            return httpx.Response(201, json=[])
        if "rev" in request.url.params:
            return httpx.Response(200, json=self.planted or self.written[0])
        return httpx.Response(200, json={**self.leaves[0], "_conflicts": [self.leaves[1]["_rev"]]})

    def resolve(self) -> Tally:
        tally = Tally()

        async def run() -> None:
            transport = httpx.MockTransport(self.answer)
            async with httpx.AsyncClient(transport=transport, base_url="http://db/") as client:
                await _Feed(client, client, "site-3301020001", tally)._resolve([CHILD])

        anyio.run(run)
        return tally


LEAVES = [child("3-b", A="1"), child("2-a", B="2")]


def test_the_losing_leaf_ends_when_the_merge_stands() -> None:
    database = Database(LEAVES)
    assert database.resolve() == Tally(resolved=1)
    merged, stone = database.written
    assert merged["events"].keys() == {"A", "B"}
    assert stone["_deleted"] is True


def test_what_was_planted_under_the_merge_s_revision_ends_no_leaf() -> None:
    merged = merge_on_winner(LEAVES)
    assert merged is not None
    planted = {**child(merged["_rev"], A="1"), "_revisions": merged["_revisions"]}
    database = Database(LEAVES, planted)
    assert database.resolve() == Tally(failed=1)
    (only,) = database.written
    assert body(only) == body(merged)
