"""Brings a file in without a page (命令行导入), through whatever door there is."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from miaopu.imports.columns import Mapping
from miaopu.imports.faults import WORDS

Json = dict[str, Any]

_POLL_S = 0.3


class ImportFailedError(Exception):
    """The import came to nothing; the message says why."""


class Door(Protocol):
    """Where a file is brought in: a server's `/api/imports`, or a data folder without a server."""

    async def ask(self, path: str, body: object = None) -> Json:
        """The answer to a request below `/api/imports`. Raises ImportFailedError."""

    async def send(self, name: str, data: bytes) -> Json:
        """Sends a file. Raises ImportFailedError."""


class Server:
    """`/api/imports` of a server, as an account of the clinic."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, path: str, body: object = None) -> Json:
        """The answer to a request."""
        method = "GET" if body is None else "POST"
        return _read(await self.client.request(method, f"/api/imports/{path}", json=body))

    async def send(self, name: str, data: bytes) -> Json:
        """Sends a file."""
        headers = {"x-file-name": quote(name), "content-type": "application/octet-stream"}
        return _read(await self.client.post("/api/imports/files", content=data, headers=headers))


def _read(answer: httpx.Response) -> Json:
    try:
        said = answer.json()
    except ValueError:
        raise ImportFailedError(f"the server answers {answer.status_code}") from None
    if answer.is_success:
        return dict(said)
    detail = said.get("detail")
    text = detail.get("message") if isinstance(detail, dict) else detail
    raise ImportFailedError(f"{answer.status_code}: {text}")


async def bring_in(
    door: Door,
    name: str,
    data: bytes,
    mapping: Mapping | None,
    *,
    dry_run: bool,
    progress: Callable[[str, int, int], None],
) -> Json:
    """Brings a file in, or only looks at it; returns what it came to. Raises ImportFailedError."""
    job = await _ended(door, await door.send(name, data), progress)
    if mapping is not None:
        asked = {"id": job["id"], "mapping": mapping.model_dump(mode="json", exclude_unset=True)}
        job = await _ended(door, await door.ask("preview", asked), progress)
    if not dry_run:
        job = await _ended(door, await door.ask("commit", {"id": job["id"]}), progress)
    return {**job, "rows": await _rows(door, job["id"])}


async def _ended(door: Door, job: Json, progress: Callable[[str, int, int], None]) -> Json:
    while job["state"] in ("reading", "planning", "writing"):
        progress(job["state"], job["done"], job["total"])
        await asyncio.sleep(_POLL_S)
        job = await door.ask(f"jobs/{job['id']}")
    if job["state"] == "failed":
        code = str(job["code"])
        raise ImportFailedError(WORDS[code].en if code in WORDS else code)
    return job


async def _rows(door: Door, job_id: str) -> list[Json]:
    """Every row that was not brought in: its number, why, and no child's data."""
    found: list[Json] = []
    for outcome in ("error", "doubt"):
        start = 0
        while True:
            asked = {"id": job_id, "outcome": outcome, "start": start}
            page = await door.ask("rows", asked)
            for row in page["rows"]:
                problems = [_problem(one) for one in row["problems"]]
                found.append({"row": row["row"], "outcome": outcome, "problems": problems})
            start += len(page["rows"])
            if start >= page["total"] or not page["rows"]:
                break
    return sorted(found, key=lambda one: one["row"])


def _problem(one: Json) -> Json:
    words = WORDS[one["code"]]
    known = {name: it for name, it in one.items() if it is not None}
    return {**known, "zh": words.zh, "en": words.en}


async def through_server(url: str, work: Callable[[Door], Awaitable[Json]]) -> Json:
    """Works through a running server, as the account of MIAOPU_USER and MIAOPU_PASSWORD."""
    user, password = os.environ.get("MIAOPU_USER"), os.environ.get("MIAOPU_PASSWORD")
    if not user or not password:
        raise ImportFailedError("set MIAOPU_USER and MIAOPU_PASSWORD: a senior of the clinic")
    async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=180) as client:
        login = await client.post("/db/_session", json={"name": user, "password": password})
        if not login.is_success:
            raise ImportFailedError(f"{user} cannot log in: {login.status_code}")
        return await work(Server(client))


def read_mapping(path: Path | None) -> Mapping | None:
    """The mapping in a file. Raises ImportFailedError."""
    if path is None:
        return None
    try:
        return Mapping.model_validate_json(path.read_bytes())
    except ValidationError as error:
        wrong = [".".join(map(str, it["loc"])) for it in error.errors(include_input=False)]
        raise ImportFailedError(f"{path}: wrong: {', '.join(wrong)}") from None


def summary(found: Json) -> str:
    """What an import came to, in lines: counts, and every row that was left out."""
    counts = " ".join(f"{name}={it}" for name, it in (found["counts"] or {}).items())
    lines = [counts]
    for row in found["rows"]:
        said = "; ".join(f"{it['zh']} {it.get('column', '')}".strip() for it in row["problems"])
        lines.append(f"{row['row']}\t{row['outcome']}\t{said}")
    return "\n".join(lines)
