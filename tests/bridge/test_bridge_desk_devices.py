"""Writers, pads that are asked, ID-card readers, scanners, evaluators: real bytes over pseudo-
terminals, and what a wrong baud rate makes of them."""

import contextlib
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_desk import CARD
from hypothesis import given
from hypothesis import strategies as st

from miaopu_bridge import drivers
from miaopu_bridge.config import ConfigError, DeviceConfig
from miaopu_bridge.drivers import bank_esc, sdt
from miaopu_bridge.drivers.base import (
    AskPin,
    AskRating,
    CardFailed,
    CardRead,
    DeviceGoneError,
    Garbled,
    IdCardRead,
    Order,
    RatingGiven,
    Stop,
    WriteCard,
)
from miaopu_bridge.drivers.evaluator import Evaluator
from miaopu_bridge.drivers.lines import Scanner, folded, is_garbled
from miaopu_bridge.idcard import read_text, text_block
from miaopu_bridge.shapes import Told
from miaopu_bridge.simulators import SIMULATORS
from miaopu_bridge.simulators.base import Simulator, as_heard
from miaopu_bridge.simulators.readers import (
    BankEscSimulator,
    EvaluatorSimulator,
    FramedPadSimulator,
)
from miaopu_bridge.supervisor import Supervised

RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
TRACE = "81234567890123456789"
WANG = {
    "name": "王苗苗", "sex": "2", "nation": "01", "birth": "20260315",
    "address": "河南省某县城关镇人民路 1 号", "number": "41100120260315002X",
    "issuer": "某县公安局", "valid_from": "20260401", "valid_until": "20310401",
}  # fmt: skip


class Bench:
    """One simulated device and its driver in its own thread."""

    def __init__(self, driver: str, folder: Path, **options: Any) -> None:
        link = folder / driver
        self.simulator: Simulator = SIMULATORS[driver](link)
        self.simulator.plug()
        baud = options.pop("baud", 9600)
        config = DeviceConfig(id="it", driver=driver, port=str(link), baud=baud, options=options)
        self._events: queue.Queue[Told] = queue.Queue()
        self.device = Supervised(drivers.make(config), self._events.put)
        self.device.start()

    def ask(self, order: Order) -> None:
        self.device.driver.order(order)

    def next(self, seconds: float = 10) -> dict[str, Any]:
        event = self._events.get(timeout=seconds).model_dump()
        return {name: value for name, value in event.items() if name not in ("at", "message")}

    def steps(self, count: int) -> list[tuple[str, str]]:
        events = [self.next() for _ in range(count)]
        assert {event["type"] for event in events} == {"card_writing"}
        return [(event["step"], event["code"]) for event in events]

    def until(self, seen: Callable[[], bool]) -> None:
        """Bytes take a moment through a terminal."""
        deadline = time.monotonic() + 10
        while not seen():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def quiet(self) -> bool:
        time.sleep(0.3)
        return self._events.empty()

    def close(self) -> None:
        self.device.stop()
        self.simulator.unplug()


Make = Callable[..., Bench]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Make]:
    benches: list[Bench] = []

    def make(driver: str, ready: bool = True, **options: Any) -> Bench:
        made = Bench(driver, tmp_path, **options)
        benches.append(made)
        if ready:
            assert made.next()["state"] == "ready"
        return made

    yield make
    for made in benches:
        made.close()


def test_a_card_is_written_and_read_back(bench: Make) -> None:
    writer = bench("bank-esc")
    writer.ask(WriteCard(CARD))
    assert writer.steps(1) == [("write", "")]
    writer.simulator.act({"do": "swipe"})
    assert writer.steps(1) == [("verify", "")]
    writer.simulator.act({"do": "swipe"})
    assert writer.steps(1) == [("done", "")]
    writer.simulator.act({"do": "swipe"})
    assert writer.next() == {"type": "card", "reader": "it", "track2": CARD}


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (["write-fails"], "card.write_failed"),
        (["writes-another", None], "card.mismatch"),
        ([None, "bad-lrc"], "card.not_read_back"),
        ([None, "no-data"], "card.not_read_back"),
    ],
)
def test_a_card_that_is_not_written_right_is_said(
    faults: list[str | None], code: str, bench: Make
) -> None:
    writer = bench("bank-esc", coercivity="high")
    writer.ask(WriteCard(CARD))
    for fault in faults:
        assert writer.next()["step"] in ("write", "verify")
        writer.simulator.act({"do": "swipe", "fault": fault})
    assert writer.steps(1) == [("failed", code)]
    # Nothing of it is left: the next swipe is a card.
    writer.simulator.act({"do": "swipe", "card": "123456"})
    assert writer.next()["track2"] == "123456"


def test_writing_ends_when_nobody_swipes_or_waits(
    bench: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = bench("bank-esc")
    writer.ask(WriteCard(CARD))
    writer.ask(Stop())
    assert writer.steps(2) == [("write", ""), ("failed", "card.write_stopped")]
    monkeypatch.setattr(bank_esc, "SWIPE_WAIT_S", 0.2)
    writer.ask(WriteCard(CARD))
    assert writer.steps(2) == [("write", ""), ("failed", "card.write_timeout")]
    assert isinstance(writer.simulator, BankEscSimulator)
    writer.until(lambda: not writer.simulator.writes)
    writer.simulator.act({"do": "swipe", "card": "123456"})
    assert writer.next()["track2"] == "123456"


def test_what_a_card_cannot_hold_is_not_written(bench: Make) -> None:
    writer = bench("bank-esc")
    for number in ("", "1" * 38, "12=34", "一二三"):
        writer.ask(WriteCard(number))
        assert writer.steps(1) == [("failed", "card.cannot_write")]
    with pytest.raises(TypeError, match="AskPin"):
        writer.ask(AskPin())
    with pytest.raises(ConfigError, match="coercivity"):
        drivers.make(DeviceConfig(id="x", driver="bank-esc", options={"coercivity": "weak"}))


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (b"\x1bs123456?\x1c", CardRead("123456")),
        (b"\x1bs;123456?\x1c", CardRead("123456")),
        (b"\x1bs123456A99%B1?\x1c", CardRead("123456")),
        (b"\x1bs123456=99?\x1c", CardRead("123456=99")),
        (b"\x1bs\x7fA99?\x1c", CardFailed("card.bad_lrc")),
        (b"\x1bs?\x1c", CardFailed("card.no_data")),
        (b"\x1bs12E4?\x1c", CardFailed("card.bad_character")),
    ],
)
def test_answers_of_a_bank_reader(answer: bytes, event: object) -> None:
    assert bank_esc.parse(answer) == event


@pytest.mark.parametrize("driver", ["pin-plain", "pin-framed"])
def test_a_pad_is_opened_and_asked_again(driver: str, bench: Make) -> None:
    pad = bench(driver, **({"split": True} if driver == "pin-framed" else {}))
    for again in (False, True):
        pad.ask(AskPin(again))
        pad.simulator.act({"do": "pin", "digits": "123456"})
        assert pad.next() == {"type": "pin", "pad": "it", "digits": "123456"}
    pad.ask(Stop())
    said = ["close", "first", "again", "close"]
    pad.until(lambda: pad.simulator.act({"do": "heard"})["heard"] == said)


def test_a_framed_pad_may_send_keys_whole(bench: Make) -> None:
    pad = bench("pin-framed")
    assert isinstance(pad.simulator, FramedPadSimulator)
    pad.simulator.split = False
    pad.ask(AskPin())
    pad.simulator.act({"do": "pin", "digits": "0987"})
    assert pad.next()["digits"] == "0987"
    pad.simulator.send(b"\x02ER\x03")
    assert pad.next() == {"type": "pin_error", "pad": "it", "code": "pin.not_finished"}


@given(st.binary(max_size=40))
def test_split_bytes_fold_back(keys: bytes) -> None:
    split = b"".join(bytes([0x30 | key >> 4, 0x30 | key & 0x0F]) for key in keys)
    assert folded(split) == keys


def test_an_id_card_is_read_once_while_it_lies_there(bench: Make) -> None:
    reader = bench("id-card", baud=115200)
    reader.simulator.act({"do": "lay", "card": WANG})
    assert reader.next() == {
        "type": "id_card", "reader": "it", "name": "王苗苗", "sex": "F", "nation": "01",
        "birth_date": "2026-03-15", "address": "河南省某县城关镇人民路 1 号",
        "number": "41100120260315002X", "issuer": "某县公安局",
        "valid_from": "2026-04-01", "valid_until": "2031-04-01",
    }  # fmt: skip
    assert reader.quiet()
    reader.simulator.act({"do": "lift"})
    reader.simulator.act({"do": "lay", "card": WANG | {"name": "李四", "valid_until": "长期"}})
    event = reader.next()
    assert (event["name"], event["valid_until"]) == ("李四", None)
    reader.simulator.act({"do": "lay", "card": WANG | {"number": "1"}})
    assert reader.next() == {"type": "card_error", "reader": "it", "code": "id.not_text"}


letters = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1)


@given(letters.filter(lambda name: len(name) <= 15), letters.filter(lambda at: len(at) <= 35))
def test_any_name_and_address_come_through(name: str, address: str) -> None:
    card = read_text(text_block(**WANG | {"name": name, "address": address}))
    assert (card.name, card.address) == (name, address)


@given(st.binary(max_size=300))
def test_no_bytes_can_break_the_new_parsers(content: bytes) -> None:
    assert isinstance(sdt.text_of(sdt.OK + content), IdCardRead | CardFailed)
    assert isinstance(bank_esc.parse(b"\x1bs" + content + b"?\x1c"), CardRead | CardFailed)
    with contextlib.suppress(ValueError):
        read_text(content)
    with contextlib.suppress(ValueError):
        sdt.split(content)


@given(st.binary(max_size=200), st.binary(max_size=8).filter(lambda junk: b"\xaa" not in junk))
def test_a_frame_of_an_id_reader_splits_off_whole(body: bytes, junk: bytes) -> None:
    whole = sdt.frame(body)
    assert sdt.split(junk + whole + b"\xaa") == (body, b"\xaa")
    for cut in range(1, len(whole)):
        assert sdt.split(whole[:cut])[0] is None
    with pytest.raises(ValueError, match="check byte"):
        sdt.split(whole[:-1] + bytes([whole[-1] ^ 1]))


def test_the_published_frames_of_an_id_reader() -> None:
    assert sdt.frame(sdt.FIND).hex() == "aaaaaa9669" + "0003200122"
    assert sdt.frame(sdt.SELECT).hex() == "aaaaaa9669" + "0003200221"
    assert sdt.frame(sdt.READ).hex() == "aaaaaa9669" + "0003300132"


@pytest.mark.parametrize("ends", [b"\r", b"\n", b"\r\n"])
def test_a_scanner_sends_codes(ends: bytes, bench: Make) -> None:
    scanner = bench("scanner")
    for code in (TRACE, CARD, "(01)06901234567892"):
        scanner.simulator.send(code.encode() + ends)
        assert scanner.next() == {"type": "scan", "scanner": "it", "code": code}
    scanner.simulator.send(b"8123")
    assert scanner.next() == {"type": "card_error", "reader": "it", "code": "scan.no_end"}


def test_an_evaluator_rates_from_one_to_five(bench: Make) -> None:
    evaluator = bench("evaluator", ask="8101")
    assert isinstance(evaluator.simulator, EvaluatorSimulator)
    evaluator.ask(AskRating())
    evaluator.simulator.act({"do": "rate", "score": 5})
    assert evaluator.next() == {"type": "rating", "evaluator": "it", "score": 5}
    evaluator.until(lambda: evaluator.simulator.heard == b"\x81\x01")
    made = Evaluator(DeviceConfig(id="x", driver="evaluator", options={"keys": "54321"}))
    assert made.feed(b"5x\r1") == [RatingGiven(1), RatingGiven(5)]
    with pytest.raises(ConfigError, match="five different"):
        drivers.make(DeviceConfig(id="x", driver="evaluator", options={"keys": "11"}))


def test_bytes_at_the_same_rate_are_the_same() -> None:
    assert as_heard(b"abc", 9600, 9600) == b"abc"
    # At a hundredth of a percent off a UART still reads every bit.
    assert as_heard(b"abc\x00\xff", 1_000_000, 1_000_100) == b"abc\x00\xff"


@given(
    st.text(st.sampled_from("0123456789"), min_size=6, max_size=37),
    st.sampled_from(RATES),
    st.sampled_from(RATES),
)
def test_a_wrong_rate_is_never_taken_for_a_card(digits: str, sent: int, heard: int) -> None:
    line = f";{digits}?\r".encode()
    got = as_heard(line, sent, heard)
    driver = Scanner(DeviceConfig(id="it", driver="scanner", port="none"))
    events = driver.feed(got) + driver.give_up()
    if sent == heard:
        assert not is_garbled(line)
    else:
        assert not any(str(event).startswith("Scanned") for event in events)


@pytest.mark.parametrize("driver", ["wedge-line", "scanner", "pin-pad"])
@pytest.mark.parametrize("rate", [2400, 4800, 19200, 38400, 115200])
def test_a_wrong_rate_of_a_device_that_only_talks_is_said_by_name(
    driver: str, rate: int, bench: Make
) -> None:
    device = bench(driver, **({"lrc": True} if driver == "wedge-line" else {}))
    say = {
        "wedge-line": {"do": "swipe", "card": CARD},
        "scanner": {"do": "scan", "code": TRACE},
        "pin-pad": {"do": "pin", "digits": "135790"},
    }[driver]
    device.simulator.baud = rate
    # A few bits may pass for a sign once; a person swipes again when nothing happens.
    for _ in range(3):
        device.simulator.act(say)
        with contextlib.suppress(queue.Empty):
            event = device.next(3)
            if event["type"] == "device":
                break
    assert (event["state"], event["code"]) == ("error", "device.wrong_baud")
    told = device.device.describe()
    assert told.message is not None
    assert "tried 9600" in told.message.en
    assert "波特率不对（现用 9600）" in told.message.zh
    device.simulator.baud = 9600
    while not device.quiet():
        device.next()
    device.simulator.act(say)
    assert device.next()["state"] == "ready"
    assert device.next()["type"] in ("card", "scan", "pin")


@pytest.mark.parametrize("driver", ["msr206", "mrs100", "bank-esc", "id-card"])
def test_a_wrong_rate_of_a_device_that_answers_is_said_by_name(
    driver: str, bench: Make, tmp_path: Path
) -> None:
    simulator = SIMULATORS[driver](tmp_path / "wrong")
    simulator.baud = 19200
    simulator.plug()
    reader = drivers.make(DeviceConfig(id="it", driver=driver, port=str(tmp_path / "wrong")))
    with pytest.raises(DeviceGoneError, match="9600 baud") as gone:
        reader.open()
    assert gone.value.code in ("device.no_answer", "device.wrong_baud")
    simulator.baud = 9600
    reader.open()
    reader.close()
    simulator.unplug()
    with pytest.raises(DeviceGoneError) as gone:
        reader.open()
    assert gone.value.code == "device.unplugged"


def test_a_port_that_another_program_has_is_said_by_name(bench: Make, tmp_path: Path) -> None:
    first = bench("scanner")
    second = drivers.make(first.device.driver.config)
    with pytest.raises(DeviceGoneError) as gone:
        second.open()
    assert gone.value.code == "device.in_use"


def test_garbage_is_no_rating() -> None:
    evaluator = Evaluator(DeviceConfig(id="x", driver="evaluator"))
    assert evaluator.feed(b"\xf8\x31") == [Garbled()]
