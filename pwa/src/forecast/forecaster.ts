/** The schedules that a clinic uses, compiled, and what they say of a child (接种推算). */

import type { ChildDoc } from '../case/document.ts';
import {
  type Compiled,
  type Forecast,
  forecast,
  formatDay,
  type Options,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';
import type { WantedDose } from '../workspace/row.ts';
import { engineChild } from './history.ts';
import { overdueFrom } from './late.ts';
import { localSchedule, type Parameters, type Rule, type Skipped } from './local-rules.ts';

/** The nearest 应种日, and the groups due on it. */
export interface Next {
  date: string;
  groups: string[];
  /** From which day the first of all that is to come is overdue (逾期). */
  lateFrom: string;
}

export interface NextDues {
  programme: Next | null;
  besides: Next | null;
  /** Doses of the programme that are due by the day or within {@link SOON_DAYS}. */
  wanted: WantedDose[];
}

/** Lists look so far ahead. */
export const SOON_DAYS = 31;

export interface Forecaster {
  /** Differs whenever another answer is possible: schedules, editions, local rules, parameters. */
  key: string;
  schedule: Schedule;
  compiled: Compiled;
  /** Groups of the programme and of campaigns; all others are voluntary (非免疫规划). */
  programme: ReadonlySet<string>;
  /** Local rules and schedules that do not fit and are left out. */
  skipped: readonly Skipped[];
  /** Null for a child without a birth date. `asOf` is `YYYY-MM-DD`. */
  forecast(child: ChildDoc, asOf: string, options?: Options): Forecast | null;
  /** What is due next of the programme, and of the schedules offered besides. */
  next(child: ChildDoc, asOf: string): NextDues;
}

export interface ForecasterSettings {
  schedules: readonly string[];
  parameters?: Parameters;
  /** Local rules that hold here today, in their order. */
  rules?: readonly Rule[];
  /** The document that these stand in, for telling what is wrong with it. */
  document?: { id: string; rev: string };
  /** Revisions of the schedules, by name: an edition may be mended. */
  revisions?: Readonly<Record<string, string>>;
}

/**
 * Compiles what the settings name: the first schedule is the programme, the others are offered
 * besides. Null when none of them is in the catalog. Throws `ScheduleError` for a faulty programme;
 * anything else that is faulty is left out and stands in `skipped`.
 */
export function createForecaster(
  schedules: Readonly<Record<string, Schedule>>,
  settings: ForecasterSettings,
): Forecaster | null {
  const local = localSchedule({
    schedules,
    names: settings.schedules,
    rules: settings.rules ?? [],
    parameters: settings.parameters ?? {},
    ...(settings.document && { settings: settings.document }),
  });
  if (!local) return null;
  const { schedule, compiled, programme } = local;
  const answer = (child: ChildDoc, asOf: string, options?: Options) => {
    const input = engineChild(child, schedule);
    const day = parseDay(asOf);
    return input && day !== null ? forecast(compiled, input, day, options) : null;
  };
  const nearest = (found: Forecast | null, voluntary: boolean): Next | null => {
    let first: number | null = null;
    let groups: string[] = [];
    let late = Number.POSITIVE_INFINITY;
    for (const group of found?.groups ?? []) {
      const { recommended, vaccineGroup, status } = group;
      if (status !== 'notComplete' || recommended === null) continue;
      if (programme.has(vaccineGroup) === voluntary) continue;
      late = Math.min(late, overdueFrom(group) ?? late);
      if (first === null || recommended < first) {
        first = recommended;
        groups = [vaccineGroup];
      } else if (recommended === first) groups.push(vaccineGroup);
    }
    return first === null ? null : { date: formatDay(first), groups, lateFrom: formatDay(late) };
  };
  const wantedBy = (found: Forecast | null, soon: number): WantedDose[] =>
    (found?.groups ?? []).flatMap((group) => {
      const { recommended, vaccineGroup, status, target } = group;
      if (status !== 'notComplete' || recommended === null || target === null) return [];
      if (recommended > soon || !programme.has(vaccineGroup)) return [];
      const lateFrom = formatDay(overdueFrom(group) ?? recommended);
      return [{ group: vaccineGroup, number: target, due: formatDay(recommended), lateFrom }];
    });
  return {
    key: JSON.stringify([
      local.schedules.map((name) => [
        name,
        schedules[name]?.edition,
        settings.revisions?.[name] ?? null,
      ]),
      local.used.map(({ _id, _rev }) => [_id, _rev ?? null]),
      settings.parameters ?? {},
    ]),
    schedule,
    compiled,
    programme,
    skipped: local.skipped,
    forecast: answer,
    next(child, asOf) {
      const found = answer(child, asOf);
      const soon = (parseDay(asOf) ?? 0) + SOON_DAYS;
      return {
        programme: nearest(found, false),
        besides: nearest(found, true),
        wanted: wantedBy(found, soon),
      };
    },
  };
}
