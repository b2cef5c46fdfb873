"""What may be recorded (可否登记), asked by the server of whatever it writes or imports itself.

The rules are `pwa/src/case/rules`, the very script that the databases run
(`design-docs/lib/rules.js`); here they run in V8, and with more to look at: the catalog's whole
dictionary, the day.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Self, cast

from py_mini_racer import MiniRacer

from miaopu.models.denials import Denial

Json = dict[str, Any]

SCRIPT = Path(__file__).resolve().parents[3] / "design-docs" / "lib" / "rules.js"

_ASK = """
(function (call) {
  var given = JSON.parse(call);
  var said = given.event
    ? rules.warningsOf(given.event, given.after, given.context)
    : rules.denialOfDocument(given.after, given.before, given.context);
  return JSON.stringify(said);
})
"""


class Rules:
    """The rules, ready to be asked from any thread; holds a V8 of its own until it is closed.

    `routes`: of each vaccine of the dictionary how it is given, with what regions have added.
    """

    def __init__(self, routes: Mapping[str, str]) -> None:
        self._routes = dict(routes)
        self._lock = Lock()
        self._v8 = MiniRacer()
        self._v8.eval(SCRIPT.read_text("utf-8"))
        self._ask: Any = self._v8.eval(_ASK)

    def denial(
        self, after: Json, before: Json | None = None, today: str | None = None
    ) -> Denial | None:
        """Why what `after` adds to the document `before` may not be recorded; None: it may."""
        said = self._answer({"after": after, "before": before}, today)
        return None if said is None else Denial(said["code"], said["part"])

    def warnings(self, event: Json, child: Json, today: str | None = None) -> list[str]:
        """Codes that the event needs in its `override`, with a reason, to be recorded."""
        return cast(list[str], self._answer({"event": event, "after": child}, today))

    def _answer(self, call: Json, today: str | None) -> Any:
        day = {} if today is None else {"today": today}
        context = {"routes": self._routes, "isWhole": True, **day}
        with self._lock:
            return json.loads(self._ask(json.dumps({**call, "context": context})))

    def close(self) -> None:
        """Gives V8 back."""
        self._v8.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
