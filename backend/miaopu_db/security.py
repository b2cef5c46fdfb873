"""A database's `_security` object and what it allows to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from .auth import ADMIN_ROLE, User
from .errors import bad_request, forbidden, unauthorized

DEFAULT: dict[str, Any] = {
    "admins": {"roles": [ADMIN_ROLE]},
    "members": {"roles": [ADMIN_ROLE]},
}
"""What a new database starts with: nobody but server administrators."""


@dataclass(frozen=True, slots=True)
class Security:
    """Administrators and members, by name and by role, with the object as it was given."""

    given: dict[str, Any]
    admin_names: frozenset[str]
    admin_roles: frozenset[str]
    member_names: frozenset[str]
    member_roles: frozenset[str]

    @classmethod
    def parse(cls, value: Any) -> Security:
        """Raises 400 unless `value` is an object whose lists hold strings."""
        if not isinstance(value, dict):
            raise bad_request("Security object must be a JSON object")
        lists: list[frozenset[str]] = []
        for group in ("admins", "members"):
            part = value.get(group, {})
            if not isinstance(part, dict):
                raise bad_request(f"{group} must be a JSON object")
            for member in ("names", "roles"):
                names = part.get(member, [])
                if not isinstance(names, list):
                    raise bad_request(f"{member} must be a JSON list of strings")
                if not all(isinstance(name, str) for name in names):
                    raise bad_request(f"{member} must be a JSON list of strings")
                lists.append(frozenset(names))
        try:
            orjson.dumps(value)
        except (orjson.JSONEncodeError, RecursionError):
            raise bad_request("Security object nests too deep") from None
        return cls(value, *lists)

    def is_admin(self, user: User) -> bool:
        """Whether the user may change design documents and `_security`."""
        return (
            user.is_admin
            or user.name in self.admin_names
            or not self.admin_roles.isdisjoint(user.roles)
        )

    def is_member(self, user: User) -> bool:
        """Whether the user may read and write. Naming no members opens the database to every
        user who has logged in, never to nobody."""
        if user.name is None:
            return False
        if self.is_admin(user) or (not self.member_names and not self.member_roles):
            return True
        return user.name in self.member_names or not self.member_roles.isdisjoint(user.roles)

    def require_member(self, user: User) -> None:
        if not self.is_member(user):
            if user.name is None:
                raise unauthorized("You are not authorized to access this db.")
            raise forbidden("You are not allowed to access this db.")

    def require_admin(self, user: User) -> None:
        if not self.is_admin(user):
            if user.name is None:
                raise unauthorized("You are not a db or server admin.")
            raise forbidden("You are not a db or server admin.")

    def require_keeper(self, user: User) -> None:
        """As `require_admin`, in the words in which CouchDB keeps upkeep to administrators."""
        if not self.is_admin(user):
            raise unauthorized("You are not a server or db admin.")


def require_server_admin(user: User) -> None:
    """Raises 401, as CouchDB does whoever it is that asks."""
    if not user.is_admin:
        raise unauthorized("You are not a server admin.")
