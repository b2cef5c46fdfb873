"""The demo county (演示县): documents that look true and belong to nobody."""

from miaopu.demo.county import County, build

__all__ = ["County", "build"]
