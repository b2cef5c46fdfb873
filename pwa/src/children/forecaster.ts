/** The schedules that a clinic uses, compiled, and what they say of a child (接种推算). */
import {
  type Compiled,
  compile,
  type Forecast,
  forecast,
  formatDay,
  type Options,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';
import { applyLayers } from '../schedule/layers.ts';
import type { Layer } from '../schedule/types.ts';
import type { ChildDoc } from './document.ts';
import { engineChild } from './history.ts';

export interface Forecaster {
  /** Differs whenever another answer is possible: schedules, editions, parameters. */
  key: string;
  schedule: Schedule;
  compiled: Compiled;
  /** Null for a child without a birth date. `asOf` is `YYYY-MM-DD`. */
  forecast(child: ChildDoc, asOf: string, options?: Options): Forecast | null;
  /** The nearest 应种日 of the programme's vaccines, and the groups due on it. */
  next(child: ChildDoc, asOf: string): { date: string; groups: string[] } | null;
}

export interface ForecasterSettings {
  schedules: readonly string[];
  parameters?: Readonly<Record<string, string | number | boolean>>;
}

const VISIT = { 'visit.injections': 'maxInjections', 'visit.oral': 'maxOral' } as const;

/** Parameters of a site as layers; those that no schedule in use has are left out. */
function layersOf(schedule: Schedule, parameters: ForecasterSettings['parameters']): Layer[] {
  return Object.entries(parameters ?? {}).flatMap(([name, value]): Layer[] => {
    if (name in VISIT && typeof value === 'number') {
      return [{ kind: 'visit', [VISIT[name as keyof typeof VISIT]]: value }];
    }
    if (name === 'visit.days-since-last' && typeof value === 'number') {
      return [{ kind: 'visit', daysSinceLast: value }];
    }
    if (!schedule.parameters?.[name]) return [];
    return [{ kind: 'parameter', name, value: typeof value === 'number' ? String(value) : value }];
  });
}

/**
 * Compiles what the settings name: the first schedule is the programme, the others are offered
 * besides. Null when none of them is in the catalog. Throws `ScheduleError` for a faulty one.
 */
export function createForecaster(
  schedules: Readonly<Record<string, Schedule>>,
  settings: ForecasterSettings,
): Forecaster | null {
  const [programme, ...others] = settings.schedules.flatMap((name) => schedules[name] ?? []);
  if (!programme) return null;
  const joined = applyLayers(
    programme,
    others.map((schedule): Layer => ({ kind: 'with', schedule })),
  );
  const schedule = applyLayers(joined, layersOf(joined, settings.parameters));
  const compiled = compile(schedule);
  const routine = new Set(programme.groups.map(({ name }) => name));
  const answer = (child: ChildDoc, asOf: string, options?: Options) => {
    const input = engineChild(child, schedule);
    const day = parseDay(asOf);
    return input && day !== null ? forecast(compiled, input, day, options) : null;
  };
  return {
    key: JSON.stringify([
      [programme, ...others].map(({ name, edition }) => [name, edition]),
      settings.parameters ?? {},
    ]),
    schedule,
    compiled,
    forecast: answer,
    next(child, asOf) {
      let first: number | null = null;
      let groups: string[] = [];
      for (const group of answer(child, asOf)?.groups ?? []) {
        const { recommended, vaccineGroup, status } = group;
        if (status !== 'notComplete' || recommended === null || !routine.has(vaccineGroup))
          continue;
        if (first === null || recommended < first) {
          first = recommended;
          groups = [vaccineGroup];
        } else if (recommended === first) groups.push(vaccineGroup);
      }
      return first === null ? null : { date: formatDay(first), groups };
    },
  };
}
