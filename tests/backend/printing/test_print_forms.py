import io
import json
import re
from importlib.resources import files
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed_examples import EXAMPLES

from miaopu.printing import (
    TEMPLATES,
    BadPrintDataError,
    Lang,
    NoGlyphError,
    PrintError,
    UnknownTemplateError,
    check,
    render_html,
    render_pdf,
)
from miaopu.printing.errors import TooLongError

A4, A5 = (210, 297), (148, 210)
SIZES = {
    "notice": A5,
    "certificate-page": A4[::-1],
    "consent": A4,
    "appointment": (80, None),
    "card-label": (60, 40),
    "receipt": (80, None),
    "paper": A4,
}
OF_A_CHILD = sorted(name for name in TEMPLATES if name != "paper")
SAID_BY_FILLER = {"receipt", "paper"}
"""Forms whose words come with their data, in whatever language."""


def pdf_of(template: str, data: dict[str, Any], lang: Lang = "zh") -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render_pdf(template, data, lang)))


def text_of(pdf: pypdf.PdfReader) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pdf.pages))


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def test_every_template_has_an_example() -> None:
    assert set(EXAMPLES) == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_form_is_one_page_of_its_size_with_embedded_chinese(template: str) -> None:
    pdf = pdf_of(template, EXAMPLES[template])
    assert len(pdf.pages) == 1
    box = pdf.pages[0].mediabox
    width, height = SIZES[template]
    assert float(box.width) / 72 * 25.4 == pytest.approx(width, abs=0.5)
    if height is not None:
        assert float(box.height) / 72 * 25.4 == pytest.approx(height, abs=0.5)
    assert "王苗苗" in text_of(pdf)

    resources: Any = pdf.pages[0]["/Resources"]
    fonts = resources["/Font"]
    assert fonts
    for font in fonts.values():
        descendant = font["/DescendantFonts"][0]
        descriptor = descendant["/FontDescriptor"]
        assert any(key in descriptor for key in ("/FontFile2", "/FontFile3")), font
        assert "CJK" in str(descriptor["/FontName"])


@pytest.mark.parametrize("template", TEMPLATES)
def test_english_forms_are_one_page_and_in_english(template: str) -> None:
    pdf = pdf_of(template, EXAMPLES[template], "en")
    assert len(pdf.pages) == 1
    assert template in SAID_BY_FILLER or "Female" in text_of(pdf)


def test_the_notice_says_all_that_the_guardian_must_know() -> None:
    text = text_of(pdf_of("notice", EXAMPLES["notice"]))
    for part in (
        "麻腮风联合减毒活疫苗",
        "202605012",
        "20260430-2",
        "30",
        "留观至09:42",
        "A群流脑多糖疫苗",
        "2026年12月16日（星期三）",
        "0371-55501234",
        "皮疹",
    ):
        assert part in text, part


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_notice_of_six_vaccines_is_one_page_with_the_appointment_on_top(lang: Lang) -> None:
    data = EXAMPLES["notice"]
    pdf = pdf_of("notice", data | {"given": data["given"] * 3, "next": data["next"] * 3}, lang)
    assert len(pdf.pages) == 1
    html = render_html("notice", data, lang)
    assert html.index('class="when"') < html.index('<table class="given"')


def test_without_a_dose_that_day_it_is_an_appointment_and_nothing_else() -> None:
    text = text_of(pdf_of("notice", EXAMPLES["notice"] | {"given": []}))
    assert "预防接种预约单" in text
    assert "2026年12月16日（星期三）" in text
    for absent in ("本次接种", "留观", "签名", "告知"):
        assert absent not in text, absent


def test_a_long_notice_names_the_child_on_its_second_page_too() -> None:
    data = EXAMPLES["notice"]
    pdf = pdf_of("notice", data | {"given": data["given"] * 4, "next": data["next"] * 4})
    assert len(pdf.pages) == 2
    assert "王苗苗411001000120260017" in re.sub(r"\s", "", pdf.pages[1].extract_text())


def test_the_certificate_shows_every_row_and_leaves_room_for_more() -> None:
    html = render_html("certificate-page", EXAMPLES["certificate-page"])
    for row in EXAMPLES["certificate-page"]["rows"]:
        for value in row.values():
            assert value in html
    # A head line, and twelve lines of doses, written or not.
    assert html.split('class="rows"')[1].count("<tr>") == 13


def test_a_long_certificate_goes_on_on_a_second_page_with_the_heads_again() -> None:
    data = EXAMPLES["certificate-page"]
    pdf = pdf_of("certificate-page", data | {"rows": data["rows"] * 8})
    assert len(pdf.pages) >= 2
    for page in pdf.pages:
        text = re.sub(r"\s", "", page.extract_text())
        assert "疫苗批号" in text
        assert "王苗苗411001000120260017" in text


def test_the_consent_tells_the_five_things_and_keeps_the_decision() -> None:
    html = render_html("consent", EXAMPLES["consent"])
    for key in ("vaccine", "effect", "contraindications", "reactions", "precautions"):
        assert EXAMPLES["consent"][key] in html
    agreed = '<span class="box">✓</span>同意接种'
    assert agreed in html
    assert agreed not in render_html("consent", EXAMPLES["consent"] | {"decision": "refuse"})


@given(
    st.sampled_from(sorted([name for name in TEMPLATES if name != "paper"])),
    st.sampled_from(["<b>x</b>", "a&b", '"><script>']),
)
@settings(max_examples=20)
def test_data_are_text_never_markup(template: str, text: str) -> None:
    data = json.loads(json.dumps(EXAMPLES[template]))
    data["child"]["name"] = text
    html = render_html(template, data)
    assert text not in html
    assert "<script" not in html


def test_an_image_in_a_text_is_not_fetched_and_templates_name_no_address() -> None:
    for template in files("miaopu.printing").joinpath("templates").iterdir():
        assert "http:" not in template.read_text("utf-8").replace("http://www.w3.org/", "")
        assert "url(" not in template.read_text("utf-8")


@pytest.mark.parametrize("template", OF_A_CHILD)
def test_a_missing_field_is_named_and_no_value_is_quoted(template: str) -> None:
    data = json.loads(json.dumps(EXAMPLES[template]))
    del data["child"]["birth_date"]
    data["child"]["code"] = "秘密 0001"
    with pytest.raises(BadPrintDataError) as caught:
        check(template, data)
    assert {field for field, _ in caught.value.fields} == {"child.birth_date", "child.code"}
    assert "秘密" not in str(caught.value)
    assert "王苗苗" not in str(caught.value)


@pytest.mark.parametrize("text", ["王\U0003fffd", "王\ue000"])
def test_a_character_that_no_font_has_is_said_with_its_field_and_not_printed(text: str) -> None:
    data = json.loads(json.dumps(EXAMPLES["certificate-page"]))
    data["child"]["name"] = data["rows"][2]["vaccinator"] = text
    with pytest.raises(NoGlyphError) as caught:
        render_pdf("certificate-page", data)
    assert [path for path, _ in caught.value.fields] == ["child.name", "rows.2.vaccinator"]
    assert "王" not in str(caught.value)


def test_rare_names_that_a_font_has_are_printed() -> None:
    data = json.loads(json.dumps(EXAMPLES["card-label"]))
    data["child"]["name"] = "王\U00020bb7ë"
    assert "王\U00020bb7ë" in text_of(pdf_of("card-label", data))


def test_a_form_that_runs_over_its_paper_is_refused() -> None:
    data = EXAMPLES["card-label"] | {"clinic_name": "接种门诊" * 50}
    with pytest.raises(TooLongError, match="its paper has 1"):
        render_pdf("card-label", data)


@pytest.mark.parametrize("text", ["苗\x1b@", "苗\x9b", "苗\n苗", "苗\x00"])
def test_control_characters_never_reach_a_printer(text: str) -> None:
    data = EXAMPLES["card-label"] | {"guardian": text}
    with pytest.raises(BadPrintDataError, match="guardian"):
        check("card-label", data)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownTemplateError, match="notice"):
        render_html("noticee", {})
    with pytest.raises(PrintError, match="zh or en"):
        render_html("notice", EXAMPLES["notice"], "fr")  # type: ignore[arg-type]
    with pytest.raises(BadPrintDataError, match="colour"):
        check("notice", EXAMPLES["notice"] | {"colour": "red"})


def test_all_words_have_both_languages_and_are_used() -> None:
    package = files("miaopu.printing")
    words = json.loads(package.joinpath("words.json").read_text("utf-8"))
    sources = "".join(
        file.read_text("utf-8")
        for folder in (package, package.joinpath("templates"))
        for file in folder.iterdir()
        if file.name.endswith((".py", ".j2"))
    )
    for key, both in words.items():
        assert set(both) == {"zh", "en"}, key
        assert all(both.values()), key
        group, _, _ = key.rpartition(".")
        assert f"'{key}'" in sources or f'"{key}"' in sources or f"'{group}." in sources, key


def test_what_was_signed_on_glass_stands_on_the_consent() -> None:
    signed = EXAMPLES["consent"] | {"signature": "M1 2L30 40", "version": "1a2b3c4d"}
    html = render_html("consent", signed)
    assert 'd="M1 2L30 40"' in html
    assert "1a2b3c4d" in html
    assert "<svg" not in render_html("consent", EXAMPLES["consent"])
