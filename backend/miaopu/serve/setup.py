"""What a server provisions for itself at every start: account, designs, replication."""

import logging
from dataclasses import replace

import couchdb

from miaopu.accounts.roles import SERVER_ACCOUNT, SERVER_ROLE
from miaopu.couch.place import clinic_database, region_database
from miaopu.models import Region, Site
from miaopu.provision import apply
from miaopu.provision.changes import exists, set_password
from miaopu.provision.places import places
from miaopu.provision.plan import Above, Account, Plan, PlanError, Upward, password_variable
from miaopu.serve.keep import mark_of

log = logging.getLogger(__name__)


def joined(
    plan: Plan,
    regions: tuple[Region, ...],
    sites: tuple[Site, ...],
    above: Above | None = None,
) -> Plan:
    """`plan`, and the places of the catalog that it does not describe itself.

    The catalog of a server below another comes from there, with all the places of that server. Of
    these only those below the plan's own regions are this server's; of a hub, none.
    """
    if above is not None and above.region is None and plan.sites:
        return plan
    known_regions = {region.code for region in plan.regions}
    known_sites = {site.code for site in plan.sites}
    whole = replace(
        plan,
        regions=(*plan.regions, *(r for r in regions if r.code not in known_regions)),
        sites=(*plan.sites, *(s for s in sites if s.code not in known_sites)),
        found=frozenset(
            {r.code for r in regions} - known_regions | {s.code for s in sites} - known_sites
        ),
    )
    # Anybody's slip in the catalog must not keep the other places from being set up.
    chains = {region.code: _chain(whole, region.code) for region in whole.regions}
    if above is not None and known_regions:
        chains = {code: chain for code, chain in chains.items() if known_regions & {*chain}}
    return replace(
        whole,
        regions=tuple(r for r in whole.regions if r.code in known_regions or chains.get(r.code)),
        sites=tuple(s for s in whole.sites if s.code in known_sites or chains.get(s.region)),
    )


def _chain(plan: Plan, region: str) -> list[str]:
    """The region and all above it; says so, and is empty, when one is not described."""
    try:
        return plan.above(region)
    except PlanError as error:
        log.error("the catalog contradicts itself, a place is left out: %s", error)
        return []


def _can_be_made(server: couchdb.Server, account: Account) -> bool:
    """Whether an account is there or has a password: a drawn one would be shown to nobody."""
    known = exists(server, "_users") and f"org.couchdb.user:{account.name}" in server["_users"]
    if known or account.password is not None:
        return True
    log.warning(
        "account %s is not made: set %s, or run `miaopu provision`",
        account.name,
        password_variable(account.name),
    )
    return False


def set_up(server: couchdb.Server, plan: Plan, upward: Upward) -> tuple[int, frozenset[str]]:
    """Brings `server` up to `plan` and to its own catalog; returns the number of changes, and the
    databases of the places that are this server's.

    `upward` names the program's own account, which is made when it is missing and whose password
    is set when it is another.
    """
    regions, sites = places(server)
    accounts = tuple(account for account in plan.accounts if _can_be_made(server, account))
    mark = mark_of(upward.password)
    own = Account(SERVER_ACCOUNT, (SERVER_ROLE,), "Miaopu", upward.password, mark)
    joint = joined(plan, regions, sites, upward.above)
    whole = replace(joint, accounts=(own, *accounts), upward=upward)
    made = apply(server, whole, lambda change: log.info("provision: %s", change.says))
    try:
        server.login(upward.username, upward.password)
    except couchdb.Unauthorized:
        set_password(server, upward.username, upward.password)
        log.info("provision: set the password of the account %s", upward.username)
    databases = [region_database(region.code) for region in whole.regions]
    return made, frozenset([*databases, *(clinic_database(site.code) for site in whole.sites)])
