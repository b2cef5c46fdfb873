/** 6.1 Evaluate dose administered condition (接种剂次的状况). */
import type { GivenDose } from './run.ts';
import type { Reason } from './types.ts';

/** Table 6-3. The reason why the dose cannot be evaluated, or null if it can. */
export function substandard({ source, date }: GivenDose): Reason | null {
  if (source.expiry !== undefined && date > source.expiry) {
    return { code: 'dose.expired', params: { expiry: source.expiry } };
  }
  return source.substandard === true ? { code: 'dose.substandard' } : null;
}
