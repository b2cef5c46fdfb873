"""How much one account may bring in."""

import pytest

from miaopu.accounts.actor import Actor
from miaopu.gate.answers import AnswerError
from miaopu.gate.quotas import LARGEST, Quotas, too_large

NURSE = Actor("nurse", ("site:9901210001", "grade:ordinary"))
HUB = Actor("hub", ("site:9901210001", "grade:admin"))


def ids(kind: str, count: int, start: int = 0) -> list[str]:
    return [f"{kind}:{number}" for number in range(start, start + count)]


def test_who_brings_very_many_new_documents_waits() -> None:
    quotas = Quotas()
    for start in range(0, 1000, 100):
        quotas.check(NURSE, ids("child", 100, start))
    quotas.check(NURSE, ids("stock", 100))
    with pytest.raises(AnswerError) as found:
        quotas.check(NURSE, ids("child", 1, 1000))
    assert found.value.status == 429
    assert "try again" in found.value.reason
    # Each account for itself, and not a hub's, that brings all that its clinic has.
    quotas.check(Actor("colleague", NURSE.roles), ids("child", 100))
    for start in range(0, 5000, 1000):
        quotas.check(HUB, ids("child", 1000, start))


def test_a_first_load_comes_in_at_once() -> None:
    quotas = Quotas()
    quotas.check(NURSE, ids("child", 3000))
    with pytest.raises(AnswerError):
        quotas.check(NURSE, ids("child", 1))


def test_a_document_is_no_larger_than_any_record() -> None:
    small, large = {"_id": "child:1"}, {"_id": "child:2", "x": "x" * LARGEST}
    assert too_large(1000, [small, large]) == {}
    assert too_large(LARGEST + 100, [small, large]) == {1: "[too-large] document"}
