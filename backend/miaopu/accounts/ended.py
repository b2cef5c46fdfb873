"""Logins that were ended (退出登录) before their cookie runs out.

CouchDB's cookies say by themselves how long they hold, and a logout only takes one out of the
browser. So the server remembers which logins are over, as long as a cookie of theirs may hold: at
the entrance such a cookie is nobody's, whichever database is behind.
"""

import base64
import binascii
import hashlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from miaopu_db.auth import Sessions

log = logging.getLogger(__name__)

_MOST = 100_000


@dataclass(slots=True)
class EndedLogins:
    """`path` is a file in which they outlive the process; `seconds` is how long a cookie holds.

    A cookie is renewed while it is used: those of one login are known to belong together, as long
    as this process lives.
    """

    path: Path
    seconds: float
    now: Callable[[], float] = time.time
    _login: OrderedDict[str, tuple[str, float]] = field(default_factory=OrderedDict)
    """A renewed cookie → the first one of its login, and until when it holds."""
    _ended: dict[str, float] = field(default_factory=dict)

    def load(self) -> None:
        """Reads what an earlier process has ended. Raises OSError."""
        if not self.path.exists():
            return
        now = self.now()
        for line in self.path.read_text("ascii", errors="replace").splitlines():
            mark, _, until = line.partition(" ")
            # A power cut may have left half a line.
            if until.isdigit() and int(until) > now:
                self._ended[mark] = float(until)
        draft = self.path.with_suffix(".new")
        draft.write_text("".join(f"{mark} {int(until)}\n" for mark, until in self._ended.items()))
        draft.replace(self.path)

    def has(self, cookie: str) -> bool:
        """Whether a cookie is of a login that was ended."""
        return self._first(_mark(cookie)) in self._ended

    def renewed(self, cookie: str, by: str) -> None:
        """`by` is a new cookie of the login that `cookie` is of."""
        now = self.now()
        self._login[_mark(by)] = (self._first(_mark(cookie)), now + self.seconds)
        while self._login and (len(self._login) > _MOST or _oldest(self._login) < now):
            self._login.popitem(last=False)

    def end(self, cookie: str) -> None:
        """From now on no cookie of this login lets anybody in."""
        mark, until = self._first(_mark(cookie)), self.now() + self.seconds
        self._ended = {one: end for one, end in self._ended.items() if end > self.now()}
        self._ended[mark] = until
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="ascii") as file:
                file.write(f"{mark} {int(until)}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            # It holds while this process lives.
            log.error("an ended login cannot be written down: %s", error.strerror)

    def _first(self, mark: str) -> str:
        return self._login[mark][0] if mark in self._login else mark


def _oldest(logins: OrderedDict[str, tuple[str, float]]) -> float:
    return next(iter(logins.values()))[1]


def _mark(cookie: str) -> str:
    """What a cookie says, however it is written: base64 and numbers have many spellings."""
    text = cookie.strip('"')
    claim = Sessions.claimed(text)
    if claim is not None:
        return hashlib.blake2b(repr(claim).encode(), digest_size=16).hexdigest()
    try:
        said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        said = text.encode()
    return hashlib.blake2b(said, digest_size=16).hexdigest()
