/** 6.6 Evaluate allowable interval (可接受的间隔). */
import { referenceDate } from './6.5-preferable-interval.ts';
import type { CDose } from './compile.ts';
import { inForce, type PatientSeries, type Run } from './run.ts';
import type { Day } from './types.ts';

/** Table 6-21. Without an allowable interval nothing is allowed. */
export function satisfiesAllowableIntervals(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  record: number,
  date: Day,
): boolean {
  let any = false;
  for (const interval of target.allowableIntervals) {
    if (!inForce(interval, date)) continue;
    any = true;
    const since = referenceDate(run, ps, interval.from, record);
    if (since !== null && interval.absMin !== null && date < run.after(since, interval.absMin)) {
      return false;
    }
  }
  return any;
}
