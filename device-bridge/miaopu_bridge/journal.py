"""The bridge's log (日志): a file of plain lines, time, how bad, device, what happened.

It is for whoever repairs the PC: it never holds what a card, a pad, a code or a form says.
"""

import logging
import os
from collections import deque
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from miaopu_bridge.files import private_folder

MAX_BYTES, KEPT = 1_000_000, 5
LINE = "%(asctime)s  %(levelname)-7s  %(message)s"


class _PrivateFile(RotatingFileHandler):
    """A file that only this user may read, also after it was turned over."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def log_file(state_dir: Path) -> Path:
    return state_dir / "log" / "bridge.log"


def keep_log(state_dir: Path) -> logging.Handler:
    """Writes what the bridge logs into its file, from now on; the last few files are kept."""
    path = log_file(state_dir)
    private_folder(path.parent)
    handler = _PrivateFile(path, maxBytes=MAX_BYTES, backupCount=KEPT)
    handler.setFormatter(logging.Formatter(LINE, "%Y-%m-%d %H:%M:%S"))
    own = logging.getLogger("miaopu_bridge")
    own.setLevel(logging.INFO)
    own.addHandler(handler)
    return handler


def last_lines(state_dir: Path, count: int) -> list[str]:
    """The end of the log; empty when there is none yet."""
    try:
        with log_file(state_dir).open(encoding="utf-8") as file:
            return [line.rstrip("\n") for line in deque(file, count)]
    except FileNotFoundError:
        return []
