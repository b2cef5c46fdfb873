"""The places that the catalog of a server describes already."""

from dataclasses import replace

import couchdb

from miaopu.models import Region, Site
from miaopu.provision.changes import CATALOG, exists
from miaopu.provision.plan import Plan


def places(server: couchdb.Server) -> tuple[tuple[Region, ...], tuple[Site, ...]]:
    """The regions and sites that the catalog on `server` describes."""
    if not exists(server, CATALOG):
        return (), ()

    def described(kind: str) -> list[dict[str, object]]:
        rows = server[CATALOG].view(
            "_all_docs", startkey=f"{kind}:", endkey=f"{kind};", include_docs=True
        )
        return [{n: v for n, v in row.doc.items() if not n.startswith("_")} for row in rows]

    return (
        tuple(Region.model_validate(document) for document in described("region")),
        tuple(Site.model_validate(document) for document in described("site")),
    )


def with_regions(server: couchdb.Server, plan: Plan) -> Plan:
    """The plan with the regions that stand on `server`, so that it need only say what is new."""
    known = {region.code for region in plan.regions}
    regions, _ = places(server)
    here = [r for r in regions if r.code not in known and exists(server, f"region-{r.code}")]
    codes = {r.code for r in here}
    return replace(
        plan,
        regions=(*plan.regions, *here),
        found=plan.found | codes,
    )
