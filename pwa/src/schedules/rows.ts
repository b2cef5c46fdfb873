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

/** One row for each dose of each series, in the order of the groups. */
export function doseRows(schedule: Schedule): DoseRow[] {
  return schedule.groups.flatMap((group) =>
    schedule.antigens
      .filter(({ name }) => group.antigens.includes(name))
      .flatMap(({ series }) => series)
      .filter((series) => series.vaccineGroup === group.name)
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

/** Antigens that a rule may name, with the most doses of a series. */
export function antigensOf(
  schedule: Schedule,
): { antigen: string; group: string; doses: number }[] {
  return schedule.antigens.flatMap(({ name, series }) => {
    const group = schedule.groups.find(({ antigens }) => antigens.includes(name))?.name;
    const doses = Math.max(0, ...series.map((one) => one.doses.length));
    return group ? [{ antigen: name, group, doses }] : [];
  });
}
