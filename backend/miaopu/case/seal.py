"""What the server records by itself, or for somebody who asked it to: its provenance and its seal.

A clinic vouches for its own records only, and the server writes in the name of the clinic that it
acts for. Restored from a backup, it may lack such a record, and only tablets of another clinic hold
it. So that they can bring it back, the record says itself whose it is: of the id of an event, which
must not be drawn twice but need not be random, 80 bits are a MAC (HMAC-SHA256, RFC 2104, truncated
as its section 5 allows) of the event and its child. Only this server can make or verify one.
"""

import datetime as dt
import hmac
from dataclasses import dataclass, field
from typing import Any

import miaopu
from miaopu.accounts.roles import SERVER_ACCOUNT
from miaopu.case.canonical import canonical
from miaopu.ids import ulid_of

Json = dict[str, Any]

_TAG_BYTES = 10
_EPOCH = dt.datetime(1970, 1, 1)
_MILLISECOND = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The server as a station (工作站): its generation is a ULID like a device's."""

    station: str
    key: bytes = field(repr=False)
    account: str = SERVER_ACCOUNT

    def provenance(self, site: str, by: str, moment: dt.datetime | None = None) -> Json:
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

    def sealed(self, child_id: str, event: Json) -> str:
        """The id of an event of this server in that child's case: a ULID of its time, and the seal.

        The event is final: any other content has another id.
        """
        text = canonical([child_id, event])
        tag = hmac.digest(self.key, text.encode(), "sha256")[:_TAG_BYTES]
        return ulid_of(_milliseconds(event["at"]), int.from_bytes(tag, "big"))

    def is_own(self, child_id: str, ulid: str, event: object) -> bool:
        """Whether this server recorded the event in that child's case, as the id proves."""
        if not isinstance(event, dict) or event.get("station") != self.station:
            return False
        try:
            return hmac.compare_digest(self.sealed(child_id, event).encode(), ulid.encode())
        except (KeyError, RecursionError, TypeError, ValueError):
            return False  # this is no event that a server writes


def _milliseconds(at: str) -> int:
    moment = dt.datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ")
    return (moment - _EPOCH) // _MILLISECOND
