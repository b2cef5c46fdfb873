"""What the story is played with: a server, a bridge and tablets, each a real process."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
BROWSER = os.environ.get("MIAOPU_CHROMIUM", "/usr/bin/chromium")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Process:
    """A program of the project, its output kept in a file; stopped by SIGTERM, as in life."""

    talks = False
    """Whether somebody reads its standard output."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own programs
                self.command,
                cwd=ROOT,
                stdout=subprocess.PIPE if self.talks else output,
                stderr=output,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )

    def stop(self) -> None:
        """Ends it by SIGTERM; fails when it does not end, or ends with an error."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} did not end within {_STOP_SECONDS} s") from None
        assert code in (0, -signal.SIGTERM), f"{self.name} ended with {code}; see {self.log}"

    def _tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]


class Server(Process):
    """`miaopu serve` on one port, which it keeps over a restart."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [str(BIN / "miaopu"), "serve", "--data", str(data), "--port", str(self.port)]
        super().__init__("miaopu serve", command, log)

    def start(self) -> None:
        super().start()
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            assert self.running, f"miaopu serve ended while starting:\n{self._tail()}"
            try:
                with urlopen(f"{self.url}/api/health", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"miaopu serve did not answer:\n{self._tail()}")


class Bridge(Process):
    """`miaopu-bridge run --simulate`: real serial bytes over pseudo-terminals."""

    talks = True

    def __init__(self, state: Path, origins: list[str], log: Path, *options: str) -> None:
        self.state = state
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._said: dict[str, dict[str, Any]] = {}
        command = [
            str(BIN / "miaopu-bridge"),
            "run",
            "--simulate",
            *options,
            "--state-dir",
            str(state),
            "--port",
            str(self.port),
        ]
        for origin in origins:
            command += ["--allow-origin", origin]
        super().__init__("miaopu-bridge", command, log)

    def start(self) -> None:
        super().start()
        process = self._process
        assert process is not None
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()
        self.said("ready")

    def _read(self, stdout: Iterable[bytes]) -> None:
        for line in stdout:
            with self.log.open("ab") as log:
                log.write(line)
            said = json.loads(line)
            self._said[said["bridge"]] = said

    def said(self, kind: str) -> dict[str, Any]:
        """What it last said of that kind on its standard output; waits for the first time."""
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if kind in self._said:
                return self._said[kind]
            assert self.running, f"miaopu-bridge ended:\n{self._tail()}"
            time.sleep(0.05)
        raise AssertionError(f"miaopu-bridge did not say {kind!r}:\n{self._tail()}")

    def hand(self, *words: str) -> None:
        """Does what a person does at the simulated desk: `unplug card`, `scan CODE` …"""
        command = [str(BIN / "miaopu-bridge"), *words, "--state-dir", str(self.state)]
        subprocess.run(command, check=True, timeout=30)  # noqa: S603

    def swipe(self, card: str, *faults: str) -> None:
        """Swipes a card through the simulated reader; faults are options of `swipe`."""
        self.hand("swipe", card, *faults)

    def pdfs(self) -> list[Path]:
        """The files that the simulated PDF printer has written."""
        return sorted((self.state / "pdf").glob("*.pdf"))


class Tablet:
    """A browser with a profile of its own, which survives closing it."""

    def __init__(self, name: str, playwright: Playwright, url: str, folder: Path) -> None:
        self.name = name
        self.url = url
        self.folder = folder
        self.failures: list[str] = []
        """Errors of the page that no test asked for: uncaught exceptions."""
        self._playwright = playwright
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._viewport: ViewportSize = {"width": 1366, "height": 768}
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def is_open(self) -> bool:
        return self._page is not None and not self._page.is_closed()

    @property
    def page(self) -> Page:
        assert self._page is not None, f"{self.name} is switched off"
        return self._page

    @property
    def context(self) -> BrowserContext:
        assert self._context is not None, f"{self.name} is switched off"
        return self._context

    def open(self, path: str = "/") -> Page:
        """Starts the browser and opens the application."""
        self._context = self._playwright.chromium.launch_persistent_context(
            self.folder / "profile",
            executable_path=BROWSER,
            headless=True,
            args=BROWSER_ARGUMENTS,
            viewport=self._viewport,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        self._context.set_default_timeout(40_000)
        pages = self._context.pages
        self._page = pages[0] if pages else self._context.new_page()
        self._page.on("console", self._heard)
        self._page.on("pageerror", lambda error: self._failed(str(error)))
        self._page.goto(f"{self.url}{path}")
        return self._page

    def close(self) -> None:
        """Closes the browser; the profile stays."""
        context, self._context, self._page = self._context, None, None
        if context is not None:
            context.close()

    def picture(self, title: str) -> Path:
        """Keeps what the screen shows."""
        path = self.folder / f"{title}.png"
        self.page.screenshot(path=path)
        return path

    def _heard(self, message: ConsoleMessage) -> None:
        self._note(f"{message.type}: {message.text}")

    def _failed(self, error: str) -> None:
        self.failures.append(error)
        self._note(f"uncaught: {error}")

    def _note(self, line: str) -> None:
        with (self.folder / "console.log").open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {line}\n")


@contextmanager
def running(process: Process) -> Iterator[Process]:
    """Starts a process and stops it, whatever happens between."""
    process.start()
    try:
        yield process
    finally:
        process.stop()
