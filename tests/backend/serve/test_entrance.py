"""What is refused before anybody looks at it."""

from typing import Any

import pytest

from miaopu.serve.entrance import RefusedError, entered

OWN = (b"host", b"miaopu.example:8443")


def scope(method: str = "GET", path: bytes = b"/db/x", *headers: tuple[bytes, bytes]) -> Any:
    return {
        "type": "http",
        "method": method,
        "raw_path": path,
        "query_string": b"",
        "headers": [OWN, *headers],
    }


def status(given: Any) -> int:
    try:
        entered(given)
    except RefusedError as error:
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
    "path",
    [b"/db/x/../y", b"/db/./x", b"/..", b"/db/x/..", b"/db/\xe5\xbc\xa0", b"/db/x%00", b"/db/%00"],
)
def test_a_path_that_can_be_read_in_two_ways(path: bytes) -> None:
    assert status(scope("GET", path)) == 400


@pytest.mark.parametrize("path", [b"/db/x/..y", b"/db/%2e%2e", b"/db/a%2F..%2Fb", b"/a.b/...", b""])
def test_a_path_that_cannot(path: bytes) -> None:
    assert status(scope("GET", path)) == 200


@pytest.mark.parametrize("name", [b"authorization", b"host", b"Origin", b"content-type"])
def test_a_header_that_says_two_things(name: bytes) -> None:
    assert status(scope("GET", b"/db/x", (name, b"a"), (name.lower(), b"b"))) == 400


def test_parts_of_a_cookie_are_one() -> None:
    given = scope("GET", b"/", (b"cookie", b"a=1"), (b"x-more", b"m"), (b"cookie", b"b=2; c=3"))
    headers = entered(given)["headers"]
    assert headers == [OWN, (b"x-more", b"m"), (b"cookie", b"a=1; b=2; c=3")]
