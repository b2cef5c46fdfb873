/** 6.4 Evaluate age (接种月龄). */
import type { CAgeRule, CDose } from './compile.ts';
import { type GivenDose, inForce, type Run } from './run.ts';
import type { Day, Reason } from './types.ts';

export type AgeVerdict = 'valid' | 'notValid' | 'extraneous';

/** The row in force on a day; null means that any age will do. */
export function ageRule(dose: CDose, day: Day): CAgeRule | null {
  if (dose.undatedAges !== null) return dose.undatedAges;
  for (const row of dose.ages) if (inForce(row, day)) return row;
  return null;
}

/** Table 6-15. Adds its reason, if any, to `reasons`. */
export function evaluateAge(
  run: Run,
  target: CDose,
  dose: GivenDose,
  reasons: Reason[],
): AgeVerdict {
  const row = ageRule(target, dose.date);
  if (row === null) return 'valid';
  const absoluteMinimum = run.from(row.absMin);
  if (dose.date < absoluteMinimum) {
    reasons.push({ code: 'dose.tooYoung', params: { minimum: absoluteMinimum } });
    return 'notValid';
  }
  const maximum = run.to(row.max);
  if (dose.date >= maximum) {
    reasons.push({ code: 'dose.tooOld', params: { maximum } });
    return 'extraneous';
  }
  const minimum = run.from(row.min);
  if (dose.date < minimum) reasons.push({ code: 'dose.gracePeriod', params: { minimum } });
  return 'valid';
}
