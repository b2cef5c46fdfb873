"""Roles (角色) of accounts: where one belongs, and how far it may go there."""

from typing import Literal

Grade = Literal["ordinary", "senior", "admin"]

SERVER_ROLE = "server"
TRAIL_ROLE = "audit"
"""`audit:<code>` reads the trail of a region: the role of its administrators."""
GRADES: tuple[Grade, ...] = ("ordinary", "senior", "admin")

SERVER_ACCOUNT = "miaopu"
"""The program's own account, of role `server`."""


def roles_of(place: str, grade: Grade) -> tuple[str, ...]:
    """The roles of an account at `site:<code>` or `region:<code>` with a grade."""
    kind, _, code = place.partition(":")
    trail = (f"{TRAIL_ROLE}:{code}",) if kind == "region" and grade == "admin" else ()
    return (place, f"grade:{grade}", *trail)
