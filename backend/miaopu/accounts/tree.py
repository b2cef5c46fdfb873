"""The tree of places (区域): which region a clinic belongs to, and what stands above it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import httpx

from miaopu.couch.place import clinic_database


@dataclass(frozen=True, slots=True)
class Tree:
    """The catalog's places: 接种单位 → its county, region → the one above it."""

    sites: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str | None] = field(default_factory=dict)

    def region_of(self, database: str) -> str | None:
        """The region to whose trail a database of a place belongs; None: to no one's."""
        kind, _, code = database.partition("-")
        if kind == "site":
            return self.sites.get(code, code[:6] if code[:6] in self.parents else None)
        return code if kind in ("region", "audit") and code in self.parents else None

    def above(self, region: str) -> list[str]:
        """The region and those above it, the nearest first."""
        chain: list[str] = []
        code: str | None = region
        while code is not None and code in self.parents and code not in chain:
            chain.append(code)
            code = self.parents[code]
        return chain

    def roots(self) -> list[str]:
        """The regions with none above them here."""
        return sorted(code for code, parent in self.parents.items() if parent not in self.parents)

    def among(self, databases: Collection[str]) -> "Tree":
        """The places whose databases are among these: a catalog that came from the server above
        describes many others."""
        return Tree(
            {
                site: county
                for site, county in self.sites.items()
                if clinic_database(site) in databases
            },
            {code: up for code, up in self.parents.items() if f"region-{code}" in databases},
        )


async def read_tree(client: httpx.AsyncClient) -> Tree:
    """The tree in the catalog. `client` may read it. Raises httpx.HTTPError."""
    found: dict[str, list[dict[str, str]]] = {}
    for kind in ("site", "region"):
        answer = await client.get(
            "catalog/_all_docs",
            params={
                "startkey": f'"{kind}:"',
                "endkey": f'"{kind};"',
                "include_docs": "true",
            },
        )
        answer.raise_for_status()
        found[kind] = [row["doc"] for row in answer.json()["rows"]]
    return Tree(
        {site["code"]: site["region"] for site in found["site"]},
        {region["code"]: region.get("parent") for region in found["region"]},
    )
