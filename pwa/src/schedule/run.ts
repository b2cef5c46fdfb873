/**
 * What one forecast works on: the child and the day, with dates remembered; and the patient series
 * (受种者的程序进度) that chapters 6 to 8 fill in.
 */
import { addSpan, dateOf, EARLIEST_DAY, LATEST_DAY, sinceBirth } from './3.4-dates.ts';
import type { CAge, CDated, CDose, Compiled, CSeries, CVaccine, Target } from './compile.ts';
import type {
  Day,
  Dose,
  DoseStatus,
  Reason,
  SeriesStatus,
  TrailOutcome,
  TrailStep,
} from './types.ts';

/** A dose of the history, its vaccine as a number. */
export interface GivenDose {
  readonly source: Dose;
  readonly date: Day;
  readonly code: number;
}

const UNKNOWN = -2147483648;

/** Whether one of the series groups of an antigen is complete: asked in 6.2, answered by chapter 4. */
export type CompletedSeries = (run: Run, antigen: number, groups: readonly string[]) => boolean;

/** One child on one day. */
export class Run {
  readonly compiled: Compiled;
  readonly birth: Day;
  private readonly birthDate: readonly [year: number, month: number, day: number];
  readonly asOf: Day;
  /** Bit of the sex. */
  readonly sex: number;
  readonly country: string | undefined;
  /** By date, oldest first. */
  readonly doses: readonly GivenDose[];
  /** Those of them that some vaccine conflicts with (6.7). */
  readonly conflicting: readonly GivenDose[];
  /** Active observations, each with its dates, oldest first; none if it is undated. */
  readonly observations: ReadonlyMap<string, readonly Day[]>;
  /** For each antigen the numbers of its doses in {@link doses}. */
  readonly records: readonly (readonly number[])[];
  /** For each antigen its series, once they were asked for. */
  readonly patientSeries: (PatientSeries[] | null)[];
  /** For each antigen what 7.2 and 7.3 found, once they were asked for. */
  readonly findings: (Findings | null)[];
  readonly trail: TrailStep[] | null;
  private readonly isCompleted: CompletedSeries;
  /** One for all runs of a schedule, for there is only ever one run at a time. */
  private readonly ageDates: Int32Array;

  constructor(
    compiled: Compiled,
    birth: Day,
    asOf: Day,
    sex: number,
    country: string | undefined,
    doses: readonly GivenDose[],
    observations: ReadonlyMap<string, readonly Day[]>,
    trail: TrailStep[] | null,
    isCompleted: CompletedSeries,
  ) {
    this.compiled = compiled;
    this.birth = birth;
    this.birthDate = dateOf(birth);
    this.asOf = asOf;
    this.sex = sex;
    this.country = country;
    this.doses = doses;
    this.conflicting = conflictingDoses(compiled, doses);
    this.observations = observations;
    this.trail = trail;
    this.isCompleted = isCompleted;
    this.ageDates = compiled.ageDates.fill(UNKNOWN);
    this.patientSeries = new Array<PatientSeries[] | null>(compiled.antigens.length).fill(null);
    this.findings = new Array<Findings | null>(compiled.antigens.length).fill(null);
    this.records = organizeHistory(this);
  }

  /** The day on which the child reaches an age (CALCDTAGE and others). */
  ageDate(age: CAge): Day {
    const known = this.ageDates[age.id] as number;
    if (known !== UNKNOWN) return known;
    const date = sinceBirth(this.birth, this.birthDate, age, this.compiled.rule);
    this.ageDates[age.id] = date;
    return date;
  }

  /** {@link ageDate}, or 1900-01-01 where there is no age. */
  from(age: CAge | null): Day {
    return age === null ? EARLIEST_DAY : this.ageDate(age);
  }

  /** {@link ageDate}, or 2999-12-31 where there is no age. */
  to(age: CAge | null): Day {
    return age === null ? LATEST_DAY : this.ageDate(age);
  }

  /** A date so much later (CALCDTINT, CALCDTCONFLICT, CALCDTSKIP-5). */
  after(date: Day, span: CAge): Day {
    return addSpan(date, span, this.compiled.rule);
  }

  /** Table 6-7. */
  completedSeries(antigen: number, groups: readonly string[]): boolean {
    return this.isCompleted(this, antigen, groups);
  }

  /** Adds to the trail, if one is wanted. */
  note(
    rule: string,
    outcome: TrailOutcome,
    series: CSeries,
    more: Omit<TrailStep, 'rule' | 'outcome' | 'antigen' | 'series'> = {},
  ): void {
    if (this.trail === null) return;
    const antigen = this.compiled.antigens[series.antigen]?.name ?? '';
    this.trail.push({ rule, outcome, antigen, series: series.name, ...more });
  }
}

function conflictingDoses(
  { conflicting }: Compiled,
  doses: readonly GivenDose[],
): readonly GivenDose[] {
  let found: GivenDose[] | null = null;
  for (const dose of doses) {
    if (conflicting[dose.code] !== 1) continue;
    found ??= [];
    found.push(dose);
  }
  return found ?? NO_DOSES;
}

const NO_DOSES: readonly GivenDose[] = [];

/**
 * 4.2 Organize immunization history: for each antigen the doses that contain it, oldest first.
 * An association may hold only at some ages.
 */
function organizeHistory(run: Run): readonly (readonly number[])[] {
  const { compiled, doses } = run;
  if (doses.length === 0) return compiled.noRecords;
  const records = [...compiled.noRecords] as number[][];
  const none = compiled.noRecords[0];
  for (let index = 0; index < doses.length; index += 1) {
    const dose = doses[index] as GivenDose;
    for (const link of compiled.vaccines[dose.code]?.links ?? NO_LINKS) {
      const ofAge = run.from(link.from) <= dose.date && dose.date < run.to(link.to);
      if (ofAge && link.givenFrom <= dose.date && dose.date <= link.givenTo) {
        if (records[link.antigen] === none) records[link.antigen] = [index];
        else records[link.antigen]?.push(index);
      }
    }
  }
  return records;
}

const NO_LINKS: CVaccine['links'] = [];

/** 3.3 RELEVANT-1, RELEVANT-2: was the row in force on the day? */
export function inForce(row: CDated, day: Day): boolean {
  return row.effective <= day && day <= row.cessation;
}

/** What 7.2 and 7.3 find for all series of an antigen. */
export interface Findings {
  readonly immune: Reason | null;
  /** The whole antigen is contraindicated. */
  readonly antigen: Reason | null;
  /** Vaccines that are contraindicated, each with the observation. */
  readonly vaccines: ReadonlyMap<number, string>;
  /** What must be found out first. */
  readonly open: readonly Reason[];
}

export interface Evaluation {
  readonly status: DoseStatus;
  /** Number of the target dose; null when none was left. */
  readonly target: number | null;
  readonly reasons: Reason[];
  readonly inadvertent: boolean;
}

/** What chapter 7 says of a series. Dates are null where there is none. */
export interface SeriesForecast {
  status: SeriesStatus;
  target: CDose | null;
  forecastNumber: number | null;
  earliest: Day | null;
  recommended: Day | null;
  pastDue: Day | null;
  latest: Day | null;
  /** FORECASTPRIORITY-1. */
  priority: boolean;
  /** Vaccines that are contraindicated, each with the observation. */
  barred: ReadonlyMap<number, string>;
  reasons: Reason[];
}

const NO_EVALUATIONS: readonly Evaluation[] = [];

/** A series as this child goes through it. */
export class PatientSeries {
  readonly series: CSeries;
  /** The day by which the child must be old enough to start it. */
  readonly startBy: Day;
  /** Numbers of the antigen's doses in the run's. */
  readonly records: readonly number[];
  /** One for each record. */
  evaluations: readonly Evaluation[] = NO_EVALUATIONS;
  targets: readonly Target[];
  /** CALCDTINT-1: the last dose that was valid or not valid, and not inadvertent. */
  previous: Day | null = null;
  /** Last dose held against a target at all, and last inadvertent one (FORECASTDTCAN-1). */
  lastEvaluated: Day | null = null;
  lastInadvertent: Day | null = null;
  firstValid: Day | null = null;
  started = false;
  /** SELECTB-21. */
  satisfied = 0;
  /** SELECTB-2. */
  allValid = true;
  forecast: SeriesForecast | null = null;

  constructor(series: CSeries, startBy: Day, records: readonly number[]) {
    this.series = series;
    this.startBy = startBy;
    this.records = records;
    this.targets = series.targets;
  }

  /** A target is satisfied or skipped; after one that recurs comes another like it. */
  settle(at: number, status: 'satisfied' | 'skipped', date: Day): void {
    const { dose } = this.targets[at] as Target;
    const settled: Target = { dose, status, date };
    const again = status === 'satisfied' && dose.recurring;
    this.targets = again
      ? this.targets.toSpliced(at, 1, settled, { dose, status: 'notSatisfied', date: 0 })
      : this.targets.with(at, settled);
  }

  /** How a dose of the child counted here; undefined if it is another antigen's, or not yet looked at. */
  evaluationOf(dose: number): Evaluation | undefined {
    const record = this.records.indexOf(dose);
    return record < 0 ? undefined : this.evaluations[record];
  }

  /** Date of the dose that satisfied a target (CALCDTINT-2); null if none did. */
  satisfiedOn(place: number): Day | null {
    let date: Day | null = null;
    for (const target of this.targets) {
      if (target.dose.place === place && target.status === 'satisfied') date = target.date;
    }
    return date;
  }

  /** SELECTB-5. */
  notSatisfied(): number {
    let count = 0;
    for (const target of this.targets) if (target.status === 'notSatisfied') count += 1;
    return count;
  }

  skipped(): number {
    let count = 0;
    for (const target of this.targets) if (target.status === 'skipped') count += 1;
    return count;
  }
}
