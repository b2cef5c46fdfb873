/** 6.5 Evaluate preferable interval (间隔). */
import type { CDose, CInterval, CodeSet, CReference } from './compile.ts';
import { type GivenDose, inForce, type PatientSeries, type Run } from './run.ts';
import type { Day, Reason } from './types.ts';

/**
 * CALCDTINT-1, 2, 8, 9: the date from which an interval runs, seen by the record at place `record`
 * of the series (their number when forecasting). Null when there is none: then it does not bind.
 */
export function referenceDate(
  run: Run,
  ps: PatientSeries,
  from: CReference,
  record: number,
): Day | null {
  switch (from.kind) {
    case 'previous':
      return ps.previous;
    case 'target':
      return ps.satisfiedOn(from.target);
    case 'vaccines':
      return mostRecent(run, ps, from.codes, record);
    case 'observation': {
      const dates = run.observations.get(from.code);
      if (dates === undefined) return null;
      const index = from.beforeDose ? ps.records[record] : undefined;
      if (index === undefined) return dates.at(-1) ?? null;
      const given = (run.doses[index] as GivenDose).date;
      return dates.findLast((date) => date <= given) ?? null;
    }
  }
}

/** Looks through all the child's doses: the list may name vaccines of other antigens. */
function mostRecent(run: Run, ps: PatientSeries, codes: CodeSet, record: number): Day | null {
  const end = ps.records[record] ?? run.doses.length;
  for (let at = end - 1; at >= 0; at -= 1) {
    const dose = run.doses[at];
    if (dose === undefined || codes[dose.code] !== 1) continue;
    if (ps.evaluationOf(at)?.inadvertent !== true) return dose.date;
  }
  return null;
}

/** Table 6-18, for all intervals of the target dose. */
export function evaluatePreferableIntervals(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  record: number,
  date: Day,
  reasons: Reason[],
): boolean {
  let satisfied = true;
  for (const interval of target.intervals) {
    if (!inForce(interval, date)) continue;
    if (!isLongEnough(run, ps, interval, record, date, reasons)) satisfied = false;
  }
  return satisfied;
}

function isLongEnough(
  run: Run,
  ps: PatientSeries,
  interval: CInterval,
  record: number,
  date: Day,
  reasons: Reason[],
): boolean {
  const since = referenceDate(run, ps, interval.from, record);
  if (since === null) return true;
  if (interval.absMin !== null) {
    const minimum = run.after(since, interval.absMin);
    if (date < minimum) {
      tell(reasons, 'dose.tooSoon', minimum, since);
      return false;
    }
  }
  if (interval.min !== null) {
    const minimum = run.after(since, interval.min);
    if (date < minimum) tell(reasons, 'dose.gracePeriod', minimum, since);
  }
  return true;
}

/** Two intervals may ask for the same day after the same dose: that is one reason. */
function tell(
  reasons: Reason[],
  code: 'dose.tooSoon' | 'dose.gracePeriod',
  minimum: Day,
  since: Day,
): void {
  const told = reasons.some(
    ({ code: other, params }) =>
      other === code && params?.minimum === minimum && params.since === since,
  );
  if (!told) reasons.push({ code, params: { minimum, since } });
}
