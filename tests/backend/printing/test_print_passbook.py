import io
from itertools import pairwise
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from printed_examples import EXAMPLES, ROW

from miaopu.catalog import booklets, vaccines
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
from miaopu.printing.forms import BookletLayout
from miaopu.printing.passbook import FULL_WIDTH_MM, half_widths, program_layout, room

LAYOUT = program_layout()


def page(**changes: Any) -> CertificatePage:
    form = check("certificate-page", EXAMPLES["certificate-page"] | changes)
    assert isinstance(form, CertificatePage)
    return form


@pytest.mark.parametrize("edition", booklets())
def test_every_column_of_an_edition_lies_on_its_page(edition: str) -> None:
    layout = BookletLayout.model_validate(booklets()[edition])
    last = layout.first_line_mm + (layout.lines_per_page - 1) * layout.line_pitch_mm
    assert last + FULL_WIDTH_MM <= layout.height_mm
    columns = sorted(layout.columns.values(), key=lambda one: one.x_mm)
    for one, after in pairwise(columns):
        assert one.x_mm + one.width_mm <= after.x_mm
    assert columns[-1].x_mm + columns[-1].width_mm <= layout.width_mm
    for place in layout.child.values():
        assert place.x_mm + place.width_mm <= layout.width_mm
        assert place.y_mm + FULL_WIDTH_MM <= layout.height_mm


@pytest.mark.parametrize("edition", booklets())
def test_every_products_short_name_fits_its_column(edition: str) -> None:
    layout = BookletLayout.model_validate(booklets()[edition])
    rows = [ROW | {"vaccine": one.short.zh, "dose": "2"} for one in vaccines().values()]
    for start in range(0, len(rows), 100):
        form = page(rows=rows[start : start + 100], layout=layout.model_dump(), with_child=False)
        names = [place for place in passbook_page(form) if place.field.endswith(".vaccine")]
        assert all(place.scale > 0.7 for place in names)


def test_a_later_visit_prints_below_the_earlier_ones() -> None:
    placed = passbook_page(page(rows=[ROW | {"line": 5}], with_child=False))
    assert {place.y_mm for place in placed} == {LAYOUT.first_line_mm + 4 * LAYOUT.line_pitch_mm}
    assert {place.page for place in placed} == {0}
    assert [place.text for place in placed][:3] == [
        "乙肝疫苗（酿酒酵母） 1",
        "2026-03-15",
        "右上臂",
    ]


def test_the_childs_page_comes_before_the_lines() -> None:
    placed = passbook_page(page(rows=[ROW]))
    assert {place.page for place in placed if place.field.startswith("child.")} == {0}
    assert {place.page for place in placed if place.field.startswith("rows.")} == {1}


@given(st.integers(1, 40))
def test_every_line_lies_on_a_page(line: int) -> None:
    placed = passbook_page(page(rows=[ROW | {"line": line}], with_child=False))
    for place in placed:
        assert place.page == (line - 1) // LAYOUT.lines_per_page
        assert 0 <= place.y_mm <= LAYOUT.height_mm - FULL_WIDTH_MM


def test_no_text_runs_into_the_next_column() -> None:
    long = "很长的生产企业名称有限责任公司分公司"
    row = ROW | {"maker": long, "unit": long, "lot": "202401001-12"}
    placed = passbook_page(page(rows=[row], with_child=False))
    edges = {one.x_mm: one.x_mm + one.width_mm for one in LAYOUT.columns.values()}
    for place in placed:
        width = half_widths(place.text) * FULL_WIDTH_MM / 2 * place.scale
        assert place.x_mm + width <= edges[place.x_mm] + 1e-9


def test_a_lot_that_is_a_little_too_long_is_printed_smaller_and_whole() -> None:
    long = "202401001-12"
    (lot,) = (
        place
        for place in passbook_page(page(rows=[ROW | {"lot": long}], with_child=False))
        if place.field == "rows.0.lot"
    )
    assert half_widths(long) > room(LAYOUT.columns["lot"].width_mm)
    assert lot.text == long
    assert lot.scale < 1


@pytest.mark.parametrize("column", ["vaccine", "lot", "dose"])
def test_what_identifies_a_dose_is_never_cut(column: str) -> None:
    form = page(rows=[ROW, ROW | {column: "9" * 60}])
    with pytest.raises(DoesNotFitError) as caught:
        passbook_page(form)
    # The dose has no column of its own in this edition.
    named = "vaccine" if column == "dose" else column
    assert [field for field, _ in caught.value.fields] == [f"rows.1.{named}"]


def test_what_is_shortened_says_so() -> None:
    long = "很长的生产企业名称有限责任公司分公司"
    placed = passbook_page(page(rows=[ROW | {"maker": long}], with_child=False))
    (maker,) = (place for place in placed if place.field == "rows.0.maker")
    assert maker.text == "很长的…"


@pytest.mark.parametrize("field", ["name", "phone"])
def test_a_childs_name_and_number_are_never_cut(field: str) -> None:
    child = EXAMPLES["certificate-page"]["child"] | {field: "长" * 60}
    with pytest.raises(DoesNotFitError) as caught:
        passbook_page(page(child=child))
    assert [path for path, _ in caught.value.fields] == [f"child.{field}"]


def test_the_pdf_variant_has_the_same_text_and_nothing_printed_around_it() -> None:
    pdf = pypdf.PdfReader(
        io.BytesIO(
            render_pdf("certificate-page", EXAMPLES["certificate-page"] | {"variant": "passbook"})
        )
    )
    text = pdf.pages[1].extract_text()
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
