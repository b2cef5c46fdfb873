"""Names of databases and documents: what CouchDB allows, and the folder a database lives in."""

from __future__ import annotations

import re

from .errors import CouchError, bad_request

SYSTEM_DATABASES = frozenset({"_users", "_replicator", "_global_changes"})
USER_PREFIX = "org.couchdb.user:"
MAX_DATABASE_NAME = 238

_DATABASE = re.compile(r"[a-z][a-z0-9_$()+/-]*", re.ASCII)


def check_database_name(name: str) -> None:
    """Raises 400 `illegal_database_name` unless CouchDB would create `name`."""
    if name in SYSTEM_DATABASES:
        return
    if len(name) > MAX_DATABASE_NAME:
        raise CouchError(
            400,
            "database_name_too_long",
            f"At least one path segment of `{name[:40]}…` is too long.",
        )
    if not _DATABASE.fullmatch(name):
        raise CouchError(
            400,
            "illegal_database_name",
            f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the "
            "characters _, $, (, ), +, -, and / are allowed. Must begin with a letter.",
        )


def folder_of(name: str) -> str:
    """The folder of a database, below the data folder. `/` becomes `.`, which no name contains."""
    return name.replace("/", ".")


def name_of(folder: str) -> str:
    """The inverse of `folder_of`."""
    return folder.replace(".", "/")


def check_document_id(doc_id: object) -> str:
    """The id itself when a document may have it; raises 400 `illegal_docid` otherwise."""
    if not isinstance(doc_id, str):
        raise bad_request("Document id must be a string", "illegal_docid")
    if not doc_id:
        raise bad_request("Document id must not be empty", "illegal_docid")
    if doc_id in ("_design/", "_local/"):
        raise bad_request(f"Illegal document id `{doc_id}`", "illegal_docid")
    if doc_id[0] == "_" and not doc_id.startswith(("_design/", "_local/")):
        raise bad_request("Only reserved document ids may start with underscore.", "illegal_docid")
    try:
        doc_id.encode()
    except UnicodeEncodeError:
        raise bad_request("Document id must be valid UTF-8", "illegal_docid") from None
    return doc_id


def check_attachment_name(name: str) -> str:
    """The name itself when an attachment may have it; raises 400 otherwise."""
    if name.startswith("_"):
        raise bad_request(f"Attachment name '{name}' starts with prohibited character '_'")
    if not name:
        raise bad_request("Attachment name must not be empty")
    return name
