"""Which room of the program imports which, read from its text: Python, TypeScript and Vue."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("miaopu", "miaopu_db")
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}/[^'"]*)['"]""")


class Arrow(NamedTuple):
    """A file of one room takes from another room."""

    room: str
    other: str
    file: Path


def python_arrows(root: Path) -> Iterator[Arrow]:
    """A room is a package of `miaopu`, a module beside them, or `miaopu_db`."""
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            room = _room(file.relative_to(root).with_suffix("").parts)
            for name in _imported(ast.parse(file.read_text("utf-8"))):
                other = _room(tuple(name.split(".")))
                if other not in (None, room) and _is_there(root, name):
                    assert room is not None and other is not None
                    yield Arrow(room, other, file)


def _room(parts: tuple[str, ...]) -> str | None:
    if parts[0] == "miaopu_db":
        return "miaopu_db"
    if parts[0] != "miaopu" or len(parts) < 2:
        return None
    return parts[1] if parts[1] != "__init__" else None


def _is_there(root: Path, name: str) -> bool:
    """Whether the name is of a module, and not of something that the package itself defines."""
    first = root.joinpath(*name.split(".")[:2])
    return first.is_dir() or first.with_suffix(".py").is_file()


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module in PACKAGES:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def script_arrows(root: Path) -> Iterator[Arrow]:
    """A room is a folder of `root`; tests, and what only they use (`testing/`), are none."""
    for file in sorted([*root.rglob("*.ts"), *root.rglob("*.vue")]):
        inner = file.relative_to(root)
        if file.name.endswith(".test.ts") or "testing" in inner.parts:
            continue
        for match in _IMPORT.finditer(file.read_text("utf-8")):
            other = (file.parent / match[1]).resolve()
            if not other.is_relative_to(root.resolve()):
                continue
            room = other.relative_to(root.resolve()).parts[0]
            if room != inner.parts[0]:
                yield Arrow(inner.parts[0], room, file)
