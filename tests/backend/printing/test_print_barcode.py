from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.printing.barcode import CODE_B, CODE_C, PATTERNS, START_B, START_C, STOP, modules, svg

printable = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def read(bits: str) -> str:
    """A scanner: from modules back to the text, with the check character verified."""
    widths = "".join(str(len(list(run))) for _, run in groupby(bits))
    assert widths[-7:] == PATTERNS[STOP]
    values = [PATTERNS.index(widths[i : i + 6]) for i in range(0, len(widths) - 7, 6)]
    *values, check = values
    assert check == (values[0] + sum(i * v for i, v in enumerate(values))) % 103
    assert values[0] in (START_B, START_C)
    in_c = values[0] == START_C
    text = ""
    for value in values[1:]:
        if in_c and value == CODE_B:
            in_c = False
        elif not in_c and value == CODE_C:
            in_c = True
        else:
            text += f"{value:02d}" if in_c else chr(value + 32)
    return text


def test_the_table_is_code_128() -> None:
    symbols, stop = PATTERNS[:STOP], PATTERNS[STOP]
    assert len(symbols) == 106
    assert len(set(symbols)) == 106
    for widths in symbols:
        assert sum(map(int, widths)) == 11
        # The standard's self-check: the bars of every character have an even number of modules.
        assert sum(map(int, widths[::2])) % 2 == 0
    assert sum(map(int, stop)) == 13


def test_a_known_symbol() -> None:
    # Start B, "A" (33), check (104 + 33) % 103 = 34, stop.
    assert modules("A") == "".join(
        "10"[i % 2] * int(width) for i, width in enumerate("2112141113231311232331112")
    )


@given(printable)
def test_what_is_drawn_reads_back(text: str) -> None:
    assert read(modules(text)) == text


def test_digits_are_packed_in_pairs() -> None:
    child_code = "411001000120260017"
    assert len(modules(child_code)) == 11 * (1 + 9 + 1) + 13
    assert len(modules("x" * 18)) == 11 * (1 + 18 + 1) + 13


@pytest.mark.parametrize("text", ["", "苗", "a\n", "\x7f"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        modules(text)


def test_the_svg_has_quiet_zones_and_no_text_of_its_own() -> None:
    drawn = svg("12345678", height=30)
    width = len(modules("12345678")) + 20
    assert f'viewBox="0 0 {width} 30"' in drawn
    assert '<path d="M10 0h' in drawn
