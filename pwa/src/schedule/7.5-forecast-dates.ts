/** 7.5 Generate forecast dates and recommended vaccines (推荐接种日期与疫苗). */
import { ageRule } from './6.4-age.ts';
import { referenceDate } from './6.5-preferable-interval.ts';
import type { Candidate } from './7.4-forecast-need.ts';
import type { CAgeSpan, CDose, CInterval } from './compile.ts';
import { inForce, type PatientSeries, type Run, type SeriesForecast } from './run.ts';
import { seasonOn } from './season.ts';
import type { Code, Day, Reason } from './types.ts';

/** FORECASTDT-1 to 6 and FORECASTDN-1 for a dose that is needed. */
export function forecastDates(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  candidate: Candidate,
  barred: ReadonlyMap<number, string>,
): SeriesForecast {
  const earliest = candidate.date;
  const age = ageRule(target, run.asOf);
  const reasons: Reason[] = [candidate.reason];
  const { campaign } = ps.series;
  if (campaign !== null) reasons.push({ code: 'forecast.campaign', params: { name: campaign } });

  let unadjusted = age?.recommended ? run.ageDate(age.recommended) : null;
  if (unadjusted !== null) {
    reasons.push({ code: 'forecast.recommendedAge', params: { date: unadjusted } });
  } else {
    unadjusted = latestOf(run, ps, target.recommending, 'recommended');
    if (unadjusted !== null) {
      reasons.push({ code: 'forecast.recommendedInterval', params: { date: unadjusted } });
    }
  }
  const late = age?.by ? run.ageDate(age.by) : latestOf(run, ps, target.closing, 'by');
  return {
    status: 'notComplete',
    target,
    forecastNumber: forecastNumber(run, ps),
    earliest,
    recommended: unadjusted === null ? earliest : Math.max(earliest, unadjusted),
    pastDue: late === null ? null : Math.max(earliest, late - 1),
    latest: age?.max ? run.ageDate(age.max) - 1 : null,
    priority: hasPriority(run, target),
    barred,
    reasons,
  };
}

/** FORECASTPRIORITY-1. */
function hasPriority(run: Run, target: CDose): boolean {
  if (!target.hasPriority) return false;
  let any = false;
  for (const interval of target.intervals) {
    if (!inForce(interval, run.asOf)) continue;
    if (!interval.priority) return false;
    any = true;
  }
  return any;
}

/** The latest of the days that a dose's intervals say. */
function latestOf(
  run: Run,
  ps: PatientSeries,
  intervals: readonly CInterval[],
  which: 'recommended' | 'by',
): Day | null {
  let latest: Day | null = null;
  for (const interval of intervals) {
    const span = interval[which];
    if (span === null || !inForce(interval, run.asOf)) continue;
    const since = referenceDate(run, ps, interval.from, ps.records.length);
    if (since === null) continue;
    const date = run.after(since, span);
    if (latest === null || date > latest) latest = date;
  }
  return latest;
}

/**
 * FORECASTRECVAC-1; after those flagged, the other preferable ones that would do. For a dose that
 * is late the dates are taken as today: a vaccine for which the child has become too old must not
 * be named.
 */
export function recommendedVaccines(run: Run, forecast: SeriesForecast): Code[] {
  const codes: Code[] = [];
  if (forecast.target === null) return codes;
  const first = Math.max(forecast.earliest ?? run.asOf, run.asOf);
  const then = Math.max(forecast.recommended ?? run.asOf, run.asOf);
  for (const { number, code, ages } of forecast.target.named) {
    if (forecast.barred.size > 0 && forecast.barred.has(number)) continue;
    if (!isOfAge(run, ages, first) && !isOfAge(run, ages, then)) continue;
    if (!codes.includes(code)) codes.push(code);
  }
  return codes;
}

function isOfAge(run: Run, ages: readonly CAgeSpan[], day: Day): boolean {
  for (const { from, to } of ages) if (day < run.from(from) || day >= run.to(to)) return false;
  return true;
}

/** FORECASTDN-1. */
function forecastNumber(run: Run, ps: PatientSeries): number {
  if (!ps.series.seasonal) return ps.satisfied + 1;
  let count = 1;
  for (const { status, date, dose } of ps.targets) {
    if (status !== 'satisfied') continue;
    if (dose.season === null || date >= seasonOn(dose.season, run.asOf).start) count += 1;
  }
  return count;
}
