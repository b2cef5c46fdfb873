/** 8.4 to 8.6: the points of a scorable patient series (各程序的评分). */
import { LATEST_DAY } from './3.4-dates.ts';
import { ageRule } from './6.4-age.ts';
import { inForce, type PatientSeries, type Run } from './run.ts';
import type { Day } from './types.ts';

/** SELECTBEST-1: the sum of a series' points among those scored with it. */
export function score(
  run: Run,
  ps: PatientSeries,
  all: readonly PatientSeries[],
  by: 'complete' | 'inProcess' | 'noValidDoses',
): number {
  switch (by) {
    case 'complete': // Table 8-7
      return rank(ps, all, (each) => -each.satisfied, 1);
    case 'inProcess': // Table 8-9
      return (
        (ps.series.productPath && ps.allValid ? 2 : -2) +
        (isCompletable(run, ps) ? 3 : -3) +
        rank(ps, all, (each) => -each.satisfied, 2) +
        rank(ps, all, (each) => each.notSatisfied(), 2) +
        finishEarliest(run, ps, all)
      );
    case 'noValidDoses': // Table 8-11
      return (
        rank(ps, all, (each) => each.forecast?.earliest ?? Number.POSITIVE_INFINITY, 1) +
        (isCompletable(run, ps) ? 1 : -1) +
        (ps.series.productPath ? -1 : 1)
      );
  }
}

/** Points if the series has the least of something: all alone, 0 if shared, minus if not. */
function rank(
  ps: PatientSeries,
  all: readonly PatientSeries[],
  measure: (each: PatientSeries) => number,
  points: number,
): number {
  const own = measure(ps);
  let shared = false;
  for (const other of all) {
    if (other === ps) continue;
    const theirs = measure(other);
    if (theirs < own) return -points;
    shared ||= theirs === own;
  }
  return shared || own === Number.POSITIVE_INFINITY ? 0 : points;
}

/** SELECTB-11. */
function finishEarliest(run: Run, ps: PatientSeries, all: readonly PatientSeries[]): number {
  if (!isCompletable(run, ps)) return -1;
  const completable = all.filter((each) => isCompletable(run, each));
  return rank(ps, completable, (each) => finishDate(run, each), 1);
}

/** SELECTB-3. */
function isCompletable(run: Run, ps: PatientSeries): boolean {
  if (ps.forecast?.earliest == null) return false;
  const last = ps.targets[ps.targets.length - 1];
  if (last === undefined) return false;
  const maximum = run.to(ageRule(last.dose, run.asOf)?.max ?? null);
  return maximum >= LATEST_DAY || finishDate(run, ps) < maximum;
}

/** SELECTB-12: the earliest date plus the latest minimum interval of the targets that remain. */
function finishDate(run: Run, ps: PatientSeries): Day {
  const earliest = ps.forecast?.earliest;
  if (earliest == null) return Number.POSITIVE_INFINITY;
  let finish = earliest;
  for (const { status, dose } of ps.targets) {
    if (status !== 'notSatisfied' || dose === ps.forecast?.target) continue;
    for (const interval of dose.intervals) {
      if (interval.min === null || !inForce(interval, run.asOf)) continue;
      finish = Math.max(finish, run.after(earliest, interval.min));
    }
  }
  return finish;
}
