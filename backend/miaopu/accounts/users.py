"""The accounts in `_users`, written as the database's administrator."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from miaopu.problems import CollisionError

Json = dict[str, Any]

_PREFIX = "org.couchdb.user:"
_ATTEMPTS = 3


class ExistsError(CollisionError):
    """there is an account of this name; choose another"""

    code = "account.exists"


class BusyError(CollisionError):
    """this account is being changed by somebody else"""

    code = "account.busy"


def draw_password() -> str:
    """A password that nobody can guess and anybody can read out: 4 groups of 4."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


@dataclass(frozen=True, slots=True)
class Users:
    """`client` is the client of the database's administrator. All of it raises httpx.HTTPError."""

    client: Callable[[], httpx.AsyncClient]

    def _path(self, name: str) -> str:
        return "_users/" + quote(_PREFIX + name, safe="")

    async def all(self) -> list[Json]:
        """Every account's document."""
        answer = await self.client().get(
            "_users/_all_docs",
            params={
                "include_docs": "true",
                "startkey": f'"{_PREFIX}"',
                "endkey": f'"{_PREFIX}\ufff0"',
            },
        )
        answer.raise_for_status()
        return [row["doc"] for row in answer.json()["rows"]]

    async def get(self, name: str) -> Json | None:
        """One account's document; None when there is none."""
        answer = await self.client().get(self._path(name))
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    async def create(self, record: Json) -> None:
        """Adds an account. Raises ExistsError."""
        answer = await self.client().put(self._path(record["name"]), json=record)
        if answer.status_code == 409:
            raise ExistsError
        answer.raise_for_status()

    async def change(self, name: str, edit: Callable[[Json], Json]) -> None:
        """Writes what `edit` makes of an account's document. Raises BusyError, KeyError."""
        for _ in range(_ATTEMPTS):
            record = await self.get(name)
            if record is None:
                raise KeyError(name)
            answer = await self.client().put(self._path(name), json=edit(record))
            if answer.status_code != 409:
                answer.raise_for_status()
                return
        raise BusyError
