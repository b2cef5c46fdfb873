"""What the trail makes of a request: names and kinds, and never a value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.audit.requests import (
    Seen,
    bulk,
    cases_shown,
    difference,
    ids_in_text,
    shown_id,
    single,
    watched,
)

SITE = "site-3301020001"
CHILD = "child:01K9A3Q6Z0000000000000000A"
E1, E2, E3 = (f"01K9A3Q6Z00000000000000E{n}A" for n in (1, 2, 3))


def child(events: dict[str, Any], facts: dict[str, str], **more: Any) -> dict[str, Any]:
    told = {name: {"value": "张小苗", "at": at, "by": "nurse"} for name, at in facts.items()}
    return {"_id": CHILD, "type": "child", "facts": told, "events": events, **more}


DOSE = {"kind": "dose", "lot": "secret lot"}
VOID = {"kind": "void", "target": E1}


@pytest.mark.parametrize(
    ("method", "path", "query", "action", "request_name"),
    [
        ("POST", f"{SITE}/_bulk_docs", "", "write", "_bulk_docs"),
        ("PUT", f"{SITE}/{CHILD}", "", "write", "PUT"),
        ("DELETE", f"{SITE}/{CHILD}", "rev=1-a", "write", "DELETE"),
        ("COPY", f"{SITE}/{CHILD}", "", "write", "COPY"),
        ("PUT", f"{SITE}/{CHILD}/photo.png", "", "write", "PUT"),
        ("POST", SITE, "", "write", "POST"),
        ("DELETE", SITE, "", "write", "DELETE database"),
        ("PUT", f"{SITE}/_security", "", "write", "_security"),
        ("PUT", f"{SITE}/_design/x", "", "write", "PUT"),
        ("POST", f"{SITE}/_purge", "", "write", "_purge"),
        ("PUT", "_users/org.couchdb.user:x", "", "write", "PUT"),
        ("PUT", "catalog/site:3301020001", "", "write", "PUT"),
        ("GET", f"{SITE}/{CHILD}", "", "read", "GET"),
        ("GET", "region-330102/_design/lookup/_view/by_card", "key=1", "read", "lookup/by_card"),
        ("POST", "region-330102/_design/lookup/_view/by_card/queries", "", "read", None),
        ("POST", f"{SITE}/_bulk_get", "", "read", "_bulk_get"),
        ("POST", f"{SITE}/_find", "", "read", "_find"),
        ("GET", f"{SITE}/_all_docs", "include_docs=true", "read", "_all_docs"),
        ("POST", f"{SITE}/_all_docs", "", "read", "_all_docs"),
        ("GET", f"{SITE}/_changes", "feed=continuous&include_docs=true", "read", "_changes"),
    ],
)
def test_what_is_watched(
    method: str, path: str, query: str, action: str, request_name: str | None
) -> None:
    found = watched(method, path.split("/"), query)
    assert found is not None
    assert found.action == action
    assert request_name is None or found.request == request_name


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", SITE, ""),
        ("GET", "", ""),
        ("GET", f"{SITE}/_changes", ""),
        ("GET", f"{SITE}/_all_docs", ""),
        ("POST", f"{SITE}/_revs_diff", ""),
        ("PUT", f"{SITE}/_local/x", ""),
        ("GET", f"{SITE}/settings:3301020001", ""),
        ("HEAD", f"{SITE}/{CHILD}", ""),
        ("POST", "_session", ""),
        ("POST", "audit-330102/_bulk_docs", ""),
        ("GET", "region-330102/_design/coverage", ""),
    ],
)
def test_what_is_no_matter_for_the_trail(method: str, path: str, query: str) -> None:
    assert watched(method, path.split("/"), query) is None


def test_a_push_by_a_tablet() -> None:
    pushed = child(
        {E1: DOSE, E2: VOID},
        {"name": "t1", "phone": "t2"},
        _rev="3-c",
        _revisions={"start": 3, "ids": ["c", "b", "a"]},
    )
    other = {"_id": "stock:A", "type": "stock", "_rev": "1-a"}
    body = {"new_edits": False, "docs": [pushed, other]}
    answer = [{"id": "stock:A", "error": "forbidden", "reason": "no"}]
    written = bulk(body, answer, 201)
    (seen,) = written.done
    assert (seen.id, seen.rev, seen.ancestors) == (CHILD, "3-c", ("2-b", "1-a"))
    assert [one.id for one in written.refused] == ["stock:A"]
    before = child({E1: DOSE}, {"name": "t1", "phone": "t1"})
    assert difference(seen.to_json(), before) == {
        "id": CHILD,
        "rev": "3-c",
        "events": {"void": 1},
        "voided": [E1],
        "facts": ["phone"],
    }


def test_a_bulk_write_with_new_revisions_and_ids_that_were_drawn() -> None:
    body = {"docs": [{"type": "x"}, child({E1: DOSE, E3: DOSE}, {"sex": "t"}, _rev="1-a")]}
    answer = [{"id": "f00", "rev": "1-z", "ok": True}, {"id": CHILD, "rev": "2-y", "ok": True}]
    drawn, known = bulk(body, answer, 201).done
    assert (drawn.id, drawn.rev) == ("f00", "1-z")
    assert (known.id, known.rev, known.ancestors) == (CHILD, "2-y", ("1-a",))
    assert difference(known.to_json(), None)["events"] == {"dose": 2}


def test_a_conflict_is_neither_written_nor_refused() -> None:
    answer = [{"id": CHILD, "error": "conflict", "reason": "Document update conflict."}]
    written = bulk({"docs": [child({}, {})]}, answer, 201)
    assert not written.done
    assert not written.refused


def test_one_document() -> None:
    document = child({E1: DOSE}, {"name": "t"})
    (seen,) = single(CHILD, document, {"rev": "1-a", "ok": True}, 201, None).done
    assert difference(seen.to_json(), None) == {
        "id": CHILD,
        "rev": "1-a",
        "events": {"dose": 1},
        "facts": ["name"],
    }
    (gone,) = single(CHILD, None, {"rev": "2-b"}, 200, "1-a").done
    assert (gone.rev, gone.ancestors) == ("2-b", ("1-a",))
    (refused,) = single(CHILD, document, {"error": "forbidden"}, 403, None).refused
    assert refused.to_json() == {"id": CHILD}


def test_the_cases_in_an_answer() -> None:
    view = watched("GET", ["region-330102", "_design", "lookup", "_view", "by_card"], "")
    assert view is not None
    rows = {"rows": [{"id": CHILD, "key": "622700001"}, {"id": CHILD}, {"id": "stock:1"}]}
    assert cases_shown(view, None, rows) == [CHILD]
    assert cases_shown(view, None, {"results": [rows]}) == [CHILD]
    found = watched("POST", [SITE, "_find"], "")
    assert found is not None
    assert cases_shown(found, None, {"docs": [{"_id": CHILD}]}) == [CHILD]
    asked = watched("POST", [SITE, "_bulk_get"], "")
    assert asked is not None
    assert cases_shown(asked, {"docs": [{"id": CHILD}]}, None) == [CHILD]


def test_no_value_comes_out() -> None:
    document = child({E1: DOSE, "bad": 1}, {"name": "t"}, _revisions={"start": "x", "ids": 3})
    document["facts"]["张"] = {"value": 1, "at": "t"}
    document["events"][E2] = {"kind": "张小苗 330102"}
    for written in (bulk({"new_edits": False, "docs": [document]}, [], 201).done,):
        told = json.dumps([difference(one.to_json(), None) for one in written], ensure_ascii=False)
        assert "张" not in told
        assert "secret lot" not in told
    assert shown_id("张小苗") == "?"
    assert shown_id("x" * 300) == "?"
    assert shown_id(None) == "?"


def test_ids_are_found_in_what_is_too_long() -> None:
    text = json.dumps({"docs": [child({}, {}), {"_id": "stock:01K9", "x": 1}]}).encode()
    assert list(ids_in_text(text)) == [CHILD, "stock:01K9"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["docs", "_id", "_rev", "events", "facts", "rows", "results", "id", "error"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON, st.sampled_from([200, 201, 401, 403]))
def test_nothing_that_is_sent_breaks_it(body: Any, answer: Any, status: int) -> None:
    given_body = body if isinstance(body, dict) else {}
    for written in (bulk(given_body, answer, status), single(None, body, answer, status, None)):
        for one in [*written.done, *written.refused]:
            json.dumps(difference(one.to_json(), None))
    watch = watched("POST", [SITE, "_bulk_get"], "")
    assert watch is not None
    assert isinstance(cases_shown(watch, body, answer), list)


def test_what_a_spool_holds_is_enough() -> None:
    seen = Seen(CHILD, "2-b", ("1-a",), {E1: ["dose"]}, {"name": "t"})
    assert json.loads(json.dumps(seen.to_json()))["ancestors"] == ["1-a"]
