"""Characters as the fonts of this machine draw them: which have no glyph, and text as a bitmap.

Asks Pango itself, which also sets the PDF, so that a character counts as missing exactly when no
font that Pango would fall back to has it (a rare name, 生僻字; a private-use character, 造字).
"""

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

FAMILY = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Zen Hei, sans-serif"
_DECLARATIONS = """
typedef struct { int x; int y; int width; int height; } PangoRectangle;
typedef struct {
  unsigned int rows; unsigned int width; int pitch; unsigned char *buffer;
  unsigned short num_grays; unsigned char pixel_mode; unsigned char palette_mode; void *palette;
} FT_Bitmap;
void *pango_ft2_font_map_new(void);
void pango_ft2_render_layout(FT_Bitmap *bitmap, void *layout, int x, int y);
void *pango_font_map_create_context(void *map);
void *pango_layout_new(void *context);
void *pango_font_description_from_string(const char *text);
void pango_font_description_set_absolute_size(void *description, double size);
void pango_layout_set_font_description(void *layout, void *description);
void pango_layout_set_text(void *layout, const char *text, int length);
void pango_layout_set_width(void *layout, int width);
void pango_layout_set_wrap(void *layout, int mode);
int pango_layout_get_unknown_glyphs_count(void *layout);
int pango_layout_get_baseline(void *layout);
void pango_layout_get_pixel_extents(void *layout, PangoRectangle *ink, PangoRectangle *logical);
"""
_UNITS = 1024  # PANGO_SCALE
_WRAP_WORD_CHAR, _GRAYS = 2, 256
_INK = 112  # of 256: a stem of one dot between two columns is still drawn


@dataclass(frozen=True)
class Bitmap:
    """Black and white dots; row by row, one byte a dot: 1 is ink."""

    width: int
    height: int
    dots: bytes

    def column(self, x: int) -> str:
        """A column's dots from top to bottom as a text of `0` and `1`."""
        return "".join("01"[dot] for dot in self.dots[x :: self.width])

    def row(self, y: int) -> str:
        """A row's dots from left to right as a text of `0` and `1`."""
        return "".join("01"[dot] for dot in self.dots[y * self.width : (y + 1) * self.width])


class _Pango:
    """One layout, used again for every text; one thread at a time."""

    def __init__(self) -> None:
        from cffi import FFI

        self.ffi: Any = FFI()
        self.ffi.cdef(_DECLARATIONS)
        self.pango: Any = self.ffi.dlopen("libpango-1.0.so.0")
        self.pangoft2: Any = self.ffi.dlopen("libpangoft2-1.0.so.0")
        context = self.pango.pango_font_map_create_context(self.pangoft2.pango_ft2_font_map_new())
        self.layout: Any = self.pango.pango_layout_new(context)
        self.font: Any = self.pango.pango_font_description_from_string(FAMILY.encode())
        self.pango.pango_layout_set_wrap(self.layout, _WRAP_WORD_CHAR)
        self.ink: Any = self.ffi.new("PangoRectangle *")
        self.logical: Any = self.ffi.new("PangoRectangle *")

    def set(self, text: str, size: int, width: int | None = None) -> None:
        """Lays out `text`; `size` is the em in dots, `width` where lines are broken."""
        self.pango.pango_font_description_set_absolute_size(self.font, size * _UNITS)
        self.pango.pango_layout_set_font_description(self.layout, self.font)
        self.pango.pango_layout_set_width(self.layout, -1 if width is None else width * _UNITS)
        encoded = text.encode()
        self.pango.pango_layout_set_text(self.layout, encoded, len(encoded))
        self.pango.pango_layout_get_pixel_extents(self.layout, self.ink, self.logical)

    def unknown(self) -> int:
        return int(self.pango.pango_layout_get_unknown_glyphs_count(self.layout))

    def baseline(self) -> int:
        return int(self.pango.pango_layout_get_baseline(self.layout)) // _UNITS

    def draw(self, width: int, height: int, x: int, y: int) -> Bitmap:
        """The layout with its origin at (x, y) of a bitmap."""
        buffer = self.ffi.new("unsigned char[]", width * height)
        bitmap = self.ffi.new("FT_Bitmap *")
        bitmap.rows, bitmap.width, bitmap.pitch, bitmap.buffer = height, width, width, buffer
        bitmap.num_grays, bitmap.pixel_mode = _GRAYS, 2
        self.pangoft2.pango_ft2_render_layout(bitmap, self.layout, x, y)
        return Bitmap(width, height, bytes(gray > _INK for gray in bytes(self.ffi.buffer(buffer))))


_one_at_a_time = Lock()
_pango = cache(_Pango)


def lacks_glyph(text: str) -> bool:
    """Whether `text` has a character that no font of this machine can draw."""
    if text.isascii():
        return False
    with _one_at_a_time:
        _pango().set(text, 24)
        return _pango().unknown() > 0


def line_bitmap(text: str, height: int, width: int) -> Bitmap:
    """One line of text, `height` dots high and at most `width` wide; smaller where it must be.

    Its full-width characters are `height` dots wide, as those of a printer's own font.
    """
    with _one_at_a_time:
        pango = _pango()
        for size in range(height, 3, -1):
            pango.set(text, size)
            ink = pango.ink
            if ink.height <= height and max(ink.x + ink.width, pango.logical.width) <= width:
                break
        # On the line of its neighbours, unless a tall sign would then lose its top or its foot.
        y = round(height * 0.86) - pango.baseline()
        y = min(max(y, -ink.y), height - ink.y - ink.height)
        reach = max(ink.x + ink.width, pango.logical.width, 1)
        return pango.draw(min(reach, width), height, 0, y)


def block_bitmap(text: str, size: int, width: int) -> Bitmap:
    """Text of `size` dots an em, in as many lines as `width` dots make of it."""
    with _one_at_a_time:
        pango = _pango()
        pango.set(text, size, width)
        ink, logical = pango.ink, pango.logical
        left = max(0, -ink.x)
        across = max(logical.width, ink.x + ink.width) + left
        top = min(0, ink.y)
        down = max(logical.height, ink.y + ink.height) - top
        return pango.draw(min(across, width) or 1, down, left, -top)
