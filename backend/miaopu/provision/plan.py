"""What should stand on a server: regions, sites, accounts, catalog. Read from TOML, or made.

```toml
[[region]]
code = "330102"
name = "…"
level = "county"          # county, city, province
parent = "330100"         # the region above it, if this server holds one

[[site]]
code = "3301020001"
name = "…"
region = "330102"

[[account]]
name = "nurse1"
display_name = "…"
site = "3301020001"       # or: region = "330102"
grade = "ordinary"        # ordinary 普通用户, senior 高级用户, admin 高级管理员

[[account]]               # the account by which a county's server writes into this city's region
name = "county-330102"
display_name = "…"
grade = "server"
```
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from miaopu.accounts.roles import SERVER_ROLE, Grade, roles_of
from miaopu.accounts.rules import WHY, weakness
from miaopu.models import Region, Site
from miaopu.models.base import RegionCode, SiteCode, Text

Json = dict[str, Any]


class PlanError(Exception):
    """The plan cannot be carried out; the message says what is wrong where."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of `_users`. Without a password one is drawn when the account is made."""

    name: str
    roles: tuple[str, ...]
    display_name: str
    password: str | None = field(default=None, repr=False)
    server: str | None = None
    """Of the program's own account: the mark of the server that it belongs to."""


@dataclass(frozen=True, slots=True)
class Above:
    """The server above (上级服务器): where its databases are, and an account there.

    With `region`, this server's highest regions are pushed into that region of the parent, by an
    account of role `server`. Without, this server is a clinic's hub: each of its sites goes both
    ways, for which an account of the site suffices. Either way the catalog comes down.
    """

    url: str
    """Base URL of its databases, without credentials: `https://county.example/db`."""
    username: str
    password: str = field(repr=False)
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Upward:
    """How the database server reaches itself, and the server above, to replicate upward."""

    url: str
    """Base URL of the databases as the database server itself sees it, without credentials."""
    username: str
    password: str = field(repr=False)
    above: Above | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What should stand on a server."""

    regions: tuple[Region, ...] = ()
    sites: tuple[Site, ...] = ()
    accounts: tuple[Account, ...] = ()
    content: tuple[Json, ...] = ()
    """Documents of the catalog beside `region:` and `site:`, with `_id`."""
    upward: Upward | None = None
    found: frozenset[str] = frozenset()
    """Codes of those regions and sites that only the catalog of the server describes."""

    def above(self, region: str) -> list[str]:
        """The region's code and those of the regions above it, the nearest first.

        Raises PlanError when a region is missing or stands above itself.
        """
        parents = {known.code: known.parent for known in self.regions}
        chain: list[str] = []
        code: str | None = region
        while code is not None:
            if code not in parents:
                raise PlanError(f"region {code} is named but not described")
            if code in chain:
                raise PlanError(f"region {code} stands above itself")
            chain.append(code)
            code = parents[code]
        return chain


def password_variable(name: str) -> str:
    """The environment variable that may hold the password of a new account."""
    return "MIAOPU_PASSWORD_" + re.sub("[^A-Z0-9]", "_", name.upper())


def check_password(password: str, name: str, display_name: str, source: str) -> None:
    """Raises PlanError for a password that the page would not take either; `source` says where it
    comes from."""
    weak = weakness(password, name, display_name)
    if weak is not None:
        raise PlanError(f"the password of {name} ({source}) is not taken: {WHY[weak]}")


class _AccountEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
    display_name: Text
    grade: Grade | Literal["server"]
    site: SiteCode | None = None
    region: RegionCode | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (self.site is not None) + (self.region is not None)
        if places != (self.grade != "server"):
            raise ValueError("an account belongs to one site or to one region; a server's to none")
        return self

    def account(self, environment: Mapping[str, str]) -> Account:
        password = environment.get(password_variable(self.name)) or None
        if password is not None:
            check_password(password, self.name, self.display_name, password_variable(self.name))
        if self.grade == "server":
            return Account(self.name, (SERVER_ROLE,), self.display_name, password)
        place = f"site:{self.site}" if self.site else f"region:{self.region}"
        return Account(self.name, roles_of(place, self.grade), self.display_name, password)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    region: list[dict[str, Any]] = []
    site: list[dict[str, Any]] = []
    account: list[_AccountEntry] = []


def read_plan(
    path: Path, content: Sequence[Json] = (), environment: Mapping[str, str] = os.environ
) -> Plan:
    """The plan in a TOML file, with the passwords of new accounts from the environment.

    Raises PlanError with the place of what is wrong in it.
    """
    try:
        given = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
        return Plan(
            regions=tuple(Region.model_validate({"type": "region"} | r) for r in given.region),
            sites=tuple(Site.model_validate({"type": "site"} | s) for s in given.site),
            accounts=tuple(entry.account(environment) for entry in given.account),
            content=tuple(content),
        )
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path} is no TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlanError(f"{path}: {error.title} {where}: {first['msg']}") from error
