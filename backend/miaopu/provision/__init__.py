"""Provisioning (初始化): databases, design documents, accounts and catalog from code.

`apply` brings a server to what a plan says and tells each change; doing it again changes nothing.
"""

from collections.abc import Callable

import couchdb

from miaopu.provision.catalog import constants
from miaopu.provision.changes import Change, changes
from miaopu.provision.plan import Account, Plan, PlanError, Upward, read_plan

__all__ = ["Account", "Change", "Plan", "PlanError", "Upward", "apply", "connect", "read_plan"]

_TIMEOUT_S = 120.0


def connect(url: str, user: str, password: str) -> couchdb.Server:
    """The database server at `url` (no credentials in it) as an administrator."""
    server = couchdb.Server(url.rstrip("/") + "/", session=couchdb.Session(timeout=_TIMEOUT_S))
    server.resource.credentials = (user, password)
    return server


def apply(
    server: couchdb.Server,
    plan: Plan,
    tell: Callable[[Change], None] = lambda _: None,
    *,
    dry_run: bool = False,
) -> int:
    """Makes the changes that `plan` needs, telling each once it is made; returns their number.

    A dry run tells them and makes none. Raises PlanError for a plan that contradicts itself, and
    `couchdb.HTTPError` or OSError when the server refuses or does not answer; what was done before
    stays, and running it again goes on.
    """
    count = 0
    for change in changes(server, plan, constants()):
        if not dry_run:
            change.make()
        tell(change)
        count += 1
    return count
