"""Code 128 (ISO/IEC 15417) as modules and inline SVG: the barcode of a child's code (儿童编码)."""

from itertools import groupby

# Widths of bar, space, bar, … of the symbol characters 0-105 and, last, the stop pattern.
_WIDTHS = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212
112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131
311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321
112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111
314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114
122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
PATTERNS = tuple(_WIDTHS.split())

CODE_C, CODE_B, START_B, START_C, STOP = 99, 100, 104, 105, 106
QUIET_MODULES = 10  # the standard's quiet zone on either side


def symbol_values(text: str) -> list[int]:
    """The symbol character values of `text`, with start, check character and stop.

    Digits are packed in pairs (code set C) where at least four stand together, or the whole text
    is an even number of digits. Raises ValueError for an empty text or one that is not printable
    ASCII.
    """
    if not text or not all(" " <= char <= "~" for char in text):
        raise ValueError("a Code 128 barcode takes one or more printable ASCII characters")
    values: list[int] = []
    in_c = False
    for digits, run in ((is_digit, "".join(g)) for is_digit, g in groupby(text, _is_digit)):
        pairs = len(run) // 2 if digits and (len(run) >= 4 or len(run) == len(text) == 2) else 0
        single = run[: len(run) - 2 * pairs]
        for chars, wants_c in ((single, False), (run[len(single) :], True)):
            if not chars:
                continue
            if not values:
                values.append(START_C if wants_c else START_B)
            elif wants_c != in_c:
                values.append(CODE_C if wants_c else CODE_B)
            in_c = wants_c
            if wants_c:
                values += [int(chars[i : i + 2]) for i in range(0, len(chars), 2)]
            else:
                values += [ord(char) - 32 for char in chars]
    check = (values[0] + sum(i * value for i, value in enumerate(values))) % 103
    return [*values, check, STOP]


def modules(text: str) -> str:
    """The bars of `text` as a string of `1` (bar) and `0` (space), one character per module."""
    widths = "".join(PATTERNS[value] for value in symbol_values(text))
    return "".join("10"[i % 2] * int(width) for i, width in enumerate(widths))


def svg(text: str, *, height: int = 40) -> str:
    """An inline SVG of the barcode, `height` modules high, with its quiet zones.

    One unit of the view box is one module, so that CSS alone decides its size on paper.
    """
    bits = modules(text)
    bars, x = [], QUIET_MODULES
    for bit, group in groupby(bits):
        width = len(list(group))
        if bit == "1":
            bars.append(f"M{x} 0h{width}v{height}h-{width}z")
        x += width
    return (
        f'<svg class="barcode" xmlns="http://www.w3.org/2000/svg" preserveAspectRatio="none" '
        f'viewBox="0 0 {len(bits) + 2 * QUIET_MODULES} {height}" shape-rendering="crispEdges">'
        f'<path d="{"".join(bars)}"/></svg>'
    )


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"
