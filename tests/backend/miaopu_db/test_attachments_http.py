"""Attachments: inline, on their own, and as multipart in both directions."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from email import message_from_bytes
from typing import Any

import httpx
import pytest

Client = httpx.Client
DATA = bytes(range(256)) * 4
TEXT = base64.b64encode(DATA).decode()


def digest(data: bytes) -> str:
    return "md5-" + base64.b64encode(hashlib.md5(data).digest()).decode()  # noqa: S324


@pytest.fixture
def rev(admin: Client, db: str) -> str:
    body = {"n": 1, "_attachments": {"f.bin": {"content_type": "image/png", "data": TEXT}}}
    answer = admin.put(f"{db}/a", json=body)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["rev"]
    return found


def test_inline_attachments_come_back(admin: Client, db: str, rev: str) -> None:
    stub = admin.get(f"{db}/a").json()["_attachments"]["f.bin"]
    assert stub == {
        "content_type": "image/png",
        "revpos": 1,
        "digest": digest(DATA),
        "length": len(DATA),
        "stub": True,
    }
    accept = {"Accept": "application/json"}
    whole = admin.get(f"{db}/a", params={"attachments": "true"}, headers=accept).json()
    assert whole["_attachments"]["f.bin"]["data"] == TEXT


def test_an_attachment_is_read_in_whole_and_in_part(admin: Client, db: str, rev: str) -> None:
    path = f"{db}/a/f.bin"
    got = admin.get(path)
    assert got.content == DATA
    assert got.headers["content-type"] == "image/png"
    assert admin.get(path, headers={"If-None-Match": got.headers["etag"]}).status_code == 304
    part = admin.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, DATA[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(DATA)}"
    assert admin.get(path, headers={"Range": "bytes=-5"}).content == DATA[-5:]
    assert admin.get(path, headers={"Range": "bytes=1000-"}).content == DATA[1000:]
    assert admin.get(path, headers={"Range": "bytes=9-5"}).status_code == 416
    several = admin.get(path, headers={"Range": "bytes=0-1,4-5"})
    assert several.status_code == 206
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert admin.get(f"{db}/a/none").status_code == 404


def test_an_attachment_is_put_and_deleted_alone(admin: Client, db: str, rev: str) -> None:
    answer = admin.put(
        f"{db}/a/dir/b.txt",
        params={"rev": rev},
        content=b"hello",
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 201
    second = answer.json()["rev"]
    stubs = admin.get(f"{db}/a").json()["_attachments"]
    assert stubs["f.bin"]["revpos"] == 1
    assert stubs["dir/b.txt"]["revpos"] == 2
    assert admin.put(f"{db}/a/c", params={"rev": rev}, content=b"x").status_code == 409
    assert admin.delete(f"{db}/a/none", params={"rev": second}).status_code == 404
    assert admin.delete(f"{db}/a/f.bin", params={"rev": second}).status_code == 200
    assert list(admin.get(f"{db}/a").json()["_attachments"]) == ["dir/b.txt"]
    fresh = admin.put(f"{db}/new/x.txt", content=b"x", headers={"Content-Type": "text/plain"})
    assert fresh.status_code == 201


def test_stubs_keep_what_is_there_and_a_wrong_one_is_refused(
    admin: Client, db: str, rev: str
) -> None:
    doc = admin.get(f"{db}/a").json()
    assert admin.put(f"{db}/a", json={**doc, "n": 2}).status_code == 201
    assert admin.get(f"{db}/a/f.bin").content == DATA
    body = {"_attachments": {"x": {"stub": True, "content_type": "a/b"}}}
    answer = admin.put(f"{db}/b", json=body)
    assert (answer.status_code, answer.json()["error"]) == (412, "missing_stub")


@pytest.mark.parametrize("data", ["%%%", 5, None, "a"])
def test_data_that_is_not_base64_is_refused(admin: Client, db: str, data: Any) -> None:
    body = {"_attachments": {"x": {"content_type": "a/b", "data": data}}}
    assert admin.put(f"{db}/b", json=body).status_code == 400


def test_names_with_an_underscore_are_refused(admin: Client, db: str) -> None:
    body = {"_attachments": {"_x": {"content_type": "a/b", "data": ""}}}
    assert admin.put(f"{db}/b", json=body).status_code == 400


def related(document: dict[str, Any], parts: list[bytes], boundary: str = "bnd") -> bytes:
    body = f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode()
    body += json.dumps(document).encode()
    for part in parts:
        body += f"\r\n--{boundary}\r\n\r\n".encode() + part
    return body + f"\r\n--{boundary}--".encode()


def test_a_replicators_multipart_is_taken(admin: Client, db: str) -> None:
    packed = gzip.compress(b"hello " * 100)
    document = {
        "_id": "m",
        "_revisions": {"start": 1, "ids": ["abc"]},
        "_attachments": {
            "one": {"content_type": "a/b", "follows": True, "length": 3, "revpos": 1},
            "two": {
                "content_type": "text/plain",
                "follows": True,
                "length": 600,
                "encoded_length": len(packed),
                "encoding": "gzip",
                "digest": digest(packed),
                "revpos": 1,
            },
        },
    }
    body = related(document, [b"\r\n-", packed])
    sent = {"Content-Type": 'multipart/related; boundary="bnd"'}
    path = f"{db}/m"
    cut = admin.put(path, params={"new_edits": "false"}, content=body[:-30], headers=sent)
    assert cut.status_code >= 400  # CouchDB calls it a failure of its own
    assert admin.get(path).status_code == 404
    answer = admin.put(path, params={"new_edits": "false"}, content=body, headers=sent)
    assert (answer.status_code, answer.json()["rev"]) == (201, "1-abc")
    assert admin.get(f"{path}/one").content == b"\r\n-"
    assert admin.get(f"{path}/two").content == b"hello " * 100
    params = {"att_encoding_info": "true"}
    stub = admin.get(path, params=params).json()["_attachments"]["two"]
    assert (stub["encoding"], stub["length"], stub["digest"]) == ("gzip", 600, digest(packed))


def test_multipart_is_sent_to_who_asks_for_it(admin: Client, db: str, rev: str) -> None:
    answer = admin.get(
        f"{db}/a", params={"attachments": "true"}, headers={"Accept": "multipart/related"}
    )
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + answer.content).get_payload()
    assert isinstance(parts, list)
    document = json.loads(str(parts[0].get_payload()))
    assert document["_attachments"]["f.bin"]["follows"] is True
    assert parts[1].get_filename() == "f.bin"
    assert DATA in answer.content

    answer = admin.get(
        f"{db}/a",
        params={"open_revs": json.dumps([rev, "7-x"]), "revs": "true"},
        headers={"Accept": "multipart/mixed"},
    )
    kind = answer.headers["content-type"]
    assert kind.startswith("multipart/mixed")
    boundary = kind.partition('boundary="')[2].rstrip('"').encode()
    sections = answer.content.split(b"--" + boundary)
    assert len(sections) == 4
    assert b"multipart/related" in sections[1]
    assert DATA in sections[1]
    assert b'error="true"' in sections[2]
    assert b'{"missing":"7-x"}' in sections[2]


def test_only_newer_attachments_are_sent_since_a_revision(admin: Client, db: str, rev: str) -> None:
    answer = admin.put(f"{db}/a/g", params={"rev": rev}, content=b"new")
    body = {"docs": [{"id": "a", "rev": answer.json()["rev"], "atts_since": [rev]}]}
    params = {"attachments": "true", "revs": "true"}
    sent = {"Accept": "application/json"}
    got = admin.post(f"{db}/_bulk_get", params=params, json=body, headers=sent).json()
    shown = got["results"][0]["docs"][0]["ok"]["_attachments"]
    assert shown["g"]["data"] == base64.b64encode(b"new").decode()
    assert shown["f.bin"]["stub"] is True
