"""`_session`: log in, who am I, log out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from ..auth import NOBODY
from ..documents import loads
from ..errors import CouchError, bad_content_type, bad_request, unauthorized
from .messages import Answer, Request, Response, error_answer, only, reply


def cookie(request: Request, value: str) -> str:
    """The `Set-Cookie` header of a session (of its end, when `value` is "")."""
    settings = request.server.settings
    parts = [
        f"AuthSession={value}",
        "Version=1",
        f"Path={request.root or '/'}",
        f"Max-Age={settings.session_seconds if value else 0}",
        "HttpOnly",
        f"SameSite={settings.same_site}",
    ]
    if not value:
        parts.append("Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    secure = settings.secure_cookies
    if secure or (secure is None and request.is_secure):
        parts.append("Secure")
    return "; ".join(parts)


async def handle(request: Request) -> Answer:
    only(request, "GET,HEAD,POST,DELETE")
    if request.method == "POST":
        return await _log_in(request)
    if request.method == "DELETE":
        return reply({"ok": True}, Set_Cookie=cookie(request, ""))
    return await _who(request)


async def _log_in(request: Request) -> Answer:
    form = await _form(request)
    name, also = form.get("name"), form.get("username")
    if name is not None and also is not None and name != also:
        raise bad_request("request body contains different usernames")
    name = name if name is not None else also
    if name is None:
        raise bad_request("request body must contain a username")
    password = form.get("password", "")
    if not isinstance(name, str) or not isinstance(password, str):
        raise bad_request("name and password must be strings")
    try:
        credentials = await request.server.check_password(name, password, request.address)
    except CouchError as error:
        refused = error_answer(error)
        refused.headers.pop("WWW-Authenticate", None)
        refused.headers["Set-Cookie"] = cookie(request, "")
        return refused
    token = request.server.sessions.issue(name, credentials.salt)
    body = {"ok": True, "name": name, "roles": list(credentials.roles)}
    return reply(body, Set_Cookie=cookie(request, token))


MOST_FORM = 16 * 1024
"""Bytes of a login: anybody may send one."""


async def _form(request: Request) -> dict[str, Any]:
    kind = (request.header(b"content-type") or "").lower()
    data = await request.body(MOST_FORM)
    if kind.startswith("application/json"):
        value = loads(data)
        if not isinstance(value, dict):
            raise bad_request("Request body must be a JSON object")
        return value
    if kind.startswith("application/x-www-form-urlencoded"):
        try:
            return dict(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=20))
        except ValueError:
            raise bad_request("The form cannot be read.") from None
    raise bad_content_type(
        "Content-Type must be 'application/x-www-form-urlencoded' or 'application/json'"
    )


async def _who(request: Request) -> Answer:
    server = request.server
    login = await server.login(
        request.header(b"authorization"), request.cookie("AuthSession"), request.address
    )
    user = login.user
    if user is NOBODY and request.query.get("basic") == "true":
        raise unauthorized("Please login.")
    info: dict[str, Any] = {"authentication_handlers": ["cookie", "default"]}
    if user.handler is not None:
        info["authenticated"] = user.handler
    answer: Response = reply({"ok": True, "userCtx": user.context(), "info": info})
    if login.cookie is not None:
        answer.headers["Set-Cookie"] = cookie(request, login.cookie)
    return answer
