"""Queries."""

from __future__ import annotations

from typing import Any

from ..errors import not_found


async def handle(*arguments: Any) -> Any:
    raise not_found()
