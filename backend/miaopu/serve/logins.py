"""Logins and logouts on their way to the database: what ends one, and what the trail is told."""

import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import httpx
from starlette.requests import Request

from miaopu.accounts.actor import Actor, Identities, address_of
from miaopu.accounts.ended import EndedLogins
from miaopu.accounts.limits import Limit
from miaopu.audit import Trail
from miaopu.couch.asgi import Application, Headers, Message, Receive, Scope, Send
from miaopu.problems import TooOftenError
from miaopu_db.address import address_in
from miaopu_db.auth import parse_basic

log = logging.getLogger(__name__)

_COOKIE = "AuthSession"
_LOGIN = ("db", "_session")
_LONGEST = 64 * 1024
"""Bytes of a login, or of its answer, that are read along."""
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WRONG = (401, 403, 429)
"""Answers to a login that is none: a wrong password, CouchDB's lockout, the embedded one's."""

PlaceOf = Callable[[str], Awaitable[str | None]]
"""An account's name → `site:<code>` or `region:<code>`; None for no account. Raises
httpx.HTTPError."""


@dataclass(slots=True)
class Logins:
    """An ASGI application around the whole origin, behind its entrance."""

    application: Application
    ended: EndedLogins
    identities: Identities
    trail: Trail
    place_of: PlaceOf
    _failing: Limit = field(default_factory=lambda: Limit(30, 60))
    """Failed logins from one address that the trail is told: who guesses must not fill it."""
    _all_failing: Limit = field(default_factory=lambda: Limit(300, 60))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cookies = _cookies(scope)
        if any(self.ended.has(one) for one in cookies):
            # Whichever of several the database would have read: none.
            scope, cookies = {**scope, "headers": _without_cookie(scope["headers"])}, []
        if _is_inside(scope):
            await self.application(scope, receive, send)
            return
        exchange = _Exchange(scope, cookies[0] if cookies else None)
        leaving = await self._leaving(exchange)
        try:
            await self.application(scope, exchange.receiving(receive), exchange.sending(send))
        finally:
            await self._done(exchange, leaving)

    async def _leaving(self, exchange: "_Exchange") -> Actor | None:
        """Who logs out, which afterwards nobody can say."""
        if exchange.step != "DELETE":
            return None
        try:
            return await self.identities.of(exchange.headers, exchange.address)
        except (httpx.HTTPError, TooOftenError) as error:
            log.warning("who logs out is not known: %s", type(error).__name__)
            return None

    async def _done(self, exchange: "_Exchange", leaving: Actor | None) -> None:
        if exchange.cookie is not None and exchange.given:
            self.ended.renewed(exchange.cookie, exchange.given)
        if exchange.step == "DELETE" and exchange.status == 200 and exchange.cookie is not None:
            self.ended.end(exchange.cookie)
            if leaving is not None:
                self._tell(leaving, "logout", exchange)
        elif exchange.step == "POST" and exchange.status == 200:
            self._tell(exchange.actor(), "login", exchange)
        elif exchange.failed is not None:
            await self._failed(exchange.failed, exchange)

    def _tell(
        self, actor: Actor, action: str, exchange: "_Exchange", place: str | None = None
    ) -> None:
        self.trail.record(
            actor,
            action,
            address=exchange.address,
            database="_users",
            request=exchange.request,
            place=place,
        )

    async def _failed(self, name: str, exchange: "_Exchange") -> None:
        if self._failing.wait(exchange.address) or self._all_failing.wait(""):
            return
        try:
            place = await self.place_of(name)
        except httpx.HTTPError:
            place = None  # the trail of the highest region is told
        self._tell(Actor(name), "login_failed", exchange, place)


@dataclass(slots=True)
class _Exchange:
    """A request as far as it is about who asks, and its answer."""

    scope: Scope
    cookie: str | None
    status: int = 0
    given: str = ""
    """The cookie that the answer brings."""
    body: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)

    @property
    def step(self) -> str | None:
        """`POST` logs in, `DELETE` logs out."""
        method = self.scope["method"]
        is_login = address_in(self.scope).segments == _LOGIN
        return method if is_login and method in ("POST", "DELETE") else None

    @property
    def request(self) -> str:
        """How somebody logs in: on the page, or with each request."""
        return "_session" if self.step is not None else "basic"

    @property
    def headers(self) -> dict[str, str]:
        return {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in self.scope["headers"]
        }

    @property
    def address(self) -> str:
        return address_of(Request(self.scope))

    @property
    def failed(self) -> str | None:
        """The account that somebody failed to log in to; None: nobody tried."""
        if self.step == "POST" and self.status in _WRONG:
            return self._typed()
        basic = self.headers.get("authorization")
        if self.step is None and basic is not None and self.status == 401:
            found = parse_basic(basic)
            return _shown(found[0]) if found is not None else "?"
        return None

    def actor(self) -> Actor:
        """Who has logged in, as the database says."""
        try:
            said = json.loads(self.answer)
            name, roles = said.get("name"), said.get("roles")
        except (ValueError, AttributeError):
            name, roles = None, None
        known = tuple(one for one in roles or () if isinstance(one, str))
        return Actor(name if isinstance(name, str) else self._typed(), known)

    def _typed(self) -> str:
        kind = self.headers.get("content-type", "")
        text = self.body.decode("utf-8", "replace")
        try:
            if kind.startswith("application/json"):
                return _shown(json.loads(text).get("name"))
            return _shown(parse_qs(text).get("name", [""])[0])
        except (ValueError, AttributeError):
            return "?"

    def receiving(self, receive: Receive) -> Receive:
        async def arriving() -> Message:
            message = await receive()
            if self.step == "POST" and len(self.body) < _LONGEST:
                self.body += message.get("body", b"")[:_LONGEST]
            return message

        return arriving

    def sending(self, send: Send) -> Send:
        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                for name, value in message["headers"]:
                    if name.lower() == b"set-cookie":
                        self.given = _value(value.decode("latin-1").partition(";")[0]) or ""
            elif self.step == "POST" and len(self.answer) < _LONGEST:
                self.answer += message.get("body", b"")
            await send(message)

        return leaving


def _is_inside(scope: Scope) -> bool:
    """Whether the server calls itself, for a request that was looked at already."""
    return scope.get("client") is not None and scope["client"][1] == 0


def _shown(name: object) -> str:
    """A name that may be written down; somebody may have typed a password instead."""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "?"


def _value(part: str) -> str | None:
    name, _, value = part.strip().partition("=")
    return value if name == _COOKIE else None


def _cookies(scope: Scope) -> list[str]:
    values = [value for name, value in scope["headers"] if name.lower() == b"cookie"]
    parts = (part for value in values for part in value.decode("latin-1").split(";"))
    return [found for part in parts if (found := _value(part))]


def _without_cookie(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() != b"cookie"]
