"""Why a case is in a clinic's database: the event that says it."""

import datetime as dt
from typing import Any

import httpx

from miaopu.case.seal import Stamp
from miaopu.lookup.cases import Cases

HOME, HERE = "9901210001", "9901210002"
LATE = dt.datetime(2026, 11, 23, 16, 30, tzinfo=dt.UTC)
"""Half past midnight at the clinic."""


class At(Stamp):
    """A server at one moment."""

    def provenance(self, site: str, by: str, moment: dt.datetime | None = None) -> dict[str, Any]:
        return super().provenance(site, by, moment or LATE)


def test_a_visit_is_of_the_clinic_s_day() -> None:
    cases = Cases(httpx.AsyncClient, At("01K9A3Q6Z0000000000000000S", b"key"))
    child = {"_id": "child:x", "type": "child", "events": {}}
    child["facts"] = {"site": {"value": HOME, "at": "2025-01-01T00:00:00.000Z", "by": "nurse1"}}
    for purpose, kind in (("visit", "visit"), ("move", "move")):
        event = cases._reason(child, HERE, "nurse2", purpose)  # type: ignore[arg-type]
        assert event is not None
        assert (event["kind"], event["date"]) == (kind, "2026-11-24")
        assert event["at"] == "2026-11-23T16:30:00.000Z"
