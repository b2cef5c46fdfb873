"""Keeping views built: once for each change, and for no more."""

import json

import httpx

from miaopu.flow.warmer import Warmer

DESIGNS = [
    {"id": "_design/coverage", "doc": {"views": {"doses": {}, "given": {}}}},
    {"id": "_design/structure", "doc": {}},
]


class Database:
    """A database that writes down which views it was asked for."""

    def __init__(self) -> None:
        self.seq = "1-a"
        self.views: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/away"):
            return httpx.Response(503)
        if "_view" in path:
            self.views.append(path)
            return httpx.Response(200, text=json.dumps({"rows": []}))
        if path.endswith("_all_docs"):
            return httpx.Response(200, text=json.dumps({"rows": DESIGNS}))
        return httpx.Response(200, text=json.dumps({"update_seq": self.seq}))


async def test_one_view_of_each_design_document_is_asked_for_after_a_change() -> None:
    database = Database()
    client = httpx.AsyncClient(transport=httpx.MockTransport(database), base_url="http://x/")
    clock = [1000.0]
    warmer = Warmer(client, lambda: clock[0])
    await warmer.warm(["away", "region-1"])
    assert database.views == ["/region-1/_design/coverage/_view/doses"]
    await warmer.warm(["region-1"])
    assert len(database.views) == 1
    database.seq = "2-b"
    await warmer.warm(["region-1"])
    assert len(database.views) == 1  # not at each change
    clock[0] += 60
    await warmer.warm(["region-1"])
    assert len(database.views) == 2
