"""A driver that somebody else wrote and installed."""

import sys
from pathlib import Path
from typing import Any

import pytest

from miaopu_bridge import drivers
from miaopu_bridge.config import ConfigError, DeviceConfig
from miaopu_bridge.drivers.base import CardRead
from miaopu_bridge.simulators.readers import PinPadSimulator

PLUG_IN = """
from collections.abc import Iterator
from miaopu_bridge.drivers.base import CardRead, Driver

class Scanner(Driver):
    kind = "card"
    def open(self): pass
    def events(self): yield CardRead(self.config.options["card"])
    def status(self): return ""
    def close(self): pass
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_scanner.py").write_text(PLUG_IN)
    info = tmp_path / "acme_scanner-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-scanner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[miaopu_bridge.drivers]\nacme = acme_scanner:Scanner\nbroken = acme_scanner:Nothing\n"
        "wrong = acme_scanner:CardRead\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_scanner", raising=False)


def test_an_installed_driver_is_found_by_its_entry_point(installed: None) -> None:
    assert "acme" in drivers.names()
    driver = drivers.make(DeviceConfig(id="a", driver="acme", options={"card": "42"}))
    assert list(driver.events()) == [CardRead("42")]


def test_the_driver_that_the_documentation_shows_works(tmp_path: Path) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "devices.md").read_text("utf-8")
    shown: dict[str, Any] = {}
    exec(page.split("```python")[1].split("```")[0], shown)  # noqa: S102
    device = PinPadSimulator(tmp_path / "acme")
    answers = {b"\x05": b"\x06"}
    device.received = lambda content: device.send(answers[content])  # type: ignore[method-assign]
    device.plug()
    driver = shown["AcmeScanner"](
        DeviceConfig(id="a", driver="acme-scanner", port=str(device.link))
    )
    driver.open()
    device.send(b"\x02123\x03\x02456\x03")
    events = driver.events()
    assert [next(events), next(events)] == [CardRead("123"), CardRead("456")]
    driver.close()
    device.unplug()


def test_a_plug_in_that_cannot_be_used_is_said(installed: None) -> None:
    with pytest.raises(ConfigError, match="cannot be loaded"):
        drivers.make(DeviceConfig(id="a", driver="broken"))
    with pytest.raises(ConfigError, match="no subclass of Driver"):
        drivers.make(DeviceConfig(id="a", driver="wrong"))
    with pytest.raises(ConfigError, match="msr206"):
        drivers.make(DeviceConfig(id="a", driver="nobody"))


def test_options_of_the_wrong_kind_are_said() -> None:
    with pytest.raises(ConfigError, match="device a: its options"):
        drivers.make(DeviceConfig(id="a", driver="mrs100", options={"bcc_from": "x"}))


def test_every_built_in_driver_can_be_made() -> None:
    for name in drivers.BUILT_IN:
        assert drivers.make(DeviceConfig(id="a", driver=name)).config.driver == name
