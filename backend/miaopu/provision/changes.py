"""The changes that bring a server from what stands there to what a plan says, one at a time.

A change that is not needed is not made, so that provisioning twice changes nothing. Administration
goes through the `couchdb` package; what is written in bulk is no business of this module.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import couchdb

from miaopu.accounts.roles import GRADES, SERVER_ROLE, TRAIL_ROLE
from miaopu.case.canonical import canonical
from miaopu.couch.place import clinic_database
from miaopu.models import Region, Site
from miaopu.provision import brought
from miaopu.provision.brought import Brought
from miaopu.provision.designs import design_documents
from miaopu.provision.plan import Above, Account, Plan, Upward
from miaopu.provision.security import security

log = logging.getLogger(__name__)

Json = dict[str, Any]

CATALOG = "catalog"
STAGED = "-next"
_WARM_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it does, in words, and how it is done."""

    says: str
    make: Callable[[], None]
    secret: str | None = None
    """A password that was drawn for a new account; to be shown once."""


def exists(server: couchdb.Server, name: str) -> bool:
    """Whether there is a database. (`in` takes a server that is away for one that has none.)"""
    try:
        server.resource.head(name)
    except couchdb.ResourceNotFound:
        return False
    return True


def changes(
    server: couchdb.Server, plan: Plan, constants: Mapping[str, object]
) -> Iterator[Change]:
    """The changes that `plan` needs on `server`, in order.

    Make each before asking for the next, or none at all for a dry run. `constants` are those of the
    design documents. Raises PlanError for a plan that contradicts itself, and what the `couchdb`
    package raises when the server refuses.
    """
    designs = {
        kind: list(design_documents(kind, constants).values())
        for kind in ("site", "region", "catalog", "audit", "users")
    }
    for name in ("_users", "_replicator"):
        yield from _database(server, name)
    for design in designs["users"]:
        yield from _design(server, "_users", design)
    # Every account has a grade. An empty list would open the catalog to the whole world.
    yield from _place(server, CATALOG, [f"grade:{g}" for g in GRADES], designs["catalog"])
    last = Brought(_existing(server, CATALOG, brought.PLACE))
    plan = yield from _places(server, plan, last)
    yield from _content(server, plan, last)
    for account in plan.accounts:
        yield from _account(server, account, last)
    if last.is_news:
        yield Change("remember what was brought, in catalog", lambda: last.save(server[CATALOG]))
    for region in plan.regions:
        name = f"region-{region.code}"
        readers = [f"region:{code}" for code in plan.above(region.code)]
        yield from _place(server, name, readers, designs["region"])
        # `_security` knows no "and", so the administrators of a region have a role of their own.
        readers = [f"{TRAIL_ROLE}:{code}" for code in plan.above(region.code)]
        yield from _place(server, f"audit-{region.code}", readers, designs["audit"])
    for site in plan.sites:
        name = clinic_database(site.code)
        readers = [f"region:{code}" for code in plan.above(site.region)]
        yield from _place(server, name, [f"site:{site.code}", *readers], designs["site"])
    if plan.upward is not None:
        yield from _replications(server, plan, plan.upward)


def _places(server: couchdb.Server, plan: Plan, last: Brought) -> Generator[Change, None, Plan]:
    """The places of the plan in the catalog; returns the plan with them as they stand there."""
    regions: list[Region] = []
    for region in plan.regions:
        if region.code in plan.found:
            regions.append(region)
            continue
        document = {"_id": f"region:{region.code}", **region.to_json()}
        regions.append(Region.model_validate((yield from _described(server, document, last))))
    sites: list[Site] = []
    for site in plan.sites:
        if site.code in plan.found:
            sites.append(site)
            continue
        document = {"_id": f"site:{site.code}", **site.to_json()}
        sites.append(Site.model_validate((yield from _described(server, document, last))))
    return _standing(plan, regions, sites)


def _standing(plan: Plan, regions: list[Region], sites: list[Site]) -> Plan:
    """The plan with its places as the catalog has them. Where that names a region of another
    server, one above or one that a clinic was moved to, the plan's word is kept: nobody's edit
    keeps the other places from being set up."""
    codes = {region.code for region in regions}
    above = {region.code: region.parent for region in plan.regions}
    county = {site.code: site.region for site in plan.sites}
    return replace(
        plan,
        regions=tuple(
            one
            if one.parent is None or one.parent in codes
            else one.model_copy(
                update={"parent": None if one.code in plan.found else above[one.code]}
            )
            for one in regions
        ),
        sites=tuple(
            one if one.region in codes else one.model_copy(update={"region": county[one.code]})
            for one in sites
        ),
    )


def _described(
    server: couchdb.Server, document: Json, last: Brought
) -> Generator[Change, None, Json]:
    """A document of the catalog, merged by fields with what an administrator has edited; returns
    its fields as they then stand."""
    doc_id, ours = document["_id"], _fields(document)
    there = _existing(server, CATALOG, doc_id)
    fields = ours
    if there is not None:
        merged = last.merged(there, _fields(there), ours)
        _say_kept(doc_id, merged.kept)
        fields = merged.rows
    last.remember(doc_id, ours)
    yield from _saved(server, CATALOG, {"_id": doc_id, **fields}, there)
    return fields


def _content(server: couchdb.Server, plan: Plan, last: Brought) -> Iterator[Change]:
    """What the program brings to the catalog."""
    for document in plan.content:
        if document["type"] == "dictionary":
            yield from _dictionary(server, document, last)
        else:
            is_below = plan.upward is not None and plan.upward.above is not None
            yield from _edition(server, document, last, is_below=is_below)


def _dictionary(server: couchdb.Server, document: Json, last: Brought) -> Iterator[Change]:
    """A dictionary (字典), merged by its entries with what an administrator has edited."""
    doc_id, ours = document["_id"], document["entries"]
    there = _existing(server, CATALOG, doc_id)
    entries = ours
    if there is not None:
        merged = last.merged(there, there["entries"], ours)
        _say_kept(doc_id, merged.kept)
        entries = merged.rows
    last.remember(doc_id, ours)
    yield from _saved(server, CATALOG, {**document, "entries": entries}, there)


def _edition(
    server: couchdb.Server, document: Json, last: Brought, *, is_below: bool
) -> Iterator[Change]:
    """A schedule (免疫程序), which nobody but the program changes: people add editions and layers.

    One that was edited all the same, when version 0.1.0 let them, is laid aside. `is_below`: the
    catalog comes from a server above, whose word it may be.
    """
    doc_id, whole = document["_id"], {"": _fields(document)}
    there = _existing(server, CATALOG, doc_id)
    wanted = document
    aside: Json | None = None
    if there is not None:
        merged = last.merged(there, {"": _fields(there)}, whole)
        is_edited = bool(merged.kept)
        if is_below or not is_edited:
            wanted = {"_id": doc_id, **merged.rows[""]}
        else:
            aside = {**there, "_id": f"_local/aside-{doc_id}"}
    last.remember(doc_id, whole)
    if aside is not None:
        log.warning("%s was edited; the text is kept as %s in catalog", doc_id, aside["_id"])
        yield from _document(server, CATALOG, _written(aside))
    yield from _saved(server, CATALOG, wanted, there)


def _fields(document: Json) -> Json:
    return {name: value for name, value in document.items() if not name.startswith("_")}


def _say_kept(doc_id: str, kept: Iterable[str]) -> None:
    for name in kept:
        log.warning("%s: %s stays as it was edited here, and not as it is brought", doc_id, name)


def _place(
    server: couchdb.Server,
    name: str,
    roles: list[str],
    designs: list[Json],
) -> Iterator[Change]:
    is_new = not exists(server, name)
    yield from _database(server, name)
    for says, make in security(server, name, [*roles, SERVER_ROLE], is_new=is_new):
        yield Change(says, make)
    for design in designs:
        yield from _design(server, name, design)


def _database(server: couchdb.Server, name: str) -> Iterator[Change]:
    if not exists(server, name):
        yield Change(f"create database {name}", lambda: _ignore(server.create(name)))


def _existing(server: couchdb.Server, database: str, doc_id: str) -> Json | None:
    """The document as it stands; None when it, or its database, does not."""
    if not exists(server, database):
        return None
    found = server[database].get(doc_id)
    return None if found is None else dict(found)


def _written(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "_rev"}


def _save(server: couchdb.Server, database: str, document: Json, there: Json | None) -> None:
    revision = {} if there is None else {"_rev": there["_rev"]}
    server[database].save({**document, **revision})


def _document(server: couchdb.Server, database: str, document: Json) -> Iterator[Change]:
    yield from _saved(server, database, document, _existing(server, database, document["_id"]))


def _saved(
    server: couchdb.Server, database: str, document: Json, there: Json | None
) -> Iterator[Change]:
    if there is None or canonical(_written(there)) != canonical(document):
        verb = "add" if there is None else "change"
        yield Change(
            f"{verb} {document['_id']} in {database}",
            partial(_save, server, database, document, there),
        )


def _design(server: couchdb.Server, database: str, document: Json) -> Iterator[Change]:
    there = _existing(server, database, document["_id"])
    if there is None or "views" not in document or there.get("views") == document["views"]:
        yield from _document(server, database, document)
    else:
        yield Change(
            f"change the views of {document['_id']} in {database}, built beside the old ones",
            lambda: _swap_views(server, database, document, there),
        )


def _swap_views(server: couchdb.Server, database: str, document: Json, there: Json) -> None:
    """Builds the new views under another name while the old ones answer, then swaps.

    The index belongs to the text of the views, not to the name, so the swap itself builds nothing.
    """
    staged = {**document, "_id": document["_id"] + STAGED}
    # Views alone: a validator must not stand twice while they are built.
    staged.pop("validate_doc_update", None)
    _save(server, database, staged, _existing(server, database, staged["_id"]))
    view = next(iter(document["views"]))
    name = staged["_id"].removeprefix("_design/")
    for attempt in range(_WARM_ATTEMPTS):
        # A large index outlasts a server's patience with one request; asking again goes on with it.
        with contextlib.suppress(TimeoutError, couchdb.ServerError):
            list(server[database].view(f"{name}/{view}", limit=1, reduce=False))
            break
        if attempt == _WARM_ATTEMPTS - 1:
            raise TimeoutError(f"the views of {staged['_id']} in {database} are not built")
    _save(server, database, document, there)
    server[database].delete(server[database][staged["_id"]])


def _account(server: couchdb.Server, account: Account, last: Brought) -> Iterator[Change]:
    doc_id = f"org.couchdb.user:{account.name}"
    there = _existing(server, "_users", doc_id)
    ours: Json = {"roles": list(account.roles), "display_name": account.display_name}
    record: Json = {"_id": doc_id, "type": "user", "name": account.name, **ours}
    if account.server is not None:
        record["server"] = account.server
    if there is None:
        last.remember(doc_id, ours)
        password = account.password or secrets.token_urlsafe(12)
        record["password"] = password
        yield Change(
            f"add account {account.name} ({', '.join(account.roles)})",
            lambda: _save(server, "_users", record, None),
            secret=None if account.password else password,
        )
        return
    if "disabled" in there:
        return
    if account.server is None:
        # A person's: what an administrator gave since is not taken back.
        merged = last.merged(there, {name: there.get(name) for name in ours}, ours)
        _say_kept(doc_id, merged.kept)
        record |= merged.rows
        last.remember(doc_id, ours)
    if {name: there.get(name) for name in record} != record:
        yield Change(
            f"change account {account.name} ({', '.join(record['roles'])})",
            lambda: _save(server, "_users", {**there, **record}, there),
        )


def set_password(server: couchdb.Server, name: str, password: str) -> None:
    """Gives an account that exists another password."""
    there = _existing(server, "_users", f"org.couchdb.user:{name}")
    if there is None:
        raise KeyError(f"there is no account {name}")
    _save(server, "_users", {**there, "password": password}, there)


def _replications(server: couchdb.Server, plan: Plan, upward: Upward) -> Iterator[Change]:
    codes = {region.code for region in plan.regions}
    pairs = [(clinic_database(site.code), f"region-{site.region}") for site in plan.sites]
    pairs += [
        (f"region-{region.code}", f"region-{region.parent}")
        for region in plan.regions
        if region.parent in codes
    ]
    here = _End(upward.url, upward.username, upward.password)
    for source, target in pairs:
        doc_id = f"{source}-to-{target}"
        yield from _replication(server, doc_id, here.database(source), here.database(target))
    if upward.above is not None:
        yield from _outward(server, plan, here, upward.above)


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a replication."""

    url: str
    username: str
    password: str

    def database(self, name: str) -> Json:
        auth = {"basic": {"username": self.username, "password": self.password}}
        return {"url": f"{self.url}/{name}", "auth": auth}


def _outward(server: couchdb.Server, plan: Plan, here: _End, parent: Above) -> Iterator[Change]:
    """Replication with the server above; see `Parent`."""
    there = _End(parent.url, parent.username, parent.password)
    yield from _replication(
        server, f"{CATALOG}-from-parent", there.database(CATALOG), here.database(CATALOG)
    )
    if parent.region is None:
        for site in plan.sites:
            name = clinic_database(site.code)
            local, remote = here.database(name), there.database(name)
            yield from _replication(server, f"{name}-to-parent", local, remote)
            yield from _replication(server, f"{name}-from-parent", remote, local)
        return
    codes = {region.code for region in plan.regions}
    for region in plan.regions:
        if region.parent not in codes:
            name = f"region-{region.code}"
            target = there.database(f"region-{parent.region}")
            yield from _replication(server, f"{name}-to-parent", here.database(name), target)


def _replication(
    server: couchdb.Server, doc_id: str, source: Json, target: Json
) -> Iterator[Change]:
    wanted: Json = {"source": source, "target": target, "continuous": True}
    # CouchDB shows a stored password to nobody, not even to compare; its digest is compared.
    mark = hashlib.sha256(canonical(wanted).encode()).hexdigest()
    existing = _existing(server, "_replicator", doc_id)
    if existing is None or existing.get("miaopu") != mark:
        document = {"_id": doc_id, **wanted, "miaopu": mark}
        yield Change(
            f"replicate {doc_id}",
            lambda: _save(server, "_replicator", document, existing),
        )


def _ignore(_: object) -> None:
    """For what is called for its effect."""
