/** An edition as a table that people can read: every dose, its ages and where it comes from. Pure. */
import type { Schedule, Series, SkipCondition } from '../schedule/index.ts';

export interface DoseRow {
  group: string;
  number: number;
  min: string | null;
  recommended: string | null;
  by: string | null;
  /** Since the dose before; null for the first of its series, which has none. */
  interval: string | null;
  vaccines: string[];
  /** Only for children with one of these observations, each list by itself. */
  only: string[][];
  /** Not needed where all conditions of one of these hold. */
  unless: SkipCondition[][];
  source: string | null;
}

export interface SeriesRows {
  group: string;
  series: Series;
  /** The parameter that must be set to yes for it. */
  parameter: string | null;
  rows: DoseRow[];
}

/** Replaces `$name` by the value of the parameter. */
function span(schedule: Schedule, age: string | undefined): string | null {
  if (age === undefined) return null;
  if (!age.startsWith('$')) return age;
  return String(schedule.parameters?.[age.slice(1)]?.value ?? age);
}

/** A series may be off, or on by a parameter. */
function isOn(schedule: Schedule, enabled: boolean | string | undefined): boolean {
  return typeof enabled === 'string' ? span(schedule, enabled) === 'true' : enabled !== false;
}

/** The doses of each series that is on, in the order of the groups. */
export function seriesRows(schedule: Schedule): SeriesRows[] {
  return schedule.groups.flatMap((group) =>
    schedule.antigens
      .filter(({ name }) => group.antigens.includes(name))
      .flatMap(({ series }) => series)
      .filter((series) => series.vaccineGroup === group.name && isOn(schedule, series.enabled))
      .map((series) => ({
        group: group.name,
        series,
        parameter: typeof series.enabled === 'string' ? series.enabled.replace('$', '') : null,
        rows: doseRows(schedule, series, group.source),
      })),
  );
}

function doseRows(schedule: Schedule, series: Series, groupSource?: string): DoseRow[] {
  return series.doses.map((dose, index) => {
    const age = dose.ages?.find((row) => row.cessation === undefined);
    const gap = index === 0 ? undefined : dose.intervals?.find((row) => row.from === 'previous');
    const source = dose.source ?? series.source ?? groupSource;
    const vaccines = dose.preferable.filter((one) => one.forecast).map(({ code }) => code);
    const skips = (dose.skips ?? []).flatMap(({ sets }) =>
      sets.map(({ conditions }) => conditions),
    );
    const only = skips.flatMap(([first, ...others]) =>
      first?.type === 'observation' && first.absent && others.length === 0 ? [first.codes] : [],
    );
    return {
      group: series.vaccineGroup,
      number: dose.number ?? index + 1,
      min: span(schedule, age?.min),
      recommended: span(schedule, age?.recommended),
      by: span(schedule, age?.by),
      interval: span(schedule, gap?.min),
      vaccines: [...new Set(vaccines)],
      only,
      unless: skips.filter(
        ([first, ...others]) =>
          !(first?.type === 'observation' && first.absent && others.length === 0),
      ),
      source: source === undefined ? null : (schedule.sources?.[source] ?? source),
    };
  });
}

/** Antigens that a rule may name, with the highest number of a dose. */
export function antigensOf(
  schedule: Schedule,
): { antigen: string; group: string; doses: number }[] {
  return schedule.antigens.flatMap(({ name, series }) => {
    const group = schedule.groups.find(({ antigens }) => antigens.includes(name))?.name;
    const numbers = series.flatMap((one) =>
      one.doses.map((dose, index) => dose.number ?? index + 1),
    );
    const doses = Math.max(0, ...numbers);
    return group ? [{ antigen: name, group, doses }] : [];
  });
}
