"""What a database said of documents."""

import pytest

from miaopu.couch.rows import UndecidedError, refused


def test_denials_are_told_and_anything_else_is_tried_again() -> None:
    assert refused("x", [{"id": "a"}]) == {}
    no = {"id": "b", "error": "forbidden", "reason": "why"}
    assert refused("x", [no]) == {"b": "why"}
    with pytest.raises(UndecidedError):
        refused("x", [no, {"id": "c", "error": "timeout", "reason": "late"}])
