/**
 * A schedule made ready once, so that forecasting a child costs microseconds: ages taken apart,
 * codes and antigens numbered, lists turned into look-ups.
 */
import type { MonthArithmetic, Span } from './3.4-dates.ts';
import { EARLIEST_DAY, LATEST_DAY, parseDay, parseSpan } from './3.4-dates.ts';
import type {
  Age,
  AllowableInterval,
  Antigen,
  Code,
  ConditionalSkip,
  Contraindication,
  Dated,
  DateSpan,
  Day,
  Interval,
  Schedule,
  Series,
  SeriesDose,
  SkipCondition,
  SkipSet,
  Vaccine,
} from './types.ts';

/** A schedule cannot be used as it is. `path` leads to the place in it. */
export class ScheduleError extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = 'ScheduleError';
    this.path = path;
  }
}

/** An age with the number under which a child's date for it is remembered. */
export interface CAge extends Span {
  readonly id: number;
  readonly text: Age;
}

/** Membership of vaccine numbers, 1 = in. */
export type CodeSet = Uint8Array;

export interface CDated {
  readonly effective: Day;
  readonly cessation: Day;
}

export interface CAgeRule extends CDated {
  readonly absMin: CAge | null;
  readonly min: CAge | null;
  readonly recommended: CAge | null;
  readonly by: CAge | null;
  readonly max: CAge | null;
}

export type CReference =
  | { readonly kind: 'previous' }
  | { readonly kind: 'target'; readonly target: number }
  | { readonly kind: 'vaccines'; readonly codes: CodeSet }
  | { readonly kind: 'observation'; readonly code: string; readonly beforeDose: boolean };

export interface CInterval extends CDated {
  readonly from: CReference;
  readonly absMin: CAge | null;
  readonly min: CAge | null;
  readonly recommended: CAge | null;
  readonly by: CAge | null;
  readonly priority: boolean;
}

export interface CVaccineRule {
  readonly code: number;
  readonly from: CAge | null;
  readonly to: CAge | null;
  readonly tradeName: string | null;
  readonly mvx: string | null;
  readonly volume: number | null;
  readonly forecast: boolean;
}

export type CCondition =
  | { readonly type: 'age'; readonly from: CAge | null; readonly to: CAge | null }
  | { readonly type: 'completedSeries'; readonly groups: readonly string[] }
  | { readonly type: 'interval'; readonly interval: CAge }
  | {
      readonly type: 'count';
      readonly is: 'more' | 'equal' | 'less';
      readonly doses: number;
      readonly valid: boolean;
      readonly codes: CodeSet | null;
      readonly from: CAge | null;
      readonly to: CAge | null;
      readonly start: Day;
      readonly end: Day;
    }
  | { readonly type: 'observation'; readonly codes: readonly string[]; readonly absent: boolean }
  | { readonly type: 'birth'; readonly from: Day; readonly to: Day };

export interface CSkipSet extends CDated {
  readonly and: boolean;
  readonly conditions: readonly CCondition[];
}

export interface CSkip {
  readonly evaluation: boolean;
  readonly forecast: boolean;
  readonly and: boolean;
  readonly sets: readonly CSkipSet[];
}

/** A season: a literal window, or months and days (as month * 100 + day) of every year. */
export type CSeason =
  | {
      readonly yearly: false;
      readonly start: Day;
      readonly end: Day;
      readonly recurred: boolean;
    }
  | { readonly yearly: true; readonly start: number; readonly end: number };

export interface CDose {
  /** Place of the target dose in its series, from 1. */
  readonly place: number;
  /** What it is called in answers. */
  readonly number: number;
  readonly ages: readonly CAgeRule[];
  /** The row that always holds, where there is one alone. */
  readonly undatedAges: CAgeRule | null;
  readonly intervals: readonly CInterval[];
  readonly allowableIntervals: readonly CInterval[];
  readonly preferable: readonly CVaccineRule[];
  /** The preferable ones that can be named to the counter (7.5), those to be named first in front. */
  readonly named: readonly CNamed[];
  readonly allowable: readonly CVaccineRule[];
  readonly inadvertent: CodeSet | null;
  readonly skips: readonly CSkip[];
  readonly recurring: boolean;
  readonly season: CSeason | null;
  /** Its intervals that say from when the dose is recommended, and until when. */
  readonly recommending: readonly CInterval[];
  readonly closing: readonly CInterval[];
  readonly hasPriority: boolean;
}

/** A vaccine at the ages of its rule and of its label. */
export interface CNamed {
  readonly number: number;
  readonly code: Code;
  readonly ages: readonly CAgeSpan[];
}

export interface CAgeSpan {
  readonly from: CAge | null;
  readonly to: CAge | null;
}

/** A target dose as a child has it. */
export interface Target {
  readonly dose: CDose;
  readonly status: 'notSatisfied' | 'satisfied' | 'skipped';
  /** Date of the dose that satisfied it. */
  readonly date: Day;
}

export interface CIndication {
  readonly observation: string;
  readonly from: CAge | null;
  readonly to: CAge | null;
}

export interface CSeries {
  readonly name: string;
  readonly antigen: number;
  readonly vaccineGroup: number;
  readonly type: Series['type'];
  /** What its series group is for: an evaluation-only series belongs with its neighbours. */
  readonly blend: 'standard' | 'risk';
  /** Bits of F, M, U. */
  readonly sexes: number;
  /** A child of unknown sex is offered it with a question. */
  readonly asksSex: boolean;
  readonly bornFrom: Day;
  readonly bornTo: Day;
  readonly indications: readonly CIndication[];
  readonly group: string;
  readonly equivalent: readonly string[];
  readonly isDefault: boolean;
  readonly productPath: boolean;
  readonly priority: string;
  readonly preference: number;
  readonly minAgeToStart: CAge | null;
  readonly maxAgeToStart: CAge | null;
  readonly campaign: string | null;
  readonly doses: readonly CDose[];
  /** Its doses as targets of a child who has had none, shared by all children. */
  readonly targets: readonly Target[];
  /** Some dose has a season. */
  readonly seasonal: boolean;
  /** The preferable vaccines of all its doses. */
  readonly preferable: readonly number[];
}

export interface CContraindication {
  readonly observation: string;
  readonly from: CAge | null;
  readonly to: CAge | null;
  readonly lasts: CAge | null;
  readonly vaccines: readonly CVaccineRule[] | null;
  readonly settledBy: readonly string[];
}

export interface CAntigen {
  readonly name: string;
  readonly series: readonly CSeries[];
  readonly withoutRisk: readonly CSeries[];
  readonly hasRisk: boolean;
  /** The one series that is not for a risk, if there is only one. */
  readonly onlySeries: readonly CSeries[] | null;
  readonly immunity: readonly string[];
  readonly bornBefore: readonly {
    readonly date: Day;
    readonly country: string | null;
    readonly unless: readonly string[];
  }[];
  readonly contraindications: readonly CContraindication[];
  /** Without any observation there may be something to find (7.2, 7.3). */
  readonly asks: boolean;
  /** Those of them that must be settled one way or the other. */
  readonly questions: readonly CContraindication[];
}

export interface CGroup {
  readonly name: string;
  readonly antigens: readonly number[];
  readonly administerFull: boolean;
}

export interface CVaccine {
  readonly code: Code;
  /** Numbers of the antigens that it counts for, each once, in the schedule's order. */
  readonly contained: readonly number[];
  readonly label: CAgeSpan | null;
  readonly links: readonly {
    readonly antigen: number;
    readonly from: CAge | null;
    readonly to: CAge | null;
    readonly givenFrom: Day;
    readonly givenTo: Day;
  }[];
}

export interface CConflict {
  readonly begin: CAge;
  readonly minEnd: CAge;
  readonly end: CAge;
  readonly sameDay: boolean;
}

/** What {@link compile} makes. Opaque to callers. */
export interface Compiled {
  readonly schedule: Schedule;
  readonly rule: MonthArithmetic;
  readonly ages: readonly CAge[];
  /** Room for the dates of a child's ages while a forecast is made. */
  readonly ageDates: Int32Array;
  readonly vaccines: readonly CVaccine[];
  readonly codes: ReadonlyMap<Code, number>;
  /** Vaccines of the table and those that only rules name. */
  readonly codeCount: number;
  readonly antigens: readonly CAntigen[];
  /** For each antigen the doses of a child who has had none. */
  readonly noRecords: readonly (readonly number[])[];
  readonly groups: readonly CGroup[];
  /** At current * vaccines + previous: number of the conflict, or -1. */
  readonly conflictAt: Int16Array;
  readonly conflicts: readonly CConflict[];
  /** Vaccines that some vaccine conflicts with, to look no further for the others. */
  readonly conflicting: CodeSet;
  readonly daysSinceLast: number;
  readonly indicationsAhead: CAge | null;
}

const SEX_BITS = { F: 1, M: 2, U: 4 } as const;
export const sexBit = (sex: 'F' | 'M' | 'U'): number => SEX_BITS[sex];

/**
 * Makes a schedule ready.
 * @throws ScheduleError at the first thing that cannot be understood ({@link checkSchedule} lists
 * all of them).
 */
export function compile(schedule: Schedule): Compiled {
  return new Compiler(schedule).run();
}

const NO_RECORDS: readonly number[] = [];
const isUndated = (row: Dated | undefined): boolean => !row?.effective && !row?.cessation;

class Compiler {
  private readonly schedule: Schedule;
  private readonly ages = new Map<string, CAge>();
  private readonly codes = new Map<Code, number>();
  private readonly sets = new Map<string, CodeSet>();
  private readonly antigenNumbers = new Map<string, number>();
  private readonly groupNumbers = new Map<string, number>();

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  run(): Compiled {
    const { schedule } = this;
    for (const code of Object.keys(schedule.vaccines)) this.codes.set(code, this.codes.size);
    schedule.antigens.forEach((antigen, index) => {
      this.antigenNumbers.set(antigen.name, index);
    });
    schedule.groups.forEach((group, index) => {
      this.groupNumbers.set(group.name, index);
    });
    const vaccines = Object.entries(schedule.vaccines).map(([code, vaccine]) =>
      this.vaccineLinks(code, vaccine),
    );
    const antigens = schedule.antigens.map((antigen) => this.antigen(antigen));
    const groups = schedule.groups.map(
      (group): CGroup => ({
        name: group.name,
        antigens: group.antigens.map((name) => this.antigenNumber(name, `groups/${group.name}`)),
        administerFull: group.administerFull ?? false,
      }),
    );
    const { conflictAt, conflicts, conflicting } = this.conflicts();
    const indicationsAhead = this.age(schedule.indicationsAhead, 'indicationsAhead');
    return {
      schedule,
      rule: schedule.monthArithmetic,
      ages: [...this.ages.values()],
      ageDates: new Int32Array(this.ages.size),
      vaccines,
      codes: this.codes,
      codeCount: this.codes.size,
      indicationsAhead,
      antigens,
      noRecords: antigens.map(() => NO_RECORDS),
      groups,
      conflictAt,
      conflicts,
      conflicting,
      daysSinceLast: schedule.visit?.daysSinceLast ?? 0,
    };
  }

  private vaccineLinks(code: Code, vaccine: Vaccine): CVaccine {
    const path = `vaccines/${code}`;
    const links = vaccine.antigens
      // A vaccine may contain what the schedule has no series for.
      .filter((link) => this.antigenNumbers.has(link.antigen))
      .map((link) => {
        const [givenFrom, givenTo] = this.days(link.given, path);
        return {
          antigen: this.antigenNumber(link.antigen, path),
          from: this.age(link.from, path),
          to: this.age(link.to, path),
          givenFrom,
          givenTo,
        };
      });
    const { label } = vaccine;
    const contained = new Set(links.map(({ antigen }) => antigen));
    return {
      code,
      contained: [...contained].sort((a, b) => a - b),
      label: label ? { from: this.age(label.from, path), to: this.age(label.to, path) } : null,
      links,
    };
  }

  private antigenNumber(name: string, path: string): number {
    const number = this.antigenNumbers.get(name);
    if (number === undefined) throw new ScheduleError(path, `there is no antigen "${name}"`);
    return number;
  }

  private code(code: Code, path: string): number {
    const number = this.codes.get(code);
    if (number !== undefined) return number;
    if (code === '') throw new ScheduleError(path, 'a vaccine code is empty');
    // Rules may name vaccines that the table leaves out: nobody can have had them.
    this.codes.set(code, this.codes.size);
    return this.codes.size - 1;
  }

  private codeSet(codes: readonly Code[], path: string): CodeSet {
    const numbers = codes.map((code) => this.code(code, path)).sort((a, b) => a - b);
    const key = numbers.join(' ');
    let set = this.sets.get(key);
    if (set === undefined) {
      set = new Uint8Array((numbers[numbers.length - 1] ?? -1) + 1);
      for (const number of numbers) set[number] = 1;
      this.sets.set(key, set);
    }
    return set;
  }

  private parameter(text: string, path: string): string | boolean {
    if (!text.startsWith('$')) return text;
    const parameter = this.schedule.parameters?.[text.slice(1)];
    if (parameter === undefined) throw new ScheduleError(path, `there is no parameter "${text}"`);
    return parameter.value;
  }

  private age(text: Age | undefined, path: string): CAge | null {
    if (text === undefined || text === '') return null;
    const value = this.parameter(text, path);
    if (value === '') return null;
    const known = this.ages.get(String(value));
    if (known !== undefined) return known;
    const span = parseSpan(String(value));
    if (span === null) throw new ScheduleError(path, `"${value}" is not a length of time`);
    const age: CAge = { ...span, id: this.ages.size, text: String(value) };
    this.ages.set(age.text, age);
    return age;
  }

  private needAge(text: Age | undefined, path: string): CAge {
    const age = this.age(text, path);
    if (age === null) throw new ScheduleError(path, 'a length of time is missing');
    return age;
  }

  private day(text: string | undefined, otherwise: Day, path: string): Day {
    if (text === undefined || text === '') return otherwise;
    const day = parseDay(text);
    if (day === null) throw new ScheduleError(path, `"${text}" is not a date like 2026-06-17`);
    return day;
  }

  private dated(row: Dated, path: string): CDated {
    return {
      effective: this.day(row.effective, EARLIEST_DAY, path),
      cessation: this.day(row.cessation, LATEST_DAY, path),
    };
  }

  private days(span: DateSpan | undefined, path: string): [Day, Day] {
    return [
      this.day(span?.from, Number.NEGATIVE_INFINITY, path),
      this.day(span?.to, Number.POSITIVE_INFINITY, path),
    ];
  }

  private enabled(series: Series, path: string): boolean {
    const { enabled } = series;
    if (enabled === undefined || typeof enabled === 'boolean') return enabled ?? true;
    const value = this.parameter(enabled, path);
    return value === true || value === 'true';
  }

  private antigen(antigen: Antigen): CAntigen {
    const path = `antigens/${antigen.name}`;
    const number = this.antigenNumber(antigen.name, path);
    const standard = new Set(
      antigen.series.filter((s) => s.type === 'standard').map((s) => s.seriesGroup ?? '1'),
    );
    const series = antigen.series
      .filter((each) => this.enabled(each, `${path}/series/${each.name}`))
      .map((each) =>
        this.series(each, number, standard.has(each.seriesGroup ?? '1'), `${path}/${each.name}`),
      );
    const contraindications =
      antigen.contraindications?.map((each) => this.contraindication(each, path)) ?? [];
    const withoutRisk = series.filter((each) => each.type !== 'risk');
    return {
      name: antigen.name,
      series,
      withoutRisk,
      onlySeries: withoutRisk.length === 1 ? withoutRisk : null,
      hasRisk: series.some((each) => each.type === 'risk'),
      immunity: antigen.immunity?.observations?.map((each) => each.code) ?? [],
      bornBefore:
        antigen.immunity?.bornBefore?.map((each) => ({
          date: this.day(each.date, EARLIEST_DAY, path),
          country: each.country ?? null,
          unless: each.unless ?? [],
        })) ?? [],
      contraindications,
      asks:
        (antigen.immunity?.bornBefore?.length ?? 0) > 0 ||
        contraindications.some((each) => each.settledBy.length > 0),
      questions: contraindications.filter((each) => each.settledBy.length > 0),
    };
  }

  private contraindication(each: Contraindication, path: string): CContraindication {
    return {
      observation: each.observation,
      from: this.age(each.from, path),
      to: this.age(each.to, path),
      lasts: this.age(each.lasts, path),
      vaccines: each.vaccines?.map((vaccine) => this.vaccine(vaccine, path)) ?? null,
      settledBy: each.settledBy ?? [],
    };
  }

  private series(series: Series, antigen: number, standard: boolean, path: string): CSeries {
    const [bornFrom, bornTo] = this.days(series.births, path);
    const group = this.groupNumbers.get(series.vaccineGroup);
    if (group === undefined) {
      throw new ScheduleError(path, `there is no vaccine group "${series.vaccineGroup}"`);
    }
    const doses = series.doses.map((dose, index) =>
      this.dose(dose, index + 1, `${path}/doses/${index + 1}`),
    );
    const sexes = series.sexes?.reduce((bits, sex) => bits | sexBit(sex), 0) || 7;
    return {
      name: series.name,
      antigen,
      vaccineGroup: group,
      type: series.type,
      blend: standard ? 'standard' : 'risk',
      sexes: sexes | (series.unknownSex === 'ask' ? SEX_BITS.U : 0),
      asksSex: series.unknownSex === 'ask' && (sexes & SEX_BITS.U) === 0,
      bornFrom,
      bornTo,
      indications:
        series.indications?.map((each) => ({
          observation: each.observation,
          from: this.age(each.from, path),
          to: this.age(each.to, path),
        })) ?? [],
      group: series.seriesGroup ?? '1',
      equivalent: series.equivalentGroups ?? [],
      isDefault: series.default ?? false,
      productPath: series.productPath ?? false,
      priority: series.priority ?? 'A',
      preference: series.preference ?? Number.MAX_SAFE_INTEGER,
      minAgeToStart: this.age(series.minAgeToStart, path),
      maxAgeToStart: this.age(series.maxAgeToStart, path),
      campaign: series.campaign ?? null,
      doses,
      seasonal: doses.some((dose) => dose.season !== null),
      targets: doses.map((dose) => ({ dose, status: 'notSatisfied', date: 0 })),
      preferable: [...new Set(doses.flatMap((dose) => dose.preferable.map((rule) => rule.code)))],
    };
  }

  private dose(dose: SeriesDose, place: number, path: string): CDose {
    const intervals = dose.intervals?.map((row) => this.interval(row, path)) ?? [];
    const ages =
      dose.ages?.map((row) => ({
        absMin: this.age(row.absMin, path),
        min: this.age(row.min, path),
        recommended: this.age(row.recommended, path),
        by: this.age(row.by, path),
        max: this.age(row.max, path),
        ...this.dated(row, path),
      })) ?? [];
    return {
      place,
      number: dose.number ?? place,
      ages,
      undatedAges: ages.length === 1 && isUndated(dose.ages?.[0]) ? (ages[0] as CAgeRule) : null,
      intervals,
      recommending: intervals.filter((each) => each.recommended !== null),
      closing: intervals.filter((each) => each.by !== null),
      hasPriority: intervals.some((each) => each.priority),
      allowableIntervals: dose.allowableIntervals?.map((row) => this.interval(row, path)) ?? [],
      preferable: dose.preferable.map((row) => this.vaccine(row, path)),
      named: this.named(dose, path),
      allowable: dose.allowable?.map((row) => this.vaccine(row, path)) ?? [],
      inadvertent: dose.inadvertent?.length ? this.codeSet(dose.inadvertent, path) : null,
      skips: dose.skips?.map((row) => this.skip(row, path)) ?? [],
      recurring: dose.recurring ?? false,
      season: this.season(dose, path),
    };
  }

  private named({ preferable }: SeriesDose, path: string): CNamed[] {
    const known = preferable.filter(({ code }) => this.schedule.vaccines[code] !== undefined);
    const first = known.filter((row) => row.forecast === true);
    return [...first, ...known.filter((row) => row.forecast !== true)].map((row) => ({
      number: this.code(row.code, path),
      code: row.code,
      ages: [row, this.schedule.vaccines[row.code]?.label ?? {}]
        .map(({ from, to }) => ({ from: this.age(from, path), to: this.age(to, path) }))
        .filter(({ from, to }) => from !== null || to !== null),
    }));
  }

  private vaccine(
    row: {
      code: Code;
      from?: Age;
      to?: Age;
      tradeName?: string;
      mvx?: string;
      volume?: number;
      forecast?: boolean;
    },
    path: string,
  ): CVaccineRule {
    return {
      code: this.code(row.code, path),
      from: this.age(row.from, path),
      to: this.age(row.to, path),
      tradeName: row.tradeName ?? null,
      mvx: row.mvx ?? null,
      volume: row.volume ?? null,
      forecast: row.forecast ?? false,
    };
  }

  private interval(row: Interval | AllowableInterval, path: string): CInterval {
    const all: Interval = row;
    return {
      from: this.reference(all.from, path),
      absMin: this.age(all.absMin, path),
      min: this.age(all.min, path),
      recommended: this.age(all.recommended, path),
      by: this.age(all.by, path),
      priority: all.priority ?? false,
      ...this.dated(row, path),
    };
  }

  private reference(from: Interval['from'], path: string): CReference {
    if (from === 'previous') return { kind: 'previous' };
    if ('target' in from) return { kind: 'target', target: from.target };
    if ('vaccines' in from) return { kind: 'vaccines', codes: this.codeSet(from.vaccines, path) };
    return {
      kind: 'observation',
      code: from.observation,
      beforeDose: from.beforeDose ?? false,
    };
  }

  private skip(row: ConditionalSkip, path: string): CSkip {
    return {
      evaluation: row.context !== 'forecast',
      forecast: row.context !== 'evaluation',
      and: row.logic === 'and',
      sets: row.sets.map((set) => this.skipSet(set, path)),
    };
  }

  private skipSet(set: SkipSet, path: string): CSkipSet {
    return {
      and: set.logic !== 'or',
      conditions: set.conditions.map((each) => this.condition(each, path)),
      ...this.dated(set, path),
    };
  }

  private condition(each: SkipCondition, path: string): CCondition {
    switch (each.type) {
      case 'age':
        return { type: 'age', from: this.age(each.from, path), to: this.age(each.to, path) };
      case 'completedSeries':
        return each;
      case 'interval':
        return { type: 'interval', interval: this.needAge(each.interval, path) };
      case 'count':
        return {
          type: 'count',
          is: each.is,
          doses: each.doses,
          valid: each.counting === 'valid',
          codes: each.vaccines?.length ? this.codeSet(each.vaccines, path) : null,
          from: this.age(each.from, path),
          to: this.age(each.to, path),
          start: this.day(each.start, EARLIEST_DAY, path),
          end: this.day(each.end, LATEST_DAY, path),
        };
      case 'observation':
        return { type: 'observation', codes: each.codes, absent: each.absent ?? false };
      case 'birth': {
        const [from, to] = this.days(each, path);
        return { type: 'birth', from, to };
      }
      default:
        throw new ScheduleError(path, 'a skip condition is of no known type');
    }
  }

  private season(dose: SeriesDose, path: string): CSeason | null {
    const { start, end } = dose.season ?? {};
    if (!start && !end) return null;
    const yearly = /^(\d{2})-(\d{2})$/;
    const from = yearly.exec(start ?? '');
    const to = yearly.exec(end ?? '');
    if (from !== null && to !== null) {
      return {
        yearly: true,
        start: Number(from[1]) * 100 + Number(from[2]),
        end: Number(to[1]) * 100 + Number(to[2]),
      };
    }
    return {
      yearly: false,
      start: this.day(start, EARLIEST_DAY, path),
      end: this.day(end, LATEST_DAY, path),
      // Without both ends there is no saying what an earlier season was.
      recurred: dose.season?.recurred === true && Boolean(start) && Boolean(end),
    };
  }

  private conflicts(): Pick<Compiled, 'conflictAt' | 'conflicts' | 'conflicting'> {
    const rows = this.schedule.conflicts ?? [];
    for (const row of rows) {
      for (const code of [...row.previous, ...row.current]) this.code(code, 'conflicts');
    }
    const size = this.codes.size;
    const conflictAt = new Int16Array(size * size).fill(-1);
    const conflicting = new Uint8Array(size);
    const conflicts = rows.map((row, index): CConflict => {
      for (const current of row.current) {
        for (const previous of row.previous) {
          const from = this.code(previous, 'conflicts');
          conflictAt[this.code(current, 'conflicts') * size + from] = index;
          conflicting[from] = 1;
        }
      }
      return {
        begin: this.needAge(row.begin, `conflicts/${index}`),
        minEnd: this.needAge(row.minEnd, `conflicts/${index}`),
        end: this.needAge(row.end, `conflicts/${index}`),
        sameDay: row.sameDay ?? false,
      };
    });
    return { conflictAt, conflicts, conflicting };
  }
}
