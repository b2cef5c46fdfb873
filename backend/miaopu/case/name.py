"""Names as they are compared: a child is the same however its name was typed (姓名比对).

`pwa/src/case/name.ts` and `design-docs/lib/name.js` are the same; all are held against
`tests/vectors/names.json`.
"""

import re
import unicodedata

_BETWEEN = re.compile(r"[\s.'`´·‘’•‧∙⋅●・。-]+")
"""Spaces, dots, hyphens and apostrophes of every form."""


def comparable_name(name: str) -> str:
    """The name in compatibility form and small letters, with nothing between its parts."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name).lower())
