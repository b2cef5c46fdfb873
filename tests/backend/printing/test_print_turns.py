import asyncio

import pytest

from miaopu.printing.turns import TooManyError, Turns


async def test_accounts_take_turns_whoever_has_more() -> None:
    turns, order = Turns(3, 10), []
    hold = asyncio.Event()

    async def form(account: str) -> None:
        async with turns.of(account):
            await hold.wait()
            order.append(account)

    waiting = [asyncio.create_task(form(name)) for name in "aaabbc"]
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(*waiting)
    assert "".join(order) == "abacba"


async def test_one_account_cannot_take_all_places() -> None:
    turns = Turns(2, 3)
    hold = asyncio.Event()

    async def form(account: str) -> None:
        async with turns.of(account):
            await hold.wait()

    waiting = [asyncio.create_task(form(name)) for name in "aab"]
    await asyncio.sleep(0)
    with pytest.raises(TooManyError):
        await form("a")
    with pytest.raises(TooManyError):
        await form("c")
    hold.set()
    await asyncio.gather(*waiting)
    await form("a")


async def test_who_goes_away_gives_up_the_place() -> None:
    turns = Turns(1, 3)
    hold = asyncio.Event()

    async def form(account: str) -> str:
        async with turns.of(account):
            await hold.wait()
        return account

    first, second, third = (asyncio.create_task(form(name)) for name in "abc")
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    first.cancel()
    second_again = asyncio.create_task(form("b"))
    hold.set()
    assert await third == "c"
    assert await second_again == "b"
    with pytest.raises(asyncio.CancelledError):
        await second
