/** An edition as a table that people can read: every dose, its ages and where it comes from. Pure. */
import type { Schedule } from '../schedule/index.ts';

export interface DoseRow {
  group: string;
  series: string;
  /** First row of its series. */
  first: boolean;
  number: number;
  min: string | null;
  recommended: string | null;
  by: string | null;
  interval: string | null;
  vaccines: string[];
  source: string | null;
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

/** One row for each dose of each series, in the order of the groups. */
export function doseRows(schedule: Schedule): DoseRow[] {
  return schedule.groups.flatMap((group) =>
    schedule.antigens
      .filter(({ name }) => group.antigens.includes(name))
      .flatMap(({ series }) => series)
      .filter((series) => series.vaccineGroup === group.name && isOn(schedule, series.enabled))
      .flatMap((series) =>
        series.doses.map((dose, index): DoseRow => {
          const age = dose.ages?.find((row) => row.cessation === undefined);
          const gap = dose.intervals?.find((row) => row.from === 'previous');
          const source = dose.source ?? series.source ?? group.source;
          const vaccines = dose.preferable.filter((one) => one.forecast).map(({ code }) => code);
          return {
            group: group.name,
            series: series.name,
            first: index === 0,
            number: dose.number ?? index + 1,
            min: span(schedule, age?.min),
            recommended: span(schedule, age?.recommended),
            by: span(schedule, age?.by),
            interval: span(schedule, gap?.min),
            vaccines: [...new Set(vaccines)],
            source: source === undefined ? null : (schedule.sources?.[source] ?? source),
          };
        }),
      ),
  );
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
