"""Simulated devices for development and tests (`miaopu-bridge run --simulate`)."""

from collections.abc import Mapping
from pathlib import Path

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.simulators.base import Simulator
from miaopu_bridge.simulators.printers import EscpSimulator, LabelSimulator, PrinterSimulator
from miaopu_bridge.simulators.readers import (
    BankEscSimulator,
    EvaluatorSimulator,
    FramedPadSimulator,
    IdCardSimulator,
    Mrs100Simulator,
    Msr206Simulator,
    PinPadSimulator,
    PlainPadSimulator,
    ScannerSimulator,
    WedgeSimulator,
)

SIMULATORS: Mapping[str, type[Simulator]] = {
    "msr206": Msr206Simulator,
    "mrs100": Mrs100Simulator,
    "bank-esc": BankEscSimulator,
    "wedge-line": WedgeSimulator,
    "pin-pad": PinPadSimulator,
    "pin-plain": PlainPadSimulator,
    "pin-framed": FramedPadSimulator,
    "id-card": IdCardSimulator,
    "scanner": ScannerSimulator,
    "evaluator": EvaluatorSimulator,
    "escp": EscpSimulator,
    "thermal": PrinterSimulator,
    "tspl": LabelSimulator,
}


def clinic_desk(folder: Path, reader: str = "msr206", pad: str = "pin-pad") -> list[DeviceConfig]:
    """The devices of one desk, each at a port that `simulate` makes in `folder`."""

    def at(name: str) -> str:
        return str(folder / name)

    return [
        DeviceConfig(id="card", driver=reader, port=at("card"),
                     options={"lrc": True} if reader == "wedge-line" else {}),
        DeviceConfig(id="pin", driver=pad, port=at("pin"),
                     options={"split": True} if pad == "pin-framed" else {}),
        DeviceConfig(id="passbook", driver="escp", port=at("passbook"),
                     options={"ask_paper": True}),
        DeviceConfig(id="slip", driver="thermal", port=at("slip"), options={"paper_mm": 80}),
        DeviceConfig(id="id", driver="id-card", port=at("id"), baud=115200),
        DeviceConfig(id="scanner", driver="scanner", port=at("scanner")),
        DeviceConfig(id="evaluator", driver="evaluator", port=at("evaluator")),
        DeviceConfig(id="label", driver="tspl", port=at("label")),
    ]  # fmt: skip


def simulate(devices: list[DeviceConfig]) -> dict[str, Simulator]:
    """A simulator, plugged in, for every device; by device id."""
    running = {}
    for device in devices:
        simulator = SIMULATORS[device.driver](Path(device.port))
        simulator.plug()
        running[device.id] = simulator
    return running
