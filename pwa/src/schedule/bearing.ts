/**
 * Which vaccine groups look at a vaccine that is not theirs: a live vaccine of another group that
 * conflicts with theirs (6.7), or one from which an interval of theirs runs (6.5). CDC's cases
 * expect such a dose's status with the group that is asked about.
 */
import type { Code, Schedule } from './types.ts';

/** For each vaccine the names of the groups that look at it, in the schedule's order. */
export function groupsLookingAt(schedule: Schedule): Map<Code, readonly string[]> {
  const ofAntigen = new Map<string, string>();
  for (const group of schedule.groups) {
    for (const antigen of group.antigens) ofAntigen.set(antigen, group.name);
  }
  const looking = new Map<Code, Set<string>>();
  const note = (code: Code, group: string | undefined): void => {
    if (group === undefined) return;
    const groups = looking.get(code) ?? new Set();
    looking.set(code, groups.add(group));
  };
  for (const { previous, current } of schedule.conflicts ?? []) {
    const groups = new Set(
      current.flatMap((code) => schedule.vaccines[code]?.antigens ?? []).map((a) => a.antigen),
    );
    for (const code of previous) for (const antigen of groups) note(code, ofAntigen.get(antigen));
  }
  for (const antigen of schedule.antigens) {
    for (const dose of antigen.series.flatMap((series) => series.doses)) {
      for (const { from } of dose.intervals ?? []) {
        if (typeof from === 'string' || !('vaccines' in from)) continue;
        for (const code of from.vaccines) note(code, ofAntigen.get(antigen.name));
      }
    }
  }
  const order = schedule.groups.map((group) => group.name);
  return new Map(
    [...looking].map(([code, groups]) => [code, order.filter((name) => groups.has(name))]),
  );
}
