"""What the program itself brings to a server: schedules, dictionaries, constants of the views."""

import json
from importlib import resources
from typing import Any

from miaopu.catalog import dictionary_documents, vaccines
from miaopu.models import ScheduleDocument

Json = dict[str, Any]


def schedules() -> list[Json]:
    """The `schedule:` documents of the schedules that the program brings."""
    folder = resources.files("miaopu.schedule") / "data"
    documents: list[Json] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".json"):
            schedule = json.loads(entry.read_text("utf-8"))
            document = ScheduleDocument(
                type="schedule",
                name=schedule["name"],
                edition=schedule["edition"],
                effective=schedule["effective"],
                schedule=schedule,
            )
            documents.append({"_id": f"schedule:{document.name}", **document.to_json()})
    return documents


def content() -> tuple[Json, ...]:
    """All that the program brings to the catalog."""
    return (*dictionary_documents(), *schedules())


def constants() -> dict[str, object]:
    """The constants that stand in design documents."""
    return {"vaccine_groups": {code: vaccine.groups for code, vaccine in vaccines().items()}}
