"""Starts and stops one server."""

import logging
import socket
from collections.abc import Callable

from miaopu.provision.catalog import content
from miaopu.provision.plan import Plan, read_plan
from miaopu.serve.clients import Clients
from miaopu.serve.compose import compose
from miaopu.serve.database import open_database
from miaopu.serve.keep import Keep, open_keep
from miaopu.serve.listening import Listener, bind, reached
from miaopu.serve.settings import Settings
from miaopu.serve.work import Work
from miaopu_db import interpreter

log = logging.getLogger("miaopu.serve")


async def _serve(
    settings: Settings,
    keep: Keep,
    plan: Plan,
    listener: socket.socket,
    ready: Callable[[str], None],
) -> None:
    database = open_database(settings, keep)
    work = Work(Clients(settings, keep, database, reached(listener)), plan)
    application = compose(work)

    def listening() -> None:
        log.info("listening address=%s database=%s", work.clients.address, database.kind)
        ready(work.clients.address)
        work.begin()

    await database.start()
    try:
        await Listener(application, work.stop, listening).serve(sockets=[listener])
    finally:
        await work.stop()


def serve(settings: Settings, ready: Callable[[str], None] = lambda _: None) -> None:
    """Serves until SIGINT or SIGTERM; `ready` is told the address once it answers.

    Raises KeepError, PlanError, DatabaseError or OSError when it cannot start; each says why.
    """
    import uvloop

    keep = open_keep(settings.data)
    plan = (
        read_plan(settings.config, content())
        if settings.config is not None
        else Plan(content=content())
    )
    listener = bind(settings.host, settings.port)
    interpreter.prepare()
    uvloop.run(_serve(settings, keep, plan, listener, ready))
