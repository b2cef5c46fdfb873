"""`demo.json`: the mark of a data folder that holds a demo county, and how to log in to it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Login:
    """One account to try."""

    name: str
    password: str
    display_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """What was loaded. `today` is the day that the county was made for."""

    seed: int
    today: str
    sites: int
    children_per_site: int
    card: str
    """The card of a child of the first clinic, to swipe."""
    logins: tuple[Login, ...]


def write_note(data: Path, note: Note) -> None:
    """Marks the folder as a demo's; only its owner may read the passwords."""
    path = data / FILE
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(note), file, ensure_ascii=False, indent=1)
    draft.rename(path)


def read_note(data: Path) -> Note | None:
    """The folder's mark; None when it holds no demo. Raises ValueError when it is damaged."""
    try:
        found = json.loads((data / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{data / FILE} is damaged: {error}") from error
    logins = tuple(
        Login(one["name"], one["password"], one["display_name"], tuple(one["roles"]))
        for one in found.pop("logins")
    )
    return Note(**found, logins=logins)


def announcement(note: Note) -> list[str]:
    """Lines that say loudly that this is a demo, and an account of each role."""
    shown = [
        ("nurse1", "clinic 1, nurse", "接种点 普通用户"),
        ("senior1", "clinic 1, senior nurse", "接种点 高级用户"),
        ("admin1", "clinic 1, administrator", "接种点 高级管理员"),
        ("county", "county, manager", "县级 管理"),
        ("county-admin", "county, administrator", "县级 高级管理员"),
    ]
    passwords = {login.name: login.password for login in note.logins}
    lines = [
        "演示 DEMO · 数据全部虚构 · every child here is invented · never put real children in",
        f"{note.sites} clinics (接种点) with {note.children_per_site} children each",
    ]
    lines += [
        f"  {name:<13} {passwords[name]:<13} {english} · {chinese}"
        for name, english, chinese in shown
        if name in passwords
    ]
    if note.sites > 1:
        lines.append(f"  … nurse2, senior2, admin2 to {note.sites} for the other clinics")
    lines.append(f"a child's card of clinic 1, to swipe or to type (一张接种证卡号): {note.card}")
    return lines
