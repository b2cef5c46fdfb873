"""The databases themselves take every document of the demo county from the server's account."""

import datetime as dt
import json

import pytest
import quickjs

from miaopu.demo import build
from miaopu.provision.catalog import constants
from miaopu.provision.designs import design_documents

SERVER = {"name": "server", "roles": ["server"]}


@pytest.mark.parametrize("place", [0, 1])
def test_design_documents_take_it(place: int) -> None:
    county = build(2, 60, 3, dt.date(2026, 11, 23))
    database = county.databases[place]
    designs = design_documents(database.partition("-")[0], constants())
    validators = [
        found["validate_doc_update"] for found in designs.values() if "validate_doc_update" in found
    ]
    assert len(validators) == 4
    context = quickjs.Context()
    context.eval(f"var user = {json.dumps(SERVER | {'db': database})}, said;")
    for number, source in enumerate(validators):
        context.eval(f"var validate{number} = ({source});")
    for document in county.documents(database):
        for number in range(len(validators)):
            context.eval(
                f"try {{ validate{number}({json.dumps(document)}, null, user, {{}}); said = ''; }}"
                "catch (e) { said = e.forbidden || String(e); }"
            )
            assert context.eval("said") == "", document["_id"]
