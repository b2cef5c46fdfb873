"""Every route of `/api` × every role: who may not is turned away, right or wrong as the rest is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from country import GRADES, Served
from records import AT, ulid

from miaopu.provision.catalog import content
from miaopu.provision.plan import Plan
from miaopu.serve.clients import Clients
from miaopu.serve.compose import routes
from miaopu.serve.database import open_database
from miaopu.serve.keep import open_keep
from miaopu.serve.settings import Settings
from miaopu.serve.work import Work

Json = dict[str, Any]

PLACES = ("clinic", "county", "city", "province")
GRADED = frozenset(f"{place}.{grade}" for place in PLACES for grade in GRADES)
OTHERS = frozenset({"other-clinic", "other-county"})
ANYBODY = GRADED | OTHERS
EVERYBODY = ANYBODY | {"anonymous"}
ADMINS = frozenset(f"{place}.admin" for place in PLACES) | OTHERS
REGIONS = frozenset(one for one in GRADED if not one.startswith("clinic")) | {"other-county"}
SENIORS = frozenset({"clinic.senior", "clinic.admin", "other-clinic"})
CLINICS = frozenset(f"clinic.{grade}" for grade in GRADES) | {"other-clinic"}
ABOVE = frozenset(f"{place}.admin" for place in ("county", "city", "province"))
NOBODY = ulid()


@dataclass(frozen=True)
class Route:
    """Who may, and a request that gets as far as asking who asks."""

    may: frozenset[str]
    body: Json | None = None


PROPOSED: Json = {
    "today": "2026-11-29",
    "proposal": {
        "type": "layer",
        "name": "tried",
        "title": "两针",
        "region": "999999",
        "effective": "2026-01-01",
        "layer": {"kind": "visit", "maxInjections": 2},
        "updated_at": AT,
        "updated_by": "somebody",
    },
}

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/time"): Route(EVERYBODY),
    ("GET", "/health"): Route(EVERYBODY),
    ("POST", "/accounts/standing"): Route(EVERYBODY, {"accounts": []}),
    ("GET", "/accounts"): Route(ADMINS),
    ("POST", "/accounts"): Route(ADMINS, {}),
    ("PATCH", "/accounts/{name}"): Route(ADMINS, {}),
    ("GET", "/accounts/me"): Route(ANYBODY),
    # With the right old password alone; this is not it.
    ("POST", "/accounts/me/password"): Route(ANYBODY, {}),
    ("POST", "/cases/find"): Route(ANYBODY, {"card": "9999999"}),
    ("POST", "/cases/fetch"): Route(CLINICS, {"id": f"child:{NOBODY}", "purpose": "visit"}),
    ("POST", "/cases/read"): Route(REGIONS, {"id": f"child:{NOBODY}"}),
    ("POST", "/cases/duplicates"): Route(REGIONS, {}),
    ("POST", "/cases/decide"): Route(
        frozenset(one for one in REGIONS if not one.endswith("ordinary")),
        {"id": f"child:{NOBODY}", "target": f"child:{ulid()}", "decision": "same"},
    ),
    ("GET", "/reports/joined"): Route(REGIONS),
    ("POST", "/schedules/preview"): Route(ABOVE, PROPOSED),
    ("GET", "/schedules/own-entries"): Route(ABOVE | {"other-county"}),
    ("POST", "/print/{template}"): Route(ANYBODY, {}),
    ("POST", "/trail/find"): Route(ABOVE, {}),
    ("POST", "/imports/files"): Route(SENIORS, {}),
    ("GET", "/imports/jobs/{job}"): Route(SENIORS),
    ("POST", "/imports/preview"): Route(SENIORS, {}),
    ("POST", "/imports/rows"): Route(SENIORS, {}),
    ("POST", "/imports/commit"): Route(SENIORS, {}),
    ("GET", "/imports/batches"): Route(SENIORS),
    ("POST", "/imports/undo"): Route(SENIORS, {}),
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[tuple[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("routes")
    keep = open_keep(folder)
    settings = Settings(data=folder)
    clients = Clients(settings, keep, open_database(settings, keep), "http://127.0.0.1:1")
    api = routes(Work(clients, Plan(content=content())))
    paths = api.openapi()["paths"]
    yield {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_is_tried(known: set[tuple[str, str]]) -> None:
    assert known == set(ROUTES)


def body_of(served: Served, path: str, body: Json | None) -> Json | None:
    if path == "/schedules/preview":
        rule = {**PROPOSED["proposal"], "region": served.country.county}
        return {**PROPOSED, "proposal": rule}
    if path != "/trail/find":
        return body
    since, until = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
    return {"region": served.country.county, "since": since, "until": until}


def asked(served: Served, role: str, method: str, path: str, body: Json | None) -> httpx.Response:
    filled = path.format(name="nobody-at-all", template="no-such-form", job=NOBODY)
    url = f"{served.server.address}/api{filled}"
    return served.client(role).request(method, url, json=body_of(served, path, body))


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_role_gets_as_far_as_it_may(embedded: Served, role: str) -> None:
    wrong: list[str] = []
    for (method, path), route in ROUTES.items():
        answer = asked(embedded, role, method, path, route.body)
        turned_away = answer.status_code in (401, 403)
        right = turned_away != (role in route.may) and answer.status_code < 500
        if role == "anonymous" and role not in route.may:
            right = answer.status_code == 401
        if not right:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
