"""What the trail makes of a request: names and kinds, and never a value."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.audit.requests import (
    Seen,
    Shown,
    bulk,
    cases_shown,
    difference,
    ids_in_text,
    shown_id,
    single,
    watched,
)
from miaopu.models.audit import Audit
from miaopu_db.address import Address, read_address

SITE = "site-3301020001"
CHILD = "child:01K9A3Q6Z0000000000000000A"
E1, E2, E3 = (f"01K9A3Q6Z00000000000000E{n}A" for n in (1, 2, 3))


def at(path: str, query: str = "") -> Address:
    return read_address(quote(f"/{path}", safe="/%").encode(), query.encode())


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
        # That there is such a child is told by its revision, too.
        ("HEAD", f"{SITE}/{CHILD}", "", "read", "HEAD"),
        ("GET", "region-330102/_design/lookup/_view/by_card", "key=1", "read", "lookup/by_card"),
        ("POST", "region-330102/_design/lookup/_view/by_card/queries", "", "read", None),
        ("POST", f"{SITE}/_bulk_get", "", "read", "_bulk_get"),
        ("POST", f"{SITE}/_find", "", "read", "_find"),
        ("GET", f"{SITE}/_all_docs", "include_docs=true", "read", "_all_docs"),
        ("POST", f"{SITE}/_all_docs", "", "read", "_all_docs"),
        ("GET", f"{SITE}/_changes", "feed=continuous&include_docs=true", "read", "_changes"),
        # As a database reads them, and not as they are written.
        ("GET", f"{SITE}/_changes", "include%5Fdocs=%74rue", "read", "_changes"),
        ("GET", f"{SITE}/_all_docs", "include_docs=TRUE", "read", "_all_docs"),
        ("GET", f"{SITE}/_all_docs", "%6Beys=[]", "read", "_all_docs"),
        # What a filter lets through tells what it looked at.
        ("POST", f"{SITE}/_changes", "filter=_selector", "read", "_changes"),
        ("GET", f"{SITE}/_changes", "filter=_view&view=a/b", "read", "_changes"),
        ("GET", f"{SITE}/_changes", "filter=a/b", "read", "_changes"),
        # Whatever may yet come.
        ("GET", f"{SITE}/_nouveau/x", "", "read", "_nouveau"),
        ("GET", f"{SITE}/_partition/x/_all_docs", "", "read", "_partition"),
        ("GET", f"{SITE}/_design/x/_show/y/{CHILD}", "", "read", None),
        ("GET", f"{SITE}/_design/x/_rewrite/y", "", "read", "x/y"),
        ("GET", f"{SITE}/_design/张/_view/小苗", "", "read", "?/?"),
        ("PUT", f"{SITE}/_design/x/_update/y/z", "", "write", "_update"),
        # Who would write the trail.
        ("POST", "audit-330102/_bulk_docs", "", "write", "_bulk_docs"),
        ("PUT", "audit-330102/_security", "", "write", "_security"),
        ("DELETE", "audit-330102", "", "write", "DELETE database"),
        ("PUT", "audit-330102/audit:x", "", "write", "PUT"),
    ],
)
def test_what_is_watched(
    method: str, path: str, query: str, action: str, request_name: str | None
) -> None:
    found = watched(method, at(path, query))
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
        ("HEAD", f"{SITE}/_changes", "include_docs=true"),
        ("HEAD", f"{SITE}/_design/lookup/_view/by_card", ""),
        ("POST", "_session", ""),
        ("POST", "audit-330102/_find", ""),
        ("GET", "audit-330102/_all_docs", "include_docs=true"),
        ("GET", "region-330102/_design/coverage", ""),
        ("GET", f"{SITE}/_changes", "filter=_doc_ids&feed=longpoll"),
        ("GET", f"{SITE}/_all_docs", "include_docs=false"),
        ("POST", f"{SITE}/_explain", ""),
    ],
)
def test_what_is_no_matter_for_the_trail(method: str, path: str, query: str) -> None:
    assert watched(method, at(path, query)) is None


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


@pytest.mark.parametrize("error", ["forbidden", "conflict"])
def test_a_second_try_does_not_hide_the_first(error: str) -> None:
    """One document twice in one request: each has its own row."""
    good, bad = child({E1: DOSE}, {"name": "t"}), child({}, {}, _rev="7-x")
    answer = [{"id": CHILD, "rev": "1-a", "ok": True}, {"id": CHILD, "error": error}]
    written = bulk({"docs": [good, bad]}, answer, 201)
    assert [(one.id, one.rev) for one in written.done] == [(CHILD, "1-a")]
    assert len(written.refused) == (error == "forbidden")
    good, bad = child({E1: DOSE}, {}, _rev="2-b"), child({}, {}, _rev="3-c")
    answer = [{"id": CHILD, "rev": "3-c", "error": error}]
    for docs in ([good, bad], [bad, good]):
        written = bulk({"docs": docs, "new_edits": False}, answer, 201)
        assert [(one.id, one.rev) for one in written.done] == [(CHILD, "2-b")]


def test_a_revision_is_what_its_history_says() -> None:
    history = {"start": 3, "ids": ["c", "b"]}
    pushed = child({E1: DOSE}, {}, _rev="2-innocent", _revisions=history)
    (seen,) = bulk({"docs": [pushed], "new_edits": False}, [], 201).done
    assert (seen.rev, seen.ancestors) == ("3-c", ("2-b",))
    answer = [{"id": CHILD, "rev": "3-c", "error": "forbidden"}]
    assert not bulk({"docs": [pushed], "new_edits": False}, answer, 201).done


def test_a_copy_is_what_was_made() -> None:
    (seen,) = single("child:SOURCE", None, {"id": CHILD, "rev": "1-a", "ok": True}, 201, None).done
    assert seen.id == CHILD


def test_an_odd_value_keeps_no_entry_out_of_the_trail() -> None:
    """The trail's database takes an entry as a whole: what it would refuse is not written down."""
    odd = {
        "rev": "2-" + "\U0001f600" * 150,
        "kind": "dose\n",
        "name": "name\n",
        "target": "no ULID at all",
    }
    document = child(
        {E1: {"kind": odd["kind"]}, E2: {"kind": "void", "target": odd["target"]}},
        {odd["name"]: "t"},
        _rev=odd["rev"],
        _revisions={"start": 2, "ids": ["\U0001f600", "\n"]},
    )
    (seen,) = bulk({"docs": [document], "new_edits": False}, [], 201).done
    told = difference(seen.to_json(), None)
    assert told == {"id": CHILD, "events": {"void": 1}}
    assert seen.ancestors == ()
    assert shown_id("child:a\n") == "?"
    assert watched("PUT", at(f"site-3301020001\n/{CHILD}")) is None
    Audit.model_validate(
        {
            "type": "audit",
            "at": "2026-11-23T01:02:03.004Z",
            "by": "nurse",
            "address": "192.0.2.1",
            "action": "write",
            "database": SITE,
            "request": "_bulk_docs",
            "documents": [told],
        }
    )


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
    view = watched("GET", at("region-330102/_design/lookup/_view/by_card"))
    assert view is not None
    rows = {"rows": [{"id": CHILD, "key": "622700001"}, {"id": CHILD}, {"id": "stock:1"}]}
    assert cases_shown(view, None, rows) == Shown([CHILD])
    assert cases_shown(view, None, {"results": [rows]}) == Shown([CHILD])
    assert cases_shown(view, None, None) == Shown([], more=True)
    found = watched("POST", at(f"{SITE}/_find"))
    assert found is not None
    assert cases_shown(found, None, {"docs": [{"_id": CHILD}]}) == Shown([CHILD])
    unnamed = {"docs": [{"facts": {"name": {"value": "张小苗"}}}]}
    assert cases_shown(found, None, unnamed) == Shown([], more=True)
    asked = watched("POST", at(f"{SITE}/_bulk_get"))
    assert asked is not None
    assert cases_shown(asked, {"docs": [{"id": CHILD}]}, None) == Shown([CHILD], more=True)
    one = watched("GET", at(f"{SITE}/{CHILD}"))
    assert one is not None
    assert cases_shown(one, None, None) == Shown([CHILD])


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
    watch = watched("POST", at(f"{SITE}/_bulk_get"))
    assert watch is not None
    assert all(isinstance(one, str) for one in cases_shown(watch, body, answer).ids)


def test_what_a_spool_holds_is_enough() -> None:
    seen = Seen(CHILD, "2-b", ("1-a",), {E1: ["dose"]}, {"name": "t"})
    assert json.loads(json.dumps(seen.to_json()))["ancestors"] == ["1-a"]
