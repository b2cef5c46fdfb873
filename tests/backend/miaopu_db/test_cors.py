"""Which pages of other hosts may call."""

from __future__ import annotations

from collections.abc import Callable

from tests.backend.miaopu_db.served import Process

GOOD, BAD = "https://clinic.example", "https://evil.example"
ASKED = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}


def test_only_the_origins_that_were_named(start: Callable[..., Process]) -> None:
    process = start(extra=("--cors", GOOD))
    with process.client() as admin, process.client(None) as nobody:
        allowed = nobody.options("/a", headers={"Origin": GOOD, **ASKED})
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-origin"] == GOOD
        assert allowed.headers["access-control-allow-credentials"] == "true"
        assert "PUT" in allowed.headers["access-control-allow-methods"]
        refused = nobody.options("/a", headers={"Origin": BAD, **ASKED})
        assert "access-control-allow-origin" not in refused.headers
        answer = admin.put("/a", headers={"Origin": GOOD})
        assert answer.headers["access-control-allow-origin"] == GOOD
        error = admin.get("/none", headers={"Origin": GOOD})
        assert error.headers["access-control-allow-origin"] == GOOD
        assert "access-control-allow-origin" not in admin.get("/a", headers={"Origin": BAD}).headers


def test_nobody_unless_an_origin_is_named(start: Callable[..., Process]) -> None:
    with start().client() as admin:
        answer = admin.get("/", headers={"Origin": GOOD})
        assert "access-control-allow-origin" not in answer.headers
