"""The provenance of what the server records by itself, or for somebody who asked it to."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import miaopu
from miaopu.ids import new_ulid
from miaopu.serve.keep import SERVER_ACCOUNT


@dataclass(frozen=True, slots=True)
class Stamp:
    """The server as a station (工作站): its generation is a ULID like a device's."""

    station: str
    account: str = SERVER_ACCOUNT

    @staticmethod
    def ulid() -> str:
        """The id of a new event."""
        return new_ulid()

    def provenance(self, site: str, by: str, moment: dt.datetime | None = None) -> dict[str, Any]:
        """Provenance of an event recorded at `moment`, or now, by the account `by` at `site`."""
        at = moment or dt.datetime.now(dt.UTC)
        return {
            "at": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
            "by": by,
            "station": self.station,
            "site": site,
            "offset_ms": 0,
            "app": miaopu.__version__,
        }
