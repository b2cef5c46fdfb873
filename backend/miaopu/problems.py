"""What goes wrong and a person is told of: one root, so that one place makes an answer of it.

A subclass says in `code` what happened, for the words of the page, and in `status` what HTTP calls
it; the message is English, says what to do, and holds no child's data.
"""

import math


class MiaopuError(Exception):
    """Something that a person is told of."""

    code = "problem"
    status = 500

    def __init__(
        self, message: str = "", *, code: str | None = None, wait: float | None = None
    ) -> None:
        super().__init__(message or self.__doc__ or "")
        self.code = code or self.code
        self.wait = wait
        """Seconds after which it may be tried again."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers of an answer that tells of it."""
        return {} if self.wait is None else {"retry-after": str(math.ceil(self.wait))}


class BadRequestError(MiaopuError):
    """The request cannot be read."""

    code = "request"
    status = 400


class LoginNeededError(MiaopuError):
    """log in first"""

    code = "login"
    status = 401


class NotAllowedError(MiaopuError):
    """This account may not do that."""

    code = "not_allowed"
    status = 403


class MissingError(MiaopuError):
    """There is no such thing."""

    code = "missing"
    status = 404


class CollisionError(MiaopuError):
    """It cannot be done as things stand."""

    code = "collision"
    status = 409


class InvalidError(MiaopuError):
    """What was asked for makes no sense together."""

    code = "invalid"
    status = 422


class TooOftenError(MiaopuError):
    """too many requests of this account; wait a moment"""

    code = "too_often"
    status = 429


class DatabaseAwayError(MiaopuError):
    """the database does not answer; try again"""

    code = "database_away"
    status = 503
