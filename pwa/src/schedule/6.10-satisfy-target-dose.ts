/** 6.10 Satisfy target dose (是否完成该剂次): chapter 6 for one dose against one target dose. */

import { isInadvertent } from './6.3-inadvertent-vaccine.ts';
import { evaluateAge } from './6.4-age.ts';
import { evaluatePreferableIntervals } from './6.5-preferable-interval.ts';
import { satisfiesAllowableIntervals } from './6.6-allowable-interval.ts';
import { evaluateConflict } from './6.7-vaccine-conflict.ts';
import { isOutsideLabel, isPreferable } from './6.8-preferable-vaccine.ts';
import { isAllowable } from './6.9-allowable-vaccine.ts';
import type { CDose } from './compile.ts';
import type { Evaluation, GivenDose, PatientSeries, Run } from './run.ts';
import { HARMLESS_REASONS, type Reason } from './types.ts';

/**
 * Sections 6.3 to 6.10 (6.1 and 6.2 come before, in chapter 4's loop). Every section is applied
 * even after one failed, so that the reasons are complete.
 */
export function evaluateDose(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  record: number,
  dose: GivenDose,
): Evaluation {
  const { number } = target;
  if (isInadvertent(target, dose)) {
    const reasons: Reason[] = [{ code: 'dose.inadvertent' }];
    if (run.trail !== null) {
      run.note('6.3', 'inadvertent', ps.series, { target: number, dose: dose.source.id });
    }
    return { status: 'notValid', target: number, reasons, inadvertent: true };
  }
  const reasons: Reason[] = [];
  const age = evaluateAge(run, target, dose, reasons);
  const intervals = evaluateIntervals(run, ps, target, record, dose, reasons);
  const impacted = evaluateConflict(run, ps, record, reasons);
  const vaccine = evaluateVaccine(run, target, dose, reasons);
  // Table 6-31.
  const status =
    age === 'extraneous'
      ? 'extraneous'
      : age === 'valid' && intervals && !impacted && vaccine
        ? 'valid'
        : 'notValid';
  if (run.trail !== null) {
    const about = { target: number, dose: dose.source.id };
    run.note('6.4', age, ps.series, about);
    run.note('6.5, 6.6', intervals ? 'longEnough' : 'tooSoon', ps.series, about);
    run.note('6.7', impacted ? 'impacted' : 'notImpacted', ps.series, about);
    run.note('6.8, 6.9', vaccine ? 'rightVaccine' : 'wrongVaccine', ps.series, about);
    run.note('6.10', status, ps.series, about);
  }
  // What would have let the dose count must not stand beside why it does not.
  const told =
    status === 'valid' ? reasons : reasons.filter((each) => !HARMLESS_REASONS.has(each.code));
  return { status, target: number, reasons: told, inadvertent: false };
}

function evaluateIntervals(
  run: Run,
  ps: PatientSeries,
  target: CDose,
  record: number,
  dose: GivenDose,
  reasons: Reason[],
): boolean {
  const before = reasons.length;
  if (evaluatePreferableIntervals(run, ps, target, record, dose.date, reasons)) return true;
  if (!satisfiesAllowableIntervals(run, ps, target, record, dose.date)) return false;
  reasons.length = before;
  return true;
}

function evaluateVaccine(run: Run, target: CDose, dose: GivenDose, reasons: Reason[]): boolean {
  const before = reasons.length;
  const preferable = isPreferable(run, target, dose, reasons);
  if (preferable || isAllowable(run, target, dose)) {
    if (!preferable) {
      reasons.length = before;
      reasons.push({ code: 'dose.allowableVaccine' });
    }
    if (isOutsideLabel(run, dose.code, dose.date)) reasons.push({ code: 'dose.outsideLabel' });
    return true;
  }
  if (reasons.length === before) reasons.push({ code: 'dose.wrongVaccine' });
  return false;
}
