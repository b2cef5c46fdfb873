"""The settings of `miaopu serve`: options first, then the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

PREFIX = "MIAOPU_"
PWA_DIST = Path(__file__).resolve().parents[3] / "pwa" / "dist"


class Settings(BaseModel):
    """How one server runs. Each field may be given as `MIAOPU_<NAME>` in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    data: Path
    """Folder of the embedded database and of this server's secrets."""
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    """0: any free port."""
    couchdb: str | None = None
    """Base URL of an outside CouchDB; without it the embedded database is used."""
    couchdb_user: str | None = None
    """An administrator of the outside CouchDB."""
    couchdb_password: SecretStr | None = None
    couchdb_self: str | None = None
    """How the outside CouchDB reaches itself, when that is not by `couchdb`."""
    config: Path | None = None
    """A plan (TOML) to provision at every start."""
    pwa: Path = PWA_DIST
    """The built application."""
    session_seconds: int = Field(default=12 * 3600, ge=60)
    """How long a login lasts without a request: a working day."""
    compact_share: float = Field(default=0.5, gt=0, le=1)
    """The share of garbage above which a file of the embedded database is compacted; 1: never."""
    compact_seconds: float = Field(default=60, gt=0)
    """How long between two looks at how much garbage there is."""
    parent_user: str | None = None
    """An account of the region above, at the server of that region."""
    parent_password: SecretStr | None = None
    parent_url: str | None = None
    """Address of that server, asked for cases that this one does not know; records go there."""
    parent_region: str | None = Field(default=None, pattern=r"^\d{6}$")
    """The region there that this server's highest regions go into. Without it this server is a
    clinic's hub: its sites are replicated both ways."""

    @property
    def is_hub(self) -> bool:
        """Whether this is a clinic's hub (接种点服务器), below its county's server."""
        return self.parent_url is not None and self.parent_region is None

    @field_validator("couchdb", "couchdb_self", "parent_url")
    @classmethod
    def _url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        if "@" in url:
            raise ValueError(
                "must hold no password; the account has a variable of its own (MIAOPU_…_USER, "
                "MIAOPU_…_PASSWORD)"
            )
        return url.rstrip("/")

    @field_validator("parent_url")
    @classmethod
    def _account(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and not (info.data.get("parent_user") and info.data["parent_password"]):
            raise ValueError("needs MIAOPU_PARENT_USER and MIAOPU_PARENT_PASSWORD")
        return url


def read_settings(
    options: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from options that are not None, then from the environment.

    Raises pydantic's ValidationError for a value that cannot be.
    """
    given: dict[str, Any] = {
        name: environment[PREFIX + name.upper()]
        for name in Settings.model_fields
        if environment.get(PREFIX + name.upper())
    }
    return Settings.model_validate(
        given | {name: value for name, value in options.items() if value is not None}
    )
