"""The small language of `skip_if`, in which the source files say when a dose is not needed.

One text is one alternative; its terms are joined by " and ":

- `age >= 7 years`, `age < 7 years`: the child's age on the day in question;
- `valid >= 2`, also `>`, `<`, `=`: valid doses so far, optionally `of 0601 0602`, and given
  `before 24 months` or `from 24 months` of age;
- `has x or y`, `has no x or y`: the child has one, or none, of these observations.
"""

import re
from typing import Any

Condition = dict[str, Any]

_AGE = re.compile(r"age (>=|<) (\d+ \w+)")
_VALID = re.compile(
    r"valid (>=|>|<|=) (\d+)(?: of ((?:\d{4} ?)+))?(?: (before|from) (\d+ \w+))?",
)
_HAS = re.compile(r"has (no )?([a-z0-9-]+(?: or [a-z0-9-]+)*)")


def conditional_skip(text: str) -> dict[str, Any]:
    """A `ConditionalSkip` of the engine, for evaluation and forecast alike.

    :raises ValueError: the text is not in the language above.
    """
    conditions = [_condition(term.strip()) for term in text.split(" and ")]
    return {"context": "both", "sets": [{"conditions": conditions, "text": text}]}


def _condition(term: str) -> Condition:
    if match := _AGE.fullmatch(term):
        side = "from" if match[1] == ">=" else "to"
        return {"type": "age", side: match[2]}
    if match := _VALID.fullmatch(term):
        return _count(match)
    if match := _HAS.fullmatch(term):
        condition: Condition = {"type": "observation", "codes": match[2].split(" or ")}
        return condition | ({"absent": True} if match[1] else {})
    raise ValueError(f"{term!r} is not a condition such as 'age >= 7 years' or 'valid >= 2'")


def _count(match: re.Match[str]) -> Condition:
    operator, doses = match[1], int(match[2])
    # The engine knows "more" only: at least 2 is more than 1.
    if operator == ">=":
        doses -= 1
    condition: Condition = {
        "type": "count",
        "is": {">=": "more", ">": "more", "<": "less", "=": "equal"}[operator],
        "doses": doses,
        "counting": "valid",
    }
    if match[3]:
        condition["vaccines"] = match[3].split()
    if match[4]:
        condition["to" if match[4] == "before" else "from"] = match[5]
    return condition
