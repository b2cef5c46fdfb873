"""The one origin: `/db` the database, `/api` the server, everything else the application."""

import json

from miaopu.couch.asgi import Application, Receive, Scope, Send
from miaopu.couch.database import Database
from miaopu.serve.database import MOUNT, mounted
from miaopu.serve.entrance import BadAddressError, entered
from miaopu_db.address import address_in

API = "/api"


def entrance(application: Application) -> Application:
    """An ASGI application that hands on what can be read in one way alone, and refuses the rest."""

    async def entering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here: `miaopu.serve.run` starts and stops")
        else:
            try:
                request = entered(scope)
            except BadAddressError as error:
                await _refuse(error, send)
                return
            await application(request, receive, send)

    return entering


def origin(database: Database, api: Application, pwa: Application) -> Application:
    """The ASGI application of one server, behind its entrance."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        segments = address_in(scope).segments
        mount = f"/{segments[0]}" if segments else ""
        if mount == MOUNT:
            await mounted(database, scope, receive, send)
        elif mount == API:
            await api({**scope, "root_path": scope.get("root_path", "") + API}, receive, send)
        else:
            await pwa(scope, receive, send)

    return served


async def _refuse(error: BadAddressError, send: Send) -> None:
    word = "forbidden" if error.status == 403 else "bad_request"
    body = json.dumps({"error": word, "reason": error.reason}).encode() + b"\n"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
