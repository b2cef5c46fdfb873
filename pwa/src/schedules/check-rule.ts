/** What is wrong with a local rule or an edition (免疫程序检查), by the engine. Pure. */
import { layerOf, localSchedule, type Rule } from '../forecast/local-rules.ts';
import {
  applyLayers,
  checkLayers,
  checkSchedule,
  compile,
  type Layer,
  type Problem,
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

/** The problems of an edition (版次) as it would be used; errors first. */
export function checkEdition(schedule: Schedule): Problem[] {
  try {
    const found = checkSchedule(schedule);
    if (found.some(({ severity }) => severity === 'error')) return found;
    localSchedule({ schedules: { [schedule.name]: schedule }, names: [schedule.name] });
    return found;
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
