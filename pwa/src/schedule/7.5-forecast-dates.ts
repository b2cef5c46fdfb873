/** 7.5 Generate forecast dates and recommended vaccines (推荐接种日期与疫苗). */
import { ageRule } from './6.4-age.ts';
import { referenceDate } from './6.5-preferable-interval.ts';
import type { Contraindications } from './7.3-contraindications.ts';
import { type Candidate, seasonOn } from './7.4-forecast-need.ts';
import type { CAge, CDose, CInterval } from './compile.ts';
import { inForce, type PatientSeries, type Run, type SeriesForecast } from './run.ts';
import type { Code, Day, Reason } from './types.ts';

/** FORECASTDT-1 to 6, FORECASTRECVAC-1 and FORECASTDN-1 for a dose that is needed. */
export function forecastDates(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  candidate: Candidate,
  found: Contraindications,
): SeriesForecast {
  const earliest = candidate.date;
  const age = ageRule(target, run.asOf);
  const reasons: Reason[] = [candidate.reason];
  const { campaign } = ps.series;
  if (campaign !== null) reasons.push({ code: 'forecast.campaign', params: { name: campaign } });

  let unadjustedRecommended = age?.recommended ? run.ageDate(age.recommended) : null;
  if (unadjustedRecommended !== null) {
    reasons.push({ code: 'forecast.recommendedAge', params: { date: unadjustedRecommended } });
  } else {
    unadjustedRecommended = latestOf(run, ps, target, (interval) => interval.recommended);
    if (unadjustedRecommended !== null) {
      reasons.push({
        code: 'forecast.recommendedInterval',
        params: { date: unadjustedRecommended },
      });
    }
  }
  const late = age?.by ? run.ageDate(age.by) : latestOf(run, ps, target, (interval) => interval.by);
  const unadjustedPastDue = late === null ? null : late - 1;
  const recommended = Math.max(earliest, unadjustedRecommended ?? earliest);
  const inForceNow = target.intervals.filter((interval) => inForce(interval, run.asOf));
  return {
    status: 'notComplete',
    target,
    forecastNumber: forecastNumber(run, ps),
    earliest,
    unadjustedRecommended: unadjustedRecommended ?? earliest,
    recommended,
    unadjustedPastDue,
    pastDue: unadjustedPastDue === null ? null : Math.max(earliest, unadjustedPastDue),
    latest: age?.max ? run.ageDate(age.max) - 1 : null,
    priority: inForceNow.length > 0 && inForceNow.every((interval) => interval.priority),
    vaccines: recommendedVaccines(run, target, earliest, recommended, found),
    reasons,
  };
}

function latestOf(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  which: (interval: CInterval) => CAge | null,
): Day | null {
  let latest: Day | null = null;
  for (const interval of target.intervals) {
    const span = which(interval);
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
function recommendedVaccines(
  run: Run,
  target: CDose,
  earliest: Day,
  recommended: Day,
  found: Contraindications,
): Code[] {
  const flagged: Code[] = [];
  const others: Code[] = [];
  for (const rule of target.preferable) {
    if (found.vaccines.has(rule.code)) continue;
    const from = run.from(rule.from);
    const to = run.to(rule.to);
    const fits = (day: Day): boolean => from <= day && day < to;
    if (!fits(Math.max(earliest, run.asOf)) && !fits(Math.max(recommended, run.asOf))) continue;
    const code = run.compiled.vaccines[rule.code]?.code;
    if (code === undefined || flagged.includes(code) || others.includes(code)) continue;
    (rule.forecast ? flagged : others).push(code);
  }
  return [...flagged, ...others];
}

/** FORECASTDN-1. */
function forecastNumber(run: Run, ps: PatientSeries): number {
  let count = 1;
  for (const { status, date, dose } of ps.targets) {
    if (status !== 'satisfied') continue;
    if (dose.season === null || date >= seasonOn(dose.season, run.asOf).start) count += 1;
  }
  return count;
}
