"""A served application on a free port, over HTTP: embedded database, proxied, and a real CouchDB.

`embedded` is the database in the server's own process, `proxied` one that runs alone behind the
streaming proxy, `couchdb` the one that MIAOPU_COUCHDB_URL names (http://admin:…@host:5984).
"""

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from records import MARK

from miaopu.serve.keep import open_keep

_ANYBODY = httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""One for all who only look whether somebody is there: each client reads all certificates."""
COUCHDB = os.environ.get("MIAOPU_COUCHDB_URL")
PASSWORD = "correct horse"
START_S = 240.0

PLAN = """
[[region]]
code = "{city}"
name = "试验市"
level = "city"

[[region]]
code = "{county}"
name = "试验县"
level = "county"
parent = "{city}"
{sites}
{accounts}
"""


@dataclass(frozen=True)
class Place:
    """Codes that no other run of the tests uses, so that a shared CouchDB may be used."""

    county: str
    sites: tuple[str, str]

    @property
    def city(self) -> str:
        return self.county[:4] + "00"

    @property
    def regions(self) -> list[str]:
        return [self.county, self.city]

    def holds(self, code: str) -> bool:
        """Whether a site or region is one of these."""
        return code.startswith(self.county) or code == self.city

    @property
    def databases(self) -> list[str]:
        sites = [f"site-{site}" for site in self.sites]
        regions = [f"{kind}-{code}" for kind in ("region", "audit") for code in self.regions]
        return [*sites, *regions]

    def plan(self) -> str:
        sites = "".join(
            f'[[site]]\ncode = "{site}"\nname = "{site}"\nregion = "{self.county}"\n'
            for site in self.sites
        )
        accounts = "".join(
            f'[[account]]\nname = "{name}"\ndisplay_name = "{name}"\n{kind} = "{code}"\n'
            f'grade = "{grade}"\n'
            for name, (kind, code, grade) in self.accounts().items()
        )
        return PLAN.format(city=self.city, county=self.county, sites=sites, accounts=accounts)

    def accounts(self) -> dict[str, tuple[str, str, str]]:
        here, there = self.sites
        return {
            f"nurse-{here}": ("site", here, "ordinary"),
            f"senior-{here}": ("site", here, "senior"),
            f"nurse-{there}": ("site", there, "ordinary"),
            f"chief-{self.county}": ("region", self.county, "admin"),
        }


@dataclass
class Server:
    """A running `miaopu serve`."""

    address: str
    process: subprocess.Popen[str]
    place: Place
    config: Path
    data: Path
    admin: tuple[str, str]
    database: str
    """Base URL of the databases, behind a proxy if there is one."""
    is_couchdb: bool

    @contextmanager
    def client(self, name: str | None = None) -> Iterator[httpx.Client]:
        """A client of `/db`, logged in with a cookie when an account is named."""
        base = self.address + "/db/"
        with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
            if name is not None:
                login = {"name": name, "password": PASSWORD}
                client.post("_session", json=login).raise_for_status()
            yield client

    def administrator(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.address + "/db/", auth=self.admin, timeout=30, trust_env=False
        )

    @property
    def nurse(self) -> str:
        return f"nurse-{self.place.sites[0]}"

    @property
    def site(self) -> str:
        return f"site-{self.place.sites[0]}"

    @property
    def county(self) -> str:
        return f"region-{self.place.county}"


def until(condition: Callable[[], Any], what: str, seconds: float = START_S) -> Any:
    """What `condition` returns once that is true; fails when it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def stop(process: subprocess.Popen[str]) -> int:
    """Ends a server as an operator would; returns its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def launch(
    arguments: list[str], log: Path, environment: dict[str, str]
) -> tuple[subprocess.Popen[str], str]:
    """Starts a command of `miaopu`; returns it and the address that its first line holds."""
    with log.open("a") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", "from miaopu.cli import main; main()", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **environment},
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if "http://" not in line:
        process.kill()
        raise AssertionError(f"{arguments[0]} did not start: {log.read_text()[-2000:]}")
    address = "http://" + line.split("http://")[1].strip().rstrip("/")
    until(lambda: _answers(address), f"{arguments[0]} to answer")
    return process, address


def _answers(address: str) -> bool:
    try:
        _ANYBODY.get(address + "/")
    except httpx.TransportError:
        return False
    return True


def no_majority(answer: httpx.Response) -> bool:
    """How CouchDB 3.5 refuses a change of `_security`: its shards refuse, and it counts them."""
    return answer.status_code == 500 and answer.json().get("reason") == "no_majority"


def healthy(address: str) -> bool:
    answer = _ANYBODY.get(address + "/api/health")
    return bool(answer.is_success and answer.json()["provisioned"])


def _share_account(data: Path, couchdb: str) -> None:
    """Gives the program's account the password that all these servers use: CouchDB locks out an
    account that many try in vain, and one CouchDB serves all tests, several servers at a time."""
    keep = open_keep(data)
    shared = replace(keep, server_password=hashlib.sha256(couchdb.encode()).hexdigest())
    (data / "secrets.json").write_text(json.dumps(asdict(shared)))


@contextmanager
def running(
    kind: str,
    folder: Path,
    place: Place | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server of a kind over databases of its own; `settings` are added to its environment."""
    if place is None:
        code = f"{random.randrange(100, 900)}{random.randrange(101, 199)}"
        place = Place(code, (f"{code}0001", f"{code}0002"))
    config = folder / "plan.toml"
    config.write_text(place.plan())
    data = folder / "data"
    log = folder / "server.log"
    environment = {
        "MIAOPU_PASSWORD_" + name.upper().replace("-", "_"): PASSWORD for name in place.accounts()
    }
    environment |= settings or {}
    options = ["--data", str(data), "--port", "0", "--config", str(config)]
    behind: subprocess.Popen[str] | None = None
    database = ""
    if kind == "proxied":
        behind, database = launch(
            ["embedded", "--data", str(folder / "couch"), "--port", "0"],
            log,
            {"MIAOPU_ADMIN_PASSWORD": PASSWORD},
        )
        environment |= {"MIAOPU_COUCHDB_USER": "admin", "MIAOPU_COUCHDB_PASSWORD": PASSWORD}
        options += ["--couchdb", database]
    elif kind == "couchdb":
        assert COUCHDB is not None
        parts = urlsplit(COUCHDB)
        database = f"{parts.scheme}://{parts.hostname}:{parts.port or 5984}{parts.path}"
        environment["MIAOPU_COUCHDB_USER"] = parts.username or "admin"
        environment["MIAOPU_COUCHDB_PASSWORD"] = parts.password or ""
        options += ["--couchdb", database]
        _share_account(data, COUCHDB)
    process: subprocess.Popen[str] | None = None
    try:
        process, address = launch(["serve", *options], log, environment)
        if kind == "embedded":
            secrets = json.loads((data / "secrets.json").read_text())
            admin = ("miaopu-admin", secrets["admin_password"])
        else:
            admin = (environment["MIAOPU_COUCHDB_USER"], environment["MIAOPU_COUCHDB_PASSWORD"])
        behind_it = database or address + "/db"
        real = kind == "couchdb"
        server = Server(address, process, place, config, data, admin, behind_it, real)
        try:
            until(lambda: healthy(address), "provisioning")
        except AssertionError as error:
            raise AssertionError(f"{error}: {log.read_text()[-3000:]}") from error
        yield server
        if kind == "couchdb":
            _clean(server)
    finally:
        for each in (process, behind):
            if each is not None:
                stop(each)


def _clean(server: Server) -> None:
    """Takes what a run has made out of a CouchDB that other runs use too."""
    place = server.place

    def ours(name: str) -> bool:
        codes = re.findall(r"(?<![0-9])(?:[0-9]{6}|[0-9]{10})(?![0-9])", name)
        return MARK.lower() in name.lower() or any(place.holds(code) for code in codes)

    with server.administrator() as admin:
        for database in ("_replicator", "catalog", "_users"):
            for row in admin.get(f"{database}/_all_docs").json()["rows"]:
                if ours(row["id"]):
                    path = f"{database}/{quote(row['id'], safe='')}"
                    admin.delete(path, params={"rev": row["value"]["rev"]})
        for name in admin.get("_all_dbs").json():
            if ours(name):
                admin.delete(name)


KINDS = ["embedded", "proxied", *(["couchdb"] if COUCHDB else [])]
