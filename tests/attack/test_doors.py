"""What was found open once, tried again in both kinds of database, over the wire as it was."""

import base64
import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from country import Served
from records import child, dose, ulid
from served import PASSWORD, until

Json = dict[str, Any]

HEADS = [b"/db%2f/", b"/db%2F/", b"/db%2fanything/", b"http://a/db%2f/", b"http://a/db/", b"//db/",
         b"/db//", b"/db/%2e%2e/db/", b"/db%2f%2f", b"/db\\"]  # fmt: skip
"""Beginnings of an address that once led, or might lead, round the gate and the trail."""


def asked(
    served: Served, role: str | None, method: str, target: bytes, body: Json | None = None
) -> tuple[int, bytes]:
    """Status and answer of a request whose target is sent letter by letter."""
    host, port = served.server.address.removeprefix("http://").split(":")
    content = b"" if body is None else json.dumps(body).encode()
    head = [b"%s %s HTTP/1.1" % (method.encode(), target), b"Host: x", b"Connection: close"]
    if role is not None:
        pair = ":".join(served.credentials(role)).encode()
        head.append(b"Authorization: Basic " + base64.b64encode(pair))
    head.append(b"Content-Type: application/json\r\nContent-Length: %d" % len(content))
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"\r\n".join([*head, b"", content]))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, rest = answer.partition(b"\r\n")
    return int(first.split(b" ")[1]), rest.partition(b"\r\n\r\n")[2]


def a_child(served: Served) -> Json:
    site = served.country.sites[0]
    name = served.credentials("clinic.senior")[0]
    document = child(site, {**dose(site, "0201", "2025-03-09", origin="history"), "by": name})
    answer = served.client("clinic.senior").put(f"site-{site}/{document['_id']}", json=document)
    assert answer.status_code == 201, answer.text
    return {**document, "_rev": answer.json()["rev"]}


def trail_of(served: Served, name: str) -> list[Json]:
    """Entries of the county's trail by this account."""
    answer = served.client("county.admin").get(
        f"audit-{served.country.county}/_all_docs", params={"include_docs": "true"}
    )
    return [row["doc"] for row in answer.json()["rows"] if row["doc"].get("by") == name]


@pytest.mark.parametrize("head", HEADS)
def test_nobody_reads_round_the_trail(served: Served, head: bytes) -> None:
    a_child(served)
    region = f"region-{served.country.county}".encode()
    status, answer = asked(
        served, "county.admin", "GET", head + region + b"/_all_docs?include_docs=true"
    )
    assert status == 400, answer[:300]
    assert b"child:" not in answer


@pytest.mark.parametrize("head", HEADS)
def test_nobody_writes_round_the_gate(served: Served, head: bytes) -> None:
    site = f"site-{served.country.sites[0]}".encode()
    there = a_child(served)
    (number,) = there["events"]
    digest = "0" * 32
    forged = {**there, "events": {number: {**there["events"][number], "app": "!", "lot": "FORGED"}}}
    forged |= {"_rev": f"1-{digest}", "_revisions": {"start": 1, "ids": [digest]}}
    body = {"docs": [forged], "new_edits": False}
    assert asked(served, "clinic.ordinary", "POST", head + site + b"/_bulk_docs", body)[0] == 400
    assert asked(served, "clinic.ordinary", "PUT", head + site + b"/_local/x", {"a": 1})[0] == 400
    assert (
        asked(served, "clinic.ordinary", "COPY", head + site + b"/" + there["_id"].encode())[0]
        == 400
    )
    found = served.client("server").get(
        f"{site.decode()}/{there['_id']}", params={"conflicts": "true"}
    )
    assert found.json() == there


@pytest.mark.parametrize(
    "query",
    [
        b"x=1;new_edits=false",
        b"new_edits=true;new_edits=false",
        b"x=1&new_edits=true&new_edits=false",
        b"x=1%;new_edits=false",
    ],
)
def test_nobody_hides_a_parameter_of_a_write(served: Served, query: bytes) -> None:
    site = f"site-{served.country.sites[0]}".encode()
    there = a_child(served)
    (number,) = there["events"]
    digest = "f" * 32
    forged = {**there, "events": {number: {**there["events"][number], "lot": "FORGED"}}}
    forged |= {"_rev": f"9-{digest}"}
    target = b"/db/" + site + b"/" + there["_id"].encode() + b"?" + query
    assert asked(served, "clinic.ordinary", "PUT", target, forged)[0] == 400
    found = served.client("server").get(
        f"{site.decode()}/{there['_id']}", params={"conflicts": "true"}
    )
    assert found.json() == there


@pytest.mark.parametrize(
    "query", [b"_all_docs?x=1;include_docs=true", b"_changes?x=1;include_docs=true",
              b"_all_docs?include_docs=false&include_docs=true"]
)  # fmt: skip
def test_nobody_hides_a_parameter_of_a_reading(served: Served, query: bytes) -> None:
    region = f"region-{served.country.county}".encode()
    assert asked(served, "county.admin", "GET", b"/db/" + region + b"/" + query)[0] == 400


@contextlib.contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that nobody is to reach by way of the server, and what came there all the same."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as there:
        there.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError), there.accept()[0] as connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield there.getsockname()[1], heard
        finally:
            ended.set()
            thread.join()


def test_the_server_asks_no_host_that_an_address_names(served: Served) -> None:
    with listener() as (port, heard):
        hosts = [b"@127.0.0.1:%d/x" % port, b"@127.0.0.1:%d/x?y=1" % port, b":%d/x" % port]
        slashes = [b"%2f", b"%2F", b"/", b"", b"%2f%2f", b"//", b"\\", b"%5c"]
        for slash, host in itertools.product(slashes, hosts):
            status, answer = asked(served, None, "GET", b"/db" + slash + host)
            assert status < 500, (slash, host, status)
            assert b"secret" not in answer
        for target in (b"http://127.0.0.1:%d/db/x" % port, b"http://127.0.0.1:%d/x" % port):
            status, answer = asked(served, None, "GET", target)
            assert status == 400
            assert b"secret" not in answer
    assert heard == []


def test_what_is_refused_at_the_entrance_leaves_no_traceback(served: Served) -> None:
    for target in (b"/db%2fx", b"/db%2f:19999/x", b"/db%2f%2fx", b"/db/%zz", b"*", b"/db/\xff"):
        assert asked(served, None, "GET", target)[0] == 400, target
    log = (served.server.config.parent / "server.log").read_text()
    assert "Traceback" not in log


def test_that_another_clinics_child_is_there_is_not_found_out_in_secret(served: Served) -> None:
    there = a_child(served)
    name, _ = served.credentials("county.ordinary")
    site = f"site-{served.country.sites[0]}"
    assert served.client("county.ordinary").head(f"{site}/{there['_id']}").status_code == 200

    def told() -> bool:
        return any(
            document["id"] == there["_id"]
            for entry in trail_of(served, name)
            for document in entry.get("documents", [])
        )

    until(told, "the trail of a HEAD", 15)


def test_a_copy_does_not_reach_what_no_validator_sees(served: Served) -> None:
    """The address of what a copy writes stands in a header, which only the database reads."""
    doc_id = f"dictionary:copied-{ulid().lower()}"
    for role, database in (("county.admin", "catalog"), ("clinic.admin", "catalog")):
        answer = served.client(role).request(
            "COPY", f"{database}/dictionary:vaccine", headers={"destination": "/_local/miaopu-x"}
        )
        assert answer.status_code == 403, answer.text
        answer = served.client(role).request(
            "COPY", f"{database}/dictionary:vaccine", headers={"destination": doc_id}
        )
        assert answer.status_code == 403, answer.text


def test_a_session_of_nobody_reads_nothing(served: Served) -> None:
    for database in (f"site-{served.country.sites[0]}", f"region-{served.country.county}"):
        for what in ("_all_docs", "_changes", "_security", "_local_docs"):
            assert asked(served, None, "GET", f"/db/{database}/{what}".encode())[0] == 401
    assert PASSWORD not in (served.server.config.parent / "server.log").read_text()
