"""Who may manage whose account, and which passwords are taken: pure."""

import re
from itertools import pairwise
from typing import Any, Literal

from miaopu.accounts.actor import Actor
from miaopu.accounts.roles import GRADES, SERVER_ROLE, Grade
from miaopu.accounts.tree import Tree

Json = dict[str, Any]
Weakness = Literal["short", "long", "name", "monotone", "sequence"]

LEAST = 10
MOST = 200
_LEAST_DIFFERENT = 5
_PLACE = re.compile(r"^(?:site:[0-9]{10}|region:[0-9]{6})$")

WHY: dict[Weakness, str] = {
    "short": f"a password has at least {LEAST} characters",
    "long": f"a password has at most {MOST} characters",
    "name": "a password does not contain the account's name or its owner's",
    "monotone": f"a password has at least {_LEAST_DIFFERENT} different characters",
    "sequence": "a password is not a row of neighbouring characters, such as 0123456789",
}


def weakness(password: str, *names: str) -> Weakness | None:
    """Why a password is not taken; None when it is. `names` are what it must not contain."""
    if len(password) < LEAST:
        return "short"
    if len(password) > MOST:
        return "long"
    folded = password.casefold()
    if any(len(name) > 1 and name.casefold() in folded for name in names):
        return "name"
    if len(set(folded)) < _LEAST_DIFFERENT:
        return "monotone"
    # 1234567890: the nought follows the nine.
    codes = [ord(one) for one in folded.replace("90", "9:")]
    steps = {after - before for before, after in pairwise(codes)}
    return "sequence" if steps in ({1}, {-1}) else None


def roles_in(record: Json) -> list[str]:
    """The roles of an account's document, those of a disabled one included."""
    disabled = record.get("disabled")
    roles = disabled.get("roles") if isinstance(disabled, dict) else record.get("roles")
    return [role for role in roles or [] if isinstance(role, str)]


def place_in(record: Json) -> str | None:
    """`site:<code>` or `region:<code>` of an account; None for one that is not a person's."""
    roles = roles_in(record)
    if SERVER_ROLE in roles:
        return None
    return next((role for role in roles if _PLACE.match(role)), None)


def grade_in(record: Json) -> Grade:
    """The grade of an account."""
    roles = roles_in(record)
    return next((grade for grade in reversed(GRADES) if f"grade:{grade}" in roles), "ordinary")


def may_manage(actor: Actor, place: str | None, tree: Tree) -> bool:
    """Whether `actor` manages the accounts of a place: an administrator, its own and those below.

    Nobody can give more than that: a place's administrator is at most `admin` there.
    """
    if actor.grade != "admin" or place is None:
        return False
    kind, _, code = place.partition(":")
    if actor.site is not None:
        return place == f"site:{actor.site}"
    if actor.region is None:
        return False
    region = tree.sites.get(code) if kind == "site" else code
    return region is not None and actor.region in tree.above(region)
