"""A place (地点) whose records are a database of their own; `pwa/src/ids/place.ts` is the same."""

import re
from typing import Literal, NamedTuple

Kind = Literal["clinic", "depot", "region"]

_PREFIX: dict[Kind, str] = {"clinic": "site", "depot": "depot", "region": "region"}
_DATABASE = re.compile(r"(?:site-([0-9]{10})|depot-([0-9]{6})|region-([0-9]{6}))")


class Place(NamedTuple):
    """A clinic (接种点, 10 digits), the vaccine store of a region (疫苗库), or a region with all
    below it (6 digits)."""

    kind: Kind
    code: str

    @property
    def database(self) -> str:
        """The name of its database."""
        return f"{_PREFIX[self.kind]}-{self.code}"


def clinic_database(code: str) -> str:
    """The name of a clinic's database."""
    return Place("clinic", code).database


def region_database(code: str) -> str:
    """The name of a region's database."""
    return Place("region", code).database


def clinic_of(database: str) -> str | None:
    """The clinic whose database is called so; None for others."""
    place = place_of(database)
    return place.code if place is not None and place.kind == "clinic" else None


def place_of(database: str) -> Place | None:
    """The place whose database is called so; None for others, as the catalog."""
    found = _DATABASE.fullmatch(database)
    if found is None:
        return None
    clinic, depot, region = found.groups()
    if clinic is not None:
        return Place("clinic", clinic)
    return Place("depot", depot) if depot is not None else Place("region", region)
