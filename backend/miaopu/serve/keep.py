"""What one data folder keeps for itself: its secrets and its generation. Nothing has a default."""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from miaopu.case.seal import Stamp
from miaopu.ids import new_ulid

_FILE = "secrets.json"
_LOCK = "lock"
_DATA = ("couch", "trail")
"""What a server has made with its secrets: the embedded database, the spool of the trail."""
_PURPOSE = b"miaopu event seal"

ADMINISTRATOR = "miaopu-admin"
"""The embedded database's administrator."""


class KeepError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Keep:
    """The secrets of a data folder, drawn at its first start."""

    admin_password: str = field(repr=False)
    server_password: str = field(repr=False)
    generation: str
    """A ULID: tablets notice by it that a server was set up anew."""

    @property
    def mark(self) -> str:
        """Tells whose secrets an account was made with, and nothing of the secrets."""
        return mark_of(self.server_password)


def mark_of(server_password: str) -> str:
    """The mark of the server whose own account has this password, which nobody can guess."""
    return hashlib.sha256(b"miaopu " + server_password.encode()).hexdigest()[:16]


def hold(data: Path) -> Callable[[], None]:
    """Keeps other servers out of `data` until the returned function is called, or this one ends.

    Raises KeepError when another server has it, or when it cannot be written.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeepError(f"{error.filename}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise KeepError(f"another server uses {data}: stop it first") from None

    def release() -> None:
        os.close(descriptor)

    return release


def open_keep(data: Path) -> Keep:
    """The secrets in `data`; draws them when there are none. Only the owner may read the file.

    Raises KeepError when the folder or the file cannot be read or written, or when there are data
    of a server without their secrets.
    """
    path = data / _FILE
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            if any((data / one).exists() for one in _DATA):
                raise KeepError(
                    f"{path} is missing, and the data beside it were made with it: restore it from "
                    "a backup. (New secrets would seal, count and name everything anew. Only if "
                    "that is meant, move the other files away first.)"
                )
            keep = Keep(secrets.token_urlsafe(24), secrets.token_urlsafe(24), new_ulid())
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(keep), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        if path.stat().st_mode & 0o077:
            raise KeepError(f"others may read {path}: chmod 600 it")
        return Keep(**json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise KeepError(f"{error.filename or path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise KeepError(f"{path} is damaged: restore it from a backup") from error


def stamp_of(keep: Keep) -> Stamp:
    """The stamp of the server with these secrets. Its key is derived, and kept nowhere."""
    return Stamp(keep.generation, hmac.digest(keep.server_password.encode(), _PURPOSE, "sha256"))
