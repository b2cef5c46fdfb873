"""What may be recorded (可否登记), asked by the server of whatever it writes or imports itself.

The rules are `pwa/src/case/rules`, the very script that the databases run
(`design-docs/lib/rules.js`); here they run in V8, and with more to look at: the catalog's whole
dictionary, the day.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Self, cast

import orjson
from py_mini_racer import MiniRacer

from miaopu.models.denials import Denial

Json = dict[str, Any]

SCRIPT = Path(__file__).resolve().parents[3] / "design-docs" / "lib" / "rules.js"

_ASK = """
(function (calls) {
  return JSON.stringify(JSON.parse(calls).map(function (given) {
    given.context.routes = routes;
    return given.event
      ? rules.warningsOf(given.event, given.after, given.context)
      : rules.denialOfDocument(given.after, given.before, given.context);
  }));
})
"""


class Rules:
    """The rules, ready to be asked from any thread; holds a V8 of its own until it is closed.

    `routes`: of each vaccine of the dictionary how it is given, with what regions have added.
    """

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._lock = Lock()
        self._v8 = MiniRacer()
        self._v8.eval(SCRIPT.read_text("utf-8"))
        # The dictionary is large, and the same for every question.
        self._v8.eval(f"var routes = {json.dumps(dict(routes))};")
        self._ask: Any = self._v8.eval(_ASK)

    def denial(
        self, after: Json, before: Json | None = None, today: str | None = None
    ) -> Denial | None:
        """Why what `after` adds to the document `before` may not be recorded; None: it may."""
        return self.denials([(after, before)], today)[0]

    def denials(
        self, changes: Sequence[tuple[Json, Json | None]], today: str | None = None
    ) -> list[Denial | None]:
        """The same of many changes, each a document and the one before it: for each asked alone
        the way to V8 takes longer than the answer."""
        said = self._answers([{"after": after, "before": it} for after, it in changes], today)
        return [None if one is None else Denial(one["code"], one["part"]) for one in said]

    def warnings(self, event: Json, child: Json, today: str | None = None) -> list[str]:
        """Codes that the event needs in its `override`, with a reason, to be recorded."""
        return cast(list[str], self._answers([{"event": event, "after": child}], today)[0])

    def _answers(self, calls: Sequence[Json], today: str | None) -> list[Any]:
        context = {"isWhole": True} if today is None else {"isWhole": True, "today": today}
        asked = orjson.dumps([{**call, "context": context} for call in calls]).decode()
        with self._lock:
            return cast(list[Any], orjson.loads(self._ask(asked)))

    def close(self) -> None:
        """Gives V8 back."""
        self._v8.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
