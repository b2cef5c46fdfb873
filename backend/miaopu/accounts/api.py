"""`/api/accounts`: administrators manage the accounts of their place without the database's."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from miaopu.accounts.actor import Actor, address_of
from miaopu.accounts.asking import Asking, of_the_database
from miaopu.accounts.roles import Grade
from miaopu.accounts.rules import grade_in, place_in
from miaopu.accounts.service import AccountService, Asker, Wanted, check_manager, shown_name
from miaopu.accounts.standing import stands, ticket
from miaopu.models.base import RegionCode, SiteCode, Text
from miaopu.problems import InvalidError, MissingError

Json = dict[str, Any]
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
Password = Annotated[str, Field(max_length=1000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewAccount(_Body):
    """A new account; without a place it is of the administrator's own."""

    name: Name
    display_name: Text
    grade: Grade
    site: SiteCode | None = None
    region: RegionCode | None = None
    password: Password | None = None
    """Without one, one is drawn and shown once."""


class AccountChange(_Body):
    """What to change of an account; what is absent stays."""

    display_name: Text | None = None
    grade: Grade | None = None
    disabled: bool | None = None
    password: Password | None = None
    draw_password: bool = False
    """Give it a drawn password, shown once."""


class NewPassword(_Body):
    """One's own password, and the new one."""

    old: Password
    new: Password


class ManagedAccount(BaseModel):
    """An account as administrators see it."""

    name: str
    display_name: str
    grade: Grade
    site: str | None
    region: str | None
    disabled: bool


class OwnAccount(ManagedAccount):
    """One's own account."""

    ticket: str
    """By which a device asks later whether the account still stands."""


class Asked(_Body):
    """An account that a device knows, with the ticket of its login there."""

    name: Annotated[str, Field(max_length=64)]
    ticket: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Standings(_Body):
    """The accounts of a device."""

    accounts: Annotated[list[Asked], Field(max_length=100)]


class Closed(BaseModel):
    """Those that may not log in there any more without the server."""

    closed: list[str]


class ManagedAccounts(BaseModel):
    """The accounts that one manages."""

    accounts: list[ManagedAccount]


class Made(BaseModel):
    """An account that was made or changed; `password` only when it was drawn."""

    account: ManagedAccount
    password: str | None = None


def _shown(record: Json) -> ManagedAccount:
    kind, _, code = (place_in(record) or "").partition(":")
    return ManagedAccount(
        name=record["name"],
        display_name=shown_name(record),
        grade=grade_in(record),
        site=code if kind == "site" else None,
        region=code if kind == "region" else None,
        disabled="disabled" in record,
    )


def accounts_router(asking: Asking, accounts: AccountService, secret: str) -> APIRouter:
    """The routes below `/api/accounts`. `secret` is the server's own, for the tickets of
    devices."""
    router = APIRouter(prefix="/accounts")

    async def manager(actor: Annotated[Actor, Depends(asking.now)]) -> Actor:
        check_manager(actor)
        return actor

    @router.get("")
    async def listed(actor: Annotated[Actor, Depends(manager)]) -> ManagedAccounts:
        async with of_the_database():
            return ManagedAccounts(accounts=[_shown(one) for one in await accounts.managed(actor)])

    @router.post("", status_code=201)
    async def add(
        new: NewAccount, request: Request, actor: Annotated[Actor, Depends(manager)]
    ) -> Made:
        if new.site is not None and new.region is not None:
            raise InvalidError("an account belongs to one site or to one region")
        place = f"site:{new.site}" if new.site is not None else None
        place = f"region:{new.region}" if new.region is not None else place
        asker = Asker(actor, address_of(request))
        names = {"name": new.name, "display_name": new.display_name}
        async with of_the_database():
            record, drawn = await accounts.add(asker, names, place, new.grade, new.password)
        return Made(account=_shown(record), password=drawn)

    @router.patch("/{name}")
    async def change(
        name: str,
        wanted: AccountChange,
        request: Request,
        actor: Annotated[Actor, Depends(manager)],
    ) -> Made:
        async with of_the_database():
            record, drawn = await accounts.change(
                Asker(actor, address_of(request)), name, Wanted(**wanted.model_dump())
            )
        return Made(account=_shown(record), password=drawn)

    @router.get("/me")
    async def own(actor: Annotated[Actor, Depends(asking.now)]) -> OwnAccount:
        """One's own account. CouchDB 3 shows `_users` to its administrators alone."""
        async with of_the_database():
            record = await accounts.users.get(actor.name)
        if record is None or place_in(record) is None:
            raise MissingError("this account belongs to no place")
        return OwnAccount(**_shown(record).model_dump(), ticket=ticket(secret, record))

    @router.post("/standing")
    async def standing(given: Standings) -> Closed:
        """Which of a device's accounts are out. Whoever has no ticket learns nothing here."""
        async with of_the_database():
            closed = [
                one.name
                for one in given.accounts
                if not stands(secret, await accounts.users.get(one.name), one.ticket)
            ]
        return Closed(closed=closed)

    @router.post("/me/password", status_code=204)
    async def own_password(
        given: NewPassword, request: Request, actor: Annotated[Actor, Depends(asking.now)]
    ) -> None:
        async with of_the_database():
            asker = Asker(actor, address_of(request))
            await accounts.change_own_password(asker, given.old, given.new)

    return router
