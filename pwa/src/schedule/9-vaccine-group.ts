/** Chapter 9 Identify and evaluate vaccine group (按疫苗组汇总). */
import { recommendedVaccines } from './7.5-forecast-dates.ts';
import type { CGroup } from './compile.ts';
import type { PatientSeries, Run, SeriesForecast } from './run.ts';
import type { AntigenForecast, Code, Day, GroupForecast, Reason, SeriesStatus } from './types.ts';

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
  for (const blend of ['risk', 'standard'] as const) {
    const contained: PatientSeries[] = [];
    for (const antigen of group.antigens) {
      const series = mostWanted((best[antigen] ?? []).filter((ps) => ps.series.blend === blend));
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
function mostWanted(series: readonly PatientSeries[]): PatientSeries | null {
  const rankOf = (ps: PatientSeries): number =>
    WANTED.indexOf((ps.forecast as SeriesForecast).status);
  return series.reduce<PatientSeries | null>(
    (found, ps) => (found === null || rankOf(ps) < rankOf(found) ? ps : found),
    null,
  );
}

function merge(
  run: Run,
  group: CGroup,
  blend: 'standard' | 'risk',
  contained: readonly PatientSeries[],
): GroupForecast {
  const forecasts = contained.map((ps) => ps.forecast as SeriesForecast);
  const status = groupStatus(forecasts);
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
    reasons: [],
    vaccines: [],
    antigens: contained.map((ps) => antigenForecast(run, ps)),
  };
  const deciding = forecasts.filter((each) => each.status === status);
  answer.reasons = distinct(deciding.flatMap((each) => each.reasons)); // FORECASTVG-7
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
  const chosen = group.administerFull ? Math.min : Math.max;
  answer.earliest = earliest;
  answer.recommended = floor(least(due, 'recommended')); // FORECASTVG-2
  answer.pastDue = floor(least(due, 'pastDue')); // FORECASTVG-3
  answer.latest = least(due, 'latest'); // FORECASTVG-4
  answer.forecastNumber = chosen(...due.map((each) => each.forecastNumber as number)); // FORECASTDN-2
  answer.target = chosen(...due.map((each) => each.target?.number as number));
  answer.vaccines = groupVaccines(run, due);
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

function distinct(reasons: readonly Reason[]): Reason[] {
  const kept: Reason[] = [];
  for (const reason of reasons) if (!kept.some((other) => same(reason, other))) kept.push(reason);
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
