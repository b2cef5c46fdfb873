"""Selectors."""

from typing import Any


def parse_selector(value: Any) -> Any:
    return value


def select(selector: Any, texts: list[bytes]) -> list[bool]:
    return [True for _ in texts]
