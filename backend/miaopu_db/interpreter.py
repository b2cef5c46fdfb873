"""How Python runs where a database is served."""

from __future__ import annotations

import gc
import sys

SWITCH_SECONDS = 0.002
"""A thread that computes must not keep the event loop waiting for its turn for long."""

_NEW_OBJECTS = 20_000
"""After how many new ones the collector looks at those: a batch of documents is many, and none of
them is garbage before it is written. Python's own number has it look dozens of times at each."""


def prepare() -> None:
    """To be called once, when all modules are loaded: they never become garbage, and the collector
    need not look at them again, which takes a tenth of a second."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)
