/**
 * 6.2 Evaluate conditional skip (可跳过的剂次); 7.1 and 7.6 use the same logic.
 *
 * The specification does not say how several skips of one dose combine: any one suffices. A count
 * excludes the dose being evaluated and what was given after it. Where the assessment is of an earlier
 * year's season, so are the days that a count looks at.
 */
import type { CCondition, CDose, CSkip, CSkipSet } from './compile.ts';
import { type GivenDose, inForce, type PatientSeries, type Run } from './run.ts';
import { back, yearsBack } from './season.ts';
import type { Day } from './types.ts';

export interface SkipMoment {
  readonly context: 'evaluation' | 'forecast';
  /** CONDSKIP-2: date given, assessment date or the forecast's earliest date. */
  readonly reference: Day;
  /** Date by which rows in force are chosen. */
  readonly anchor: Day;
  /** Place of the dose in the series' records; their number when forecasting. */
  readonly record: number;
}

/** Table 6-11. */
export function canSkip(run: Run, ps: PatientSeries, dose: CDose, moment: SkipMoment): boolean {
  for (const skip of dose.skips) {
    const applies = moment.context === 'evaluation' ? skip.evaluation : skip.forecast;
    if (applies && skipIsMet(run, ps, skip, dose, moment)) return true;
  }
  return false;
}

function skipIsMet(
  run: Run,
  ps: PatientSeries,
  skip: CSkip,
  dose: CDose,
  moment: SkipMoment,
): boolean {
  let any = false;
  for (const set of skip.sets) {
    if (!inForce(set, moment.anchor)) continue;
    const met = setIsMet(run, ps, set, dose, moment);
    if (met && !skip.and) return true;
    if (!met && skip.and) return false;
    any ||= met;
  }
  return any;
}

/** Table 6-10. */
function setIsMet(
  run: Run,
  ps: PatientSeries,
  set: CSkipSet,
  dose: CDose,
  moment: SkipMoment,
): boolean {
  for (const condition of set.conditions) {
    const met = conditionIsMet(run, ps, condition, dose, moment);
    if (met && !set.and) return true;
    if (!met && set.and) return false;
  }
  return set.and && set.conditions.length > 0;
}

function conditionIsMet(
  run: Run,
  ps: PatientSeries,
  condition: CCondition,
  dose: CDose,
  moment: SkipMoment,
): boolean {
  switch (condition.type) {
    case 'age': // Table 6-6
      return (
        run.from(condition.from) <= moment.reference && moment.reference < run.to(condition.to)
      );
    case 'completedSeries': // Table 6-7
      return run.completedSeries(ps.series.antigen, condition.groups);
    case 'interval': {
      // Table 6-8
      if (moment.record === 0) return false;
      const previous = run.doses[ps.records[moment.record - 1] as number] as GivenDose;
      return moment.reference >= run.after(previous.date, condition.interval);
    }
    case 'count': {
      // Table 6-9
      const count = countDoses(run, ps, condition, dose, moment.record);
      if (condition.is === 'more') return count > condition.doses;
      return condition.is === 'equal' ? count === condition.doses : count < condition.doses;
    }
    case 'observation':
      return condition.codes.some((code) => run.observations.has(code)) !== condition.absent;
    case 'birth':
      return condition.from <= run.birth && run.birth <= condition.to;
  }
}

/** CONDSKIP-1. */
function countDoses(
  run: Run,
  ps: PatientSeries,
  condition: CCondition & { type: 'count' },
  { season }: CDose,
  record: number,
): number {
  let { start, end } = condition;
  const years = yearsBack(season, run.asOf);
  if (years > 0) [start, end] = [back(start, years), back(end, years)];
  const from = Math.max(run.from(condition.from), start);
  const to = Math.min(run.to(condition.to), end);
  let count = 0;
  if (condition.valid || condition.codes === null) {
    for (let at = 0; at < record; at += 1) {
      const dose = run.doses[ps.records[at] as number];
      if (dose === undefined || dose.date < from || dose.date >= to) continue;
      if (condition.codes !== null && condition.codes[dose.code] !== 1) continue;
      if (!condition.valid || ps.evaluations[at]?.status === 'valid') count += 1;
    }
    return count;
  }
  // A total is of all the child's doses, for the list may name vaccines of other antigens.
  const before = ps.records[record] ?? run.doses.length;
  for (let at = 0; at < before; at += 1) {
    const dose = run.doses[at];
    if (dose === undefined || dose.date < from || dose.date >= to) continue;
    if (condition.codes[dose.code] === 1) count += 1;
  }
  return count;
}
