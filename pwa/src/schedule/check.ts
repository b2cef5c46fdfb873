/**
 * What is wrong with a schedule (免疫程序检查), for those who edit one: names that lead nowhere, ages
 * and dates that cannot be read, doses that nobody can reach in time.
 */
import { addSpan, ageOn, parseDay, parseSpan } from './3.4-dates.ts';
import { ScheduleError } from './compile.ts';
import { applyLayers } from './layers.ts';
import type {
  Age,
  Antigen,
  Day,
  Interval,
  Layer,
  Problem,
  ProblemCode,
  Schedule,
  Series,
  SeriesDose,
} from './types.ts';

/** Lists the problems, errors before warnings. A schedule with errors must not be put to use. */
export function checkSchedule(schedule: Schedule): Problem[] {
  const problems = new Checker(schedule).run();
  const errors = problems.filter((each) => each.severity === 'error');
  return [...errors, ...problems.filter((each) => each.severity === 'warning')];
}

/** The problems that layers bring about: those of the schedule with them that it has not without. */
export function checkLayers(schedule: Schedule, layers: readonly Layer[]): Problem[] {
  let local: Schedule;
  try {
    local = applyLayers(schedule, layers);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const params = { message: error.message };
    return [{ severity: 'error', code: 'badLayer', path: error.path, params }];
  }
  const before = new Set(checkSchedule(schedule).map((each) => JSON.stringify(each)));
  return checkSchedule(local).filter((each) => !before.has(JSON.stringify(each)));
}

/** Whoever is born on it meets short and long months; ages of a schedule hardly differ by birth. */
const SAMPLE_BIRTH: Day = parseDay('2025-01-15') as Day;

class Checker {
  private readonly schedule: Schedule;
  private readonly problems: Problem[] = [];
  private readonly antigens: ReadonlySet<string>;
  private readonly groups: ReadonlySet<string>;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
    this.antigens = new Set(schedule.antigens.map((antigen) => antigen.name));
    this.groups = new Set(schedule.groups.map((group) => group.name));
  }

  run(): Problem[] {
    const { schedule } = this;
    this.dates('', schedule.effective, schedule.superseded);
    this.dates('births', schedule.births?.from, schedule.births?.to);
    if (schedule.antigens.length === 0) this.error('noAntigens', 'antigens', {});
    this.duplicates('antigen', schedule.antigens);
    this.duplicates('group', schedule.groups);
    for (const group of schedule.groups) {
      for (const antigen of group.antigens) {
        if (!this.antigens.has(antigen)) {
          this.error('unknownAntigen', `groups/${group.name}`, { antigen });
        }
      }
    }
    for (const [code, vaccine] of Object.entries(schedule.vaccines)) {
      for (const link of vaccine.antigens) {
        this.ages(`vaccines/${code}`, link.from, link.to);
        this.dates(`vaccines/${code}`, link.given?.from, link.given?.to);
      }
    }
    for (const [index, conflict] of (schedule.conflicts ?? []).entries()) {
      this.ages(`conflicts/${index}`, conflict.begin, conflict.minEnd, conflict.end);
    }
    for (const antigen of schedule.antigens) this.antigen(antigen);
    return this.problems;
  }

  private add(
    severity: Problem['severity'],
    code: ProblemCode,
    path: string,
    params: Problem['params'],
  ): void {
    this.problems.push({ severity, code, path, params });
  }

  private error(code: ProblemCode, path: string, params: Problem['params']): void {
    this.add('error', code, path, params);
  }

  private duplicates(what: string, named: readonly { name: string }[], path = `${what}s`): void {
    const seen = new Set<string>();
    for (const { name } of named) {
      if (seen.has(name)) this.error('duplicate', path, { what, name });
      seen.add(name);
    }
  }

  private dates(path: string, ...texts: (string | undefined)[]): void {
    for (const text of texts) {
      if (text && parseDay(text) === null) this.error('badDate', path, { text });
    }
  }

  /** The text that an age stands for, be it a parameter's. */
  private resolve(age: Age | undefined): string | undefined {
    if (age === undefined || !age.startsWith('$')) return age;
    const parameter = this.schedule.parameters?.[age.slice(1)];
    return parameter === undefined ? undefined : String(parameter.value);
  }

  private ages(path: string, ...texts: (Age | undefined)[]): void {
    for (const text of texts) {
      if (!text) continue;
      const value = this.resolve(text);
      if (value === undefined) this.error('unknownParameter', path, { name: text });
      else if (value !== '' && parseSpan(value) === null) this.error('badAge', path, { text });
    }
  }

  /** The day on which the sample child reaches an age, or null if it says none. */
  private reach(since: Day, age: Age | undefined): Day | null {
    const span = parseSpan(this.resolve(age) ?? '');
    return span === null ? null : addSpan(since, span, this.schedule.monthArithmetic);
  }

  private antigen(antigen: Antigen): void {
    const path = `antigens/${antigen.name}`;
    this.duplicates('series', antigen.series, path);
    for (const each of antigen.contraindications ?? []) {
      this.ages(path, each.from, each.to, each.lasts);
    }
    for (const each of antigen.immunity?.bornBefore ?? []) this.dates(path, each.date);
    for (const series of antigen.series) {
      this.series(antigen, series, `${path}/${series.name}`);
    }
    this.defaults(antigen, path);
  }

  /** DEFFORECAST-020, and that a child who has had nothing has a path. */
  private defaults(antigen: Antigen, path: string): void {
    const standard = antigen.series.filter(
      (series) => series.type === 'standard' && series.enabled !== false,
    );
    for (const group of new Set(standard.map((series) => series.seriesGroup ?? '1'))) {
      const members = standard.filter((series) => (series.seriesGroup ?? '1') === group);
      const defaults = members.filter((series) => series.default === true);
      const params = { antigen: antigen.name, group };
      if (defaults.length === 0 && members.length > 1) {
        this.add('warning', 'noDefault', path, params);
      }
      if (defaults.some((one, i) => defaults.slice(i + 1).some((other) => overlap(one, other)))) {
        this.error('twoDefaults', path, params);
      }
    }
  }

  private series(antigen: Antigen, series: Series, path: string): void {
    if (!this.groups.has(series.vaccineGroup)) {
      this.error('unknownGroup', path, { group: series.vaccineGroup });
    }
    this.dates(path, series.births?.from, series.births?.to);
    this.ages(path, series.minAgeToStart, series.maxAgeToStart);
    for (const each of series.indications ?? []) this.ages(path, each.from, each.to);
    if (typeof series.enabled === 'string' && this.resolve(series.enabled) === undefined) {
      this.error('unknownParameter', path, { name: series.enabled });
    }
    series.doses.forEach((dose, index) => {
      this.dose(antigen, series, dose, index + 1, `${path}/doses/${index + 1}`);
    });
    this.reachable(antigen, series, path);
  }

  private dose(
    antigen: Antigen,
    series: Series,
    dose: SeriesDose,
    number: number,
    path: string,
  ): void {
    const about = { antigen: antigen.name, series: series.name, dose: number };
    const vaccines = [...dose.preferable, ...(dose.allowable ?? [])];
    if (vaccines.length === 0) this.add('warning', 'noVaccine', path, about);
    for (const vaccine of vaccines) {
      this.ages(path, vaccine.from, vaccine.to);
      if (this.schedule.vaccines[vaccine.code] === undefined) {
        this.error('unknownVaccine', path, { code: vaccine.code });
      }
    }
    for (const row of dose.ages ?? []) {
      this.ages(path, row.absMin, row.min, row.recommended, row.by, row.max);
      this.dates(path, row.effective, row.cessation);
      const steps = [row.absMin, row.min, row.max].map((age) => this.reach(SAMPLE_BIRTH, age));
      const known = steps.filter((day): day is Day => day !== null);
      if (known.some((day, index) => index > 0 && day < (known[index - 1] as Day))) {
        this.error('agesReversed', path, about);
      }
    }
    for (const row of dose.intervals ?? []) {
      this.ages(path, row.absMin, row.min, row.recommended, row.by);
      this.dates(path, row.effective, row.cessation);
      this.target(row.from, number, path);
    }
    for (const row of dose.allowableIntervals ?? []) {
      this.ages(path, row.absMin);
      this.target(row.from, number, path);
    }
    for (const set of dose.skips?.flatMap((skip) => skip.sets) ?? []) {
      this.dates(path, set.effective, set.cessation);
      for (const condition of set.conditions) {
        if (condition.type === 'age' || condition.type === 'count') {
          this.ages(path, condition.from, condition.to);
        }
        if (condition.type === 'interval') this.ages(path, condition.interval);
        if (condition.type === 'count') this.dates(path, condition.start, condition.end);
        if (condition.type === 'birth') this.dates(path, condition.from, condition.to);
      }
    }
  }

  private target(from: Interval['from'], number: number, path: string): void {
    if (typeof from !== 'string' && 'target' in from && from.target >= number) {
      this.error('badTarget', path, { dose: number, target: from.target });
    }
  }

  /** Walks a child through the series who is given each dose on the first day that is allowed. */
  private reachable(antigen: Antigen, series: Series, path: string): void {
    const given: Day[] = [];
    series.doses.forEach((dose, index) => {
      const age = dose.ages?.find((row) => row.cessation === undefined);
      let day = Math.max(SAMPLE_BIRTH, this.reach(SAMPLE_BIRTH, age?.min) ?? SAMPLE_BIRTH);
      for (const { from, min, cessation } of dose.intervals ?? []) {
        const since = from === 'previous' ? given[index - 1] : targetDay(from, given);
        if (since === undefined || cessation !== undefined) continue;
        day = Math.max(day, this.reach(since, min) ?? day);
      }
      day = Math.max(day, given[index - 1] ?? day);
      given.push(day);
      const about = { antigen: antigen.name, series: series.name, dose: index + 1 };
      const maximum = this.reach(SAMPLE_BIRTH, age?.max);
      if (maximum !== null && day >= maximum) {
        this.error('impossible', path, { ...about, age: this.resolve(age?.max) ?? '' });
      }
      const wanted = this.reach(SAMPLE_BIRTH, age?.recommended);
      if (wanted !== null && day > wanted) {
        const reached = {
          earliest: this.ageText(day),
          wanted: this.resolve(age?.recommended) ?? '',
        };
        this.add('warning', 'impossibleBefore', path, { ...about, ...reached });
      }
    });
  }

  /** `5 months`, `4 months + 3 days`: as an age of a schedule is written. */
  private ageText(day: Day): string {
    const { years, months, days } = ageOn(SAMPLE_BIRTH, day, this.schedule.monthArithmetic);
    const parts = [
      [years * 12 + months, 'months'],
      [days, 'days'],
    ] as const;
    const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
    return said.join(' + ') || '0 days';
  }
}

function targetDay(from: Interval['from'], given: readonly Day[]): Day | undefined {
  return typeof from !== 'string' && 'target' in from ? given[from.target - 1] : undefined;
}

/** Whether one child could have both series. */
function overlap(one: Series, other: Series): boolean {
  const sexes = one.sexes === undefined || other.sexes?.some((sex) => one.sexes?.includes(sex));
  const starts = (one.births?.from ?? '') <= (other.births?.to ?? '9999');
  const ends = (other.births?.from ?? '') <= (one.births?.to ?? '9999');
  return sexes !== false && starts && ends;
}
