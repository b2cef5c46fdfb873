/** Local limits on a visit (一次接种): days since the last shot, most injections. */
import type { Compiled } from './compile.ts';
import type { Run } from './run.ts';
import type { Day, Forecast, GroupForecast } from './types.ts';

/**
 * Moves what would come too soon after the last dose of any vaccine. On the day of that dose itself
 * more may be given.
 */
export function spaceVisits(run: Run, groups: GroupForecast[]): GroupForecast[] {
  const days = run.compiled.daysSinceLast;
  const last = run.doses.at(-1)?.date;
  if (days === 0 || last === undefined || last >= run.asOf) return groups;
  const date = last + days;
  const notBefore = (day: Day | null): Day | null => (day === null ? null : Math.max(day, date));
  return groups.map((group) => {
    if (group.earliest === null || group.earliest >= date) return group;
    return {
      ...group,
      earliest: date,
      recommended: notBefore(group.recommended),
      pastDue: notBefore(group.pastDue),
      reasons: [...group.reasons, { code: 'forecast.visitSpacing', params: { date, days } }],
    };
  });
}

export interface VisitPlan {
  /** To be given, the most urgent first. */
  give: GroupForecast[];
  /** Due as well, but beyond a limit. */
  later: { group: GroupForecast; limit: 'maxInjections' | 'maxOral' }[];
}

/**
 * What to give on a day: all that is due by its recommended date, as far as the schedule's limits
 * on a visit go. Before others: what its group's rank says, then what is late, then what is older.
 */
export function planVisit(compiled: Compiled, forecast: Forecast, day: Day): VisitPlan {
  const { groups, vaccines, visit } = compiled.schedule;
  const ranks = new Map(groups.map((group) => [group.name, group.rank ?? 100]));
  const rank = (group: GroupForecast): number => ranks.get(group.vaccineGroup) ?? 100;
  const late = (group: GroupForecast): number =>
    group.pastDue !== null && group.pastDue < day ? 0 : 1;
  const due = forecast.groups
    .filter(
      (group) =>
        group.status === 'notComplete' &&
        (group.earliest ?? Number.POSITIVE_INFINITY) <= day &&
        (group.recommended ?? Number.POSITIVE_INFINITY) <= day &&
        (group.latest === null || day <= group.latest),
    )
    .sort(
      (a, b) =>
        rank(a) - rank(b) || late(a) - late(b) || (a.recommended ?? 0) - (b.recommended ?? 0),
    );
  const room = {
    maxInjections: visit?.maxInjections ?? Number.POSITIVE_INFINITY,
    maxOral: visit?.maxOral ?? Number.POSITIVE_INFINITY,
  };
  const plan: VisitPlan = { give: [], later: [] };
  for (const group of due) {
    const route = vaccines[group.vaccines[0] ?? '']?.route ?? 'injection';
    const limit = route === 'injection' ? 'maxInjections' : route === 'oral' ? 'maxOral' : null;
    if (limit !== null && room[limit] <= 0) {
      plan.later.push({ group, limit });
      continue;
    }
    if (limit !== null) room[limit] -= 1;
    plan.give.push(group);
  }
  return plan;
}
