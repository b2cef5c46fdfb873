"""What a new edition or a local rule would do (试算), by the page's own code in V8.

The bundle is that of pwa/src/schedules/bundle.ts, so that the page and the server find the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson
from py_mini_racer import JSEvalException, MiniRacer

from miaopu.schedule.check import Problem
from miaopu.schedule.engine import EngineError, bundle_source

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody proposes, and over what."""

    catalog: Json
    """`schedules`, `rules` and `regions`: the catalog's documents of these kinds."""
    proposal: Json
    """The document of an edition or of a local rule."""
    region: str
    """The region of who proposes it."""
    today: str

    def text(self) -> str:
        """As the bundle takes it."""
        asked = {"catalog": self.catalog, "proposal": self.proposal, "region": self.region}
        return orjson.dumps({**asked, "today": self.today}).decode()


class Programme:
    """The bundle in a V8 of its own, until it is closed; one call after the other."""

    def __init__(self) -> None:
        """Raises EngineError when the bundle has not been built."""
        source = bundle_source("programme.js")
        self._v8 = MiniRacer()
        self._v8.eval(source)

    def check(self, asked: Asked) -> list[Problem]:
        """What is wrong with a proposal; errors first."""
        found = self._call("(asked) => miaopuProgramme.checked(asked)", asked.text())
        return [Problem(one["severity"], one["code"], one["path"], one["params"]) for one in found]

    def examples(self, asked: Asked) -> list[Json]:
        """Begins to try a proposal: what changes for ten children of several ages, as
        `ExampleTrial` of trial.ts. Raises EngineError for one that cannot be used."""
        begin = (
            "var trial; (asked) => { trial = new miaopuProgramme.TextTrial(asked);"
            " return trial.examples() }"
        )
        found: list[Json] = self._call(begin, asked.text())
        return found

    def count(self, children: Sequence[Json]) -> Json:
        """Adds children to what was begun; `Tally` of trial.ts so far."""
        found: Json = self._call("(children) => trial.count(children)", json.dumps(children))
        return found

    def _call(self, function: str, text: str) -> Any:
        call: Any = self._v8.eval(function)
        try:
            return orjson.loads(call(text))
        except JSEvalException as error:
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"this is nothing that the engine can use: {reason}") from error

    def close(self) -> None:
        """Gives V8 back."""
        self._v8.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
