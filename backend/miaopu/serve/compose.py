"""One server put together: the database behind its gate, the routes of `/api`, the application."""

from dataclasses import replace

from fastapi import FastAPI, Request

from miaopu.accounts.api import accounts_router
from miaopu.accounts.asking import Asking
from miaopu.accounts.roles import SERVER_ACCOUNT, SERVER_ROLE
from miaopu.accounts.rules import place_in
from miaopu.accounts.service import AccountService
from miaopu.accounts.users import Users
from miaopu.audit import Observer
from miaopu.audit.api import trail_router
from miaopu.audit.search import TrailSearch
from miaopu.couch.asgi import Application
from miaopu.duplicates.api import duplicates_router
from miaopu.gate.gate import Gate
from miaopu.imports.api import imports_router
from miaopu.imports.service import Imports
from miaopu.lookup.api import cases_router
from miaopu.lookup.cases import Cases
from miaopu.lookup.service import LookupService
from miaopu.printing.api import print_router
from miaopu.provision.catalog import vaccine_groups
from miaopu.reports.api import reports_router
from miaopu.reports.joined import JoinedCases
from miaopu.schedule.api import schedules_router
from miaopu.serve.api import build_api
from miaopu.serve.app import entrance, origin
from miaopu.serve.clients import parent_of
from miaopu.serve.keep import stamp_of
from miaopu.serve.logins import Logins, PlaceOf
from miaopu.serve.pwa import Pwa
from miaopu.serve.work import Work
from miaopu_db.loopback import Loopback


def routes(work: Work) -> FastAPI:
    """All of `/api`."""
    clients, keep = work.clients, work.clients.keep
    api = build_api(keep.generation, clients.anonymous, work.health)
    reserved = frozenset({SERVER_ACCOUNT, clients.database.admin})
    asking = Asking(work.identities)
    users = Users(clients.administrator)
    accounts = AccountService(users, clients.anonymous, work.trail.record, reserved)
    cases = Cases(clients.own, stamp_of(keep), lambda: work.trail.databases)
    lookup = LookupService(cases, work.trail, parent_of(clients.settings), clients.county)

    async def account_of(request: Request) -> str:
        return (await asking.anybody(request)).name

    for router in (
        accounts_router(asking, accounts, keep.server_password),
        cases_router(asking, lookup),
        trail_router(asking, TrailSearch(clients.own, cases.tree, cases.named, work.trail)),
        duplicates_router(asking, cases, work.trail),
        reports_router(asking, JoinedCases(clients.own, vaccine_groups())),
        schedules_router(work.identities, clients.own),
        imports_router(asking, Imports(clients.own, stamp_of(keep), work.trail)),
        print_router(account_of, work.printing),
    ):
        api.include_router(router)
    return api


def compose(work: Work) -> Application:
    """The whole origin. A database in this process is told where it is found."""
    clients, database = work.clients, work.clients.database
    gate = Gate(
        database,
        work.identities,
        clients.own,
        clients.administrator,
        stamp_of(clients.keep),
        clients.county,
    )
    observed = replace(database, application=Observer(gate, work.trail, work.identities))
    application = entrance(
        Logins(
            origin(observed, routes(work), Pwa(clients.settings.pwa)),
            work.ended,
            work.identities,
            work.trail,
            _place_of(Users(clients.administrator)),
        )
    )
    if database.url is None:
        clients.inside = Loopback(application)
        # The trail leaves out what the server itself does.
        database.found_at(clients.databases, application, frozenset({SERVER_ROLE}))
    return application


def _place_of(users: Users) -> PlaceOf:
    async def place(name: str) -> str | None:
        record = await users.get(name)
        return place_in(record) if record is not None else None

    return place
