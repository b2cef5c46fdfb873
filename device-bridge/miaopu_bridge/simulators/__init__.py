"""Simulated devices for development and tests (`miaopu-bridge run --simulate`)."""

from collections.abc import Mapping
from pathlib import Path

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.simulators.base import Simulator
from miaopu_bridge.simulators.printers import EscpSimulator, PrinterSimulator
from miaopu_bridge.simulators.readers import (
    Mrs100Simulator,
    Msr206Simulator,
    PinPadSimulator,
    WedgeSimulator,
)

SIMULATORS: Mapping[str, type[Simulator]] = {
    "msr206": Msr206Simulator,
    "mrs100": Mrs100Simulator,
    "wedge-line": WedgeSimulator,
    "pin-pad": PinPadSimulator,
    "escp": EscpSimulator,
    "thermal": PrinterSimulator,
}


def clinic_desk(folder: Path, reader: str = "msr206") -> list[DeviceConfig]:
    """The devices of one desk, each at a port that `simulate` makes in `folder`."""

    def at(name: str) -> str:
        return str(folder / name)

    return [
        DeviceConfig(id="card", driver=reader, port=at("card"),
                     options={"lrc": True} if reader == "wedge-line" else {}),
        DeviceConfig(id="pin", driver="pin-pad", port=at("pin")),
        DeviceConfig(id="passbook", driver="escp", port=at("passbook"),
                     options={"ask_paper": True}),
        DeviceConfig(id="slip", driver="thermal", port=at("slip")),
    ]  # fmt: skip


def simulate(devices: list[DeviceConfig]) -> dict[str, Simulator]:
    """A simulator, plugged in, for every device; by device id."""
    running = {}
    for device in devices:
        simulator = SIMULATORS[device.driver](Path(device.port))
        simulator.plug()
        running[device.id] = simulator
    return running
