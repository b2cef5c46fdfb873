"""Pairing (配对): who may speak to the bridge.

A person reads six digits from this PC's screen and types them into the application once. From then
on the browser holds a random token that is good for its own origin only. The bridge keeps the
token's hash, never the token.
"""

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from miaopu_bridge.files import write_private
from miaopu_bridge.shapes import now

TRIES_PER_CODE = 5
LOCKOUT_S = 30.0
_DEFAULT_PORTS = {"http": 80, "https": 443}

log = logging.getLogger(__name__)


def normal_origin(text: str) -> str:
    """`scheme://host[:port]` in lower case without a default port.

    Raises ValueError for anything that is not one web origin: a wildcard, `null`, a path.
    """
    parts = urlsplit(text.strip())
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is not a web origin: {error}") from None
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or "*" in parts.hostname
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or parts.username is not None
    ):
        raise ValueError(
            f"{text!r} is not a web origin; write it like https://clinic.example or "
            "http://localhost:8000"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


class Pairing(NamedTuple):
    """One paired origin. `hash` is SHA-256 of a token of 256 random bits."""

    origin: str
    hash: str
    at: str


class WrongCodeError(Exception):
    """The code is not the one shown. `tries_left` before a new one is shown."""

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__("the pairing code is wrong")


class TooManyTriesError(Exception):
    """Pairing is closed for `wait_s` seconds after too many wrong codes."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__("too many wrong pairing codes")


class Pairings:
    """The code now shown and the origins that are paired, kept in one private file."""

    def __init__(
        self,
        path: Path,
        allowed_origins: Iterable[str],
        show_code: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.allowed = frozenset(normal_origin(origin) for origin in allowed_origins)
        self._path = path
        self._show_code = show_code
        self._clock = clock
        self._tries = 0
        self._closed_until = 0.0
        self._own: dict[str, tuple[str, Pairing]] = {}
        self._paired = self._load()
        self._code = self._new_code()

    @property
    def code(self) -> str:
        return self._code

    def may_speak(self, origin: str) -> bool:
        """Whether `origin`, as a browser sends it, is allowed here (null never is)."""
        return origin in self.allowed or origin in self._own

    def pair(self, code: str, origin: str) -> str:
        """A new token for `origin`; a code is good once.

        Raises WrongCodeError or TooManyTriesError.
        """
        wait = self._closed_until - self._clock()
        if wait > 0:
            raise TooManyTriesError(wait)
        if not hmac.compare_digest(code.encode(), self._code.encode()):
            self._tries += 1
            if self._tries >= TRIES_PER_CODE:
                self._closed_until = self._clock() + LOCKOUT_S
                self._code = self._new_code()
                log.warning("five wrong pairing codes from %s; a new code is shown", origin)
                raise TooManyTriesError(LOCKOUT_S)
            raise WrongCodeError(TRIES_PER_CODE - self._tries)
        token, pairing = _mint(origin)
        self._paired.append(pairing)
        self._save()
        self._code = self._new_code()
        log.info("paired with %s", origin)
        return token

    def add_own_page(self, origin: str) -> str:
        """The token of the bridge's own page at `origin`, good until the bridge stops."""
        if origin not in self._own:
            self._own[origin] = _mint(origin)
        return self._own[origin][0]

    def is_own_page(self, origin: str) -> bool:
        """Whether `origin` is the bridge's own page, which shows the code and every job."""
        return origin in self._own

    def check(self, token: str, origin: str) -> bool:
        """Whether `token` was given to this very `origin`."""
        digest = _hash(token)
        return any(
            hmac.compare_digest(pairing.hash, digest) and pairing.origin == origin
            for pairing in (*self._paired, *(own for _, own in self._own.values()))
        ) and self.may_speak(origin)

    def forget(self, token: str) -> None:
        """Unpairs the holder of `token`."""
        digest = _hash(token)
        self._paired = [pairing for pairing in self._paired if pairing.hash != digest]
        self._save()

    def _new_code(self) -> str:
        self._tries = 0
        code = f"{secrets.randbelow(1_000_000):06d}"
        self._show_code(code)
        return code

    def _load(self) -> list[Pairing]:
        if not self._path.exists():
            return []
        try:
            stored = json.loads(self._path.read_text("utf-8"))
            return [Pairing(str(p["origin"]), str(p["hash"]), str(p["at"])) for p in stored]
        except (ValueError, KeyError, TypeError) as error:
            kept = self._path.with_suffix(".damaged")
            self._path.replace(kept)
            log.error("%s is damaged (%s), kept as %s; pair again", self._path, error, kept)
            return []

    def _save(self) -> None:
        write_private(self._path, json.dumps([p._asdict() for p in self._paired]).encode())


def _mint(origin: str) -> tuple[str, Pairing]:
    token = secrets.token_urlsafe(32)
    return token, Pairing(origin, _hash(token), now())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
