"""The accounts of the demo county. Their password is printed for everybody to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from miaopu.demo import names
from miaopu.demo.clinic import Clinic
from miaopu.demo.identity import generator
from miaopu.demo.places import COUNTY, COUNTY_NAME

PASSWORD = "miaopu-demo"  # noqa: S105  # the demo's, and no secret
GRADES = (("nurse", "ordinary"), ("senior", "senior"), ("admin", "admin"))


@dataclass(frozen=True, slots=True)
class Account:
    """An account to provision."""

    name: str
    password: str
    roles: tuple[str, ...]
    display_name: str


def accounts(seed: int, clinics: Sequence[Clinic]) -> list[Account]:
    """A nurse, a senior nurse and an administrator of each clinic; two accounts of the county."""
    rng = generator(f"{seed}/accounts")
    found = [
        Account(
            "county",
            PASSWORD,
            (f"region:{COUNTY}", "grade:senior"),
            f"{COUNTY_NAME}管理员 {_name(rng)}",
        ),
        Account("county-admin", PASSWORD, (f"region:{COUNTY}", "grade:admin"), _name(rng)),
    ]
    for clinic in clinics:
        for kind, grade in GRADES:
            found.append(
                Account(
                    f"{kind}{clinic.index + 1}",
                    PASSWORD,
                    (f"site:{clinic.code}", f"grade:{grade}"),
                    _name(rng),
                )
            )
    return found


def _name(rng: Random) -> str:
    return names.surname(rng) + names.given_name(rng, 1980 + rng.randrange(18), "F")
