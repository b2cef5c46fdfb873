"""The rules of `_users` and of `_replicator` documents, which are the server's own."""

from __future__ import annotations

from typing import Any

import orjson

from .auth import MAX_ITERATIONS, MIN_ITERATIONS, User, new_credentials
from .documents import Document, NewDocument, dumps
from .errors import bad_request, conflict, forbidden, not_found
from .names import USER_PREFIX
from .security import Security

_PASSWORD_MEMBERS = (
    "derived_key",
    "iterations",
    "password",
    "password_scheme",
    "password_sha",
    "preserve_salt",
    "pbkdf2_prf",
    "salt",
)
_SCHEMES = ("pbkdf2",)
SECURITY: dict[str, Any] = {"admins": {"roles": ["_admin"]}, "members": {"roles": []}}
"""`_users` is open to every user who has logged in; what each may see is decided per document."""


def owner(doc_id: str) -> str | None:
    """The user whom a `_users` document describes."""
    return doc_id.removeprefix(USER_PREFIX) if doc_id.startswith(USER_PREFIX) else None


def require_reader(doc_id: str, user: User, security: Security) -> None:
    """Another's record does not exist for a user: 404, as in CouchDB."""
    if security.is_admin(user):
        return
    if doc_id.startswith("_design/"):
        raise forbidden("Only administrators can view design docs in the users database.")
    if user.name is None or owner(doc_id) != user.name:
        raise not_found()


_OWN_REFUSAL = frozenset(
    {"_all_docs", "_changes", "_design_docs", "_explain", "_find", "_index", "_local_docs"}
)


def require_path(rest: list[str], user: User, security: Security) -> None:
    """Of `_users` a user meets records alone; 403 for what tells of the whole, or keeps something
    there: sequences, revisions, local documents. What refuses in its own words is let through."""
    first = rest[0] if rest else ""
    if security.is_admin(user) or first.startswith((USER_PREFIX, "_design")):
        return
    if first not in _OWN_REFUSAL and first not in ("_bulk_docs", "_bulk_get"):
        raise forbidden("You are not allowed to access this db.")


def refuse_foreign(
    batch: list[NewDocument], user: User, security: Security, new_edits: bool
) -> None:
    """Refuses what a user may not write whatever stands there, so that neither a conflict nor the
    time of hashing tells what does.

    A user's own record has no branches: one that was planted would come to light, with the roles
    that it had, when a later one is deleted."""
    if security.is_admin(user):
        return
    seen = False
    for document in batch:
        if user.name is None or owner(document.id) != user.name:
            document.refused = not_found()
        elif not new_edits:
            document.refused = forbidden("Only administrators replicate accounts.")
        elif seen:
            document.refused = conflict()
        seen = seen or document.refused is None


def with_hashed_password(document: NewDocument) -> NewDocument:
    """The document with its `password` replaced by a key derived from it. Slow on purpose."""
    if document.refused is not None or b'"password"' not in document.body:
        return document
    members = orjson.loads(document.body)
    password = members.get("password")
    if password is None:
        return document
    if not isinstance(password, str) or not password:
        raise bad_request("Password must be a string that is not empty.")
    kept = {name: value for name, value in members.items() if name not in _PASSWORD_MEMBERS}
    document.body = dumps(new_credentials(password) | kept)
    return document


def validate(new: NewDocument, old: Document | None, user: User, security: Security) -> None:
    """Raises 403 unless `new` is a user's record that `user` may write over `old`."""
    before: dict[str, Any] = orjson.loads(old.body) if old is not None else {}
    if new.deleted:
        if user.is_admin or (user.name is not None and owner(new.id) == user.name):
            return
        # As when it is read: another's record does not exist for a user.
        raise not_found()
    record = orjson.loads(new.body)
    name, roles = record.get("name"), record.get("roles")
    if record.get("type") != "user":
        raise forbidden("doc.type must be user")
    if not name or not isinstance(name, str):
        raise forbidden("doc.name is required")
    if roles is None:
        raise forbidden("doc.roles must exist")
    if not isinstance(roles, list):
        raise forbidden("doc.roles must be an array")
    if not all(isinstance(role, str) for role in roles):
        raise forbidden("doc.roles can only contain strings")
    if new.id != USER_PREFIX + name:
        raise forbidden("Doc ID must be of the form org.couchdb.user:name")
    if old is not None and not old.deleted and before.get("name") != name:
        raise forbidden("Usernames can not be changed.")
    _check_password(record)
    if not security.is_admin(user):
        if user.name != name:
            raise not_found()
        if old is None or old.deleted:
            if roles:
                raise forbidden("Only _admin may set roles")
        elif sorted(before.get("roles") or []) != sorted(roles):
            raise forbidden("Only _admin may edit roles")
    if any(role.startswith("_") and role != "_metrics" for role in roles):
        raise forbidden("No system roles (starting with underscore) in users db.")
    if name.startswith("_"):
        raise forbidden("Username may not start with underscore.")
    if ":" in name:
        raise forbidden("Character `:` is not allowed in usernames.")


def _check_password(record: dict[str, Any]) -> None:
    scheme = record.get("password_scheme")
    if scheme is not None and scheme not in _SCHEMES:
        raise forbidden(f"Password scheme `{scheme}` not supported.")
    if scheme != "pbkdf2":
        return
    rounds = record.get("iterations")
    if isinstance(rounds, bool) or not isinstance(rounds, int):
        raise forbidden("iterations must be a number.")
    if not MIN_ITERATIONS <= rounds <= MAX_ITERATIONS:
        raise forbidden(f"iterations must be between {MIN_ITERATIONS} and {MAX_ITERATIONS}.")
    if not isinstance(record.get("derived_key"), str):
        raise forbidden("derived_key must be a string.")
    if record.get("pbkdf2_prf", "sha") not in ("sha", "sha224", "sha256", "sha384", "sha512"):
        raise forbidden("PRF is invalid")
