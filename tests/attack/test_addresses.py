"""Of ten thousand addresses, each is refused or read alike by everybody who looks at it."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from readings import as_couchdb

from miaopu.audit.requests import watched
from miaopu.couch.asgi import Message, Receive, Scope, Send
from miaopu.couch.database import Database
from miaopu.gate.answers import AnswerError
from miaopu.gate.requests import write_of
from miaopu.serve.database import MOUNT, mounted
from miaopu.serve.entrance import BadAddressError, entered
from miaopu.serve.proxy import Proxy
from miaopu_db.address import Address, AddressError, address_in, read_address

PROXY = Proxy("http://couch.example:5984/behind")
PIECES = [
    b"db", b"site-9901210001", b"site-9901210002", b"region-990121", b"_all_docs", b"_bulk_docs",
    b"_changes", b"_local", b"_design", b"_view", b"child:01K9A3Q6Z0000000000000000A", b"_users",
    b"_replicate", b"x", b"..", b".", b"", b"@127.0.0.1:9", b":9", b"miaopu-x", b"a+b", b"api",
    b"%2f", b"%2F", b"%252f", b"%", b"%zz", b"%ff", b"%00", b"%2e%2e", b"\\", b"%5c", b"#",
    b"%40", b"@", b";", b"?", b"\xe5", b" ", b"http:", b"%5f", b"%64%62",
]  # fmt: skip
JOINTS = [b"/", b"/", b"/", b"/", b"%2f", b"%2F", b"//", b"", b"@", b";", b"%00", b"+"]
NAMES = [
    b"new_edits",
    b"include_docs",
    b"rev",
    b"keys",
    b"filter",
    b"%6eew_edits",
    b"x",
    b"",
    b"a+b",
]
VALUES = [b"true", b"false", b"TRUE", b"[]", b"1-a", b"_view", b"%74rue", b"", b"a=b", b"%", b"%ff"]
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "COPY"]
AND = [b"&", b"&", b"&", b";", b"&&", b"%26", b"%3B"]

path = st.lists(st.tuples(st.sampled_from(JOINTS), st.sampled_from(PIECES)), max_size=6).map(
    lambda parts: b"".join(joint + piece for joint, piece in parts)
)
query = st.lists(
    st.tuples(st.sampled_from(AND), st.sampled_from(NAMES), st.sampled_from([b"=", b""]),
              st.sampled_from(VALUES)),
    max_size=4,
).map(lambda parts: b"".join(b"".join(part) for part in parts)[1:])  # fmt: skip
wild = st.tuples(
    st.sampled_from([b"/db/", b"/db", b"/db%2f", b"/db%2F/", b"/%64b/", b"//db/", b"/", b""]),
    path,
    query,
)
TAME = [piece for piece in PIECES if piece and not set(piece) & set(b"@\\#;? ")]
tame = st.tuples(
    st.sampled_from([b"/db", b"/db/site-9901210001", b"/d%62/site-990121000%31/_local"]),
    st.lists(st.sampled_from(TAME[:24]), max_size=4).map(
        lambda parts: b"".join(b"/" + piece for piece in parts)
    ),
    st.lists(st.tuples(st.sampled_from(NAMES[:5]), st.sampled_from(VALUES[:9])), max_size=2).map(
        lambda pairs: b"&".join(name + b"=" + value for name, value in pairs)
    ),
)
"""Mostly such as are taken, so that not all is refused that is tried."""


def scope_of(method: str, raw: bytes, asked: bytes) -> Scope:
    return {
        "type": "http",
        "method": method,
        "raw_path": raw,
        "query_string": asked,
        "headers": [(b"host", b"miaopu.example")],
    }


def encoded(found: Address) -> tuple[tuple[bytes, ...], tuple[tuple[bytes, bytes], ...]]:
    query = tuple((name.encode(), value.encode()) for name, value in found.query)
    return tuple(part.encode() for part in found.segments), query


async def nothing() -> None:
    """Nothing to start or stop."""


def inside(scope: Scope) -> Address:
    """The address as the database sees it that is mounted in the server."""
    found: list[Address] = []

    async def database(inner: Scope, _: Receive, __: Send) -> None:
        found.append(address_in(inner))

    async def receive() -> Message:
        raise AssertionError("nothing is read here")

    async def send(message: Message) -> None:
        raise AssertionError("nothing is answered here")

    there = Database("x", database, "", "", nothing, nothing, None)
    with contextlib.suppress(StopIteration):
        mounted(there, scope, receive, send).send(None)
    return found[0]


@settings(max_examples=10_000)
@given(st.one_of(wild, tame, tame), st.sampled_from(METHODS))
def test_everybody_reads_one_address(parts: tuple[bytes, bytes, bytes], method: str) -> None:
    start, rest, asked = parts
    raw = start + rest
    try:
        scope = entered(scope_of(method, raw, asked))
    except BadAddressError as error:
        assert error.status == 400
        return
    whole = address_in(scope)
    # As CouchDB would have read what came, but that an id of two segments may stand as one.
    theirs = as_couchdb(raw, asked)
    joined = b"/".join(theirs.segments)
    assert b"/".join(encoded(whole)[0]) == joined
    assert encoded(whole)[1] == theirs.query
    assert encoded(whole)[0][:2] == theirs.segments[:2]
    if whole.segments[:1] != (MOUNT.strip("/"),):
        return
    found = inside(scope)
    assert (found.mount, found.segments) == (MOUNT, whole.segments[1:])
    # What an outside database is sent is read there as it was read here, and sent nowhere else.
    url = PROXY.target(found)
    sent_path, _, sent_query = url.raw_path.partition(b"?")
    assert (url.scheme, url.host, url.port, url.userinfo) == ("http", "couch.example", 5984, b"")
    assert sent_path.startswith(b"/behind/")
    again = as_couchdb(sent_path.removeprefix(b"/behind"), sent_query)
    assert (again.segments, again.query) == encoded(found)
    assert read_address(sent_path.removeprefix(b"/behind"), sent_query).segments == found.segments
    # The gate and the trail speak of the database and the document that CouchDB will see.
    try:
        write = write_of(method, found)
    except AnswerError as error:
        assert error.status == 400
        return
    for said in (write, watched(method, found)):
        if said is not None:
            assert said.database.encode() == again.segments[0]
        if said is not None and said.doc_id is not None:
            assert b"/".join(again.segments[1:]).startswith(said.doc_id.encode())
    if write is not None and write.way == "single":
        assert write.new_edits == (dict(again.query).get(b"new_edits", b"true") == b"true")
    if method == "PUT" and again.segments[1:2] == (b"_local",):
        assert write is None or write.way in ("local", "closed")


@given(path, query)
def test_an_address_that_is_taken_is_read_back(raw: bytes, asked: bytes) -> None:
    try:
        found = read_address(b"/" + raw, asked)
    except AddressError:
        return
    assert read_address(found.raw_path, found.raw_query) == found
