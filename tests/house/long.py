"""Functions that are too long to be read at once (Python; `pwa/scripts/long.mjs` for the rest)."""

import ast
from collections.abc import Iterator
from pathlib import Path

MOST = 100
"""Lines of one function, from its name to its end."""


def long_functions(root: Path) -> Iterator[str]:
    """`file: name is so many lines long`."""
    for file in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST:
                    yield f"{file}: {node.name} is {lines} lines long"
