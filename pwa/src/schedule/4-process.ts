/** Chapter 4 Processing model (处理流程): from a child to a forecast. */
import { relevantSeries } from './5.1-relevant-series.ts';
import { substandard } from './6.1-dose-condition.ts';
import { canSkip } from './6.2-conditional-skip.ts';
import { evaluateDose } from './6.10-satisfy-target-dose.ts';
import { forecastSeries } from './7-forecast.ts';
import { bestSeries, untouchedDefaults } from './8-select-best-series.ts';
import { groupForecasts } from './9-vaccine-group.ts';
import { type Compiled, sexBit } from './compile.ts';
import { type Evaluation, type GivenDose, PatientSeries, Run, type SeriesForecast } from './run.ts';
import type {
  Child,
  Day,
  Dose,
  DoseEvaluation,
  Forecast,
  GroupForecast,
  Observation,
  Options,
  Reason,
  ReasonCode,
} from './types.ts';
import { spaceVisits } from './visit.ts';

/**
 * Evaluates every dose and forecasts every vaccine group.
 *
 * Doses before birth or of an unknown vaccine are not evaluated; they come back as such, with the
 * reason. A dose dated after `asOf` is held to be given, for a clock may be wrong and the child must
 * not get it twice; it bears the reason `dose.inFuture`. Who looks back at an earlier day leaves out
 * what was given since. The order in which doses and observations are given changes nothing.
 */
export function forecast(
  compiled: Compiled,
  child: Child,
  asOf: Day,
  options: Options = {},
): Forecast {
  const answer: DoseEvaluation[] = [];
  const given = gather(compiled, child, answer);
  const run = new Run(
    compiled,
    child.birth,
    asOf,
    sexBit(child.sex),
    child.country ?? compiled.schedule.country,
    given,
    activeObservations(child.observations ?? [], asOf),
    options.trail === true ? [] : null,
    completedSeries,
  );
  const best: (readonly PatientSeries[])[] = [];
  for (let antigen = 0; antigen < compiled.antigens.length; antigen += 1) {
    best.push(untouched(run, antigen) ?? bestOfAll(run, antigen));
  }
  const forecasts: GroupForecast[] = [];
  for (const group of compiled.groups) groupForecasts(run, group, best, forecasts);
  const groups = spaceVisits(run, forecasts);
  reportDoses(run, best, answer);
  return run.trail === null
    ? { doses: answer, groups }
    : { doses: answer, groups, trail: run.trail };
}

function bestOfAll(run: Run, antigen: number): readonly PatientSeries[] {
  const all = patientSeries(run, antigen);
  for (const ps of all) process(run, ps);
  return bestSeries(run, all);
}

/** Of an antigen of which the child has had nothing, only what will be chosen is gone through. */
function untouched(run: Run, antigen: number): readonly PatientSeries[] | null {
  const records = run.records[antigen];
  const found = run.compiled.antigens[antigen];
  if (records === undefined || records.length > 0 || found === undefined) return null;
  const defaults = untouchedDefaults(run, found);
  if (defaults === null) return null;
  const best: PatientSeries[] = [];
  for (const series of defaults) best.push(new PatientSeries(series, run.asOf, records));
  run.patientSeries[antigen] = best;
  for (const ps of best) process(run, ps);
  return best;
}

/** 4.1 Gather necessary data: the doses that can be evaluated, oldest first. */
function gather(compiled: Compiled, child: Child, answer: DoseEvaluation[]): GivenDose[] {
  const given: GivenDose[] = [];
  for (const source of child.doses) {
    // A vaccine that counts for nothing may still be one that a rule names (6.5, 6.7).
    const code = compiled.codes.get(source.code) ?? -1;
    const problem: ReasonCode | null =
      source.date < child.birth ? 'dose.beforeBirth' : code < 0 ? 'dose.unknownVaccine' : null;
    if (problem === null) given.push({ source, date: source.date, code });
    else answer.push(notEvaluated(source, problem));
  }
  for (let at = 1; at < given.length; at += 1) {
    if (byDate(given[at - 1] as GivenDose, given[at] as GivenDose) > 0) return given.sort(byDate);
  }
  return given;
}

const byDate = (a: GivenDose, b: GivenDose): number =>
  a.date - b.date || a.code - b.code || compareText(a.source.id, b.source.id);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function notEvaluated(source: Dose, code: ReasonCode, ...more: Reason[]): DoseEvaluation {
  return {
    id: source.id,
    date: source.date,
    code: source.code,
    vaccineGroup: null,
    antigen: null,
    series: null,
    target: null,
    status: 'notEvaluated',
    reasons: [{ code }, ...more],
  };
}

const NO_OBSERVATIONS: ReadonlyMap<string, readonly Day[]> = new Map();

/** Active observations: known by the day, and not over. */
function activeObservations(
  observations: readonly Observation[],
  asOf: Day,
): ReadonlyMap<string, readonly Day[]> {
  if (observations.length === 0) return NO_OBSERVATIONS;
  const active = new Map<string, Day[]>();
  for (const { code, date, end } of observations) {
    if (date != null && date > asOf) continue;
    if (end != null && end < asOf) continue;
    const dates = active.get(code) ?? [];
    if (date != null) dates.push(date);
    active.set(code, dates);
  }
  for (const dates of active.values()) dates.sort((a, b) => a - b);
  return active;
}

/** 4.3 The series of an antigen that are relevant for the child. */
function patientSeries(run: Run, antigen: number): PatientSeries[] {
  const made = run.patientSeries[antigen];
  if (made != null) return made;
  const found = run.compiled.antigens[antigen];
  if (found === undefined) return [];
  const series = relevantSeries(run, found, run.records[antigen] ?? []);
  run.patientSeries[antigen] = series;
  return series;
}

/** Table 6-7. Series of other groups are processed when asked for; a circle counts as incomplete. */
function completedSeries(run: Run, antigen: number, groups: readonly string[]): boolean {
  return patientSeries(run, antigen).some((ps) => {
    if (!groups.includes(ps.series.group)) return false;
    process(run, ps);
    return ps.forecast?.status === 'complete';
  });
}

/** 4.4 Evaluates and forecasts one patient series, once. */
function process(run: Run, ps: PatientSeries): void {
  if (ps.started) return;
  ps.started = true;
  run.note('5.1', ps.startBy === run.asOf ? 'relevant' : 'ahead', ps.series);
  evaluateHistory(run, ps);
  ps.forecast = forecastSeries(run, ps);
  if (run.trail !== null) noteForecast(run, ps, ps.forecast);
}

function noteForecast(run: Run, ps: PatientSeries, made: SeriesForecast): void {
  const target = made.target === null ? {} : { target: made.target.number };
  run.note('7.4', made.status, ps.series, target);
  if (made.target === null) return;
  const { earliest, recommended, pastDue, latest } = made;
  const dates = Object.entries({ earliest, recommended, pastDue, latest });
  const known = dates.filter((each): each is [string, Day] => each[1] !== null);
  run.note('7.5', 'dates', ps.series, { ...target, params: Object.fromEntries(known) });
}

/** 4.4, Figure 4-6: each dose against the current target dose. */
function evaluateHistory(run: Run, ps: PatientSeries): void {
  let current = 0;
  if (ps.records.length === 0) return;
  const evaluations: Evaluation[] = [];
  ps.evaluations = evaluations;
  for (let record = 0; record < ps.records.length; record += 1) {
    const dose = run.doses[ps.records[record] as number] as GivenDose;
    const broken = substandard(dose);
    if (broken === null) current = passSkipped(run, ps, current, record, dose.date);
    const target = ps.targets[current];
    let evaluation: Evaluation;
    if (target === undefined) {
      const reasons = [{ code: 'dose.extra' } as const];
      evaluation = { status: 'extraneous', target: null, reasons, inadvertent: false };
    } else if (broken !== null) {
      const { number } = target.dose;
      evaluation = { status: 'substandard', target: number, reasons: [broken], inadvertent: false };
      if (run.trail !== null) {
        run.note('6.1', 'substandard', ps.series, { target: number, dose: dose.source.id });
      }
    } else {
      evaluation = evaluateDose(run, ps, target.dose, record, dose);
    }
    evaluations.push(evaluation);
    if (target === undefined) continue;
    ps.lastEvaluated = dose.date;
    if (evaluation.inadvertent) ps.lastInadvertent = dose.date;
    else if (evaluation.status === 'valid' || evaluation.status === 'notValid') {
      ps.previous = dose.date;
    }
    if (evaluation.status !== 'valid') {
      ps.allValid = false;
      continue;
    }
    ps.settle(current, 'satisfied', dose.date);
    ps.satisfied += 1;
    ps.firstValid ??= dose.date;
    current += 1;
  }
}

/** 6.2: moves on over targets that need not be satisfied, without consuming the dose. */
function passSkipped(run: Run, ps: PatientSeries, from: number, record: number, date: Day): number {
  let current = from;
  for (;;) {
    const target = ps.targets[current];
    if (target === undefined || target.dose.skips.length === 0) return current;
    const moment = { context: 'evaluation', reference: date, anchor: date, record } as const;
    if (!canSkip(run, ps, target.dose, moment)) return current;
    ps.settle(current, 'skipped', date);
    if (run.trail !== null) {
      run.note('6.2', 'skipped', ps.series, { target: target.dose.number, params: { date } });
    }
    current += 1;
  }
}

/** Each dose as its antigens' best series saw it. */
function reportDoses(
  run: Run,
  best: readonly (readonly PatientSeries[])[],
  answer: DoseEvaluation[],
): void {
  for (let index = 0; index < run.doses.length; index += 1) {
    const dose = run.doses[index] as GivenDose;
    let seen = false;
    const ahead: readonly Reason[] = dose.date > run.asOf ? [{ code: 'dose.inFuture' }] : PAST;
    for (const antigen of run.compiled.vaccines[dose.code]?.contained ?? NOTHING) {
      const record = run.records[antigen]?.indexOf(index) ?? -1;
      if (record < 0) continue;
      for (const ps of best[antigen] ?? []) {
        const evaluation = ps.evaluations[record];
        if (evaluation === undefined) continue;
        seen = true;
        answer.push({
          id: dose.source.id,
          date: dose.date,
          code: dose.source.code,
          vaccineGroup: run.compiled.groups[ps.series.vaccineGroup]?.name ?? null,
          antigen: run.compiled.antigens[antigen]?.name ?? null,
          series: ps.series.name,
          target: evaluation.target,
          status: evaluation.status,
          reasons: ahead.length === 0 ? evaluation.reasons : [...evaluation.reasons, ...ahead],
        });
      }
    }
    if (!seen) answer.push(notEvaluated(dose.source, 'dose.noSeries', ...ahead));
  }
}

const NOTHING: readonly number[] = [];
const PAST: readonly Reason[] = [];
