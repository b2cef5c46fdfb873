"""What is wrong with a schedule or a local rule (免疫程序检查), by the engine itself.

The engine's `checkSchedule` and `checkLayers` (pwa/src/schedule/check.ts) run in V8, so that the
server, the command line and the browser find the same.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from py_mini_racer import JSEvalException, MiniRacer

from miaopu.schedule.engine import EngineError, engine_source

Json = dict[str, Any]

_CHECK = """
(schedule, before, layers) => {
  const engine = miaopuSchedule;
  const bad = (message) =>
    [{ severity: 'error', code: 'badLayer', path: 'layers/0', params: { message } }];
  let base = JSON.parse(schedule);
  if (layers === null) return JSON.stringify(engine.checkSchedule(base));
  for (const layer of JSON.parse(before)) {
    // What is in force and does not fit is left out on a tablet, and so here.
    try {
      const next = engine.applyLayers(base, [layer]);
      engine.compile(next);
      base = next;
    } catch (error) {}
  }
  const added = JSON.parse(layers);
  try {
    const found = engine.checkLayers(base, added);
    const good = !found.some((each) => each.severity === 'error');
    if (good) engine.compile(engine.applyLayers(base, added));
    return JSON.stringify(found);
  } catch (error) {
    return JSON.stringify(bad(String(error && error.message)));
  }
}
"""

_WORDS = {
    "noAntigens": "it has no antigens, so nobody would be due for anything",
    "unknownVaccine": "there is no vaccine {code}",
    "unknownAntigen": "there is no antigen {antigen}",
    "unknownGroup": "there is no vaccine group {group}",
    "unknownParameter": "there is no parameter {name}",
    "badAge": '"{text}" is not a length of time such as "2 months"',
    "badDate": '"{text}" is not a date such as 2026-11-23',
    "badTarget": "dose {dose} has an interval from dose {target}, which is not before it",
    "noDefault": "{antigen} has no series for a child who has had nothing",
    "twoDefaults": "{antigen} has two series for a child who has had nothing",
    "noVaccine": "no vaccine can be given as {antigen}-{dose} ({series})",
    "agesReversed": "the ages of {antigen}-{dose} ({series}) are not in order",
    "impossible": "{antigen}-{dose} ({series}) cannot be given before it is too late at {age}",
    "impossibleBefore": (
        "this makes {antigen}-{dose} impossible before {earliest}, and it is wanted at {wanted} "
        "({series})"
    ),
    "duplicate": 'the {what} "{name}" is there twice',
    "badLayer": "the rule cannot be applied: {message}",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `path` leads to the place in the schedule."""

    severity: Literal["error", "warning"]
    code: str
    path: str
    params: dict[str, str | int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """In plain English."""
        return _WORDS.get(self.code, self.code).format_map(_Told(self.params))


class _Told(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def check_schedule(schedule: str) -> list[Problem]:
    """The problems of a schedule (its JSON text), errors first.

    Raises `EngineError` when the engine is not there or the text is no schedule.
    """
    return _run(schedule, [], None)


def check_rules(
    schedule: str, rules: list[Json], before: list[Json] | None = None
) -> list[Problem]:
    """The problems that rules (`Layer` in types.ts) bring to a schedule with those of `before`."""
    return _run(schedule, before or [], rules)


def _run(schedule: str, before: list[Json], rules: list[Json] | None) -> list[Problem]:
    source = engine_source()
    v8 = MiniRacer()
    try:
        v8.eval(source)
        check: Any = v8.eval(_CHECK)
        found = json.loads(
            check(schedule, json.dumps(before), None if rules is None else json.dumps(rules))
        )
    except JSEvalException as error:
        reason = str(error).strip().splitlines()[0]
        raise EngineError(f"this is no schedule of the engine: {reason}") from error
    finally:
        v8.close()
    return [Problem(one["severity"], one["code"], one["path"], one["params"]) for one in found]
