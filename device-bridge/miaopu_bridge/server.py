"""Putting the bridge together and running it on a loopback socket."""

import asyncio
import contextlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from miaopu_bridge import __version__, drivers
from miaopu_bridge.app import create_app
from miaopu_bridge.config import Config, ConfigError, DeviceConfig
from miaopu_bridge.events import Hub
from miaopu_bridge.files import locked, private_folder
from miaopu_bridge.jobs import Jobs
from miaopu_bridge.journal import keep_log
from miaopu_bridge.pairing import Pairings
from miaopu_bridge.simulators import clinic_desk, simulate
from miaopu_bridge.simulators.control import Control
from miaopu_bridge.supervisor import Devices

HOST = "127.0.0.1"

log = logging.getLogger(__name__)


def announce(kind: str, **facts: Any) -> None:
    """One line of JSON on standard output, for programs that start the bridge."""
    print(json.dumps({"bridge": kind, **facts}), flush=True)


def run(config: Config, simulated: tuple[str, str] | None = None) -> None:
    """Runs the bridge until it is told to stop.

    `simulated` names the drivers of a simulated card reader and PIN pad; then the whole desk is
    simulated and the configured devices with a port are left alone. Raises ConfigError.
    """
    state = private_folder(config.state_dir)
    listener = _listen(config.port)
    port = listener.getsockname()[1]
    with contextlib.ExitStack() as closing:
        closing.callback(listener.close)
        if not closing.enter_context(locked(state)):
            raise ConfigError(f"another bridge is running with the state folder {state}")
        devices = list(config.devices)
        if simulated is not None:
            devices = closing.enter_context(_simulated_desk(state, devices, *simulated))
        closing.callback(keep_log(state).close)
        log.info("the bridge %s starts at port %s", __version__, port)
        hub = Hub()
        made = Devices([drivers.make(device) for device in _with_pdf(devices, state)], hub.publish)
        jobs = Jobs(state / "jobs", made.printers(), hub.publish, config.keep_hours)
        url = f"http://{HOST}:{port}"

        started = False

        def show_code(code: str) -> None:
            if started:
                print(f"苗圃设备桥 {url}  配对码 pairing code: {code}", file=sys.stderr, flush=True)
                announce("pairing", code=code)

        def ready() -> None:
            nonlocal started
            started = True
            announce("ready", url=url, port=port, version=__version__, state=str(state))
            show_code(pairings.code)

        pairings = Pairings(state / "pairings.json", config.allow_origins, show_code)
        app = create_app(config, pairings, hub, made, jobs)
        server = _Server(
            uvicorn.Config(app, access_log=False, log_level="warning", timeout_graceful_shutdown=3),
            hub,
            ready,
        )
        asyncio.run(server.serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Says when it is ready, and ends the tabs' subscriptions before it waits for them."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub, self._ready = hub, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn would raise the signal again when it is done, which ends the process before the
        # simulators and their socket are put away.
        if sys.platform == "win32":  # its loop takes no signals, and there are no simulators
            with super().capture_signals():
                yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


@contextlib.contextmanager
def _simulated_desk(
    state: Path, devices: list[DeviceConfig], reader: str, pad: str
) -> Iterator[list[DeviceConfig]]:
    desk = clinic_desk(private_folder(state / "simulated"), reader, pad)
    taken = {device.id for device in desk}
    others = [device for device in devices if not device.port and device.id not in taken]
    running = simulate(desk)
    control = Control(state, running)
    try:
        yield desk + others
    finally:
        control.close()
        for simulator in running.values():
            simulator.unplug()


def _with_pdf(devices: list[DeviceConfig], state: Path) -> list[DeviceConfig]:
    """Every PC can print to PDF, whatever is configured."""
    if any(device.driver == "pdf" for device in devices):
        return devices
    folder = DeviceConfig(id="pdf", driver="pdf", options={"folder": str(state / "pdf")})
    return [*devices, folder]


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"port {port} of {HOST} cannot be used ({error.strerror}); is a bridge running "
            "already? Choose another with --port"
        ) from None
    return listener
