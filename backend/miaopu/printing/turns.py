"""Who prints next: one form at a time, and the accounts take turns (轮流)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooManyError(Exception):
    """This account, or all together, wait with as many forms as they may."""


class Turns:
    """Each account waits in a line of its own, and the lines take turns.

    So one account's many forms make itself wait, and no other by more than the form that is being
    set. `each` is how many forms an account may have here, `all_` how many there may be.
    """

    def __init__(self, each: int, all_: int) -> None:
        self._each, self._all = each, all_
        self._here: dict[str, int] = {}
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}
        self._serving: str | None = None

    @asynccontextmanager
    async def of(self, account: str) -> AsyncIterator[None]:
        """The account's turn. Raises TooManyError."""
        if self._here.get(account, 0) >= self._each or sum(self._here.values()) >= self._all:
            raise TooManyError(account)
        self._here[account] = self._here.get(account, 0) + 1
        try:
            await self._wait(account)
            try:
                yield
            finally:
                self._next()
        finally:
            self._here[account] -= 1
            if not self._here[account]:
                del self._here[account]

    async def _wait(self, account: str) -> None:
        if self._serving is None:
            self._serving = account
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(account, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()  # it came just when nobody wanted it any more
            raise

    def _next(self) -> None:
        served, self._serving = self._serving, None
        while self._lines:
            # Who was served stands behind the others.
            account = next((name for name in self._lines if name != served), served or "")
            line = self._lines.pop(account)
            turn = line.popleft()
            if line:
                self._lines[account] = line
            if not turn.done():
                self._serving = account
                turn.set_result(None)
                return
