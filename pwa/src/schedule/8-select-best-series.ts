/** Chapter 8 Select best patient series (选定最适合的程序), for one antigen. */
import { isFor } from './5.1-relevant-series.ts';
import { score } from './8.4-scores.ts';
import type { CAntigen, CSeries } from './compile.ts';
import type { PatientSeries, Run } from './run.ts';

/** 8.1 to 8.8. */
export function bestSeries(run: Run, all: readonly PatientSeries[]): readonly PatientSeries[] {
  const startable = all.every((ps) => mayStart(run, ps))
    ? all
    : all.filter((ps) => mayStart(run, ps));
  const prioritized = new Prioritized();
  for (const group of bySeriesGroup(startable)) {
    const chosen = prioritizedSeries(run, group);
    if (chosen === null) continue;
    prioritized.series.push(chosen);
    run.note('8.7', 'prioritized', chosen.series);
  }
  const best = prioritized.series.filter((ps) => isBest(run, ps, prioritized));
  for (const ps of best) run.note('8.8', 'best', ps.series);
  return best;
}

/** The prioritized series of an antigen, by which the equivalent ones of each are found. */
class Prioritized {
  readonly series: PatientSeries[] = [];

  equivalentTo({ series }: PatientSeries): readonly PatientSeries[] {
    if (series.equivalent.length === 0 || this.series.length === 1) return NO_SERIES;
    return this.series.filter((other) => series.equivalent.includes(other.series.group));
  }
}

const NO_SERIES: readonly PatientSeries[] = [];

/** Series that compete, together; in the order in which the groups come. */
function bySeriesGroup(all: readonly PatientSeries[]): readonly (readonly PatientSeries[])[] {
  const [first] = all;
  if (first === undefined) return [];
  if (all.every((ps) => ps.series.group === first.series.group)) return [all];
  const groups = new Map<string, PatientSeries[]>();
  for (const ps of all) {
    const group = groups.get(ps.series.group);
    if (group === undefined) groups.set(ps.series.group, [ps]);
    else group.push(ps);
  }
  return [...groups.values()];
}

/**
 * What 8.1 to 8.8 come to for an antigen of which the child has had nothing: the default of each
 * series group that it may begin. Null where there is more to weigh, a risk or a group without a
 * default; for a trail all of it is gone through.
 */
export function untouchedDefaults(run: Run, antigen: CAntigen): readonly CSeries[] | null {
  if (run.trail !== null || (run.observations.size > 0 && antigen.hasRisk)) return null;
  if (antigen.onlySeries !== null) {
    const [only] = antigen.onlySeries as [CSeries];
    if (!isFor(run, only) || run.asOf < run.from(only.minAgeToStart)) return [];
    return only.isDefault ? antigen.onlySeries : null;
  }
  const groups: string[] = [];
  const defaults: CSeries[] = [];
  for (const series of antigen.withoutRisk) {
    if (!isFor(run, series) || run.asOf < run.from(series.minAgeToStart)) continue;
    let at = groups.indexOf(series.group);
    if (at < 0) at = groups.push(series.group) - 1;
    if (series.isDefault) defaults[at] ??= series;
  }
  for (let at = 0; at < groups.length; at += 1) if (defaults[at] === undefined) return null;
  return defaults;
}

/**
 * The specification defines a minimum age to start without using it. Here: a series nobody began
 * is none for a patient who is too young to begin it (RSV for 75 years and older, in an infant).
 */
function mayStart(run: Run, ps: PatientSeries): boolean {
  return ps.satisfied > 0 || ps.startBy >= run.from(ps.series.minAgeToStart);
}

/**
 * Not in the specification: a risk series nobody began and nobody can begin any more must not hide
 * one of lower priority that is due (meningococcal at 60 years, where the series for 2 to 23
 * months has the higher priority and no end).
 */
function isMissed(ps: PatientSeries): boolean {
  return ps.satisfied === 0 && ps.forecast?.status === 'agedOut';
}

/** SELECTB-6. */
export const isComplete = (ps: PatientSeries): boolean => ps.forecast?.status === 'complete';

/** SELECTB-16. */
const isInProcess = (ps: PatientSeries): boolean =>
  ps.satisfied > 0 && ps.forecast?.status === 'notComplete';

/** 8.2, 8.3, 8.7: the one series of a series group, or null when none is fit. */
function prioritizedSeries(run: Run, group: readonly PatientSeries[]): PatientSeries | null {
  const scorable = scorableSeries(run, group);
  const defaults = group.filter((ps) => ps.series.isDefault);
  const [first] = scorable;
  // Table 8-3.
  if (first === undefined) return defaults[0] ?? null;
  if (scorable.length === 1) return first;
  const complete = scorable.filter(isComplete);
  const inProcess = scorable.filter(isInProcess);
  if (complete.length === 1) return complete[0] ?? null;
  if (complete.length === 0) {
    if (inProcess.length === 1) return inProcess[0] ?? null;
    if (inProcess.length === 0 && defaults.length === 1) return defaults[0] ?? null;
  }
  // Table 8-5. Where none of its columns fits, valid doses decide.
  if (complete.length > 0) return highest(run, complete, 'complete');
  if (inProcess.length > 0) return highest(run, inProcess, 'inProcess');
  const none = scorable.every((ps) => ps.satisfied === 0);
  return highest(run, scorable, none ? 'noValidDoses' : 'complete');
}

/** 8.1 SELECTB-24 and SELECTSCORE-2. */
function scorableSeries(run: Run, group: readonly PatientSeries[]): PatientSeries[] {
  const barred = (ps: PatientSeries): boolean => ps.forecast?.status === 'contraindicated';
  const candidates = group.every(barred) ? group : group.filter((ps) => !barred(ps));
  const nobodyStarted =
    group.every((ps) => ps.satisfied === 0) && !group.some((ps) => ps.series.isDefault);
  const reachable = highestPriority(group);
  return candidates.filter((ps) => {
    if (ps.series.type === 'evaluation') return isComplete(ps);
    if (ps.series.type === 'risk') return reachable.includes(ps);
    if (ps.firstValid === null) return nobodyStarted;
    const { maxAgeToStart } = ps.series;
    return maxAgeToStart === null || ps.firstValid < run.ageDate(maxAgeToStart);
  });
}

/** The risk series of the highest priority that there is among those still open. */
function highestPriority(group: readonly PatientSeries[]): readonly PatientSeries[] {
  const risk = group.filter((ps) => ps.series.type === 'risk');
  if (risk.length < 2) return risk;
  const open = risk.filter((ps) => !isMissed(ps));
  const reachable = open.length > 0 ? open : risk;
  const [highest] = reachable.map((ps) => ps.series.priority).sort();
  return reachable.filter((ps) => ps.series.priority === highest);
}

/** SELECTBEST-1 and 2: the highest score; of those, the best preference; of those, the first. */
function highest(
  run: Run,
  scored: readonly PatientSeries[],
  by: 'complete' | 'inProcess' | 'noValidDoses',
): PatientSeries | null {
  let chosen: PatientSeries | null = null;
  let top = 0;
  for (const ps of scored) {
    const points = score(run, ps, scored, by);
    run.note('8.4, 8.5, 8.6', 'points', ps.series, { params: { points } });
    const better =
      chosen === null ||
      points > top ||
      (points === top && ps.series.preference < chosen.series.preference);
    if (better) {
      chosen = ps;
      top = points;
    }
  }
  return chosen;
}

/** 8.8, Table 8-14. A risk series that is only looked ahead to does not displace a standard one. */
function isBest(run: Run, ps: PatientSeries, prioritized: Prioritized): boolean {
  if (isComplete(ps)) return true;
  const equivalent = prioritized.equivalentTo(ps);
  if (equivalent.some(isComplete) || ps.series.type === 'evaluation') return false;
  const displaces = (other: PatientSeries): boolean =>
    other.series.type === 'risk' && other.startBy === run.asOf;
  return ps.series.type === 'risk' || !equivalent.some(displaces);
}
