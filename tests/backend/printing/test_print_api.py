"""Printing over HTTP: who, what, and what is said of what cannot be printed."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from printed_examples import EXAMPLES

from miaopu.printing import Form, Lang
from miaopu.printing.api import print_router
from miaopu.printing.worker import PdfWorker


async def named(request: Request) -> str:
    """Everybody is who the header `x-name` says."""
    if "x-name" not in request.headers:
        raise HTTPException(401)
    return request.headers["x-name"]


class Slow(PdfWorker):
    """Sets every form when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.order: list[str] = []

    async def render(self, template: str, form: Form, lang: Lang) -> bytes:  # noqa: ARG002
        await self.go.wait()
        self.order.append(template)
        return b"%PDF-"


def client_of(worker: PdfWorker) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(print_router(named, worker))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://here", timeout=60)


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    worker = PdfWorker()
    async with client_of(worker) as client:
        yield client
    await worker.stop()


async def test_a_form_is_printed_for_who_is_logged_in(api: httpx.AsyncClient) -> None:
    label = EXAMPLES["card-label"]
    assert (await api.post("/print/card-label", json=label)).status_code == 401
    printed = await api.post("/print/card-label", json=label, headers={"x-name": "nurse1"})
    assert printed.status_code == 200
    assert printed.content.startswith(b"%PDF-")


async def test_each_problem_has_its_code_and_its_fields(api: httpx.AsyncClient) -> None:
    data = json.loads(json.dumps(EXAMPLES["card-label"]))
    data["child"]["name"] = "王\U0003fffd"
    headers = {"x-name": "nurse1"}
    answer = await api.post("/print/card-label", json=data, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["code"] == "print.no_glyph"
    assert [each["field"] for each in answer.json()["fields"]] == ["child.name"]
    assert "王" not in answer.text

    answer = await api.post("/print/card-label", json=data | {"colour": "red"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "print.bad_data")
    answer = await api.post("/print/poster", json={}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "print.unknown_template")


async def test_one_accounts_many_forms_leave_place_for_another() -> None:
    worker = Slow()
    async with client_of(worker) as api:

        def send(name: str, template: str) -> asyncio.Task[httpx.Response]:
            work = api.post(f"/print/{template}", json=EXAMPLES[template], headers={"x-name": name})
            return asyncio.ensure_future(work)

        many = [send("nurse1", "consent") for _ in range(6)]
        await asyncio.sleep(0.05)
        other = send("nurse2", "appointment")
        await asyncio.sleep(0.05)
        worker.go.set()
        answers = await asyncio.gather(*many)
        assert (await other).status_code == 200
        assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "print.too_many"
        assert refused.headers["retry-after"]
        # After the form that was being set.
        assert worker.order.index("appointment") == 1
