/** 7.2 Determine evidence of immunity (已有免疫力的证据). */
import type { CAntigen } from './compile.ts';
import type { Run } from './run.ts';
import type { Reason } from './types.ts';

/** Table 7-3. The evidence, or null. A birth country that is not known is the schedule's own. */
export function evidenceOfImmunity(run: Run, antigen: CAntigen): Reason | null {
  if (run.observations.size > 0)
    for (const observation of antigen.immunity) {
      if (run.observations.has(observation))
        return { code: 'forecast.immune', params: { observation } };
    }
  for (const { date, country, unless } of antigen.bornBefore) {
    if (run.birth >= date || unless.some((code) => run.observations.has(code))) continue;
    if (country === null || country === run.country) {
      return { code: 'forecast.immune', params: { bornBefore: date } };
    }
  }
  return null;
}
