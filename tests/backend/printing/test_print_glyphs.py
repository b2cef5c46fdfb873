"""What the fonts of this machine can draw, and how it looks in dots."""

from hypothesis import given
from hypothesis import strategies as st

from miaopu.printing.glyphs import block_bitmap, lacks_glyph, line_bitmap


def test_what_no_font_has_is_known() -> None:
    assert not lacks_glyph("王苗苗 \U00020bb7 ë • ئۇيغۇر")
    assert lacks_glyph("\U0003fffd")
    assert lacks_glyph("王\ue000")


@given(st.text("王\U00020bb7ëgÅئۇيغۇر苗 Ấ", min_size=1, max_size=20), st.integers(24, 500))
def test_a_line_is_as_high_as_asked_and_no_wider_and_has_all_its_ink(text: str, width: int) -> None:
    line = line_bitmap(text, 24, width)
    assert line.height == 24
    assert line.width <= width
    assert len(line.dots) == line.width * 24
    assert any(line.dots) or not text.strip()


def test_a_block_is_broken_into_lines() -> None:
    one, two = block_bitmap("王苗", 24, 48), block_bitmap("王苗苗", 24, 48)
    assert one.width <= 48
    assert two.height > one.height
    # The third character is on the second line, and not lost.
    assert sum(two.dots) > sum(one.dots)
