"""The ledger (出入库) of a clinic: every dose given came from somewhere, and some are left."""

from collections.abc import Iterator
from random import Random

from miaopu.demo.calendar import iso
from miaopu.demo.clinic import Clinic, Json, new_ulid
from miaopu.demo.identity import generator
from miaopu.demo.lots import PERIOD, Lot
from miaopu.demo.places import COUNTY_NAME
from miaopu.demo.programme import PRODUCTS

CENTRE = f"{COUNTY_NAME}疾病预防控制中心"
EXPIRED_VACCINE = "1201"
"""Of this one a lot stands in the fridge that should have been discarded."""
SCARCE_VACCINE = "1902"
"""Of this one the older lot has two doses left."""
_MORNING = 40 * 60_000


def moves(seed: int, clinic: Clinic, today: int) -> Iterator[Json]:
    """Stock moves: each lot received before its first dose, old ones cleared, new ones in stock.

    To be called when all children of the clinic were made: it covers what they used.
    """
    rng = generator(f"{seed}/{clinic.code}/stock")
    lots = clinic.lots
    for vaccine, product in PRODUCTS.items():
        current = lots.period(vaccine, today)
        first = min((period for code, period in clinic.used if code == vaccine), default=current)
        for period in range(min(first, current - 1), current + 1):
            lot = lots.get(vaccine, period)
            used = clinic.used.get((vaccine, period), 0)
            left = _left(vaccine, current - period, used)
            unit = product.doses_per_unit
            received = -(-(used + left) // (5 * unit)) * 5 * unit
            if not received:
                continue
            day = lot.start - 1 - rng.randrange(4)
            yield _move(rng, clinic, lot, "receive", day, received, unit, counterpart=CENTRE)
            waste = received - used - left
            if waste:
                end = min(lot.start + PERIOD + 3, today - 1)
                why = "损耗" if period < current else "抽检送样"
                yield _move(rng, clinic, lot, "waste", end, -waste, unit, note=why)
    lot = lots.expired(EXPIRED_VACCINE)
    yield _move(rng, clinic, lot, "receive", lot.start, 7, 1, counterpart=CENTRE)


def _left(vaccine: str, lots_ago: int, used: int) -> int:
    """Doses of a lot that are in stock today."""
    if lots_ago == 0:
        return max(40, used // 2)
    if lots_ago == 1:
        return 2 if vaccine == SCARCE_VACCINE else 6
    return 0


def _move(
    rng: Random,
    clinic: Clinic,
    lot: Lot,
    kind: str,
    day: int,
    doses: int,
    unit: int,
    **more: str,
) -> Json:
    ms = _MORNING + rng.randrange(3_600_000)
    return {
        "_id": f"stock:{new_ulid(rng, day, ms)}",
        "type": "stock",
        "kind": kind,
        "date": iso(day),
        "vaccine": lot.vaccine,
        "lot": lot.lot,
        "expiry": lot.expiry,
        "maker": lot.maker,
        "doses": doses,
        "doses_per_unit": unit,
        **more,
        **clinic.provenance(day, ms, 0, 120, clinic.senior),
    }
