/** Chapter 9 Identify and evaluate vaccine group (按疫苗组汇总). */
import { recommendedVaccines } from './7.5-forecast-dates.ts';
import type { CGroup } from './compile.ts';
import type { PatientSeries, Run, SeriesForecast } from './run.ts';
import type { AntigenForecast, Code, Day, GroupForecast, Reason, SeriesStatus } from './types.ts';

const BLENDS = ['risk', 'standard'] as const;

/**
 * The forecasts of one vaccine group: risk with risk and standard with standard (4.6), so there
 * may be two. What the risk asks for stands first; but in a group that is given as a whole (MMR)
 * an early dose for a risk never replaces a later one, so there what is due stands first. They are
 * added to `forecasts`.
 */
export function groupForecasts(
  run: Run,
  group: CGroup,
  best: readonly (readonly PatientSeries[])[],
  forecasts: GroupForecast[],
): void {
  const first = forecasts.length;
  for (const blend of BLENDS) {
    let contained: PatientSeries[] | null = null;
    for (const antigen of group.antigens) {
      const series = mostWanted(best[antigen] as readonly PatientSeries[], blend);
      if (series === null) continue;
      contained ??= [];
      contained.push(series);
    }
    if (contained !== null) forecasts.push(merge(run, group, blend, contained));
  }
  if (!group.administerFull || forecasts.length < first + 2) return;
  const [risk, standard] = forecasts.splice(first, 2) as [GroupForecast, GroupForecast];
  const before = WANTED.indexOf(risk.status) <= WANTED.indexOf(standard.status);
  forecasts.push(...(before ? [risk, standard] : [standard, risk]));
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
  const forecasts: SeriesForecast[] = [];
  const antigens: AntigenForecast[] = [];
  for (const ps of contained) {
    forecasts.push(ps.forecast as SeriesForecast);
    antigens.push(antigenForecast(run, ps));
  }
  const status = groupStatus(forecasts);
  const deciding =
    forecasts.length === 1 ? forecasts : forecasts.filter((each) => each.status === status);
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
    antigens,
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
  answer.vaccines = groupVaccines(run, due);
  const [only] = due as [SeriesForecast];
  if (due.length === 1) {
    // The dates of a single series are no earlier than its earliest.
    answer.earliest = only.earliest;
    answer.recommended = only.recommended;
    answer.pastDue = only.pastDue;
    answer.latest = only.latest;
    answer.forecastNumber = only.forecastNumber;
    answer.target = only.target?.number ?? null;
    if (!only.priority) return;
  }
  const earliest = groupEarliest(run, group, due);
  const floor = (date: Day | null): Day | null => (date === null ? null : Math.max(date, earliest));
  const whole = group.administerFull;
  answer.earliest = earliest;
  answer.recommended = floor(least(due, 'recommended')); // FORECASTVG-2
  answer.pastDue = floor(least(due, 'pastDue')); // FORECASTVG-3
  answer.latest = least(due, 'latest'); // FORECASTVG-4
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
  const [only] = due as [SeriesForecast];
  const first = recommendedVaccines(run, only);
  if (due.length === 1) return first;
  const lists = due.map((each) => (each === only ? first : recommendedVaccines(run, each)));
  // As a rule one vaccine serves all (MMR).
  if (lists.every((codes) => sameCodes(codes, first))) return first;
  const uses = new Map<Code, number>();
  for (const code of lists.flat()) uses.set(code, (uses.get(code) ?? 0) + 1);
  return [...uses.keys()].sort((a, b) => (uses.get(b) as number) - (uses.get(a) as number));
}

function sameCodes(a: readonly Code[], b: readonly Code[]): boolean {
  return a.length === b.length && a.every((code, index) => code === b[index]);
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
