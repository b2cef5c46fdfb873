"""What the program itself brings to a server: the catalog's content, constants of the views."""

import json
from typing import Any

from miaopu.catalog import dictionary_documents, vaccines
from miaopu.catalog.schedules import schedule_names, schedule_text

Json = dict[str, Any]


def _schedule(name: str) -> Json:
    schedule = json.loads(schedule_text(name))
    return {
        "_id": f"schedule:{name}",
        "type": "schedule",
        "name": name,
        "edition": schedule["edition"],
        "effective": schedule["effective"],
        "schedule": schedule,
    }


def content() -> tuple[Json, ...]:
    """The dictionaries and schedules that the program brings to the catalog."""
    return (*dictionary_documents(), *map(_schedule, schedule_names()))


def vaccine_groups() -> dict[str, list[str]]:
    """The groups in which the doses of each vaccine are counted."""
    return {code: list(vaccine.groups) for code, vaccine in vaccines().items()}


def routes() -> dict[str, str]:
    """How each vaccine is given (接种途径)."""
    return {code: vaccine.route for code, vaccine in vaccines().items()}


def constants() -> dict[str, object]:
    """The constants that stand in design documents."""
    return {"vaccine_groups": vaccine_groups(), "routes": routes()}
