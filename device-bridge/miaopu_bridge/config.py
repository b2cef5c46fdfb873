"""The bridge's configuration: one TOML file, checked before anything is opened."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from miaopu_bridge.pairing import normal_origin

DEFAULT_PORT = 17390


class ConfigError(Exception):
    """The configuration cannot be used; the message names file, setting and reason."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DeviceConfig(_Section):
    """One reader, PIN pad or printer. `driver` names a plug-in; `options` are the driver's own."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
    driver: str
    port: str = ""
    baud: Annotated[int, Field(ge=300, le=921600)] = 9600
    options: dict[str, Any] = {}


class Config(_Section):
    """Everything that can be set; see docs/devices.md."""

    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    allow_origins: list[str] = []
    state_dir: Path
    keep_hours: Annotated[float, Field(gt=0)] = 24
    heartbeat_s: Annotated[float, Field(gt=0)] = 15
    devices: list[DeviceConfig] = []

    @field_validator("allow_origins")
    @classmethod
    def _origins(cls, origins: list[str]) -> list[str]:
        return [normal_origin(origin) for origin in origins]

    @field_validator("state_dir")
    @classmethod
    def _home(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("devices")
    @classmethod
    def _unique(cls, devices: list[DeviceConfig]) -> list[DeviceConfig]:
        ids = [device.id for device in devices]
        twice = sorted({device_id for device_id in ids if ids.count(device_id) > 1})
        if twice:
            raise ValueError(f"two devices are named {', '.join(twice)}")
        return devices


def default_config_path() -> Path:
    return _xdg("XDG_CONFIG_HOME", ".config") / "miaopu-bridge" / "config.toml"


def default_state_dir() -> Path:
    return _xdg("XDG_STATE_HOME", ".local/state") / "miaopu-bridge"


def load(path: Path | None = None, **changes: Any) -> Config:
    """The configuration of `path` (or the user's own file, which may be absent) with `changes`.

    Raises ConfigError for a file that is not there, is no TOML, or has a setting that is wrong.
    """
    where = path or default_config_path()
    settings: dict[str, Any] = {}
    try:
        settings = tomllib.loads(where.read_text("utf-8"))
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(f"there is no configuration file {where}") from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} cannot be read: {error}") from None
    merged = {"state_dir": default_state_dir(), **settings, **changes}
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        found = error.errors(include_url=False)
        lines = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in found]
        raise ConfigError(f"{where}: " + "; ".join(lines)) from None


def _xdg(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / fallback
