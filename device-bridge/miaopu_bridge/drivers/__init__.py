"""The drivers there are: the built-in ones and those of installed plug-ins."""

from collections.abc import Mapping
from importlib.metadata import entry_points

from miaopu_bridge.config import ConfigError, DeviceConfig
from miaopu_bridge.drivers.bank_esc import BankEsc
from miaopu_bridge.drivers.base import Driver
from miaopu_bridge.drivers.escp import EscpPrinter
from miaopu_bridge.drivers.evaluator import Evaluator
from miaopu_bridge.drivers.lines import FramedPinPad, PinPad, PlainPinPad, Scanner, WedgeLine
from miaopu_bridge.drivers.mrs100 import Mrs100
from miaopu_bridge.drivers.msr206 import Msr206
from miaopu_bridge.drivers.paper import CupsPrinter, PdfPrinter
from miaopu_bridge.drivers.sdt import IdCardReader
from miaopu_bridge.drivers.thermal import ThermalPrinter
from miaopu_bridge.drivers.tspl import LabelPrinter

GROUP = "miaopu_bridge.drivers"
BUILT_IN: Mapping[str, type[Driver]] = {
    "msr206": Msr206,
    "mrs100": Mrs100,
    "bank-esc": BankEsc,
    "wedge-line": WedgeLine,
    "pin-pad": PinPad,
    "pin-plain": PlainPinPad,
    "pin-framed": FramedPinPad,
    "id-card": IdCardReader,
    "scanner": Scanner,
    "evaluator": Evaluator,
    "escp": EscpPrinter,
    "thermal": ThermalPrinter,
    "tspl": LabelPrinter,
    "pdf": PdfPrinter,
    "cups": CupsPrinter,
}


def names() -> list[str]:
    """The names of all drivers, built in or installed."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def make(config: DeviceConfig) -> Driver:
    """The driver that `config` names. Raises ConfigError when there is none or it cannot load."""
    driver = _find(config)
    try:
        return driver(config)
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"device {config.id}: its options cannot be used: {error}") from error


def _find(config: DeviceConfig) -> type[Driver]:
    if built_in := BUILT_IN.get(config.driver):
        return built_in
    for point in entry_points(group=GROUP, name=config.driver):
        try:
            plug_in = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"the driver {config.driver} cannot be loaded: {error}") from error
        if not (isinstance(plug_in, type) and issubclass(plug_in, Driver)):
            raise ConfigError(f"the driver {config.driver} is no subclass of Driver")
        return plug_in
    raise ConfigError(
        f"device {config.id}: there is no driver {config.driver!r}; there are {', '.join(names())}"
    )
