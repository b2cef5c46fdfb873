"""Who is asking: passwords, basic authentication, `AuthSession` cookies, throttled logins."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import math
import os
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from .errors import CouchError, bad_request

ITERATIONS = 600_000
"""Rounds of a new record; a weaker one is made as strong at its next login."""
MIN_ITERATIONS = 100_000
MAX_ITERATIONS = 2_000_000
"""Nobody makes his own login, and with it everybody's, slower than this."""
ADMIN_ROLE = "_admin"

_STRONG = ("sha256", "sha384", "sha512")
_HASHES = {"sha": "sha1", "sha224": "sha224", "sha256": "sha256", "sha384": "sha384"} | {
    "sha512": "sha512"
}


@dataclass(frozen=True, slots=True)
class User:
    """Who makes a request. `name` is None for nobody; `stamp` changes with the password."""

    name: str | None = None
    roles: tuple[str, ...] = ()
    handler: str | None = None
    stamp: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether this is a server administrator."""
        return ADMIN_ROLE in self.roles

    def context(self, db: str | None = None) -> dict[str, Any]:
        """CouchDB's `userCtx`."""
        members: dict[str, Any] = {"name": self.name, "roles": list(self.roles)}
        return members if db is None else {"db": db, **members}


NOBODY = User()
SYSTEM = User("_system", (ADMIN_ROLE,), "internal")
"""The server itself, where it writes on its own behalf."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a user's password is known: PBKDF2 with `prf`, `iterations` and `salt`, the key in
    hexadecimal. `salt` also binds the user's cookies, so a new password ends old sessions."""

    key: str
    salt: str
    iterations: int
    prf: str
    roles: tuple[str, ...]

    def matches(self, password: str) -> bool:
        """Whether `password` is the right one. Slow on purpose; not for the event loop."""
        found = pbkdf2(password, self.salt, self.iterations, self.prf)
        return hmac.compare_digest(found.encode(), self.key.encode())

    @property
    def is_weak(self) -> bool:
        """Whether a record made today would be stronger."""
        return self.iterations < ITERATIONS or self.prf not in _STRONG


def verify(credentials: Credentials | None, password: str) -> bool:
    """Whether the password is right. A wrong one takes as long for a name that nobody has, or
    whose record is weaker, as for any other. Not for the event loop."""
    rounds = ITERATIONS
    if credentials is not None:
        if credentials.matches(password):
            return True
        rounds -= credentials.iterations
    if rounds > 0:
        pbkdf2(password, "", rounds)
    return False


def pbkdf2(password: str, salt: str, iterations: int, prf: str = "sha256") -> str:
    """CouchDB's derived key: as long as the hash, in hexadecimal."""
    return hashlib.pbkdf2_hmac(
        _HASHES[prf], password.encode("utf-8", "surrogatepass"), salt.encode(), iterations
    ).hex()


def new_credentials(password: str, salt: str | None = None) -> dict[str, Any]:
    """The members of a `_users` document that keep a password. With the old `salt`, sessions that
    began with the same password go on."""
    salt = secrets.token_hex(16) if salt is None else salt
    return {
        "password_scheme": "pbkdf2",
        "pbkdf2_prf": "sha256",
        "salt": salt,
        "iterations": ITERATIONS,
        "derived_key": pbkdf2(password, salt, ITERATIONS),
    }


def hash_password(password: str) -> str:
    """An administrator's record, as CouchDB 3.5 writes it: `-pbkdf2:sha256-KEY,SALT,ROUNDS`."""
    made = new_credentials(password)
    return f"-pbkdf2:sha256-{made['derived_key']},{made['salt']},{made['iterations']}"


def parse_admin(record: str) -> Credentials:
    """An administrator's credentials out of `hash_password`'s form (or the older `-pbkdf2-…`,
    which is SHA-1). Raises ValueError on anything else: a plain password is no record."""
    scheme, _, rest = record.removeprefix("-").partition("-")
    parts = rest.split(",")
    name, _, prf = scheme.partition(":")
    if name != "pbkdf2" or len(parts) != 3 or not parts[2].isdigit() or not parts[0]:
        raise ValueError("an administrator's record must be -pbkdf2:sha256-KEY,SALT,ROUNDS")
    prf = prf or "sha"
    if prf not in _HASHES:
        raise ValueError(f"unknown hash {prf} in an administrator's record")
    return Credentials(parts[0], parts[1], int(parts[2]), prf, (ADMIN_ROLE,))


def parse_user(members: dict[str, Any]) -> Credentials | None:
    """The credentials in a `_users` document; None when nobody can log in with it."""
    key, salt = members.get("derived_key"), members.get("salt")
    rounds, prf = members.get("iterations", 10), members.get("pbkdf2_prf", "sha")
    roles = members.get("roles", [])
    if members.get("password_scheme") != "pbkdf2" or prf not in _HASHES:
        return None
    if not isinstance(key, str) or not isinstance(salt, str) or not key:
        return None
    if type(rounds) is not int or not 1 <= rounds <= MAX_ITERATIONS:
        return None
    if not isinstance(roles, list):
        return None
    return Credentials(
        key,
        salt,
        rounds,
        prf,
        # A document cannot make an administrator, however it came in.
        tuple(role for role in roles if isinstance(role, str) and not role.startswith("_")),
    )


def read_secret(path: Path) -> bytes:
    """The server's cookie secret, made at the first start, readable by its owner alone."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) >= 32:
        return secret
    secret = secrets.token_bytes(48)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return secret


def parse_basic(header: str) -> tuple[str, str] | None:
    """Name and password of an `Authorization: Basic` header; None for another scheme."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        plain = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise bad_request("Authorization header has invalid base64 value") from None
    name, colon, password = plain.partition(":")
    if not colon:
        raise bad_request("Authorization header is not a valid name and password")
    return name, password


class Sessions:
    """`AuthSession` cookies: `name:time:HMAC-SHA256`, keyed by the server's secret and the
    user's salt."""

    def __init__(self, secret: bytes, timeout: int) -> None:
        self._secret = secret
        self.timeout = timeout

    def _sign(self, text: str, salt: str) -> str:
        return hmac.new(self._secret + salt.encode(), text.encode(), hashlib.sha256).hexdigest()

    def issue(self, name: str, salt: str, now: float | None = None) -> str:
        text = f"{name}:{int(time.time() if now is None else now):X}"
        token = f"{text}:{self._sign(text, salt)}".encode()
        return base64.urlsafe_b64encode(token).rstrip(b"=").decode()

    @staticmethod
    def claimed(token: str) -> tuple[str, int, str] | None:
        """Name, time and signature that a cookie claims; None when it is no cookie of ours."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
            name, stamp, signature = raw.rsplit(":", 2)
            return name, int(stamp, 16), signature
        except (ValueError, binascii.Error):
            return None

    def age(self, claim: tuple[str, int, str], salt: str, now: float | None = None) -> float | None:
        """Seconds since a cookie was issued; None when it is forged or too old."""
        name, stamp, signature = claim
        expected = self._sign(f"{name}:{stamp:X}", salt)
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return None
        age = (time.time() if now is None else now) - stamp
        return age if -60 <= age < self.timeout else None


class Verified:
    """Remembers which passwords were found right, so that basic authentication is not slow.

    Keyed by an HMAC under a key that lives only in this process: neither passwords nor anything
    that tells of them is kept."""

    def __init__(self, size: int = 2000) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._size = size

    def mark(self, name: str, password: str, credentials: Credentials | None) -> bytes:
        """The same for the same attempt; `credentials` is None where nobody has the name."""
        known = (credentials.key, credentials.salt) if credentials is not None else ("", "")
        text = orjson.dumps([name, *known]).decode() + password
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")

    def knows(self, mark: bytes) -> bool:
        if mark in self._seen:
            self._seen.move_to_end(mark)
            return True
        return False

    def add(self, mark: bytes) -> None:
        self._seen[mark] = None
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)


@dataclass(slots=True)
class _Guesses:
    """Attempts of one pair that were not right, or are not known to be."""

    count: int = 0
    until: float = 0.0
    last: float = 0.0


@dataclass(slots=True)
class _Bucket:
    """Holds `size` attempts and forgets one every `seconds`."""

    size: int
    seconds: float
    most: int
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (0.0, now))
        return max(0.0, level - (now - at) / self.seconds)

    def wait(self, key: str, now: float) -> float:
        """Seconds until there is room for an attempt."""
        return max(0.0, (self._level(key, now) - self.size + 1) * self.seconds)

    def add(self, key: str, now: float, attempts: int = 1) -> None:
        self._levels[key] = (max(0.0, self._level(key, now) + attempts), now)
        self._levels.move_to_end(key)
        if len(self._levels) > self.most:
            self._levels.popitem(last=False)


@dataclass(slots=True)
class Throttle:
    """Makes guessing slow, and locks nobody out who has logged in before.

    After `free` attempts of one name from one address, each further one doubles the wait, up to
    `longest` seconds. Whoever tries many names from one address, or one name from many addresses,
    fills a bucket; only those wait for it who have never been right with this name at this address.
    An attempt counts from its beginning, so that many at once are as slow as one after another;
    what proves right is taken back. Waiting costs the server nothing: it answers 429 at once.
    """

    free: int = 5
    first: float = 1.0
    longest: float = 300.0
    most: int = 20_000
    _pairs: OrderedDict[tuple[str, str], _Guesses] = field(default_factory=OrderedDict)
    _known: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _names: _Bucket = field(default_factory=lambda: _Bucket(20, 30.0, 20_000))
    _addresses: _Bucket = field(default_factory=lambda: _Bucket(50, 5.0, 20_000))

    def begin(self, name: str, address: str, now: float | None = None) -> None:
        """Counts an attempt. Raises 429 while it is to wait."""
        now = time.monotonic() if now is None else now
        pair = (name, network(address))
        found = self._pairs.get(pair)
        wait = found.until - now if found is not None else 0.0
        is_known = pair in self._known
        if not is_known:
            wait = max(wait, self._names.wait(name, now), self._addresses.wait(pair[1], now))
        if wait > 0:
            raise CouchError(
                429,
                "too_many_requests",
                f"Too many failed logins; try again in {math.ceil(wait)} seconds.",
            )
        if found is None or now - found.last > 2 * self.longest:
            found = _Guesses()
        found.count += 1
        found.last = now
        if found.count >= self.free:
            steps = min(found.count - self.free, 30)
            found.until = now + min(self.longest, self.first * 2.0**steps)
        self._pairs[pair] = found
        self._pairs.move_to_end(pair)
        if len(self._pairs) > self.most:
            self._pairs.popitem(last=False)
        if not is_known:
            self._names.add(name, now)
            self._addresses.add(pair[1], now)

    def succeeded(self, name: str, address: str, now: float | None = None) -> None:
        """The attempt was right: it is taken back, and this name is known at this address."""
        now = time.monotonic() if now is None else now
        pair = (name, network(address))
        self._pairs.pop(pair, None)
        if pair not in self._known:
            self._names.add(name, now, -1)
            self._addresses.add(pair[1], now, -1)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > self.most:
            self._known.popitem(last=False)


def network(address: str) -> str:
    """What one attacker has of addresses: one of IPv4, 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped
        return str(inner) if inner is not None else f"{parsed.exploded[:19]}::/64"
    return address


def encode_context(user: User, db: str) -> str:
    return orjson.dumps(user.context(db)).decode()
