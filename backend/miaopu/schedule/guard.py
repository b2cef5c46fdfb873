"""What people write of the programme (免疫程序), judged before the database takes it.

Who may write is the validator's word. Whether an edition, a local rule or a dictionary can be used
is not to be seen from the document alone: the engine is asked, over the catalog as it stands.
"""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from pydantic import TypeAdapter, ValidationError

from miaopu.catalog import BookletCode, Code, CourseCode, Label, Leaflets, Vaccine
from miaopu.days import day_of
from miaopu.models.base import DictionaryCode, VaccineCode
from miaopu.models.denials import deny, part_of

if TYPE_CHECKING:
    from miaopu.schedule.programme import Asked, Programme

Json = dict[str, Any]

KINDS = ("schedule", "layer", "dictionary")
"""Types of the catalog's documents that are judged here."""

_ROWS: dict[str, TypeAdapter[Any]] = {
    "vaccine": TypeAdapter(dict[VaccineCode, Vaccine]),
    "leaflet": TypeAdapter(dict[DictionaryCode, Leaflets]),
    "observation": TypeAdapter(dict[DictionaryCode, Label]),
    "booklet": TypeAdapter(dict[DictionaryCode, BookletCode]),
    "course": TypeAdapter(dict[DictionaryCode, CourseCode]),
}
"""What the entries of the dictionaries must be that programs read; of the others: codes."""
_CODES: TypeAdapter[Any] = TypeAdapter(dict[DictionaryCode, Code])


async def every(client: httpx.AsyncClient, kind: str) -> list[Json]:
    """The catalog's documents of a type. Raises httpx.HTTPError."""
    answer = await client.get(
        "catalog/_all_docs",
        params={"startkey": f'"{kind}:"', "endkey": f'"{kind};"', "include_docs": "true"},
    )
    answer.raise_for_status()
    return [row["doc"] for row in answer.json()["rows"]]


async def read_catalog(client: httpx.AsyncClient) -> Json:
    """What of the catalog the programme is made of. Raises httpx.HTTPError."""
    return {
        "schedules": await every(client, "schedule"),
        "rules": await every(client, "layer"),
        "regions": await every(client, "region"),
    }


def is_below(code: str, region: str) -> bool:
    """Whether a place's code is of a region: those of GB/T 2260 nest, as in the validator."""
    stem = region[:2] if region.endswith("0000") else region.removesuffix("00")
    return code.startswith(stem)


async def denials(
    client: httpx.AsyncClient, documents: Sequence[Json], region: str, now: dt.datetime
) -> dict[int, str]:
    """Why some of these are not taken, by their numbers: code and part. `region` is the writer's.

    Raises httpx.HTTPError, and EngineError when the engine has not been built.
    """
    numbers = [n for n, one in enumerate(documents) if one.get("type") in KINDS]
    if not numbers:
        return {}
    catalog = await read_catalog(client)
    today = day_of(now)
    judged = [documents[number] for number in numbers]
    found = await anyio.to_thread.run_sync(refusals, judged, catalog, region, today)
    return {n: why for n, why in zip(numbers, found, strict=True) if why is not None}


def refusals(documents: Sequence[Json], catalog: Json, region: str, today: str) -> list[str | None]:
    """Why each of these is not taken; None where it is. Raises EngineError as `denials` does."""
    from miaopu.schedule.programme import Asked, Programme

    found: list[str | None] = []
    with Programme() as programme:
        for document in documents:
            if document["type"] == "dictionary":
                found.append(_dictionary(document))
                continue
            why = _edition(document) if document["type"] == "schedule" else None
            found.append(why or _engine(programme, Asked(catalog, document, region, today)))
    return found


def _engine(programme: "Programme", asked: "Asked") -> str | None:
    from miaopu.schedule.engine import EngineError

    field = "schedule" if asked.proposal.get("type") == "schedule" else "layer"
    try:
        problems = programme.check(asked)
    except EngineError:
        return deny("programme-unusable", f"field {field}")
    error = next((one for one in problems if one.severity == "error"), None)
    return None if error is None else deny("programme-unusable", f"field {field}")


def _edition(document: Json) -> str | None:
    """An edition says the same outside as within."""
    within = document.get("schedule")
    if not isinstance(within, dict):
        return deny("wrong-type", "field schedule")
    for name in ("name", "edition", "effective"):
        if within.get(name) != document.get(name):
            return deny("programme-unusable", f"field schedule.{name}")
    return None


def _dictionary(document: Json) -> str | None:
    """The entries are what the programs that read them expect."""
    entries = document.get("entries")
    if not isinstance(entries, dict):
        return deny("wrong-type", "field entries")
    rows = _ROWS.get(str(document.get("name")), _CODES)
    whole = {code: _row(entry) for code, entry in entries.items()}
    try:
        rows.validate_python(whole)
    except ValidationError as error:
        place = error.errors(include_input=False, include_url=False)[0]["loc"]
        return deny("programme-unusable", part_of("field", "entries", str(place[0])))
    return None


def _row(entry: object) -> object:
    """An entry as the catalog's own files have it: `more` beside the names."""
    if not isinstance(entry, dict) or not isinstance(entry.get("more", {}), dict):
        return entry
    return {
        **{name: text for name, text in entry.items() if name != "more"},
        **entry.get("more", {}),
    }
