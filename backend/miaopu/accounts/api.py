"""`/api/accounts`: administrators manage the accounts of their place without the database's."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from miaopu.accounts.actor import Actor, Identities, address_of, forwarded
from miaopu.accounts.roles import Grade, roles_of
from miaopu.accounts.rules import WHY, grade_in, may_manage, place_in, roles_in, weakness
from miaopu.accounts.standing import stands, ticket
from miaopu.accounts.tree import Tree, read_tree
from miaopu.accounts.users import BusyError, ExistsError, Users, draw_password
from miaopu.audit import Trail
from miaopu.models.base import RegionCode, SiteCode, Text

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


class Change(_Body):
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


class Account(BaseModel):
    """An account as administrators see it."""

    name: str
    display_name: str
    grade: Grade
    site: str | None
    region: str | None
    disabled: bool


class Own(Account):
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


class Accounts(BaseModel):
    """The accounts that one manages."""

    accounts: list[Account]


class Made(BaseModel):
    """An account that was made or changed; `password` only when it was drawn."""

    account: Account
    password: str | None = None


def _shown(record: Json) -> Account:
    kind, _, code = (place_in(record) or "").partition(":")
    return Account(
        name=record["name"],
        display_name=record.get("display_name") or record["name"],
        grade=grade_in(record),
        site=code if kind == "site" else None,
        region=code if kind == "region" else None,
        disabled="disabled" in record,
    )


def _strong(password: str, name: str, display_name: str) -> str:
    wrong = weakness(password, name, display_name)
    if wrong is not None:
        raise HTTPException(422, {"code": f"password.{wrong}", "message": WHY[wrong]})
    return password


@asynccontextmanager
async def _database() -> AsyncIterator[None]:
    try:
        yield
    except BusyError as error:
        raise HTTPException(409, "this account is being changed by somebody else") from error
    except httpx.HTTPError as error:
        raise HTTPException(503, "the database does not answer; try again") from error


def accounts_router(
    identities: Identities,
    administrator: Callable[[], httpx.AsyncClient],
    anonymous: Callable[[], httpx.AsyncClient],
    trail: Trail,
    reserved: frozenset[str],
    secret: str,
) -> APIRouter:
    """The routes below `/api/accounts`.

    `administrator` is the client of the database's administrator, `anonymous` one without
    credentials; `reserved` are names that no account may have; `secret` is the server's own, for
    the tickets of devices.
    """
    router = APIRouter(prefix="/accounts")
    users = Users(administrator)

    async def logged_in(request: Request) -> Actor:
        async with _database():
            actor = await identities.of(request.headers, address_of(request), fresh=True)
        if actor is None:
            raise HTTPException(401, "log in first")
        return actor

    async def manager(actor: Annotated[Actor, Depends(logged_in)]) -> Actor:
        if actor.grade != "admin" or (actor.site is None and actor.region is None):
            raise HTTPException(403, "only administrators of a place manage accounts")
        return actor

    async def tree() -> Tree:
        return await read_tree(administrator())

    def told(
        request: Request,
        actor: Actor,
        what: Literal["create", "change", "password"],
        record: Json,
        changed: list[str],
        before: Json | None = None,
    ) -> None:
        grades = [grade_in(one) for one in (before, record) if one is not None]
        trail.record(
            actor,
            "account",
            address=address_of(request),
            database="_users",
            request=what,
            account=record["name"],
            changed=changed,
            grades=grades if "grade" in changed else (),
            disabled="disabled" in record if "disabled" in changed else None,
            place=place_in(record),
        )

    async def managed(name: str, actor: Actor) -> Json:
        record = await users.get(name)
        # Who manages other accounts learns nothing of this one, not even whether it is there.
        if record is None or not may_manage(actor, place_in(record), await tree()):
            raise HTTPException(404, "there is no account of this name that you manage")
        return record

    @router.get("")
    async def listed(actor: Annotated[Actor, Depends(manager)]) -> Accounts:
        async with _database():
            places = await tree()
            records = await users.all()
        mine = [record for record in records if may_manage(actor, place_in(record), places)]
        return Accounts(accounts=[_shown(record) for record in mine])

    @router.post("", status_code=201)
    async def add(
        new: NewAccount, request: Request, actor: Annotated[Actor, Depends(manager)]
    ) -> Made:
        if new.site is not None and new.region is not None:
            raise HTTPException(422, "an account belongs to one site or to one region")
        own = f"site:{actor.site}" if actor.site is not None else f"region:{actor.region}"
        place = own
        if new.site is not None or new.region is not None:
            place = f"site:{new.site}" if new.site is not None else f"region:{new.region}"
        drawn = draw_password() if new.password is None else None
        async with _database():
            if not may_manage(actor, place, await tree()):
                raise HTTPException(403, "you do not manage the accounts of this place")
            if new.name in reserved:
                raise HTTPException(409, "there is an account of this name; choose another")
            record: Json = {
                "type": "user",
                "name": new.name,
                "roles": list(roles_of(place, new.grade)),
                "display_name": new.display_name,
            }
            password = drawn or _strong(new.password or "", new.name, new.display_name)
            try:
                await users.create({**record, "password": password})
            except ExistsError as error:
                message = "there is an account of this name; choose another"
                raise HTTPException(409, message) from error
        told(request, actor, "create", record, ["name", "display_name", "roles", "password"])
        return Made(account=_shown(record), password=drawn)

    @router.patch("/{name}")
    async def change(
        name: str, wanted: Change, request: Request, actor: Annotated[Actor, Depends(manager)]
    ) -> Made:
        drawn = draw_password() if wanted.draw_password and wanted.password is None else None
        async with _database():
            record = await managed(name, actor)
            if name == actor.name and (wanted.disabled or wanted.grade not in (None, "admin")):
                raise HTTPException(409, "you cannot take your own rights; ask a colleague")
            again = wanted.disabled is False and "disabled" in record
            stays = "disabled" in record if wanted.disabled is None else wanted.disabled
            if stays and (wanted.password is not None or wanted.draw_password):
                raise HTTPException(422, "an account that is disabled gets no password")
            if again and wanted.password is None and drawn is None:
                raise HTTPException(422, "an account is enabled with a new password")
            shown = wanted.display_name or _shown(record).display_name
            password = drawn
            if wanted.password is not None:
                password = _strong(wanted.password, name, shown)
            changed: list[str] = []
            stood: Json = {}

            def edit(before: Json) -> Json:
                after, done = _edited(before, wanted, password)
                stood.update(before)
                changed[:] = done
                record.clear()
                record.update(after)
                return after

            await users.change(name, edit)
        told(request, actor, "change", record, changed, stood)
        return Made(account=_shown(record), password=drawn)

    @router.get("/me")
    async def own(actor: Annotated[Actor, Depends(logged_in)]) -> Own:
        """One's own account. CouchDB 3 shows `_users` to its administrators alone."""
        async with _database():
            record = await users.get(actor.name)
        if record is None or place_in(record) is None:
            raise HTTPException(404, "this account belongs to no place")
        return Own(**_shown(record).model_dump(), ticket=ticket(secret, record))

    @router.post("/standing")
    async def standing(given: Standings) -> Closed:
        """Which of a device's accounts are out. Whoever has no ticket learns nothing here."""
        async with _database():
            closed = [
                one.name
                for one in given.accounts
                if not stands(secret, await users.get(one.name), one.ticket)
            ]
        return Closed(closed=closed)

    @router.post("/me/password", status_code=204)
    async def own_password(
        given: NewPassword, request: Request, actor: Annotated[Actor, Depends(logged_in)]
    ) -> None:
        async with _database():
            record = await users.get(actor.name)
            if record is None or place_in(record) is None:
                raise HTTPException(403, "this account's password is not changed here")
            login = {"name": actor.name, "password": given.old}
            answer = await anonymous().post(
                "_session", json=login, headers=forwarded(address_of(request))
            )
            # CouchDB's word for an account that is locked for a while is 403.
            if answer.status_code in (403, 429):
                raise HTTPException(429, "too many wrong passwords; try again later")
            if answer.status_code == 401:
                wrong = {"code": "password.old", "message": "the old password is wrong"}
                raise HTTPException(403, wrong)
            answer.raise_for_status()
            password = _strong(given.new, actor.name, str(record.get("display_name") or ""))
            if given.new == given.old:
                same = {"code": "password.same", "message": "the new password is the old one"}
                raise HTTPException(422, same)
            await users.change(actor.name, lambda before: {**before, "password": password})
        told(request, actor, "password", record, ["password"])

    return router


def _edited(before: Json, wanted: Change, password: str | None) -> tuple[Json, list[str]]:
    """The document with what is wanted in it, and what that changes.

    A disabled account has no roles and a password that nobody knows: its sessions end with the old
    one. What it may do stands in `disabled`, for the day that it is enabled.
    """
    after = dict(before)
    changed: list[str] = []
    roles = roles_in(before)
    if wanted.display_name is not None and wanted.display_name != before.get("display_name"):
        after["display_name"] = wanted.display_name
        changed.append("display_name")
    if wanted.grade is not None and wanted.grade != grade_in(before):
        roles = list(roles_of(place_in(before) or "", wanted.grade))
        changed.append("grade")
    disabled = wanted.disabled if wanted.disabled is not None else "disabled" in before
    if disabled != ("disabled" in before):
        changed.append("disabled")
    after.pop("disabled", None)
    if disabled:
        after |= {"disabled": {"roles": roles}, "roles": []}
        password = draw_password() if "disabled" not in before else None
    else:
        after["roles"] = roles
    if password is not None:
        after["password"] = password
        changed.append("password")
    return after, changed
