/** 6.7 Evaluate vaccine conflict (疫苗间的间隔, e.g. of two injected live vaccines). */
import type { CConflict } from './compile.ts';
import type { PatientSeries, Run } from './run.ts';
import type { Day, Reason } from './types.ts';

/** CONFLICT-3, over all the child's earlier doses, of whatever antigen. */
export function evaluateConflict(
  run: Run,
  ps: PatientSeries,
  record: number,
  reasons: Reason[],
): boolean {
  const { conflictAt, conflicts, conflicting, codeCount } = run.compiled;
  if (run.conflicting.length === 0) return false;
  const index = ps.records[record] as number;
  const current = run.doses[index];
  if (current === undefined) return false;
  let impacted = false;
  for (let at = 0; at < index; at += 1) {
    const previous = run.doses[at];
    if (previous === undefined || conflicting[previous.code] !== 1) continue;
    const number = conflictAt[current.code * codeCount + previous.code] as number;
    if (number < 0) continue;
    const conflict = conflicts[number] as CConflict;
    if (current.date < run.after(previous.date, conflict.begin)) continue;
    const status = ps.evaluationOf(at)?.status;
    // CALCDTCONFLICT-2: the shorter end after a dose that is valid, or of another antigen.
    const shorter = status === undefined || status === 'valid';
    const until = run.after(previous.date, shorter ? conflict.minEnd : conflict.end);
    if (current.date < until) {
      impacted = true;
      reasons.push({
        code: 'dose.conflict',
        params: { with: previous.source.code, given: previous.date, until },
      });
    }
  }
  return impacted;
}

/**
 * CALCDTCONFLICT-3: until when doses already given conflict with a vaccine of the target dose. Where
 * the rule reads "the same day, or so long after", the day of the other dose is still open for what
 * could be given on it but for that (`dueToday`).
 */
export function forecastConflictEnd(
  run: Run,
  preferable: readonly { code: number }[],
  dueToday: boolean,
): { date: Day; with: string; given: Day } | null {
  const { conflictAt, conflicts, codeCount } = run.compiled;
  let latest: { date: Day; with: string; given: Day } | null = null;
  for (const given of run.conflicting) {
    for (const { code } of preferable) {
      const number = conflictAt[code * codeCount + given.code] as number;
      if (number < 0) continue;
      const conflict = conflicts[number] as CConflict;
      if (conflict.sameDay && dueToday && given.date >= run.asOf) continue;
      const date = run.after(given.date, conflict.end);
      if (latest === null || date > latest.date) {
        latest = { date, with: given.source.code, given: given.date };
      }
    }
  }
  return latest;
}
