/** 7.4 Determine forecast need (是否还需接种). */
import { dateOf, dayOf, daysInMonth } from './3.4-dates.ts';
import { ageRule } from './6.4-age.ts';
import { referenceDate } from './6.5-preferable-interval.ts';
import { forecastConflictEnd } from './6.7-vaccine-conflict.ts';
import type { CDose, CReference, CSeason } from './compile.ts';
import { inForce, type PatientSeries, type Run } from './run.ts';
import type { Day, Reason, SeriesStatus } from './types.ts';

/**
 * The season that counts on a day. A season of every year (`MM-DD`) is the one running, or else the
 * next to come. One with literal dates holds as it stands, also when it is over (Table 7-10); if it
 * came in earlier years too, an assessment of an earlier year looks at that year's.
 */
export function seasonOn(season: CSeason, day: Day): { start: Day; end: Day } {
  if (!season.yearly) return season.recurred ? earlierSeason(season, day) : season;
  const [year, month, date] = dateOf(day);
  const wraps = season.end < season.start;
  const over = month * 100 + date > season.end;
  const startYear = wraps ? year - (over ? 0 : 1) : year + (over ? 1 : 0);
  const at = (y: number, md: number): Day => dayOf(y, Math.floor(md / 100), md % 100);
  return { start: at(startYear, season.start), end: at(startYear + (wraps ? 1 : 0), season.end) };
}

function earlierSeason(season: { start: Day; end: Day }, day: Day): { start: Day; end: Day } {
  const back = (date: Day, years: number): Day => {
    const [year, month, of] = dateOf(date);
    return dayOf(year - years, month, Math.min(of, daysInMonth(year - years, month)));
  };
  let years = 0;
  while (back(season.end, years + 1) >= day) years += 1;
  return { start: back(season.start, years), end: back(season.end, years) };
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
