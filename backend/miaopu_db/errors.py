"""The errors a client may see, in CouchDB's shape: a status, a word (`error`) and a `reason`."""

from __future__ import annotations

from typing import Any

import orjson


class CouchError(Exception):
    """An answer to a request that cannot be served.

    `status` is the HTTP status, `error` CouchDB's word for the class of error and `reason`
    what a person reads; `allowed` are the methods that a 405 names in its `Allow`. Never put a
    document's content into `reason`.
    """

    def __init__(
        self, status: int, error: str, reason: str | None, allowed: str | None = None
    ) -> None:
        super().__init__(f"{status} {error}: {reason}")
        self.status = status
        self.error = error
        self.reason = reason
        self.allowed = allowed

    def members(self) -> dict[str, Any]:
        """The two members that CouchDB sends: `error` and `reason`."""
        return {"error": self.error, "reason": self.reason}

    def body(self) -> bytes:
        """The JSON body of the answer, ended by a line feed as CouchDB does."""
        return orjson.dumps(self.members()) + b"\n"


def bad_request(reason: str, error: str = "bad_request") -> CouchError:
    return CouchError(400, error, reason)


def query_error(reason: str) -> CouchError:
    """A query parameter that cannot be read."""
    return CouchError(400, "query_parse_error", reason)


def doc_validation(reason: str) -> CouchError:
    """A document with a member that no document may have."""
    return CouchError(400, "doc_validation", reason)


def unauthorized(reason: str = "Authentication required.") -> CouchError:
    return CouchError(401, "unauthorized", reason)


def forbidden(reason: str) -> CouchError:
    return CouchError(403, "forbidden", reason)


def undecided(reason: str) -> CouchError:
    """A write that was neither taken nor refused, as there was no time to judge it: whoever sent it
    comes again. Never 403, which a replicator takes for the last word."""
    return CouchError(503, "timeout", reason)


def not_found(reason: str = "missing") -> CouchError:
    return CouchError(404, "not_found", reason)


def no_database() -> CouchError:
    return not_found("Database does not exist.")


def method_not_allowed(allowed: str) -> CouchError:
    """`allowed` is the comma-separated list that CouchDB names."""
    return CouchError(405, "method_not_allowed", f"Only {allowed} allowed", allowed)


def conflict() -> CouchError:
    return CouchError(409, "conflict", "Document update conflict.")


def missing_stub(reason: str) -> CouchError:
    """An attachment stub that names nothing this server holds."""
    return CouchError(412, "missing_stub", reason)


def too_large(doc_id: str) -> CouchError:
    return CouchError(413, "document_too_large", doc_id)


def request_too_large() -> CouchError:
    return CouchError(413, "too_large", "the request entity is too large")


def bad_content_type(reason: str) -> CouchError:
    return CouchError(415, "bad_content_type", reason)


def closing() -> CouchError:
    """The server is stopping, or its disk refuses the write: the client must come again."""
    return CouchError(503, "service unavailable", "The server is stopping; try again later.")
