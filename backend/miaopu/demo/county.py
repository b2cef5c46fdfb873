"""A whole county that does not exist: one seed and day make the same documents, byte for byte."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from miaopu.couch.place import clinic_database
from miaopu.demo import knowledge, places, stock
from miaopu.demo.accounts import accounts
from miaopu.demo.births import BIRTH_DAYS
from miaopu.demo.calendar import Opening, add_months, iso
from miaopu.demo.children import children
from miaopu.demo.clinic import APP, Clinic, Json, instant, new_ulid
from miaopu.demo.identity import generator
from miaopu.demo.lots import Lots
from miaopu.models import Region, Site
from miaopu.provision.plan import Account

MOST_SITES = 700
MOST_CHILDREN = 30_000
"""Of one clinic: child codes have four digits for the children of one year."""
_WEEKDAYS = ((1, 2, 3, 4, 5), (1, 3, 5), (2, 4, 6), (1, 2, 3, 4, 5, 6))


CATALOG = "catalog"
"""Where the county's words to its clinics lie."""
_LATENESS = (0.8, 1.7, 1.0)


@dataclass(frozen=True)
class County:
    """A county and its clinics; documents are made as they are asked for, so memory stays flat."""

    seed: int
    today: dt.date
    children_per_site: int
    clinics: tuple[Clinic, ...]
    accounts: tuple[Account, ...]

    @property
    def databases(self) -> list[str]:
        """Names of the clinics' databases."""
        return [clinic_database(clinic.code) for clinic in self.clinics]

    @property
    def children(self) -> int:
        """How many children there are in all."""
        return self.children_per_site * len(self.clinics)

    def documents(self, database: str) -> Iterator[Json]:
        """The documents of one database, `_id` first, always the same in the same order."""
        if database == CATALOG:
            return knowledge.documents(self.today.toordinal(), "county-admin")
        for clinic in self.clinics:
            if database == clinic_database(clinic.code):
                return self._site(clinic)
        raise KeyError(f"the demo county has no database {database}")

    def example_card(self) -> str:
        """A card of the first clinic to swipe: if possible of a child for whom MMR is due.

        "" should no card be in use.
        """
        old_enough = add_months(self.today, -8).isoformat()
        example = ""
        for document in self.documents(self.databases[0]):
            if document["type"] != "child":
                continue
            card = _card(document)
            # Children come in the order of their births: the last is the one due most lately.
            waits = document["facts"]["birth_date"]["value"] <= old_enough and not any(
                event.get("vaccine") == "1201" for event in document["events"].values()
            )
            if card and (waits or not example):
                example = card
        return example

    @property
    def regions(self) -> tuple[Region, ...]:
        """The county, and the city and province above it."""
        return (
            _region(places.PROVINCE, places.PROVINCE_NAME, "province", None),
            _region(places.CITY, places.CITY_NAME, "city", places.PROVINCE),
            _region(places.COUNTY, places.COUNTY_NAME, "county", places.CITY),
        )

    @property
    def sites(self) -> tuple[Site, ...]:
        """The clinics as the catalog describes them."""
        return tuple(
            Site(
                type="site",
                code=clinic.code,
                name=clinic.name,
                region=places.COUNTY,
                address=clinic.address,
                phone=clinic.phone,
            )
            for clinic in self.clinics
        )

    def _site(self, clinic: Clinic) -> Iterator[Json]:
        clinic.used.clear()
        clinic.blocks.clear()
        today = self.today.toordinal()
        yield self._settings(clinic, today)
        yield from children(
            self.seed, clinic, places.Places(self.clinics), self.children_per_site, today
        )
        yield from self._numbers(clinic)
        yield from stock.moves(self.seed, clinic, today)
        yield from self._devices(clinic, today)
        yield from self._ratings(clinic, today)

    def _settings(self, clinic: Clinic, today: int) -> Json:
        return {
            "_id": f"settings:{clinic.code}",
            "type": "settings",
            "site": clinic.code,
            "schedules": ["cn-nip-2026", "cn-non-programme"],
            "clinic_days": clinic.opening.as_settings(),
            "closed_days": clinic.opening.closed_days(today, today + 365),
            "updated_at": instant(today - 30, 3_600_000),
            **_payment(clinic),
            "updated_by": f"admin{clinic.index + 1}",
            "station": clinic.stations[0],
        }

    def _numbers(self, clinic: Clinic) -> Iterator[Json]:
        for (year, block), (day, ms) in sorted(clinic.blocks.items()):
            yield {
                "_id": f"numbers:{clinic.code}:{year}:{block:02d}",
                "type": "numbers",
                "year": year,
                "block": block,
                **clinic.provenance(day, ms - 1_000, block % 2, 80),
            }

    def _ratings(self, clinic: Clinic, today: int) -> Iterator[Json]:
        """What guardians pressed on the evaluator of the injection desk in the last two weeks."""
        rng = generator(f"{self.seed}/{clinic.code}/ratings")
        for day in range(today - 14, today):
            if clinic.opening.on_or_after(day) != day:
                continue
            kept = clinic.provenance(day, 8 * 3_600_000, 1, 80)
            scores = [rng.randrange(most) for most in (2, 2, 3, 8, 24)]
            yield {
                "_id": f"rating:{iso(day)}:{kept['station']}",
                "type": "rating",
                "day": iso(day),
                "given": [{"by": kept["by"], "scores": scores}],
                **kept,
            }

    def _devices(self, clinic: Clinic, today: int) -> Iterator[Json]:
        for place, station in zip(("登记台", "接种台"), clinic.stations, strict=True):
            yield {
                "_id": f"device:{station}",
                "type": "device",
                "site": clinic.code,
                "name": place,
                "app": APP,
                "synced_at": instant(today - 1, 8 * 3_600_000 + clinic.index * 61_000),
                "pending": 0,
                "refused": 0,
                "offset_ms": 120,
            }


def _card(child: Json) -> str | None:
    """The card that a child holds."""
    states: dict[str, str] = {}
    for event in child["events"].values():
        if event["kind"] == "card":
            states[event["number"]] = event["state"]
    return next((number for number, state in states.items() if state == "issued"), None)


def _region(
    code: str, name: str, level: Literal["county", "city", "province"], parent: str | None
) -> Region:
    return Region(type="region", code=code, name=name, level=level, parent=parent)


def build(sites: int, children_per_site: int, seed: int, today: dt.date) -> County:
    """The demo county (演示县): `sites` clinics with `children_per_site` children each.

    Everything is drawn from `seed` and `today`. Nothing later than the day before `today` is in it.
    Raises ValueError when there are more clinics or children than names and codes suffice for.
    """
    if not 1 <= sites <= MOST_SITES:
        raise ValueError(f"the demo county has 1 to {MOST_SITES} clinics, not {sites}")
    if not 1 <= children_per_site <= MOST_CHILDREN:
        raise ValueError(
            f"a clinic of the demo has 1 to {MOST_CHILDREN} children, not {children_per_site}"
        )
    day = today.toordinal()
    lots = Lots(seed, day)
    clinics = tuple(_clinic(index, seed, day, lots) for index in range(sites))
    return County(seed, today, children_per_site, clinics, tuple(accounts(seed, clinics)))


def _clinic(index: int, seed: int, today: int, lots: Lots) -> Clinic:
    rng = generator(f"{seed}/clinic/{index}")
    first = today - BIRTH_DAYS
    town = places.town(index)
    return Clinic(
        index=index,
        code=f"{places.COUNTY}{index + 1:04d}",
        name=places.clinic_name(index),
        town=town,
        address=f"{places.COUNTY_NAME}{town}育苗路{rng.randrange(1, 120)}号",
        phone=f"0300-88{rng.randrange(100_000):05d}",
        opening=Opening(_WEEKDAYS[index % len(_WEEKDAYS)], first, today),
        stations=(new_ulid(rng, first, 0), new_ulid(rng, first, 1)),
        committees=places.committees(rng),
        lots=lots,
        nurse=f"nurse{index + 1}",
        senior=f"senior{index + 1}",
        lateness=_LATENESS[index % len(_LATENESS)],
    )


_SERVICE_FEN, _INFORMATION_FEN = 2800, 2000
_PAID_FEN = {
    "2201": 13_600, "2301": 9_800, "2402": 28_000, "2503": 69_800, "5402": 18_800, "2102": 5_800,
    "2108": 12_800, "5001": 59_900,
}  # fmt: skip


def _payment(clinic: Clinic) -> Json:
    """Every other clinic takes money (收费), at prices that stand since the new year of 2026."""
    if clinic.index % 2:
        return {}
    fees = {"service": _SERVICE_FEN, "information-0-4": _INFORMATION_FEN}
    prices = {**_PAID_FEN, **fees, "information-4-7": _INFORMATION_FEN * 3 // 4}
    return {
        "paying": True,
        "prices": [
            {"item": item, "since": "2026-01-01", "price_fen": fen} for item, fen in prices.items()
        ],
    }
