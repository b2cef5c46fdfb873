"""Who asks something of `/api` (请求者), for all of its routes."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from fastapi import Request

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.accounts.limits import Limit
from miaopu.problems import DatabaseAwayError, LoginNeededError, NotAllowedError, TooOftenError

log = logging.getLogger(__name__)


@asynccontextmanager
async def of_the_database() -> AsyncIterator[None]:
    """Says in words that the database does not answer. Raises DatabaseAwayError."""
    try:
        yield
    except httpx.HTTPError as error:
        log.warning("the database fails: %s", type(error).__name__)
        raise DatabaseAwayError from error


@dataclass(frozen=True, slots=True)
class Asking:
    """Dependencies of routes."""

    identities: Identities

    async def anybody(self, request: Request) -> Actor:
        """Whoever is logged in. Raises LoginNeededError, and TooOftenError after wrong
        passwords."""
        return await self._asked(request, fresh=False)

    async def now(self, request: Request) -> Actor:
        """The same, as the account stands at this moment."""
        return await self._asked(request, fresh=True)

    async def of_a_place(self, request: Request) -> Actor:
        """Whoever belongs to a clinic or a region. Raises NotAllowedError too."""
        found = await self._asked(request, fresh=False)
        if found.site is None and found.region is None:
            raise NotAllowedError("this account belongs to no clinic and to no region")
        return found

    async def _asked(self, request: Request, *, fresh: bool) -> Actor:
        async with of_the_database():
            found = await self.identities.of(request.headers, address_of(request), fresh=fresh)
        if found is None:
            raise LoginNeededError
        return found


def limited(limit: Limit, who: Actor) -> None:
    """Counts a request of an account. Raises TooOftenError."""
    seconds = limit.wait(who.name)
    if seconds > 0:
        raise TooOftenError(wait=seconds)
