import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_desk import APPOINTMENT, CERTIFICATE, NOTICE
from hypothesis import given
from hypothesis import strategies as st

from miaopu.printing import (
    Barcode,
    CertificatePage,
    Line,
    NoGlyphError,
    PlacedText,
    check,
    passbook_page,
)
from miaopu.printing.passbook import FULL_WIDTH_MM
from miaopu_bridge.calibrations import Calibrations
from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers import escp, raw, thermal, tspl
from miaopu_bridge.drivers.base import Document, Printer, PrinterError
from miaopu_bridge.drivers.escp import EscpPrinter
from miaopu_bridge.drivers.paper import CupsPrinter, PdfPrinter
from miaopu_bridge.drivers.thermal import ThermalPrinter
from miaopu_bridge.drivers.tspl import LabelPrinter
from miaopu_bridge.printing import choose
from miaopu_bridge.shapes import Calibration
from miaopu_bridge.simulators.printers import (
    EscpSimulator,
    LabelSimulator,
    PrinterSimulator,
    read_escp,
)

place = st.builds(
    PlacedText,
    st.integers(0, 2),
    st.floats(0, 200),
    st.floats(0, 140),
    st.text(st.sampled_from("王苗苗乙肝疫苗 A20260102-（）"), min_size=1, max_size=12),
)


def document(
    template: str, data: dict[str, Any], copies: int = 1, pdf: Path | None = None
) -> Document:
    return Document("job1", template, check(template, data), "zh", copies, pdf)


@pytest.fixture
def passbook(tmp_path: Path) -> Iterator[EscpSimulator]:
    simulator = EscpSimulator(tmp_path / "passbook")
    simulator.plug()
    yield simulator
    simulator.unplug()


def escp_printer(simulator: EscpSimulator, **options: Any) -> EscpPrinter:
    return EscpPrinter(
        DeviceConfig(id="p", driver="escp", port=str(simulator.link), options=options)
    )


def pages_of(simulator: EscpSimulator, count: int) -> list[list[tuple[float, float, str]]]:
    """The pages once `count` were ejected; bytes take a moment through a terminal."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        # What has come so far may end in the midst of a command, and dots may look like one.
        with contextlib.suppress(ValueError, IndexError):
            if len(pages := simulator.pages()) == count:
                return pages
        time.sleep(0.01)
    return simulator.pages()


@given(st.lists(place, max_size=20), st.floats(0, 5), st.floats(0, 5))
def test_text_lands_where_it_was_placed(places: list[PlacedText], x_mm: float, y_mm: float) -> None:
    pages = read_escp(escp.encode(places, Calibration(x_mm=x_mm, y_mm=y_mm)))
    printed = [text for page in pages for text in page]
    wanted = sorted(places, key=lambda p: (p.page, p.y_mm, p.x_mm))
    assert [text for _, _, text in printed] == [p.text for p in wanted]
    for (x, y, _), p in zip(printed, wanted, strict=True):
        # Half a step of ESC $ (1/60 inch) and of ESC J (1/180 inch).
        assert abs(x - p.x_mm - x_mm) <= 25.4 / 120 + 0.01
        assert abs(y - p.y_mm - y_mm) <= 25.4 / 360 + 0.01
    assert len(pages) == len({p.page for p in places})


def test_the_certificate_is_printed_as_the_printer_was_measured(passbook: EscpSimulator) -> None:
    printer = escp_printer(passbook, ask_paper=True)
    printer.calibration = Calibration(x_mm=2.54, y_mm=-1.27, x_scale=1.02, y_scale=0.99)
    printer.send(document("certificate-page", CERTIFICATE))
    form = check("certificate-page", CERTIFICATE)
    assert isinstance(form, CertificatePage)
    texts = [text for page in pages_of(passbook, 2) for text in page]
    for (x, y, text), wanted in zip(texts, passbook_page(form), strict=True):
        assert text == (wanted.text if wanted.squeezed_mm is None else text)
        assert x == pytest.approx(wanted.x_mm * 1.02 + 2.54, abs=0.22)
        assert y == pytest.approx(wanted.y_mm * 0.99 - 1.27, abs=0.08)


def test_the_test_grid_shows_its_own_millimetres(passbook: EscpSimulator) -> None:
    escp_printer(passbook).print_grid(140, 100)
    (page,) = pages_of(passbook, 1)
    assert len(page) >= 30
    for x, y, text in page:
        said_x, said_y = map(int, text.removeprefix("+").split(","))
        assert x + FULL_WIDTH_MM / 4 == pytest.approx(said_x, abs=0.22)
        assert y + FULL_WIDTH_MM / 2 == pytest.approx(said_y, abs=0.08)


def test_paper_that_ends_while_printing_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = PrinterSimulator(tmp_path / "slip")
    simulator.plug()
    printer = ThermalPrinter(DeviceConfig(id="t", driver="thermal", port=str(simulator.link)))
    no_paper = PrinterError("printer.no_paper", "")
    answers = iter([None, no_paper])
    monkeypatch.setattr(printer, "paper_problem", lambda _: next(answers))
    with pytest.raises(PrinterError) as caught:
        printer.send(document("appointment", APPOINTMENT))
    simulator.unplug()
    assert caught.value.code == "printer.paper_ended"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (raw.LP_ON_LINE | raw.LP_NO_FAULT | raw.LP_NO_PAPER, "printer.no_paper"),
        (raw.LP_NO_FAULT, "printer.offline"),
        (raw.LP_ON_LINE, "printer.fault"),
    ],
)
def test_a_printer_at_usb_says_what_is_wrong_and_is_sent_nothing(
    lines: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "line_status", lambda _: lines)
    reader = os.memfd_create("lp")
    printer = EscpPrinter(DeviceConfig(id="p", driver="escp", port=f"/proc/self/fd/{reader}"))
    with pytest.raises(PrinterError) as caught:
        printer.send(document("certificate-page", CERTIFICATE))
    assert caught.value.code == code
    assert os.fstat(reader).st_size == 0
    os.close(reader)


def test_what_was_measured_is_there_after_a_restart(tmp_path: Path) -> None:
    measured = Calibration(x_mm=1.5, y_scale=1.01)

    def printers() -> dict[str, Printer]:
        return {
            "passbook": EscpPrinter(DeviceConfig(id="passbook", driver="escp", port="/dev/none")),
            "pdf": PdfPrinter(DeviceConfig(id="pdf", driver="pdf")),
        }

    before = printers()
    Calibrations(tmp_path, before).keep("passbook", measured)
    assert before["passbook"].calibration == measured
    after = printers()
    Calibrations(tmp_path, after).load()
    assert after["passbook"].calibration == measured
    assert after["pdf"].calibration is None


def test_a_name_that_the_printers_set_lacks_is_printed_as_dots(passbook: EscpSimulator) -> None:
    printer = escp_printer(passbook)
    data = CERTIFICATE | {
        "child": CERTIFICATE["child"] | {"name": "王\U00020bb7", "guardian": "Zoë"}
    }
    printer.send(document("certificate-page", data))
    texts = [text for page in pages_of(passbook, 2) for _, _, text in page]
    # Two full-width characters, and no wider than three half-width ones.
    assert "▦48" in texts
    dots = [int(text.removeprefix("▦")) for text in texts if text.startswith("▦")]
    assert min(dots) <= 36
    assert "乙肝疫苗 1" in texts


def test_a_character_that_no_font_has_is_said_before_anything_is_printed(
    passbook: EscpSimulator,
) -> None:
    printer = escp_printer(passbook)
    for name in ("王\U0003fffd", "王\ue000"):
        data = CERTIFICATE | {"child": CERTIFICATE["child"] | {"name": name}}
        form = check("certificate-page", data)
        with pytest.raises(NoGlyphError) as caught:
            printer.check("certificate-page", form, "zh")
        assert [path for path, _ in caught.value.fields] == ["child.name"]
        with pytest.raises(NoGlyphError):
            printer.send(document("certificate-page", data))
    assert passbook.bytes == b""


def test_what_a_form_holds_never_sends_it_to_another_printer(passbook: EscpSimulator) -> None:
    folder = PdfPrinter(DeviceConfig(id="pdf", driver="pdf"))
    office = CupsPrinter(DeviceConfig(id="office", driver="cups"))
    printers = {"pdf": folder, "office": office, "passbook": escp_printer(passbook)}
    rare = CERTIFICATE | {"child": CERTIFICATE["child"] | {"name": "王\ue000"}}
    wide = CERTIFICATE | {"rows": [CERTIFICATE["rows"][0] | {"vaccine": "疫苗" * 20}]}
    for data in (CERTIFICATE, rare, wide):
        assert choose(printers, check("certificate-page", data)) == "passbook"
    assert (
        choose(printers, check("certificate-page", CERTIFICATE | {"variant": "page"})) == "office"
    )
    assert choose({"pdf": folder}, check("notice", NOTICE)) == "pdf"
    assert choose({"passbook": escp_printer(passbook)}, check("notice", NOTICE)) is None


def test_an_offset_over_the_edge_is_refused() -> None:
    with pytest.raises(PrinterError, match="edge"):
        escp.encode([PlacedText(0, 1, 1, "a")], Calibration(x_mm=-5))


def test_no_paper_no_power_no_port(passbook: EscpSimulator, tmp_path: Path) -> None:
    printer = escp_printer(passbook, ask_paper=True)
    passbook.act({"do": "paper", "state": "out"})
    with pytest.raises(PrinterError) as caught:
        printer.send(document("certificate-page", CERTIFICATE))
    assert caught.value.code == "printer.no_paper"
    assert passbook.bytes == b""

    passbook.act({"do": "paper", "state": "in"})
    printer.send(document("certificate-page", CERTIFICATE, copies=2))
    assert len(pages_of(passbook, 4)) == 4

    passbook.unplug()
    assert "plugged in" in printer.status()
    with pytest.raises(PrinterError) as caught:
        printer.send(document("certificate-page", CERTIFICATE))
    assert caught.value.code == "printer.unplugged"


def test_a_slip_has_text_in_gbk_and_a_barcode(tmp_path: Path) -> None:
    simulator = PrinterSimulator(tmp_path / "slip")
    simulator.plug()
    printer = ThermalPrinter(DeviceConfig(id="s", driver="thermal", port=str(simulator.link)))
    printer.send(document("appointment", APPOINTMENT))
    deadline = time.monotonic() + 5
    while thermal.CUT not in simulator.bytes and time.monotonic() < deadline:
        time.sleep(0.01)
    simulator.unplug()
    assert simulator.bytes.startswith(thermal.RESET)
    assert simulator.bytes.endswith(thermal.CUT)
    assert "2026年12月16日（星期三）".encode("gbk") in simulator.bytes
    # 18 digits in nine pairs: 41 10 01 …
    assert b"\x1dkI\x0b{C" + bytes([41, 10, 1, 0, 1, 20, 26, 0, 17]) in simulator.bytes


def test_a_code_of_letters_is_a_code_b_barcode() -> None:
    assert b"\x1dkI\x05{BA-1" in thermal.encode([Barcode("A-1"), Line("苗")])


def test_a_line_that_the_slips_set_lacks_is_printed_as_dots() -> None:
    content = thermal.encode([Line("• Zoë"), Line("王\U00020bb7" * 10, big=True), Line("苗")])
    assert content.count(thermal.DOTS) == 2
    assert "苗".encode("gbk") in content
    for start in [at for at in range(len(content)) if content.startswith(thermal.DOTS, at)]:
        across = int.from_bytes(content[start + 4 : start + 6], "little")
        assert 0 < across <= thermal.PAPER_DOTS[58] // 8


def test_a_device_file_takes_raw_bytes_too(tmp_path: Path) -> None:
    # Like /dev/usb/lp0: a name that is no terminal.
    reader = os.memfd_create("lp")
    device = f"/proc/self/fd/{reader}"
    printer = EscpPrinter(DeviceConfig(id="p", driver="escp", port=device))
    printer.send(document("certificate-page", CERTIFICATE))
    os.lseek(reader, 0, os.SEEK_SET)
    assert any(text == "王苗苗" for _, _, text in read_escp(os.read(reader, 100000))[0])
    os.close(reader)


def test_pdf_files_are_private_and_their_names_say_nothing_of_the_child(tmp_path: Path) -> None:
    source = tmp_path / "rendered"
    source.write_bytes(b"%PDF-1.7")
    printer = PdfPrinter(
        DeviceConfig(id="pdf", driver="pdf", options={"folder": str(tmp_path / "out")})
    )
    made = printer.send(document("notice", NOTICE, pdf=source))
    assert made.read_bytes() == b"%PDF-1.7"
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert made.name.startswith("notice-")
    assert made.name.endswith("-job1.pdf")

    blocked = tmp_path / "file"
    blocked.write_text("")
    printer = PdfPrinter(DeviceConfig(id="pdf", driver="pdf", options={"folder": str(blocked)}))
    with pytest.raises(PrinterError) as caught:
        printer.send(document("notice", NOTICE, pdf=source))
    assert caught.value.code == "printer.folder"


def test_cups_gets_the_file_the_copies_and_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = CupsPrinter(DeviceConfig(id="c", driver="cups", options={"queue": "office"}))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in printer.status()
    with pytest.raises(PrinterError) as caught:
        printer.send(document("notice", NOTICE, pdf=tmp_path / "a.pdf"))
    assert caught.value.code == "printer.no_cups"

    lp = tmp_path / "lp"
    lp.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/said"\n')
    lp.chmod(0o700)
    printer.send(document("notice", NOTICE, copies=3, pdf=tmp_path / "a.pdf"))
    said = (tmp_path / "said").read_text()
    assert said.strip() == f"-s -n 3 -t notice job1 -d office -- {tmp_path}/a.pdf"

    lp.write_text("#!/bin/sh\necho 'lp: no such queue' >&2\nexit 1\n")
    with pytest.raises(PrinterError, match="no such queue"):
        printer.send(document("notice", NOTICE, pdf=tmp_path / "a.pdf"))


LABEL = {"clinic_name": "城关镇卫生院", "child": CERTIFICATE["child"]}


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[LabelSimulator]:
    simulator = LabelSimulator(tmp_path / "label")
    simulator.plug()
    yield simulator
    simulator.unplug()


def test_a_label_is_printed_in_the_printers_own_language(labels: LabelSimulator) -> None:
    printer = LabelPrinter(DeviceConfig(id="l", driver="tspl", port=str(labels.link)))
    printer.send(document("card-label", LABEL, copies=2))
    deadline = time.monotonic() + 5
    while not labels.bytes.endswith(b"PRINT 1,2\r\n") and time.monotonic() < deadline:
        time.sleep(0.01)
    lines = labels.bytes.decode("gbk").split("\r\n")
    assert lines[:4] == ["SIZE 60 mm,40 mm", "GAP 2 mm,0 mm", "DIRECTION 1", "CLS"]
    assert any(line.startswith("TEXT") and line.endswith('"王苗苗"') for line in lines)
    (barcode,) = [line for line in lines if line.startswith("BARCODE")]
    assert barcode.endswith(f'"{CERTIFICATE["child"]["code"]}"')
    # Everything lies on the label: 60 mm are 480 dots.
    x = int(barcode.split()[1].split(",")[0])
    assert 0 <= x < 480 // 2


def test_a_label_printer_without_labels_says_so(labels: LabelSimulator) -> None:
    labels.act({"do": "paper", "state": "out"})
    printer = LabelPrinter(DeviceConfig(id="l", driver="tspl", port=str(labels.link)))
    with pytest.raises(PrinterError) as refused:
        printer.send(document("card-label", LABEL))
    assert refused.value.code == "printer.no_paper"
    small = DeviceConfig(id="l", driver="tspl", port=str(labels.link), options={"height_mm": 15})
    with pytest.raises(PrinterError) as refused:
        LabelPrinter(small).send(document("card-label", LABEL))
    assert refused.value.code == "printer.label_small"


def test_a_rare_name_on_a_label_is_dots_that_burn_at_zero() -> None:
    content = tspl.encode([Line("王\U00020bb7", big=True)], 60, 40, 2, copies=1)
    _, _, rest = content.partition(b"BITMAP ")
    size, _, _ = rest.partition(b",0,")
    _, _, across, high = map(int, size.split(b","))
    dots = rest[len(size) + 3 :][: across * high]
    assert rest[len(size) + 3 + across * high :] == b"\r\nPRINT 1,1\r\n"
    burnt = sum(8 - byte.bit_count() for byte in dots)
    assert 0 < burnt < across * 8 * high / 2


def test_receipt_paper_of_80_mm_takes_more_across() -> None:
    line = [Line("王\U00020bb7" * 20)]
    across = []
    for dots in (thermal.PAPER_DOTS[58], thermal.PAPER_DOTS[80]):
        content = thermal.encode(line, dots)
        at = content.index(thermal.DOTS) + len(thermal.DOTS)
        across.append(int.from_bytes(content[at : at + 2], "little") * 8)
    narrow, wide = across
    assert narrow <= 384 < wide <= 576
