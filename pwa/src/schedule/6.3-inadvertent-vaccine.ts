/** 6.3 Evaluate for inadvertent vaccine (误种). */
import type { CDose } from './compile.ts';
import type { GivenDose } from './run.ts';

/** Table 6-13. */
export function isInadvertent(target: CDose, dose: GivenDose): boolean {
  return target.inadvertent !== null && target.inadvertent[dose.code] === 1;
}
