"""Who sends a request, as the database says."""

import hashlib
import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
from starlette.requests import Request

from miaopu.accounts.roles import GRADES, SERVER_ROLE, Grade
from miaopu.problems import TooOftenError

_PLACE = re.compile(r"^(?:site:([0-9]{10})|region:([0-9]{6}))$")
_CREDENTIALS = ("authorization", "cookie")
_REMEMBERED_S = 30.0
_MOST = 5000
_LOCKED_OUT = (403, 429)
"""CouchDB's answer, and the embedded database's, to who has tried too many passwords."""
_LOCKED_S = 60.0


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that the database has authenticated."""

    name: str
    roles: tuple[str, ...] = ()

    def _place(self, group: int) -> str | None:
        found = (_PLACE.match(role) for role in self.roles)
        return next((match[group] for match in found if match and match[group]), None)

    @property
    def site(self) -> str | None:
        """接种单位编码 of its clinic."""
        return self._place(1)

    @property
    def region(self) -> str | None:
        """行政区划代码 of its region."""
        return self._place(2)

    @property
    def grade(self) -> Grade:
        """How far its rights go; the least where no role says it."""
        given = (grade for grade in reversed(GRADES) if f"grade:{grade}" in self.roles)
        return next(given, GRADES[0])

    @property
    def is_server(self) -> bool:
        """Whether this is the program itself."""
        return SERVER_ROLE in self.roles


def address_of(request: Request) -> str:
    """Where a request comes from, as the trail writes it."""
    return request.client.host[:64] if request.client is not None else "unknown"


def forwarded(address: str) -> dict[str, str]:
    """The header by which the database learns for whom this server asks."""
    try:
        return {"x-forwarded-for": str(ipaddress.ip_address(address))}
    except ValueError:
        return {}


def _credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _CREDENTIALS if headers.get(name)}


def _digest(credentials: Mapping[str, str]) -> bytes:
    return hashlib.blake2b(repr(sorted(credentials.items())).encode(), digest_size=32).digest()


@dataclass(slots=True)
class Identities:
    """Asks the database whose credentials a request holds.

    `client` speaks to the database without credentials of its own. An answer is remembered for half
    a minute under a digest of the credentials; what the database then does with the request, it
    does by its own knowledge. Nobody is not remembered: who has to wait after wrong passwords is
    somebody a moment later.
    """

    client: Callable[[], httpx.AsyncClient]
    _known: OrderedDict[bytes, tuple[float, Actor]] = field(default_factory=OrderedDict)

    def remembered(self, headers: Mapping[str, str]) -> Actor | None:
        """Who it is, where that was asked for half a minute ago at most."""
        given = _credentials(headers)
        known = self._known.get(_digest(given)) if given else None
        if known is None or time.monotonic() - known[0] >= _REMEMBERED_S:
            return None
        return known[1]

    async def of(
        self, headers: Mapping[str, str], address: str, *, fresh: bool = False
    ) -> Actor | None:
        """Who it is; None for nobody. `address` is where the request comes from, so that the
        database counts wrong passwords for that and not for this server. `fresh` asks again.
        Raises httpx.HTTPError, and TooOftenError where wrong passwords came before."""
        given = _credentials(headers)
        if not given:
            return None
        known = None if fresh else self.remembered(headers)
        if known is not None:
            return known
        key = _digest(given)
        answer = await self.client().get("_session", headers={**given, **forwarded(address)})
        if answer.status_code >= 500:
            answer.raise_for_status()
        if answer.status_code in _LOCKED_OUT:
            wait = answer.headers.get("retry-after", "")
            raise TooOftenError(
                "too many wrong passwords; try again later",
                wait=float(wait) if wait.isdigit() else _LOCKED_S,
            )
        context = answer.json()["userCtx"] if answer.is_success else None
        if context is None or context["name"] is None:
            self._known.pop(key, None)
            return None
        actor = Actor(context["name"], tuple(context["roles"]))
        self._known[key] = (time.monotonic(), actor)
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return actor
