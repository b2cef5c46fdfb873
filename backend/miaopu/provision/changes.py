"""The changes that bring a server from what stands there to what a plan says, one at a time.

A change that is not needed is not made, so that provisioning twice changes nothing. Administration
goes through the `couchdb` package; what is written in bulk is no business of this module.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import couchdb

from miaopu.accounts.roles import GRADES, SERVER_ROLE, TRAIL_ROLE
from miaopu.case.canonical import canonical
from miaopu.ids import new_ulid
from miaopu.provision.designs import design_documents
from miaopu.provision.plan import Above, Account, Plan, Upward

Json = dict[str, Any]

CATALOG = "catalog"
BROUGHT = "_local/miaopu-content"
"""Which revisions of the catalog's documents the program itself wrote."""
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
    yield from _catalog(server, plan, designs["catalog"])
    for account in plan.accounts:
        yield from _account(server, account)
    for region in plan.regions:
        name = f"region-{region.code}"
        readers = [f"region:{code}" for code in plan.above(region.code)]
        yield from _place(server, name, readers, designs["region"])
        # `_security` knows no "and", so the administrators of a region have a role of their own.
        readers = [f"{TRAIL_ROLE}:{code}" for code in plan.above(region.code)]
        yield from _place(server, f"audit-{region.code}", readers, designs["audit"])
    for site in plan.sites:
        name = f"site-{site.code}"
        readers = [f"region:{code}" for code in plan.above(site.region)]
        yield from _place(server, name, [f"site:{site.code}", *readers], designs["site"])
    if plan.upward is not None:
        yield from _replications(server, plan, plan.upward)


def _catalog(server: couchdb.Server, plan: Plan, designs: list[Json]) -> Iterator[Change]:
    # Every account has a grade. An empty list would open the catalog to the whole world.
    yield from _place(server, CATALOG, [f"grade:{g}" for g in GRADES], designs)
    described = [
        *({"_id": f"region:{region.code}", **region.to_json()} for region in plan.regions),
        *({"_id": f"site:{site.code}", **site.to_json()} for site in plan.sites),
    ]
    for document in described:
        yield from _document(server, CATALOG, document)
    yield from _content(server, plan.content)


def _content(server: couchdb.Server, documents: Iterable[Json]) -> Iterator[Change]:
    """What the program brings. A document that was edited on this server stays as it is."""
    ours = _existing(server, CATALOG, BROUGHT) or {"_id": BROUGHT, "revisions": {}}
    revisions: dict[str, str] = ours["revisions"]

    def save(document: Json, there: Json | None) -> None:
        _save(server, CATALOG, document, there)
        revisions[document["_id"]] = server[CATALOG][document["_id"]].rev
        server[CATALOG].save(ours)

    for document in documents:
        there = _existing(server, CATALOG, document["_id"])
        if there is None:
            yield Change(f"add {document['_id']} in catalog", partial(save, document, None))
        elif canonical(_written(there)) != canonical(document) and (
            revisions.get(document["_id"]) == there["_rev"]
        ):
            yield Change(f"change {document['_id']} in catalog", partial(save, document, there))


def _place(
    server: couchdb.Server,
    name: str,
    roles: list[str],
    designs: list[Json],
) -> Iterator[Change]:
    yield from _database(server, name)
    yield from _security(server, name, [*roles, SERVER_ROLE])
    for design in designs:
        yield from _design(server, name, design)


def _database(server: couchdb.Server, name: str) -> Iterator[Change]:
    if not exists(server, name):
        yield Change(f"create database {name}", lambda: _ignore(server.create(name)))


def _security(server: couchdb.Server, name: str, roles: list[str]) -> Iterator[Change]:
    there = server[name].security if exists(server, name) else {}
    wanted = {
        "admins": {"names": [], "roles": ["_admin"]},
        "members": {"names": [], "roles": roles},
        # Of this database and of no replica or successor: tablets notice by it that they meet
        # another one under the same name. CouchDB keeps what it does not know here, for members to
        # read and for nobody but an administrator to change.
        "generation": there.get("generation") or new_ulid(),
    }
    if there != wanted:

        def make() -> None:
            server[name].security = wanted

        yield Change(f"set who may read {name}: {', '.join(roles)}", make)


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
    there = _existing(server, database, document["_id"])
    if there is None or canonical(_written(there)) != canonical(document):
        verb = "add" if there is None else "change"
        yield Change(
            f"{verb} {document['_id']} in {database}",
            lambda: _save(server, database, document, there),
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


def _account(server: couchdb.Server, account: Account) -> Iterator[Change]:
    doc_id = f"org.couchdb.user:{account.name}"
    there = _existing(server, "_users", doc_id)
    record: Json = {
        "_id": doc_id,
        "type": "user",
        "name": account.name,
        "roles": list(account.roles),
        "display_name": account.display_name,
    }
    if account.server is not None:
        record["server"] = account.server
    if there is None:
        password = account.password or secrets.token_urlsafe(12)
        record["password"] = password
        yield Change(
            f"add account {account.name} ({', '.join(account.roles)})",
            lambda: _save(server, "_users", record, None),
            secret=None if account.password else password,
        )
    elif "disabled" not in there and {name: there.get(name) for name in record} != record:
        yield Change(
            f"change account {account.name} ({', '.join(account.roles)})",
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
    pairs = [(f"site-{site.code}", f"region-{site.region}") for site in plan.sites]
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
            name = f"site-{site.code}"
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
