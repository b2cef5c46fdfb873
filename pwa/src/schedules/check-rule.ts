/** What a local rule would do (地方规则检查与预览), by the engine in the browser. Pure. */
import { layerOf, localSchedule, type Rule } from '../forecast/local-rules.ts';
import {
  applyLayers,
  checkLayers,
  compile,
  type Day,
  forecast,
  formatDay,
  type GroupForecast,
  type Layer,
  type Problem,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';

export interface Over {
  schedules: Readonly<Record<string, Schedule>>;
  /** The edition. */
  name: string;
  /** The rules in force before the one in question, in their order. */
  before: readonly Rule[];
}

const failed = (message: string): Problem[] => [
  { severity: 'error', code: 'badLayer', path: '', params: { message } },
];

/** The problems that a rule brings to an edition with the rules in force; errors first. */
export function checkRule(rule: Rule, { schedules, name, before }: Over): Problem[] {
  try {
    // A rule for a schedule that is not in use everywhere is held against that schedule.
    const names = rule.schedule === undefined ? [name] : [name, rule.schedule];
    const base = localSchedule({ schedules, names, rules: before });
    if (!base) return failed(`there is no schedule "${name}"`);
    const { layer } = rule;
    const added: Layer =
      layer.kind === 'with'
        ? { kind: 'with', schedule: wanted(schedules, layer.schedule) }
        : (layer as Layer);
    const found = checkLayers(base.schedule, [added]);
    if (!found.some(({ severity }) => severity === 'error')) {
      compile(applyLayers(base.schedule, [layerOf(rule) ?? added]));
    }
    return found;
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function wanted(schedules: Over['schedules'], name: string): Schedule {
  const schedule = schedules[name];
  if (!schedule) throw new Error(`there is no schedule "${name}"`);
  return schedule;
}

/** An example child: what an administrator tries a rule on. */
export interface Example {
  birth: string;
  sex: 'F' | 'M';
  doses: readonly { date: string; code: string }[];
}

export interface PreviewRow {
  group: string;
  before: Shown | null;
  after: Shown | null;
  changed: boolean;
}

export interface Shown {
  status: GroupForecast['status'];
  target: number | null;
  earliest: string | null;
  recommended: string | null;
}

/** What the example child gets without and with the rule, group by group. */
export function preview(rule: Rule, over: Over, example: Example, today: string): PreviewRow[] {
  const names = rule.schedule === undefined ? [over.name] : [over.name, rule.schedule];
  const ask = (rules: readonly Rule[]) => {
    const made = localSchedule({ schedules: over.schedules, names, rules });
    const birth = parseDay(example.birth);
    const asOf = parseDay(today);
    if (!made || birth === null || asOf === null) return new Map<string, Shown>();
    const doses = example.doses.flatMap(({ date, code }, index) => {
      const day = parseDay(date);
      return day === null || code === '' ? [] : [{ id: String(index), date: day, code }];
    });
    const answer = forecast(made.compiled, { birth, sex: example.sex, doses }, asOf);
    return new Map(answer.groups.map((group) => [group.vaccineGroup, shown(group)]));
  };
  const before = ask(over.before);
  const after = ask([...over.before, rule]);
  return [...new Set([...before.keys(), ...after.keys()])].map((group) => {
    const [one, other] = [before.get(group) ?? null, after.get(group) ?? null];
    return {
      group,
      before: one,
      after: other,
      changed: JSON.stringify(one) !== JSON.stringify(other),
    };
  });
}

const iso = (day: Day | null): string | null => (day === null ? null : formatDay(day));

function shown({ status, target, earliest, recommended }: GroupForecast): Shown {
  return { status, target, earliest: iso(earliest), recommended: iso(recommended) };
}
