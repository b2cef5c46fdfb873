"""What is refused before anybody looks at it."""

from typing import Any

import pytest

from miaopu.serve.entrance import BadAddressError, entered
from miaopu_db.address import ADDRESS, address_in

OWN = (b"host", b"miaopu.example:8443")


def scope(method: str = "GET", path: bytes = b"/db/x", *headers: tuple[bytes, bytes]) -> Any:
    return {
        "type": "http",
        "method": method,
        "raw_path": path.partition(b"?")[0],
        "query_string": path.partition(b"?")[2],
        "headers": [OWN, *headers],
    }


def status(given: Any) -> int:
    try:
        entered(given)
    except BadAddressError as error:
        return error.status
    return 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"origin", b"https://miaopu.example:8443")],
        [(b"sec-fetch-site", b"same-origin")],
        [(b"sec-fetch-site", b"none")],
        # Behind a proxy that changes the host the browser's own word stands.
        [(b"sec-fetch-site", b"same-origin"), (b"origin", b"https://outside.example")],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "COPY", "PATCH"])
def test_who_may_change_something(method: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert status(scope(method, b"/db/x", *headers)) == 200


@pytest.mark.parametrize(
    "headers",
    [
        [(b"origin", b"https://evil.example")],
        [(b"origin", b"https://miaopu.example:8443.evil.example")],
        [(b"origin", b"https://miaopu.example")],
        [(b"origin", b"null")],
        [(b"origin", b"http://[")],
        [(b"origin", b"")],
        [(b"sec-fetch-site", b"cross-site")],
        # Another server of the same domain: a cookie comes along for that.
        [(b"sec-fetch-site", b"same-site")],
        [(b"sec-fetch-site", b"")],
        [(b"sec-fetch-site", b"cross-site"), (b"origin", b"https://miaopu.example:8443")],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "COPY", "PATCH", "post"])
def test_a_page_of_another_origin_changes_nothing(
    method: str, headers: list[tuple[bytes, bytes]]
) -> None:
    assert status(scope(method, b"/db/x", *headers)) == 403
    assert status(scope("GET", b"/db/x", *headers)) == 200


@pytest.mark.parametrize(
    "target",
    [
        b"/db/x/../y",
        b"/db/./x",
        b"/..",
        b"/db/x/..",
        b"/db/%2e%2e/x",
        b"/db/\xe5\xbc\xa0",
        b"/db/x%00",
        b"/db/%00",
        # A slash that one part of the server would see, and another not.
        b"/db%2f/site-9901210001/_all_docs",
        b"/db%2Fanything/site-9901210001",
        b"/db%2f@127.0.0.1:8650/latest",
        b"/db%2f%2fhost/x",
        b"/db/site-9901210001%2F_all_docs",
        b"/db/site-9901210001/_all_docs%2Fx",
        b"/db/site-9901210001/_bulk_docs%2F",
        b"/db@host/x",
        b"/db/x@host",
        b"/db//site-9901210001",
        b"//host/db/x",
        b"/db/x\\y",
        b"/db/%",
        b"/db/%zz",
        b"/db/%ff",
        b"",
        b"*",
        b"http://host/db/x",
        # Parameters that a form's reader and CouchDB part in two ways, or read in another order.
        b"/db/x?x=1;new_edits=false",
        b"/db/x?new_edits=true&new_edits=false",
        b"/db/x?new_edits=true&new%5Fedits=false",
        b"/db/x?a=%",
        b"/db/x?a=%ff",
        b"/db/x?\xff",
    ],
)
def test_an_address_that_can_be_read_in_two_ways(target: bytes) -> None:
    assert status(scope("GET", target)) == 400


@pytest.mark.parametrize(
    ("target", "segments", "path"),
    [
        (b"/", (), b"/"),
        (b"/db", ("db",), b"/db"),
        (b"/db/", ("db",), b"/db"),
        (b"/%64b/x", ("db", "x"), b"/db/x"),
        (b"/db/x/..y", ("db", "x", "..y"), b"/db/x/..y"),
        (b"/db/x/a%2F..%2Fb", ("db", "x", "a/../b"), b"/db/x/a%2F..%2Fb"),
        (b"/db/x/_local%2Fa%2Fb", ("db", "x", "_local", "a/b"), b"/db/x/_local/a%2Fb"),
        (b"/db/x/_design/d/_view/v", ("db", "x", "_design", "d", "_view", "v"), None),
        (b"/db/x/child%3A1/", ("db", "x", "child:1"), b"/db/x/child%3A1"),
        (b"/db/x/a+b%2Bc", ("db", "x", "a b+c"), b"/db/x/a%20b%2Bc"),
        (b"/a.b/...", ("a.b", "..."), b"/a.b/..."),
    ],
)
def test_an_address_is_handed_on_in_its_parts(
    target: bytes, segments: tuple[str, ...], path: bytes | None
) -> None:
    found = entered(scope("GET", target))
    assert address_in(found).segments == segments
    # Whoever reads it once more finds the same.
    assert found["raw_path"] == (path or target)
    assert entered(found)[ADDRESS] == found[ADDRESS]


def test_a_query_is_handed_on_in_its_parts() -> None:
    found = entered(scope("GET", b'/db/x?key="a+b"&&descending&x=%26%3B'))
    expected = (("key", '"a b"'), ("descending", ""), ("x", "&;"))
    assert address_in(found).query == expected
    assert found["query_string"] == b"key=%22a%20b%22&descending=&x=%26%3B"


@pytest.mark.parametrize("name", [b"authorization", b"host", b"Origin", b"content-type"])
def test_a_header_that_says_two_things(name: bytes) -> None:
    assert status(scope("GET", b"/db/x", (name, b"a"), (name.lower(), b"b"))) == 400


def test_parts_of_a_cookie_are_one() -> None:
    given = scope("GET", b"/", (b"cookie", b"a=1"), (b"x-more", b"m"), (b"cookie", b"b=2; c=3"))
    headers = entered(given)["headers"]
    assert headers == [OWN, (b"x-more", b"m"), (b"cookie", b"a=1; b=2; c=3")]
