/** Chapter 9 Identify and evaluate vaccine group (按疫苗组汇总). */
import { recommendedVaccines } from './7.5-forecast-dates.ts';
import type { CGroup } from './compile.ts';
import type { PatientSeries, Run, SeriesForecast } from './run.ts';
import type { AntigenForecast, Code, Day, GroupForecast, Reason, SeriesStatus } from './types.ts';

const BLENDS = ['risk', 'standard'] as const;

/**
 * The forecasts of one vaccine group: risk with risk and standard with standard (4.6), so there
 * may be two. What the risk asks for stands first; but in a group that is given as a whole (MMR)
 * an early dose for a risk never replaces a later one, so there what is due stands first.
 */
export function groupForecasts(
  run: Run,
  group: CGroup,
  best: readonly (readonly PatientSeries[])[],
): GroupForecast[] {
  const forecasts: GroupForecast[] = [];
  for (const blend of BLENDS) {
    const contained: PatientSeries[] = [];
    for (const antigen of group.antigens) {
      const series = mostWanted(best[antigen] ?? [], blend);
      if (series !== null) contained.push(series);
    }
    if (contained.length > 0) forecasts.push(merge(run, group, blend, contained));
  }
  if (!group.administerFull) return forecasts;
  return forecasts.sort((a, b) => WANTED.indexOf(a.status) - WANTED.indexOf(b.status));
}

const WANTED: readonly SeriesStatus[] = [
  'notComplete',
  'complete',
  'immune',
  'contraindicated',
  'notRecommended',
  'agedOut',
];

/**
 * DEFFORECAST-016: one series of an antigen. Standard recommendations of one antigen may stand in
 * several series groups, for children and for the old: what is due comes first.
 */
function mostWanted(
  best: readonly PatientSeries[],
  blend: 'standard' | 'risk',
): PatientSeries | null {
  let found: PatientSeries | null = null;
  for (const ps of best) {
    if (ps.series.blend !== blend) continue;
    if (found === null || rank(ps) < rank(found)) found = ps;
  }
  return found;
}

const rank = (ps: PatientSeries): number => WANTED.indexOf((ps.forecast as SeriesForecast).status);

function merge(
  run: Run,
  group: CGroup,
  blend: 'standard' | 'risk',
  contained: readonly PatientSeries[],
): GroupForecast {
  const forecasts = contained.map((ps) => ps.forecast as SeriesForecast);
  const status = groupStatus(forecasts);
  const deciding = forecasts.filter((each) => each.status === status);
  const answer: GroupForecast = {
    vaccineGroup: group.name,
    seriesType: blend,
    status,
    forecastNumber: null,
    target: null,
    earliest: null,
    recommended: null,
    pastDue: null,
    latest: null,
    reasons: distinct(deciding), // FORECASTVG-7
    vaccines: [],
    antigens: contained.map((ps) => antigenForecast(run, ps)),
  };
  if (status === 'notComplete') setDates(run, group, deciding, answer);
  return answer;
}

/** The dates, number and vaccines of what is due, from the series forecasts that are. */
function setDates(
  run: Run,
  group: CGroup,
  due: readonly SeriesForecast[],
  answer: GroupForecast,
): void {
  const earliest = groupEarliest(run, group, due);
  const floor = (date: Day | null): Day | null => (date === null ? null : Math.max(date, earliest));
  const whole = group.administerFull;
  answer.earliest = earliest;
  answer.recommended = floor(least(due, 'recommended')); // FORECASTVG-2
  answer.pastDue = floor(least(due, 'pastDue')); // FORECASTVG-3
  answer.latest = least(due, 'latest'); // FORECASTVG-4
  answer.vaccines = groupVaccines(run, due);
  for (const { forecastNumber, target } of due) {
    answer.forecastNumber = pick(answer.forecastNumber, forecastNumber, whole); // FORECASTDN-2
    answer.target = pick(answer.target, target?.number ?? null, whole);
  }
}

/** The lesser of two numbers, or the greater; null is none. */
function pick(a: number | null, b: number | null, lesser: boolean): number | null {
  if (a === null || b === null) return a ?? b;
  return lesser ? Math.min(a, b) : Math.max(a, b);
}

/** SINGLEANTVG-1 and Table 9-4, whose cascade gives a single antigen its own status. */
function groupStatus(forecasts: readonly SeriesForecast[]): SeriesStatus {
  if (forecasts.length === 1) return (forecasts[0] as SeriesForecast).status;
  const statuses = forecasts.map((each) => each.status);
  for (const status of ['contraindicated', 'agedOut', 'notRecommended', 'notComplete'] as const) {
    if (statuses.includes(status)) return status;
  }
  return statuses.every((status) => status === 'immune') ? 'immune' : 'complete';
}

/** SINGLEANTVG-2 and MULTIANTVG-1. */
function groupEarliest(run: Run, group: CGroup, due: readonly SeriesForecast[]): Day {
  const dates = due.map((each) => each.earliest as Day);
  if (!due.some((each) => each.priority)) return Math.max(...dates);
  let last = Number.NEGATIVE_INFINITY;
  for (const antigen of group.antigens) {
    const index = run.records[antigen]?.at(-1);
    const dose = index === undefined ? undefined : run.doses[index];
    if (dose !== undefined) last = Math.max(last, dose.date);
  }
  return Math.max(Math.min(...dates), last);
}

function least(
  due: readonly SeriesForecast[],
  which: 'recommended' | 'pastDue' | 'latest',
): Day | null {
  let found: Day | null = null;
  for (const each of due) {
    const date = each[which];
    if (date !== null && (found === null || date < found)) found = date;
  }
  return found;
}

/** FORECASTVG-9; those that serve most antigens first. */
function groupVaccines(run: Run, due: readonly SeriesForecast[]): Code[] {
  const [only] = due;
  if (due.length === 1 && only !== undefined) return recommendedVaccines(run, only);
  const uses = new Map<Code, number>();
  for (const each of due) {
    for (const code of recommendedVaccines(run, each)) uses.set(code, (uses.get(code) ?? 0) + 1);
  }
  return [...uses.keys()].sort((a, b) => (uses.get(b) as number) - (uses.get(a) as number));
}

function distinct(forecasts: readonly SeriesForecast[]): Reason[] {
  const [only] = forecasts;
  if (forecasts.length === 1 && only !== undefined) return only.reasons;
  const kept: Reason[] = [];
  for (const { reasons } of forecasts) {
    for (const reason of reasons) {
      if (!kept.some((other) => same(reason, other))) kept.push(reason);
    }
  }
  return kept;
}

function same(a: Reason, b: Reason): boolean {
  if (a.code !== b.code) return false;
  for (const key in a.params) if (a.params[key] !== b.params?.[key]) return false;
  return true;
}

function antigenForecast(run: Run, ps: PatientSeries): AntigenForecast {
  const forecast = ps.forecast as SeriesForecast;
  return {
    antigen: run.compiled.antigens[ps.series.antigen]?.name ?? '',
    series: ps.series.name,
    seriesType: ps.series.type,
    status: forecast.status,
    target: forecast.target?.number ?? null,
    targets: ps.targets.length,
    satisfied: ps.satisfied,
    skipped: ps.skipped(),
    earliest: forecast.earliest,
    recommended: forecast.recommended,
    pastDue: forecast.pastDue,
    latest: forecast.latest,
  };
}
