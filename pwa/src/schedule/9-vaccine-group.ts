/** Chapter 9 Identify and evaluate vaccine group (按疫苗组汇总). */
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
  const status = groupStatus(forecasts.map((each) => each.status));
  const due = status === 'notComplete';
  const dated = forecasts.filter((each) => each.status === 'notComplete');
  const wanted = due ? dated : forecasts.filter((each) => each.status === status);
  const earliest = due ? groupEarliest(run, group, dated) : null;
  const floor = (date: Day | null): Day | null =>
    date === null || earliest === null ? null : Math.max(date, earliest);
  const numbers = dated.map((each) => each.forecastNumber as number);
  const targets = dated.map((each) => each.target?.number as number);
  const chosen = group.administerFull ? Math.min : Math.max;
  return {
    vaccineGroup: group.name,
    seriesType: blend,
    status,
    forecastNumber: due ? chosen(...numbers) : null, // FORECASTDN-2
    target: due ? chosen(...targets) : null,
    earliest,
    recommended: due ? floor(least(dated.map((each) => each.recommended))) : null, // FORECASTVG-2
    pastDue: due ? floor(least(dated.map((each) => each.pastDue))) : null, // FORECASTVG-3
    latest: due ? least(dated.map((each) => each.latest)) : null, // FORECASTVG-4
    reasons: distinct(wanted.flatMap((each) => each.reasons)), // FORECASTVG-7
    vaccines: due ? groupVaccines(dated) : [],
    antigens: contained.map((ps) => antigenForecast(run, ps)),
  };
}

/** SINGLEANTVG-1 and Table 9-4, whose cascade gives a single antigen its own status. */
function groupStatus(statuses: readonly SeriesStatus[]): SeriesStatus {
  for (const status of ['contraindicated', 'agedOut', 'notRecommended', 'notComplete'] as const) {
    if (statuses.includes(status)) return status;
  }
  return statuses.every((status) => status === 'immune') ? 'immune' : 'complete';
}

/** SINGLEANTVG-2 and MULTIANTVG-1. */
function groupEarliest(run: Run, group: CGroup, dated: readonly SeriesForecast[]): Day {
  const dates = dated.map((each) => each.earliest as Day);
  if (!dated.some((each) => each.priority)) return Math.max(...dates);
  let last = Number.NEGATIVE_INFINITY;
  for (const antigen of group.antigens) {
    const index = run.records[antigen]?.at(-1);
    const dose = index === undefined ? undefined : run.doses[index];
    if (dose !== undefined) last = Math.max(last, dose.date);
  }
  return Math.max(Math.min(...dates), last);
}

function least(dates: readonly (Day | null)[]): Day | null {
  let found: Day | null = null;
  for (const date of dates) if (date !== null && (found === null || date < found)) found = date;
  return found;
}

/** FORECASTVG-9; those that serve most antigens first. */
function groupVaccines(dated: readonly SeriesForecast[]): Code[] {
  const uses = new Map<Code, number>();
  for (const each of dated) {
    for (const code of each.vaccines) uses.set(code, (uses.get(code) ?? 0) + 1);
  }
  return [...uses.keys()].sort((a, b) => (uses.get(b) as number) - (uses.get(a) as number));
}

function distinct(reasons: readonly Reason[]): Reason[] {
  const seen = new Map<string, Reason>();
  for (const reason of reasons) seen.set(JSON.stringify(reason), reason);
  return [...seen.values()];
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
