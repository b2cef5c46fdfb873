"""A province with a city, two counties and their clinics, and an account of every grade at each."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from records import nurse_of
from served import PASSWORD, Place, Server, running

GRADES = ("ordinary", "senior", "admin")


@dataclass(frozen=True)
class Country(Place):
    """The province, beside the county and the clinics of a `Place`. The third clinic is the other
    county's."""

    @property
    def province(self) -> str:
        return self.county[:2] + "0000"

    @property
    def elsewhere(self) -> str:
        """Another county of the same city."""
        return self.county[:4] + "99"

    @property
    def regions(self) -> list[str]:
        return [self.county, self.elsewhere, self.city, self.province]

    def holds(self, code: str) -> bool:
        return code.startswith(self.county[:4]) or code == self.province

    def role(self, name: str) -> str:
        """The account that plays a role of the matrix."""
        return f"{name.replace('.', '-')}-{self.county}"

    def accounts(self) -> dict[str, tuple[str, str, str]]:
        places = {
            "clinic": ("site", self.sites[0]),
            "county": ("region", self.county),
            "city": ("region", self.city),
            "province": ("region", self.province),
        }
        graded = {
            self.role(f"{name}.{grade}"): (*place, grade)
            for name, place in places.items()
            for grade in GRADES
        }
        others = {
            self.role("other-clinic"): ("site", self.sites[1], "admin"),
            self.role("other-county"): ("region", self.elsewhere, "admin"),
        }
        targets = {
            f"{what}-{self.county}": ("site", self.sites[0], "ordinary")
            for what in ("target", "stopped")
        }
        nurses = {nurse_of(site): ("site", site, "ordinary") for site in self.sites}
        return graded | others | targets | nurses

    def plan(self) -> str:
        def region(code: str, level: str, parent: str | None) -> str:
            above = f'parent = "{parent}"\n' if parent else ""
            return f'[[region]]\ncode = "{code}"\nname = "{code}"\nlevel = "{level}"\n{above}'

        parts = [
            region(self.province, "province", None),
            region(self.city, "city", self.province),
            region(self.county, "county", self.city),
            region(self.elsewhere, "county", self.city),
        ]
        parts += [
            f'[[site]]\ncode = "{site}"\nname = "{site}"\nregion = "{self.county}"\n'
            for site in self.sites
        ]
        parts += [
            f'[[account]]\nname = "{name}"\ndisplay_name = "某人"\n{kind} = "{code}"\n'
            f'grade = "{grade}"\n'
            for name, (kind, code, grade) in self.accounts().items()
        ]
        return "".join(parts)


@dataclass
class Served:
    """A running server of a country, and clients for whoever asks."""

    server: Server
    country: Country
    clients: dict[str | None, httpx.Client]

    def client(self, role: str | None) -> httpx.Client:
        """A client of the whole origin in a role of the matrix; None or `anonymous`: nobody."""
        if role not in self.clients:
            auth = None if role in (None, "anonymous") else self.credentials(str(role))
            self.clients[role] = httpx.Client(
                base_url=self.server.address + "/db/", auth=auth, timeout=30, trust_env=False
            )
        return self.clients[role]

    def credentials(self, role: str) -> tuple[str, str]:
        """The name and password of whoever plays a role."""
        if role == "server":
            secrets = json.loads((self.server.data / "secrets.json").read_text())
            return "miaopu", str(secrets["server_password"])
        return self.country.role(role), PASSWORD


@contextmanager
def running_country(kind: str, folder: Path) -> Iterator[Served]:
    """A server over the databases of a country that no other run of the tests uses."""
    # A pair of zeros would make the county a city.
    code = "".join(str(random.randrange(11, 99)) for _ in range(3))
    country = Country(code, (f"{code}0001", f"{code}0002"))
    with running(kind, folder, country) as server:
        found = Served(server, country, {})
        yield found
        for client in found.clients.values():
            client.close()
