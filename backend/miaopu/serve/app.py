"""The one origin: `/db` the database, `/api` the server, everything else the application."""

from miaopu.serve.asgi import Application, Receive, Scope, Send
from miaopu.serve.database import MOUNT, Database, mounted

API = "/api"


def _below(path: str, mount: str) -> bool:
    return path == mount or path.startswith(mount + "/")


def build_application(database: Database, api: Application, pwa: Application) -> Application:
    """The ASGI application of one server."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here: `miaopu.serve.run` starts and stops")
        elif _below(scope["path"], MOUNT):
            await mounted(database, scope, receive, send)
        elif _below(scope["path"], API):
            await api({**scope, "root_path": scope.get("root_path", "") + API}, receive, send)
        else:
            await pwa(scope, receive, send)

    return application
