/** 5.1 Select relevant patient series (选定适用的程序). */
import type { CSeries } from './compile.ts';
import type { Run } from './run.ts';

/**
 * Tables 5-4 and 5-5. A risk series needs an indication that is known to apply. Beyond the
 * specification: a series may be for children born within a span.
 */
export function isRelevant(run: Run, series: CSeries): boolean {
  if ((series.sexes & run.sex) === 0) return false;
  if (run.birth < series.bornFrom || run.birth > series.bornTo) return false;
  return series.type !== 'risk' || hasIndication(run, series);
}

function hasIndication(run: Run, series: CSeries): boolean {
  if (run.observations.size === 0) return false;
  return series.indications.some(
    ({ observation, from, to }) =>
      run.observations.has(observation) && run.from(from) <= run.asOf && run.asOf < run.to(to),
  );
}
