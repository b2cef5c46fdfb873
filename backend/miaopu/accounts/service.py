"""Accounts as their administrators manage them: what is asked for, checked, written and told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx

from miaopu.accounts.actor import Actor, forwarded
from miaopu.accounts.roles import Grade, roles_of
from miaopu.accounts.rules import WHY, grade_in, may_manage, place_in, roles_in, weakness
from miaopu.accounts.tree import read_tree
from miaopu.accounts.users import ExistsError, Users, draw_password
from miaopu.problems import (
    CollisionError,
    InvalidError,
    MissingError,
    NotAllowedError,
    TooOftenError,
)

Json = dict[str, Any]

_LOCKED_S = 60.0


class Tell(Protocol):
    """Has the trail remember what was done to an account."""

    def __call__(
        self,
        actor: Actor,
        action: str,
        /,
        *,
        address: str,
        database: str,
        request: str,
        account: str,
        changed: list[str],
        grades: list[str],
        disabled: bool | None,
        place: str | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who changes an account, and from where."""

    actor: Actor
    address: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to change of an account; None stays."""

    display_name: str | None = None
    grade: Grade | None = None
    disabled: bool | None = None
    password: str | None = None
    draw_password: bool = False


def shown_name(record: Json) -> str:
    """What stands on forms."""
    return str(record.get("display_name") or record["name"])


def check_manager(actor: Actor) -> None:
    """Raises NotAllowedError but for administrators of a place."""
    if actor.grade != "admin" or (actor.site is None and actor.region is None):
        raise NotAllowedError("only administrators of a place manage accounts")


@dataclass(frozen=True, slots=True)
class AccountService:
    """All of it raises httpx.HTTPError, and what `miaopu.problems` names.

    `anonymous` is a client without credentials; `reserved` are names that no account may have.
    """

    users: Users
    anonymous: Callable[[], httpx.AsyncClient]
    tell: Tell
    reserved: frozenset[str]

    async def managed(self, actor: Actor) -> list[Json]:
        """The accounts that somebody manages."""
        places = await read_tree(self.users.client())
        records = await self.users.all()
        return [one for one in records if may_manage(actor, place_in(one), places)]

    async def add(
        self,
        asker: Asker,
        record: Json,
        place: str | None,
        grade: Grade,
        password: str | None,
    ) -> tuple[Json, str | None]:
        """Adds an account, of its administrator's own place without another; returns it and the
        password, where that was drawn. `record` has a name and a display name."""
        actor = asker.actor
        own = f"site:{actor.site}" if actor.site is not None else f"region:{actor.region}"
        place = place or own
        if not may_manage(actor, place, await read_tree(self.users.client())):
            raise NotAllowedError("you do not manage the accounts of this place")
        if record["name"] in self.reserved:
            raise ExistsError
        record = {"type": "user", **record, "roles": list(roles_of(place, grade))}
        drawn = draw_password() if password is None else None
        given = drawn or _strong(password or "", record["name"], record["display_name"])
        await self.users.create({**record, "password": given})
        self._told(asker, "create", record, ["name", "display_name", "roles", "password"])
        return record, drawn

    async def change(self, asker: Asker, name: str, wanted: Wanted) -> tuple[Json, str | None]:
        """Changes an account; returns it and the password, where that was drawn."""
        before = await self._managed(name, asker.actor)
        drawn = draw_password() if wanted.draw_password and wanted.password is None else None
        _check_change(asker.actor, before, wanted, drawn)
        password = drawn
        if wanted.password is not None:
            password = _strong(wanted.password, name, wanted.display_name or shown_name(before))
        changed: list[str] = []
        stood: Json = {}
        stands: Json = {}

        def edit(found: Json) -> Json:
            after, done = _edited(found, wanted, password)
            changed[:] = done
            stood.update(found)
            stands.clear()
            stands.update(after)
            return after

        await self.users.change(name, edit)
        self._told(asker, "change", stands, changed, stood)
        return stands, drawn

    async def change_own_password(self, asker: Asker, old: str, new: str) -> None:
        """Whoever knows the old password gives the account a new one."""
        record = await self.users.get(asker.actor.name)
        if record is None or place_in(record) is None:
            raise NotAllowedError("this account's password is not changed here")
        answer = await self.anonymous().post(
            "_session",
            json={"name": asker.actor.name, "password": old},
            headers=forwarded(asker.address),
        )
        # CouchDB's word for an account that is locked for a while is 403.
        if answer.status_code in (403, 429):
            raise TooOftenError("too many wrong passwords; try again later", wait=_LOCKED_S)
        if answer.status_code == 401:
            raise NotAllowedError("the old password is wrong", code="password.old")
        answer.raise_for_status()
        password = _strong(new, asker.actor.name, str(record.get("display_name") or ""))
        if new == old:
            raise InvalidError("the new password is the old one", code="password.same")
        await self.users.change(asker.actor.name, lambda found: {**found, "password": password})
        self._told(asker, "password", record, ["password"])

    async def _managed(self, name: str, actor: Actor) -> Json:
        record = await self.users.get(name)
        # Who manages other accounts learns nothing of this one, not even whether it is there.
        places = await read_tree(self.users.client())
        if record is None or not may_manage(actor, place_in(record), places):
            raise MissingError("there is no account of this name that you manage")
        return record

    def _told(
        self,
        asker: Asker,
        what: Literal["create", "change", "password"],
        record: Json,
        changed: list[str],
        before: Json | None = None,
    ) -> None:
        grades: list[str] = [grade_in(one) for one in (before, record) if one is not None]
        self.tell(
            asker.actor,
            "account",
            address=asker.address,
            database="_users",
            request=what,
            account=record["name"],
            changed=changed,
            grades=grades if {"grade", "roles"} & {*changed} else [],
            disabled="disabled" in record if "disabled" in changed else None,
            place=place_in(record),
        )


def _strong(password: str, name: str, display_name: str) -> str:
    wrong = weakness(password, name, display_name)
    if wrong is not None:
        raise InvalidError(WHY[wrong], code=f"password.{wrong}")
    return password


def _check_change(actor: Actor, record: Json, wanted: Wanted, drawn: str | None) -> None:
    """Raises CollisionError or InvalidError for what makes no sense."""
    if record["name"] == actor.name and (wanted.disabled or wanted.grade not in (None, "admin")):
        raise CollisionError("you cannot take your own rights; ask a colleague")
    again = wanted.disabled is False and "disabled" in record
    stays = "disabled" in record if wanted.disabled is None else wanted.disabled
    if stays and (wanted.password is not None or wanted.draw_password):
        raise InvalidError("an account that is disabled gets no password")
    if again and wanted.password is None and drawn is None:
        raise InvalidError("an account is enabled with a new password")


def _edited(before: Json, wanted: Wanted, password: str | None) -> tuple[Json, list[str]]:
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
