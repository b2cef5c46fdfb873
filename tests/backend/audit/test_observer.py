"""Bodies that pass by."""

import gzip
import json

from miaopu.audit.observer import _Copy

CHILD = "child:01K9A3Q6Z0000000000000000A"


def test_a_small_body_that_holds_a_large_one_costs_little() -> None:
    body = _Copy()
    body.packed("gzip")
    bomb = gzip.compress(b" " * 300_000_000, 1)
    for start in range(0, len(bomb), 65536):
        body.add(bomb[start : start + 65536])
    assert body.long
    assert body.json() is None
    assert body._size < 80_000_000


def test_ids_are_found_across_the_pieces_of_a_long_body() -> None:
    text = json.dumps({"docs": [{"pad": "x" * 600_000}, {"_id": CHILD}, {"_id": CHILD}]}).encode()
    for packed in (False, True):
        body = _Copy()
        if packed:
            body.packed("GZIP ")
        sent = gzip.compress(text) if packed else text
        for start in range(0, len(sent), 1000):
            body.add(sent[start : start + 1000])
        assert body.json() is None
        assert list(body.ids) == [CHILD]


def test_what_cannot_be_read_is_not_taken_for_nothing() -> None:
    for text, encoding in (
        (b'{"docs":[' + b"[" * 2000 + b"]" * 2000 + b"]}", ""),
        (b'{"_id":"' + CHILD.encode() + b'","a":1e999}', ""),
        (b"no gzip", "gzip"),
    ):
        body = _Copy()
        body.packed(encoding)
        body.add(text)
        assert body.json() is None
        assert body.long
