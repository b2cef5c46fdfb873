import io
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from printed_examples import EXAMPLES, ROW

from miaopu.printing import (
    Barcode,
    CertificatePage,
    DoesNotFitError,
    Line,
    check,
    passbook_page,
    render_pdf,
    slip,
)
from miaopu.printing.passbook import (
    COLUMNS,
    FIRST_LINE_Y_MM,
    FULL_WIDTH_MM,
    LINE_PITCH_MM,
    LINES_PER_PAGE,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    half_widths,
)


def page(**changes: Any) -> CertificatePage:
    form = check("certificate-page", EXAMPLES["certificate-page"] | changes)
    assert isinstance(form, CertificatePage)
    return form


def test_a_later_visit_prints_below_the_earlier_ones() -> None:
    placed = passbook_page(page(rows=[ROW | {"line": 5}], with_child=False))
    assert {place.y_mm for place in placed} == {FIRST_LINE_Y_MM + 4 * LINE_PITCH_MM}
    assert {place.page for place in placed} == {0}
    assert [place.text for place in placed][:3] == ["乙肝疫苗（酿酒酵母）", "1", "2026-03-15"]


@given(st.integers(1, 40))
def test_every_line_lies_on_a_page(line: int) -> None:
    placed = passbook_page(page(rows=[ROW | {"line": line}], with_child=False))
    for place in placed:
        assert place.page == (line - 1) // LINES_PER_PAGE
        assert 0 <= place.y_mm <= PAGE_HEIGHT_MM - LINE_PITCH_MM


def test_no_text_runs_into_the_next_column() -> None:
    long = "很长的生产企业名称有限责任公司分公司"
    placed = passbook_page(page(rows=[ROW | {"maker": long, "unit": long}], with_child=False))
    edges = {x: x + width for x, width, _ in COLUMNS.values()}
    for place in placed:
        assert place.x_mm + half_widths(place.text) * FULL_WIDTH_MM / 2 <= edges[place.x_mm]
    assert max(edges.values()) <= PAGE_WIDTH_MM


@pytest.mark.parametrize("column", ["vaccine", "lot", "dose"])
def test_what_identifies_a_dose_is_never_cut(column: str) -> None:
    form = page(rows=[ROW, ROW | {column: "9" * 60}])
    with pytest.raises(DoesNotFitError) as caught:
        passbook_page(form)
    assert [field for field, _ in caught.value.fields] == [f"rows.1.{column}"]


def test_what_is_shortened_says_so() -> None:
    long = "很长的生产企业名称有限责任公司分公司"
    placed = passbook_page(page(rows=[ROW | {"maker": long}], with_child=False))
    (maker,) = (place for place in placed if place.field == "rows.0.maker")
    assert maker.text == "很长的生产企业…"


@pytest.mark.parametrize("field", ["name", "phone"])
def test_a_childs_name_and_number_are_never_cut(field: str) -> None:
    child = EXAMPLES["certificate-page"]["child"] | {field: "长" * 60}
    with pytest.raises(DoesNotFitError) as caught:
        passbook_page(page(child=child))
    assert [path for path, _ in caught.value.fields] == [f"child.{field}"]


def test_offsets_move_everything_alike() -> None:
    straight = passbook_page(page())
    moved = passbook_page(page(offset_x_mm=1.5, offset_y_mm=-2))
    for a, b in zip(straight, moved, strict=True):
        assert (b.x_mm - a.x_mm, b.y_mm - a.y_mm) == pytest.approx((1.5, -2))


def test_the_pdf_variant_has_the_same_text_and_nothing_printed_around_it() -> None:
    pdf = pypdf.PdfReader(
        io.BytesIO(
            render_pdf("certificate-page", EXAMPLES["certificate-page"] | {"variant": "passbook"})
        )
    )
    text = pdf.pages[0].extract_text()
    assert "A20260102" in text
    assert "疫苗批号" not in text


def test_slips_carry_the_childs_code_as_a_barcode() -> None:
    for template in ("appointment", "card-label"):
        lines = slip(check(template, EXAMPLES[template]))
        assert Barcode(EXAMPLES[template]["child"]["code"]) in lines
    appointment = slip(check("appointment", EXAMPLES["appointment"]))
    assert Line("2026年12月16日（星期三）", centered=True) in appointment
    with pytest.raises(TypeError, match="Notice"):
        slip(check("notice", EXAMPLES["notice"]))
