/** 7.4 Determine forecast need (是否还需接种). */
import { dateOf, dayOf, daysInMonth, EARLIEST_DAY, LATEST_DAY } from './3.4-dates.ts';
import { ageRule } from './6.4-age.ts';
import { referenceDate } from './6.5-preferable-interval.ts';
import { forecastConflictEnd } from './6.7-vaccine-conflict.ts';
import type { CDose, CReference, CSeason } from './compile.ts';
import { inForce, type PatientSeries, type Run } from './run.ts';
import type { Day, Reason, SeriesStatus } from './types.ts';

/**
 * The season that counts on a day. A season of every year (`MM-DD`) is the one running, or else the
 * next to come. One with literal dates holds as it stands, also when it is over (Table 7-10); but
 * on a day of an earlier year, for which the data no longer says anything, it is moved back by
 * whole years.
 */
export function seasonOn(season: CSeason, day: Day): { start: Day; end: Day } {
  const [year, month, date] = dateOf(day);
  if (!season.yearly) {
    const [startYear] = dateOf(season.start);
    const [endYear] = dateOf(season.end);
    // Without an end there is no saying what an earlier season was.
    if (season.end >= LATEST_DAY || season.start <= EARLIEST_DAY) return season;
    let back = 0;
    while (inYear(season.end, endYear - back - 1) >= day) back += 1;
    if (back === 0) return season;
    return {
      start: inYear(season.start, startYear - back),
      end: inYear(season.end, endYear - back),
    };
  }
  const wraps = season.end < season.start;
  const over = month * 100 + date > season.end;
  const startYear = wraps ? year - (over ? 0 : 1) : year + (over ? 1 : 0);
  const at = (y: number, md: number): Day => dayOf(y, Math.floor(md / 100), md % 100);
  return { start: at(startYear, season.start), end: at(startYear + (wraps ? 1 : 0), season.end) };
}

/** The same month and day in another year. */
function inYear(day: Day, year: number): Day {
  const [, month, date] = dateOf(day);
  return dayOf(year, month, Math.min(date, daysInMonth(year, month)));
}

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
  const conflict = run.doses.length > 0 ? forecastConflictEnd(run, target.preferable) : null;
  if (conflict !== null && conflict.date > date) {
    date = conflict.date;
    const { with: code, given } = conflict;
    reason = { code: 'forecast.conflict', params: { date, with: code, given } };
  }
  if (target.season !== null) {
    const { start } = seasonOn(target.season, run.asOf);
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

function intervalReason(from: CReference, date: Day, since: Day): Reason {
  return from.kind === 'observation'
    ? { code: 'forecast.observation', params: { date, observation: from.code } }
    : { code: 'forecast.minInterval', params: { date, since } };
}

export interface Need {
  readonly status: SeriesStatus;
  readonly reason: Reason | null;
  readonly candidate: Candidate | null;
}

/** Table 7-10, columns from left to right; the first that matches holds. */
export function forecastNeed(
  run: Run,
  ps: PatientSeries,
  target: CDose | null,
  immune: Reason | null,
  contraindication: Reason | null,
): Need {
  const no = (status: SeriesStatus, reason: Reason): Need => ({ status, reason, candidate: null });
  if (target === null) {
    return ps.satisfied > 0
      ? no('complete', { code: 'forecast.complete' })
      : no('notRecommended', { code: 'forecast.pastHistory' });
  }
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
  return { status: 'notComplete', reason: candidate.reason, candidate };
}
