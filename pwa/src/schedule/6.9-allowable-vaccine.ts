/** 6.9 Evaluate for allowable vaccine (可替代疫苗). */
import type { CDose } from './compile.ts';
import type { GivenDose, Run } from './run.ts';

/** Table 6-29. */
export function isAllowable(run: Run, target: CDose, dose: GivenDose): boolean {
  for (const rule of target.allowable) {
    if (rule.code !== dose.code) continue;
    if (run.from(rule.from) <= dose.date && dose.date < run.to(rule.to)) return true;
  }
  return false;
}
