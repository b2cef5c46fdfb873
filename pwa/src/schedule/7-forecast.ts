/** Chapter 7 Forecast dates and reasons (预测), for one patient series: sections 7.1 to 7.6. */
import { canSkip } from './6.2-conditional-skip.ts';
import { evidenceOfImmunity } from './7.2-immunity.ts';
import { contraindicated, contraindications, NOT_BARRED } from './7.3-contraindications.ts';
import { forecastNeed, forecastOver, type NotNeeded } from './7.4-forecast-need.ts';
import { forecastDates } from './7.5-forecast-dates.ts';
import { type CAntigen, type CDose, sexBit, type Target } from './compile.ts';
import type { Findings, PatientSeries, Run, SeriesForecast } from './run.ts';
import type { Day, Reason } from './types.ts';

/**
 * Forecasts the next target dose. A target that can be skipped, on the assessment date (7.1) or on
 * the very day it would be due (7.6), is skipped and the next one is forecast; so each round moves
 * on and the loop ends.
 */
export function forecastSeries(run: Run, ps: PatientSeries): SeriesForecast {
  const found = findings(run, ps.series.antigen);
  const barred = contraindicated(found, ps.series);
  for (let at = 0; at < ps.targets.length; at += 1) {
    const target = ps.targets[at] as Target;
    if (target.status !== 'notSatisfied') continue;
    if (skipped(run, ps, at, target.dose, run.asOf, '7.1')) continue;
    const need = forecastNeed(run, ps, target.dose, found.immune, barred);
    if ('status' in need) return without(need);
    if (skipped(run, ps, at, target.dose, need.date, '7.6')) continue;
    const forecast = forecastDates(run, ps, target.dose, need, found.vaccines);
    if (found.open.length > 0) forecast.reasons.unshift(...found.open);
    if (ps.series.asksSex && run.sex === UNKNOWN_SEX) {
      forecast.reasons.unshift({ code: 'forecast.sexUnknown' });
    }
    return forecast;
  }
  const over = without(forecastOver(ps));
  over.reasons.push(...notNeeded(ps));
  return over;
}

/** Which doses of a series that is over were never given, because they are not needed. */
function notNeeded(ps: PatientSeries): Reason[] {
  const given = new Set<number>();
  for (const { status, dose } of ps.targets) if (status === 'satisfied') given.add(dose.number);
  const numbers = new Set<number>();
  for (const { status, dose } of ps.targets) {
    if (status === 'skipped' && !given.has(dose.number)) numbers.add(dose.number);
  }
  return [...numbers].map((dose) => ({ code: 'forecast.skipped', params: { dose } }));
}

function skipped(
  run: Run,
  ps: PatientSeries,
  at: number,
  dose: CDose,
  reference: Day,
  rule: string,
): boolean {
  if (dose.skips.length === 0) return false;
  const record = ps.records.length;
  const moment = { context: 'forecast', reference, anchor: run.asOf, record } as const;
  if (!canSkip(run, ps, dose, moment)) return false;
  ps.settle(at, 'skipped', reference);
  if (run.trail !== null) {
    run.note(rule, 'skipped', ps.series, { target: dose.number, params: { date: reference } });
  }
  return true;
}

/** 7.2 and 7.3, which are the same for all series of an antigen. */
function findings(run: Run, antigen: number): Findings {
  const known = run.findings[antigen];
  if (known != null) return known;
  const of = run.compiled.antigens[antigen] as CAntigen;
  if (run.observations.size === 0 && !of.asks) {
    run.findings[antigen] = NOTHING_FOUND;
    return NOTHING_FOUND;
  }
  const immune = evidenceOfImmunity(run, of);
  const barring = contraindications(run, of);
  const found = immune === null && barring === NOT_BARRED ? NOTHING_FOUND : { immune, ...barring };
  run.findings[antigen] = found;
  return found;
}

const NOTHING_FOUND: Findings = { immune: null, ...NOT_BARRED };

const UNKNOWN_SEX = sexBit('U');
const NOTHING_BARRED: ReadonlyMap<number, string> = new Map();

function without({ status, reason }: NotNeeded): SeriesForecast {
  return {
    status,
    target: null,
    forecastNumber: null,
    earliest: null,
    recommended: null,
    pastDue: null,
    latest: null,
    priority: false,
    barred: NOTHING_BARRED,
    reasons: [reason],
  };
}
