"""Who sends a request, as the database says."""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from miaopu.provision.plan import GRADES, SERVER_ROLE, Grade

_PLACE = re.compile(r"^(?:site:([0-9]{10})|region:([0-9]{6}))$")
_CREDENTIALS = ("authorization", "cookie")
_REMEMBERED_S = 30.0
_MOST = 5000


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


@dataclass(slots=True)
class Identities:
    """Asks the database whose credentials a request holds.

    `client` speaks to the database without credentials of its own. An answer is remembered for half
    a minute under a digest of the credentials; what the database then does with the request, it
    does by its own knowledge.
    """

    client: Callable[[], httpx.AsyncClient]
    _known: OrderedDict[bytes, tuple[float, Actor | None]] = field(default_factory=OrderedDict)

    async def of(self, headers: Mapping[str, str], *, fresh: bool = False) -> Actor | None:
        """Who it is; None for nobody. `fresh` asks again. Raises httpx.HTTPError."""
        given = {name: headers[name] for name in _CREDENTIALS if headers.get(name)}
        if not given:
            return None
        key = hashlib.blake2b(repr(sorted(given.items())).encode(), digest_size=32).digest()
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and not fresh and now - known[0] < _REMEMBERED_S:
            return known[1]
        answer = await self.client().get("_session", headers=given)
        if answer.status_code >= 500:
            answer.raise_for_status()
        context = answer.json()["userCtx"] if answer.is_success else None
        actor = None
        if context is not None and context["name"] is not None:
            actor = Actor(context["name"], tuple(context["roles"]))
        self._known[key] = (now, actor)
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return actor
