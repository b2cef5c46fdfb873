"""`/card`, `/pin`, `/rating`: what the application asks a device to do, and what comes of it."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from miaopu_bridge.access import Access, ApiError
from miaopu_bridge.drivers.bank_esc import SWIPE_WAIT_S
from miaopu_bridge.drivers.base import AskPin, AskRating, Order, Stop, WriteCard
from miaopu_bridge.events import Hub, News
from miaopu_bridge.shapes import CardWriting, DeviceChanged, OrderKind
from miaopu_bridge.supervisor import Devices

LONGEST_WAIT_S = 2 * SWIPE_WAIT_S + 10
"""A card is swiped twice, to be written and to be read back."""


class CardToWrite(BaseModel):
    """A card's number (卡号), for track 2."""

    model_config = ConfigDict(extra="forbid")
    number: Annotated[str, Field(pattern="^[0-9]{6,37}$", repr=False)]


class PinWanted(BaseModel):
    """`again`: the pad says "please type it again" (请再输一次)."""

    model_config = ConfigDict(extra="forbid")
    again: bool = False


class Written(BaseModel):
    """The card holds the number: it was read back and is the same."""

    written: bool = True


class Asked(BaseModel):
    """False: no device here can be asked; a plain one sends by itself what is typed."""

    asked: bool


def asking_router(access: Access, devices: Devices, hub: Hub) -> APIRouter:
    """Answers when a card is written; what is typed or rated comes as an event."""
    router = APIRouter(dependencies=[Depends(access.paired)])
    writing: set[str] = set()

    def ask(kind: OrderKind, order: Order) -> Asked:
        device = devices.taking(kind)
        if device is not None:
            devices.order(device.id, order)
        return Asked(asked=device is not None)

    @router.post("/card")
    async def write_card(wanted: CardToWrite) -> Written:
        writer = devices.taking("card")
        if writer is None:
            raise ApiError(409, "device.none")
        if writer.id in writing:
            raise ApiError(409, "device.busy")
        writing.add(writer.id)
        try:
            with hub.subscribe() as queue:
                devices.order(writer.id, WriteCard(wanted.number))
                await _outcome(queue, writer.id)
        finally:
            writing.discard(writer.id)
        return Written()

    @router.delete("/card")
    async def stop_writing() -> Asked:
        return ask("card", Stop())

    @router.post("/pin")
    async def ask_pin(wanted: PinWanted) -> Asked:
        return ask("pin", AskPin(wanted.again))

    @router.delete("/pin")
    async def close_pad() -> Asked:
        return ask("pin", Stop())

    @router.post("/rating")
    async def ask_rating() -> Asked:
        return ask("rating", AskRating())

    return router


async def _outcome(queue: "asyncio.Queue[News | None]", writer: str) -> None:
    """Waits until the card is written. Raises ApiError when it is not."""
    try:
        async with asyncio.timeout(LONGEST_WAIT_S):
            while (news := await queue.get()) is not None:
                match news.event:
                    case CardWriting(writer=said, step="done") if said == writer:
                        return
                    case CardWriting(writer=said, step="failed", code=code) if said == writer:
                        raise ApiError(422, code)
                    case DeviceChanged(id=gone, state=state) if gone == writer:
                        if state != "ready":
                            raise ApiError(503, "card.write_unplugged")
    except TimeoutError:
        raise ApiError(422, "card.write_timeout") from None
    raise ApiError(503, "card.write_unplugged")
