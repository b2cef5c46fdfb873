"""The package stands on its own: it knows nothing of the product, and has no circles within."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import miaopu_db

ROOT = Path(miaopu_db.__file__).parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
    for path in ROOT.rglob("*.py")
}


def imported(module: str) -> Iterator[str]:
    """Modules of this package that one imports."""
    package = module.split(".")[:-1]
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            inner = node.module.split(".") if node.module else []
            for name in node.names:
                for path in ([*base, *inner, name.name], [*base, *inner]):
                    if ".".join(path) in MODULES:
                        yield ".".join(path)
                        break


def test_nothing_of_the_product_is_imported() -> None:
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names.append(node.module or "")
            assert not [one for one in names if one.split(".")[0] == "miaopu"], module


def test_no_two_modules_need_each_other() -> None:
    TopologicalSorter({module: set(imported(module)) for module in MODULES}).prepare()


def test_what_stores_knows_no_http() -> None:
    process = {"app", "command", "__main__"}
    for module in MODULES:
        if not module.startswith("http") and module not in process:
            assert not [one for one in imported(module) if one.startswith("http")], module
