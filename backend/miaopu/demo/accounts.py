"""The accounts of the demo county. Their password is printed for everybody to see."""

from collections.abc import Sequence
from random import Random

from miaopu.accounts.roles import Grade, roles_of
from miaopu.demo import names
from miaopu.demo.clinic import Clinic
from miaopu.demo.identity import generator
from miaopu.demo.places import COUNTY, COUNTY_NAME
from miaopu.provision.plan import Account

PASSWORD = "miaopu-demo"  # noqa: S105  # the demo's, and no secret
GRADES: tuple[tuple[str, Grade], ...] = (
    ("nurse", "ordinary"),
    ("senior", "senior"),
    ("admin", "admin"),
)


def accounts(seed: int, clinics: Sequence[Clinic]) -> list[Account]:
    """A nurse, a senior nurse and an administrator of each clinic; two accounts of the county."""
    rng = generator(f"{seed}/accounts")
    county = f"region:{COUNTY}"
    found = [
        _account("county", county, "senior", f"{COUNTY_NAME}疾控 {_name(rng)}"),
        _account("county-admin", county, "admin", f"{COUNTY_NAME}疾控 {_name(rng)}"),
    ]
    for clinic in clinics:
        for kind, grade in GRADES:
            name = f"{kind}{clinic.index + 1}"
            found.append(_account(name, f"site:{clinic.code}", grade, _name(rng)))
    return found


def _account(name: str, place: str, grade: Grade, display_name: str) -> Account:
    return Account(name, roles_of(place, grade), display_name, PASSWORD)


def _name(rng: Random) -> str:
    return names.surname(rng) + names.given_name(rng, 1980 + rng.randrange(18), "F")
