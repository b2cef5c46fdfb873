/** 5.1 Select relevant patient series (选定适用的程序). */
import type { CAntigen, CSeries } from './compile.ts';
import { PatientSeries, type Run } from './run.ts';
import type { Day } from './types.ts';

/**
 * Tables 5-4 and 5-5: the series of an antigen that the child may follow. A risk series needs an
 * indication that is known to apply. Beyond the specification: a series may be for children born
 * within a span, and indications may be looked ahead to ({@link upcoming}).
 */
export function relevantSeries(
  run: Run,
  antigen: CAntigen,
  records: readonly number[],
): PatientSeries[] {
  const relevant: PatientSeries[] = [];
  // Without observations no risk series can be.
  const nothingKnown = run.observations.size === 0;
  for (const series of nothingKnown ? antigen.withoutRisk : antigen.series) {
    if (isFor(run, series) && (series.type !== 'risk' || isIndicated(run, series))) {
      relevant.push(new PatientSeries(series, run.asOf, records));
    }
  }
  const horizon = run.compiled.indicationsAhead;
  if (nothingKnown || horizon === null) return relevant;
  const taken = new Set(relevant.map(({ series }) => series.group));
  const startBy = run.after(run.asOf, horizon);
  for (const series of antigen.series) {
    if (!taken.has(series.group) && isFor(run, series) && upcoming(run, series, startBy)) {
      relevant.push(new PatientSeries(series, startBy, records));
    }
  }
  return relevant;
}

/** Whether it is for children of that sex and birth date. */
export function isFor(run: Run, series: CSeries): boolean {
  return (
    (series.sexes & run.sex) !== 0 && series.bornFrom <= run.birth && run.birth <= series.bornTo
  );
}

function isIndicated(run: Run, series: CSeries): boolean {
  return series.indications.some(
    ({ observation, from, to }) =>
      run.observations.has(observation) && run.from(from) <= run.asOf && run.asOf < run.to(to),
  );
}

/**
 * An indication that the child will come of age for within the schedule's horizon: its series is
 * forecast ahead, as standard series are, where the series group has nothing for now.
 */
function upcoming(run: Run, series: CSeries, horizon: Day): boolean {
  if (series.type !== 'risk') return false;
  return series.indications.some(
    ({ observation, from }) =>
      run.observations.has(observation) && run.asOf < run.from(from) && run.from(from) <= horizon,
  );
}
