"""The bridge as a service of the PC (服务): started with it, started again when it fails.

On Linux a systemd unit, the user's own or the system's; on Windows a task of the task scheduler
that starts with the login, because a desk's devices and its browser belong to who sits there. What
is to be done is told as steps, so that it can be shown before it is done.
"""

import getpass
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Literal
from xml.sax.saxutils import escape

NAME = "miaopu-bridge"
TASK = "MiaopuBridge"
RUN_TIMEOUT_S = 60

System = Literal["linux", "windows"]
Scope = Literal["user", "system"]


class ServiceError(Exception):
    """A step failed; the message says which and why."""


@dataclass(frozen=True)
class Write:
    """Puts a file there."""

    path: Path
    content: str
    encoding: str = "utf-8"

    def shown(self) -> str:
        return f"write {self.path}:\n{self.content}"


@dataclass(frozen=True)
class Remove:
    """Takes a file away, when it is there."""

    path: Path

    def shown(self) -> str:
        return f"remove {self.path}"


@dataclass(frozen=True)
class Run:
    """Runs a program. `may_fail`: it fails when there is nothing to stop, which is all right."""

    command: tuple[str, ...]
    may_fail: bool = False

    def shown(self) -> str:
        return f"run {shlex.join(self.command)}"


Step = Write | Remove | Run


def this_system() -> System:
    """Raises ServiceError where services are not known, such as macOS."""
    if sys.platform == "win32":
        return "windows"
    if sys.platform.startswith("linux"):
        return "linux"
    raise ServiceError(f"no service can be made on {sys.platform}; start `{NAME} run` by hand")


def program() -> str:
    """The path of `miaopu-bridge` beside the Python that runs."""
    suffix = ".exe" if sys.platform == "win32" else ""
    return str(Path(sys.executable).parent / f"{NAME}{suffix}")


def install(system: System, scope: Scope, command: Sequence[str], folder: Path) -> list[Step]:
    """What makes `command` a service; `folder` is where a task's description may lie."""
    if system == "windows":
        described = folder / f"{TASK}.xml"
        return [
            # schtasks reads UTF-16 only.
            Write(described, windows_task(command, getpass.getuser()), "utf-16"),
            Run(("schtasks", "/Create", "/TN", TASK, "/XML", str(described), "/F")),
            Run(("schtasks", "/Run", "/TN", TASK)),
        ]
    systemctl = _systemctl(scope)
    return [
        Write(unit_path(scope), linux_unit(command, scope)),
        Run((*systemctl, "daemon-reload")),
        Run((*systemctl, "enable", f"{NAME}.service")),
        # Not enable --now: one that runs already is to take the new settings.
        Run((*systemctl, "restart", f"{NAME}.service")),
    ]


def uninstall(system: System, scope: Scope, folder: Path) -> list[Step]:
    """What takes the service away again; jobs, pairings and the log stay."""
    if system == "windows":
        return [
            Run(("schtasks", "/End", "/TN", TASK), may_fail=True),
            Run(("schtasks", "/Delete", "/TN", TASK, "/F")),
            Remove(folder / f"{TASK}.xml"),
        ]
    systemctl = _systemctl(scope)
    return [
        Run((*systemctl, "disable", "--now", f"{NAME}.service"), may_fail=True),
        Remove(unit_path(scope)),
        Run((*systemctl, "daemon-reload")),
    ]


def query(system: System, scope: Scope) -> Run:
    """What says how the service is."""
    if system == "windows":
        return Run(("schtasks", "/Query", "/TN", TASK, "/FO", "LIST"), may_fail=True)
    return Run((*_systemctl(scope), "is-active", f"{NAME}.service"), may_fail=True)


def perform(step: Step) -> str:
    """Does one step; what its program said. Raises ServiceError."""
    try:
        match step:
            case Write(path, content, encoding):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding)
            case Remove(path):
                path.unlink(missing_ok=True)
            case Run(command, may_fail):
                done = subprocess.run(  # noqa: S603 -- our own commands, no shell
                    command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False
                )
                if done.returncode and not may_fail:
                    raise ServiceError(f"{shlex.join(command)}: {done.stderr.strip()}")
                return done.stdout.strip()
    except OSError as error:
        raise ServiceError(f"{step.shown().splitlines()[0]} {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ServiceError(f"{step.shown()}: no answer within {RUN_TIMEOUT_S} s") from None
    return ""


def unit_path(scope: Scope) -> Path:
    if scope == "system":
        return Path("/etc/systemd/system") / f"{NAME}.service"
    config = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(config) if config.startswith("/") else Path.home() / ".config"
    return home / "systemd" / "user" / f"{NAME}.service"


def linux_unit(command: Sequence[str], scope: Scope) -> str:
    """A systemd unit. A system's one runs as who installs it, with the groups of ports."""
    account = os.environ.get("SUDO_USER") or getpass.getuser()
    as_whom = f"User={account}\nSupplementaryGroups=dialout lp\n" if scope == "system" else ""
    target = "multi-user.target" if scope == "system" else "default.target"
    line = " ".join(_systemd_word(word) for word in command)
    return (
        "[Unit]\n"
        "Description=Miaopu device bridge (card readers, PIN pads, printers of this desk)\n"
        # It goes on trying: a state folder on a stick may come later.
        "StartLimitIntervalSec=0\n"
        "\n"
        "[Service]\n"
        f"ExecStart={line}\n"
        f"{as_whom}"
        "Restart=on-failure\n"
        "RestartSec=3\n"
        "NoNewPrivileges=yes\n"
        "\n"
        "[Install]\n"
        f"WantedBy={target}\n"
    )


def windows_task(command: Sequence[str], account: str) -> str:
    """A task of Windows' task scheduler, schema 1.2: at login, again after a minute when it fails.

    Without the limit of three days, and on battery, too, which a task has not by itself.
    """
    executable, *arguments = command
    user = escape(account)
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\n'
        "  <RegistrationInfo><Description>Miaopu device bridge</Description></RegistrationInfo>\n"
        "  <Triggers><LogonTrigger><Enabled>true</Enabled>"
        f"<UserId>{user}</UserId></LogonTrigger></Triggers>\n"
        f'  <Principals><Principal id="Author"><UserId>{user}</UserId>'
        "<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>"
        "</Principal></Principals>\n"
        "  <Settings>\n"
        "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"
        "    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n"
        "    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n"
        "    <StartWhenAvailable>true</StartWhenAvailable>\n"
        "    <Hidden>true</Hidden>\n"
        "    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n"
        "    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>\n"
        "  </Settings>\n"
        '  <Actions Context="Author"><Exec>'
        f"<Command>{escape(executable)}</Command>"
        f"<Arguments>{escape(subprocess.list2cmdline(arguments))}</Arguments>"
        f"<WorkingDirectory>{escape(str(PureWindowsPath(executable).parent))}</WorkingDirectory>"
        "</Exec></Actions>\n"
        "</Task>\n"
    )


def _systemctl(scope: Scope) -> tuple[str, ...]:
    return ("systemctl", "--user") if scope == "user" else ("systemctl",)


def _systemd_word(word: str) -> str:
    """A word of ExecStart: `%` and `$` mean something there, and spaces part words."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if safe != word or " " in word else safe
