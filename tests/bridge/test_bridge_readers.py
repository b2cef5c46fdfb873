"""The real drivers, through pyserial, against simulated devices on pseudo-terminals."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_bridge import drivers
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers import mrs100, msr206
from miaopu_bridge.drivers.base import CardFailed, CardRead, DeviceGoneError, PinEntered, PinFailed
from miaopu_bridge.drivers.lines import WedgeLine, read_line, read_pin
from miaopu_bridge.drivers.msr206 import Msr206
from miaopu_bridge.shapes import Told
from miaopu_bridge.simulators import SIMULATORS
from miaopu_bridge.simulators.base import Simulator
from miaopu_bridge.supervisor import Supervised

CARD = "411001000120260017"
READERS = ("msr206", "mrs100", "wedge-line")


class Bench:
    """One simulated device and its driver in its own thread."""

    def __init__(self, driver: str, folder: Path) -> None:
        link = folder / driver
        options = {"lrc": True} if driver == "wedge-line" else {}
        self.simulator: Simulator = SIMULATORS[driver](link)
        self.simulator.plug()
        config = DeviceConfig(id="it", driver=driver, port=str(link), options=options)
        self._events: queue.Queue[Told] = queue.Queue()
        self.device = Supervised(drivers.make(config), self._events.put)
        self.device.start()

    def next(self, seconds: float = 10) -> dict[str, Any]:
        event = self._events.get(timeout=seconds).model_dump()
        assert event.pop("at").endswith("Z")
        for more in ("message", "code") if event["type"] == "device" else ("message",):
            event.pop(more, None)
        return event

    def quiet(self) -> bool:
        time.sleep(0.3)
        return self._events.empty()

    def close(self) -> None:
        self.device.stop()
        self.simulator.unplug()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[[str], Bench]]:
    benches: list[Bench] = []

    def make(driver: str) -> Bench:
        made = Bench(driver, tmp_path)
        benches.append(made)
        assert made.next() == {"type": "device", "id": "it", "state": "ready", "reason": ""}
        return made

    yield make
    for made in benches:
        made.close()


@pytest.mark.parametrize("driver", READERS)
def test_a_card_is_read_again_and_again(driver: str, bench: Callable[[str], Bench]) -> None:
    reader = bench(driver)
    for card in (CARD, "1", "0123456789=0123456789=0123456789=0123"):
        reader.simulator.act({"do": "swipe", "card": card})
        assert reader.next() == {"type": "card", "reader": "it", "track2": card}
    assert reader.quiet()


@pytest.mark.parametrize("driver", READERS)
@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        ("bad-lrc", {"card.bad_lrc"}),
        ("no-data", {"card.no_data"}),
        # A device that checks by itself only says that the track is bad.
        ("no-end", {"card.no_end", "card.bad_lrc"}),
    ],
)
def test_a_bad_card_is_an_error_and_the_next_one_reads(
    driver: str, fault: str, codes: set[str], bench: Callable[[str], Bench]
) -> None:
    reader = bench(driver)
    reader.simulator.act({"do": "swipe", "card": CARD, "fault": fault})
    event = reader.next()
    assert (event["type"], event["reader"]) == ("card_error", "it")
    assert event["code"] in codes
    reader.simulator.act({"do": "swipe", "card": CARD})
    assert reader.next()["track2"] == CARD


@pytest.mark.parametrize("driver", READERS)
def test_garbage_on_track_1_does_not_matter(driver: str, bench: Callable[[str], Bench]) -> None:
    reader = bench(driver)
    reader.simulator.act({"do": "swipe", "card": CARD, "fault": "track1-garbage"})
    assert reader.next() == {"type": "card", "reader": "it", "track2": CARD}


@pytest.mark.parametrize("driver", [*READERS, "pin-pad"])
def test_an_unplugged_device_is_said_and_opened_again(
    driver: str, bench: Callable[[str], Bench]
) -> None:
    reader = bench(driver)
    reader.simulator.unplug()
    gone = reader.next()
    assert (gone["type"], gone["state"]) == ("device", "unplugged")
    assert gone["reason"]
    reader.simulator.plug()
    assert reader.next()["state"] == "ready"
    command = (
        {"do": "pin", "digits": "1234"} if driver == "pin-pad" else {"do": "swipe", "card": "7"}
    )
    reader.simulator.act(command)
    assert reader.next()["type"] in ("pin", "card")


@pytest.mark.parametrize(
    ("driver", "broken"),
    [("msr206", b"\x1bs\x1b\x02;41100"), ("mrs100", b"\x02\x20\x330Y;4")],
)
def test_a_frame_that_breaks_off_is_dropped_and_said(
    driver: str, broken: bytes, bench: Callable[[str], Bench]
) -> None:
    reader = bench(driver)
    reader.simulator.send(broken)
    bad_frame = {"type": "card_error", "reader": "it", "code": "card.bad_frame"}
    assert reader.next() == bad_frame
    reader.simulator.act({"do": "swipe", "card": CARD})
    # What an MRS100 was asked meanwhile may have run into the broken frame.
    while (event := reader.next()) == bad_frame:
        pass
    assert event == {"type": "card", "reader": "it", "track2": CARD}


def test_a_pin_pad_sends_what_was_typed(bench: Callable[[str], Bench]) -> None:
    pad = bench("pin-pad")
    pad.simulator.act({"do": "pin", "digits": "123456"})
    assert pad.next() == {"type": "pin", "pad": "it", "digits": "123456"}
    for digits, code in (("12", "pin.bad_length"), ("12a4", "pin.bad_character")):
        pad.simulator.act({"do": "pin", "digits": digits})
        assert pad.next() == {"type": "pin_error", "pad": "it", "code": code}


def test_a_reader_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    # A PIN pad says nothing to the reader's greeting.
    simulator = SIMULATORS["pin-pad"](tmp_path / "wrong")
    simulator.plug()
    reader = Msr206(DeviceConfig(id="it", driver="msr206", port=str(tmp_path / "wrong")))
    with pytest.raises(DeviceGoneError, match="does not answer"):
        reader.open()
    simulator.unplug()
    with pytest.raises(DeviceGoneError, match="cannot open"):
        reader.open()


def test_the_keys_backspace_and_cancel() -> None:
    assert read_pin(b"129\x0834") == PinEntered("1234")
    assert read_pin(b"99\x1b1234") == PinEntered("1234")
    assert read_pin(b"") == PinFailed("pin.bad_length")


def test_a_line_may_have_track_1_before_track_2() -> None:
    assert read_line("%B1^A?;123?", with_lrc=False) == CardRead("123")
    assert read_line("%B1^A?", with_lrc=False) == CardFailed("card.no_start")


@pytest.mark.parametrize("before", ["", "%B1^A?", "%E?"])
@pytest.mark.parametrize("behind", ["", "+0123?", ";0123?"])
def test_a_line_may_have_other_tracks_around_track_2(before: str, behind: str) -> None:
    assert read_line(f"{before};123?{behind}", with_lrc=False) == CardRead("123")


@pytest.mark.parametrize("before", ["%B1^A;999999?", "%B1^A;999999", "%B1^A;"])
@pytest.mark.parametrize("behind", ["", "+888888?", ";888888?"])
def test_where_track_1_has_a_start_sentinel_no_other_number_is_read(
    before: str, behind: str
) -> None:
    assert isinstance(read_line(f"{before};123456?{behind}", with_lrc=False), CardFailed)


def test_each_track_may_have_its_lrc() -> None:
    assert read_line("%B1^A?;;123?4+9?5", with_lrc=True) == CardRead("123")
    assert read_line(";123?4;9?5", with_lrc=True) == CardRead("123")
    assert read_line(";123?5;9?5", with_lrc=True) == CardFailed("card.bad_lrc")
    assert read_line(";123?;", with_lrc=False) == CardFailed("card.bad_character")


class Lines(WedgeLine):
    def __init__(self) -> None:
        super().__init__(DeviceConfig(id="it", driver="wedge-line", port="none"))


@pytest.mark.parametrize(
    "swipe", [b";12?\r", b";12?\n", b";12?\r\n", b"\x02;12?\x03", b"\x02;12?\r\n\x03"]
)
def test_a_line_ends_as_the_reader_is_set_up(swipe: bytes) -> None:
    once, cut = Lines(), Lines()
    assert once.feed(swipe * 3) == [CardRead("12")] * 3
    assert [event for byte in swipe * 3 for event in cut.feed(bytes([byte]))] == [
        CardRead("12")
    ] * 3


@given(st.binary(max_size=80))
def test_no_bytes_can_break_a_parser(content: bytes) -> None:
    assert isinstance(
        msr206.parse(msr206.START + content + msr206.END + b"0"), CardRead | CardFailed
    )
    assert isinstance(read_pin(content), PinEntered | PinFailed)
    parsed = mrs100.parse(b"\x33\x30Y" + content)
    assert isinstance(parsed, CardRead | CardFailed)


@given(st.binary(max_size=60), st.sampled_from([0, 1]))
def test_an_mrs100_frame_splits_off_whole(data: bytes, bcc_from: int) -> None:
    whole = mrs100.frame(0x33, b"0Y" + data, bcc_from)
    assert mrs100.split(b"junk" + whole + b"\x02", bcc_from) == (b"\x330Y" + data, b"\x02")
    for cut in range(1, len(whole)):
        assert mrs100.split(whole[:cut], bcc_from) == (None, whole[:cut])
    with pytest.raises(ValueError, match="check byte"):
        mrs100.split(whole[:-1] + bytes([whole[-1] ^ 1]), bcc_from)


def test_events_do_not_show_their_data() -> None:
    assert CARD not in repr(CardRead(CARD))
    assert "1234" not in repr(PinEntered("1234"))
