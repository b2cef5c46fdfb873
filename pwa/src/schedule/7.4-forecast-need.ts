/** 7.4 Determine forecast need (是否还需接种). */
import { ageRule } from './6.4-age.ts';
import { referenceDate } from './6.5-preferable-interval.ts';
import { forecastConflictEnd } from './6.7-vaccine-conflict.ts';
import type { CDose, CReference } from './compile.ts';
import { inForce, type PatientSeries, type Run } from './run.ts';
import { seasonOn } from './season.ts';
import type { Day, Reason, SeriesStatus } from './types.ts';

export interface Candidate {
  readonly date: Day;
  /** What set it. */
  readonly reason: Reason;
}

/**
 * FORECASTDTCAN-1, with the rule that was the last to hold the dose back. Null when no rule gives
 * a date: the dose runs from one before it that was skipped (Table 7-9 assumes 2999-12-31).
 */
export function candidateEarliest(run: Run, ps: PatientSeries, target: CDose): Candidate | null {
  const age = ageRule(target, run.asOf);
  let date = Number.NEGATIVE_INFINITY;
  let reason: Reason | null = null;
  const minimum = age?.min ?? null;
  if (minimum !== null) {
    date = run.ageDate(minimum);
    reason = { code: 'forecast.minAge', params: { date } };
  }
  for (const interval of target.intervals) {
    if (interval.min === null || !inForce(interval, run.asOf)) continue;
    const since = referenceDate(run, ps, interval.from, ps.records.length);
    if (since === null) continue;
    const until = run.after(since, interval.min);
    if (until > date) {
      date = until;
      reason = intervalReason(interval.from, until, since);
    }
  }
  const conflict =
    run.conflicting.length > 0
      ? forecastConflictEnd(run, target.preferable, isOpenToday(run, ps, target, date))
      : null;
  if (conflict !== null && conflict.date > date) {
    date = conflict.date;
    const { with: code, given } = conflict;
    reason = { code: 'forecast.conflict', params: { date, with: code, given } };
  }
  if (target.season !== null) {
    // When a season of every year will be over by then, it is the next one's.
    const day = target.season.yearly ? Math.max(date, run.asOf) : run.asOf;
    const { start } = seasonOn(target.season, day);
    if (start > date) {
      date = start;
      reason = { code: 'forecast.season', params: { date } };
    }
  }
  const last = Math.max(ps.lastInadvertent ?? date, ps.lastEvaluated ?? date);
  if (last > date) {
    date = last;
    reason = { code: 'forecast.afterLastDose', params: { date } };
  }
  return reason === null ? null : { date, reason };
}

/** Whether all but conflicts would let the dose be given on the assessment date. */
function isOpenToday(run: Run, ps: PatientSeries, target: CDose, byAgeAndIntervals: Day): boolean {
  if (Math.max(byAgeAndIntervals, ps.lastEvaluated ?? byAgeAndIntervals) > run.asOf) return false;
  return target.season === null || seasonOn(target.season, run.asOf).start <= run.asOf;
}

function intervalReason(from: CReference, date: Day, since: Day): Reason {
  return from.kind === 'observation'
    ? { code: 'forecast.observation', params: { date, observation: from.code } }
    : { code: 'forecast.minInterval', params: { date, since } };
}

/** Why no dose is to be forecast. */
export interface NotNeeded {
  readonly status: Exclude<SeriesStatus, 'notComplete'>;
  readonly reason: Reason;
}

const no = (status: NotNeeded['status'], reason: Reason): NotNeeded => ({ status, reason });

/** Table 7-10 where no target dose is left. */
export function forecastOver(ps: PatientSeries): NotNeeded {
  return ps.satisfied > 0
    ? no('complete', { code: 'forecast.complete' })
    : no('notRecommended', { code: 'forecast.pastHistory' });
}

/** Table 7-10, columns from left to right; the first that matches holds. */
export function forecastNeed(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  immune: Reason | null,
  contraindication: Reason | null,
): Candidate | NotNeeded {
  if (immune !== null) return no('immune', immune);
  if (contraindication !== null) return no('contraindicated', contraindication);
  if (target.season !== null) {
    const { end } = seasonOn(target.season, run.asOf);
    if (run.asOf > end)
      return no('notRecommended', { code: 'forecast.seasonOver', params: { end } });
  }
  const maximum = run.to(ageRule(target, run.asOf)?.max ?? null);
  if (run.asOf >= maximum) return no('agedOut', { code: 'forecast.tooOld', params: { maximum } });
  const candidate = candidateEarliest(run, ps, target);
  if (candidate === null || candidate.date >= maximum) {
    return no('agedOut', { code: 'forecast.cannotFinish', params: { maximum } });
  }
  return candidate;
}
