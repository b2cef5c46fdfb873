"""The server above this one, asked for what this one does not know."""

from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]

_PATIENCE = httpx.Timeout(10, read=20)


@dataclass(frozen=True, slots=True)
class Parent:
    """A server of a region above, and an account there: of that region, or of a hub's clinic."""

    url: str
    user: str
    password: str = field(repr=False)

    async def _post(self, path: str, body: Json) -> Any:
        async with httpx.AsyncClient(
            base_url=self.url, auth=(self.user, self.password), timeout=_PATIENCE
        ) as client:
            answer = await client.post(path, json=body)
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return answer.json()

    async def find(self, wanted: Json) -> list[Json]:
        """Rows as this server's own. Raises httpx.HTTPError."""
        answer = await self._post("/api/cases/find", wanted)
        return list(answer["rows"]) if answer is not None else []

    async def read(self, doc_id: str) -> list[Json]:
        """Every version of a case with its history; empty when it is not known there.

        Raises httpx.HTTPError.
        """
        answer = await self._post("/api/cases/read", {"id": doc_id})
        return list(answer["documents"]) if answer is not None else []

    async def fetch(self, doc_id: str, purpose: str) -> Json | None:
        """Has the county bring a case to the clinic whose hub asks; None when it is not known
        there. Raises httpx.HTTPError."""
        answer = await self._post("/api/cases/fetch", {"id": doc_id, "purpose": purpose})
        return dict(answer) if answer is not None else None
