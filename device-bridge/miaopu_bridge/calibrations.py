"""What was measured of each printer (校准), kept on this PC."""

import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from miaopu_bridge.drivers.base import Printer
from miaopu_bridge.files import write_private
from miaopu_bridge.shapes import Calibration

log = logging.getLogger(__name__)
_FILE: TypeAdapter[dict[str, Calibration]] = TypeAdapter(dict[str, Calibration])


class Calibrations:
    """By printer, in one file of the state folder."""

    def __init__(self, folder: Path, printers: Mapping[str, Printer]) -> None:
        self._path = folder / "calibrations.json"
        self._printers = printers
        self._all: dict[str, Calibration] = {}

    def load(self) -> None:
        """Gives each printer what was measured of it."""
        try:
            self._all = _FILE.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValidationError) as error:
            log.error("%s cannot be read (%s): printers are uncalibrated", self._path, error)
            return
        for name, calibration in self._all.items():
            printer = self._printers.get(name)
            if printer is not None and printer.calibration is not None:
                printer.calibration = calibration

    def keep(self, name: str, calibration: Calibration) -> None:
        """From now on. Raises OSError when it cannot be kept."""
        self._all[name] = calibration
        write_private(self._path, _FILE.dump_json(self._all))
        self._printers[name].calibration = calibration
