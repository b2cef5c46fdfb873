"""Who asks: the origin of a request, and whether it is paired; and what is answered in words."""

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from miaopu_bridge import __version__
from miaopu_bridge.guard import origin_of
from miaopu_bridge.pairing import Pairings, TooManyTriesError, WrongCodeError


class ApiError(Exception):
    """Answered as {code, message: {zh, en}, …} with an HTTP status."""

    def __init__(self, status: int, code: str, **more: object) -> None:
        self.status, self.code, self.more = status, code, more
        super().__init__(code)


class Access:
    """What the routes ask about the one who asks; `allowed` and `paired` are dependencies."""

    def __init__(self, pairings: Pairings) -> None:
        self.pairings = pairings

    def allowed(self, request: Request) -> str:
        """The origin, when it is on the list. Raises ApiError."""
        origin = origin_of(request.headers)
        if origin is None:
            raise ApiError(403, "origin.missing")
        if not self.pairings.may_speak(origin):
            raise ApiError(403, "origin.not_allowed")
        return origin

    def paired(self, request: Request) -> str:
        """The origin, when it is on the list and brings its token. Raises ApiError."""
        origin = self.allowed(request)
        if not self.is_paired(request, origin):
            raise ApiError(401, "pair.required")
        return origin

    def is_paired(self, request: Request, origin: str) -> bool:
        token = bearer(request)
        return token is not None and self.pairings.check(token, origin)

    def sees(self, origin: str) -> str | None:
        """Whose jobs an origin sees; None for everybody's.

        The bridge's own page shows the jobs of every origin, without their PDF.
        """
        return None if self.pairings.is_own_page(origin) else origin


def bearer(request: Request) -> str | None:
    """The token that a request brings."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


class PairRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Field(max_length=20)]


class Health(BaseModel):
    """Whether this is a bridge, and whether it knows the one who asks."""

    app: str = "miaopu-bridge"
    version: str = __version__
    paired: bool


class Paired(BaseModel):
    """A token for one origin; the bridge itself keeps its digest only."""

    token: str
    origin: str


class Unpaired(BaseModel):
    paired: bool = False


def pairing_router(access: Access) -> APIRouter:
    """`/health` and `/pair`: how a browser comes to be known."""
    router = APIRouter()
    pairings = access.pairings
    allowed = Annotated[str, Depends(access.allowed)]

    @router.get("/health")
    async def health(request: Request, origin: allowed) -> Health:
        return Health(paired=access.is_paired(request, origin))

    @router.post("/pair")
    async def pair(wanted: PairRequest, origin: allowed) -> Paired:
        try:
            token = pairings.pair(wanted.code.strip(), origin)
        except WrongCodeError as error:
            raise ApiError(403, "pair.wrong_code", tries_left=error.tries_left) from None
        except TooManyTriesError as error:
            raise ApiError(
                429, "pair.too_many_tries", retry_after_s=math.ceil(error.wait_s)
            ) from None
        return Paired(token=token, origin=origin)

    @router.delete("/pair", dependencies=[Depends(access.paired)])
    async def unpair(request: Request) -> Unpaired:
        pairings.forget(bearer(request) or "")
        return Unpaired()

    return router
