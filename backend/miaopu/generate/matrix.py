"""From `design-docs/matrix.toml`, the table of rights, to the page of the manual."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_GRADED = "."


@dataclass(frozen=True, slots=True)
class Role:
    """A column of the table: `<place>.<grade>`, or one of the others."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table."""

    database: str
    name: str
    zh: str
    en: str
    allowed: frozenset[str]
    """The names of the roles that may."""
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one kind of database."""

    name: str
    zh: str
    en: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who may do what."""

    places: tuple[Role, ...]
    grades: tuple[Role, ...]
    others: tuple[Role, ...]
    groups: tuple[Group, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of all roles."""
        graded = (p.name + _GRADED + g.name for p in self.places for g in self.grades)
        return (*graded, *(role.name for role in self.others))

    def cells(self) -> Iterator[tuple[Operation, str, bool]]:
        """Every operation with every role, and whether it may."""
        for group in self.groups:
            for operation in group.operations:
                for role in self.roles:
                    yield operation, role, role in operation.allowed


def _labels(table: Json) -> tuple[Role, ...]:
    return tuple(Role(name, labels["zh"], labels["en"]) for name, labels in table.items())


def _allowed(patterns: list[str], roles: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for pattern in patterns:
        matching = [role for role in roles if fnmatchcase(role, pattern)]
        if not matching:
            raise ValueError(f"no role is called {pattern}")
        found.update(matching)
    return frozenset(found)


def read_matrix(path: Path) -> Matrix:
    """The table in a TOML file. Raises ValueError or KeyError when it contradicts itself."""
    given = tomllib.loads(path.read_text("utf-8"))
    bare = Matrix(
        _labels(given["places"]), _labels(given["grades"]), _labels(given["others"]), groups=()
    )
    groups = tuple(
        Group(
            database["name"],
            database["zh"],
            database["en"],
            tuple(
                Operation(
                    database["name"],
                    one["name"],
                    one["zh"],
                    one["en"],
                    _allowed(one["allowed"], bare.roles),
                    one.get("note_zh", ""),
                    one.get("note_en", ""),
                )
                for one in database["operation"]
            ),
        )
        for database in given["database"]
    )
    names = [(one.database, one.name) for group in groups for one in group.operations]
    if len(set(names)) != len(names):
        raise ValueError("an operation stands twice in the table")
    return Matrix(bare.places, bare.grades, bare.others, groups)


_INTRO = """\
# 谁可以做什么 · Who may do what

<!-- Generated from design-docs/matrix.toml by `miaopu generate`. Do not edit. -->

每个账户属于一个接种单位或一个辖区，并有三个级别之一：普通用户、高级用户、高级管理员。
下表由 `design-docs/matrix.toml` 生成；每一格都有测试，用真实账户经 HTTP 验证。
权限由数据库强制执行，不靠界面。

An account belongs to a clinic or to a region and has one of three grades. This table is made from
`design-docs/matrix.toml`; a test tries each of its cells over HTTP with a real account. The
database itself enforces it, not a form.

● 三个级别均可 all three grades · 高 senior 高级用户 · 管 admin 高级管理员 · 普 ordinary 普通用户 ·
– 不可 no
"""

_SHORT = {"ordinary": "普 ordinary", "senior": "高 senior", "admin": "管 admin"}


def _cell(operation: Operation, place: Role, grades: tuple[Role, ...]) -> str:
    allowed = [g.name for g in grades if place.name + _GRADED + g.name in operation.allowed]
    if len(allowed) == len(grades):
        return "●"
    return ", ".join(_SHORT[name] for name in allowed) or "–"


def page(matrix: Matrix) -> str:
    """The page of the manual, Chinese and English side by side (Markdown)."""
    parts = [_INTRO]
    columns = [*matrix.places, *matrix.others]
    heads = " | ".join(f"{role.zh}<br>{role.en}" for role in columns)
    for group in matrix.groups:
        parts.append(f"\n## {group.zh}\n{group.en}\n")
        parts.append(f"\n| 操作 Operation | {heads} |\n|---|{'---|' * len(columns)}\n")
        for one in group.operations:
            cells = [_cell(one, place, matrix.grades) for place in matrix.places]
            cells += ["●" if other.name in one.allowed else "–" for other in matrix.others]
            parts.append(f"| {one.zh}<br>{one.en} | {' | '.join(cells)} |\n")
        notes = [one for one in group.operations if one.note_zh]
        if notes:
            parts.append("\n")
        for one in notes:
            parts.append(f"- {one.zh}：{one.note_zh}\n  {one.en}: {one.note_en}\n")
    return "".join(parts)
