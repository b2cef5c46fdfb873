/**
 * The shapes of the schedule engine: a schedule (免疫程序) as data, a child's history, and the
 * answer. Names follow the CDSi logic specification 4.6, so that its chapters can be read beside.
 *
 * Everything here is plain JSON. Dates are ISO strings (`YYYY-MM-DD`) in a schedule, which people
 * read and edit, and day numbers ({@link Day}) in a child and an answer, which programs compute.
 */

/** Days since 1970-01-01 (negative before). A calendar date without a time or a zone. */
export type Day = number;

/** A calendar date as text, `YYYY-MM-DD`. */
export type IsoDate = string;

/**
 * A length of time: `"2 months"`, `"9 years - 4 days"`, `"13 years + 4 weeks"`, `"0 days"`.
 * Units are day(s), week(s), month(s), year(s). May be a parameter of the schedule: `"$name"`.
 */
export type Age = string;

/** A vaccine's code in the schedule's code system: CVX (`"107"`) or the national four digits. */
export type Code = string;

/** F 女, M 男, U unknown. */
export type Sex = 'F' | 'M' | 'U';

// ---------------------------------------------------------------------------------- a schedule

/** A text in the two languages of the program. */
export interface Text {
  zh?: string;
  en?: string;
}

/** An edition of an immunization schedule. */
export interface Schedule {
  /** The name by which it is called: `cn-nip-2026`. */
  name: string;
  title?: Text;
  /** The edition as printed: `2026`, `4.64`. */
  edition: string;
  /** First day in force. */
  effective: IsoDate;
  /** Last day in force, if it was superseded. */
  superseded?: IsoDate;
  /** The children it is for, by birth date; both ends inclusive; absent = no limit. */
  births?: DateSpan;
  /** What {@link Code} means: `CVX`, `CN`. */
  codeSystem: string;
  /**
   * What becomes of 31 January + 1 month. `roll`: the 1st of the next month (CDSi, CALCDT-5);
   * `clamp`: the last day of the month (the Chinese programme).
   */
  monthArithmetic: 'roll' | 'clamp';
  /** Values a site may set, used as `"$name"` in place of an {@link Age} or in `enabled`. */
  parameters?: Record<string, Parameter>;
  vaccines: Record<Code, Vaccine>;
  /** In the order in which they are shown. */
  groups: VaccineGroup[];
  antigens: Antigen[];
  conflicts?: Conflict[];
  observations?: Record<string, Text>;
  /**
   * How far ahead of an indication's begin age its risk series is forecast, where there is nothing
   * for now; absent: not at all (CDSi, Table 5-4).
   */
  indicationsAhead?: Age;
  /** Where a child whose country of birth is not known is taken to be born (7.2). */
  country?: string;
  /** How a visit is limited; the national programme sets no limit. */
  visit?: VisitRule;
  /** What the schedule was made from: key → citation. `source` fields name a key. */
  sources?: Record<string, string>;
}

export interface DateSpan {
  from?: IsoDate;
  to?: IsoDate;
}

/** A value that the facts leave uncertain or to the place: a site may set it by a layer. */
export interface Parameter {
  value: string | boolean;
  title?: Text;
  source?: string;
}

export interface Vaccine {
  name?: Text;
  /** What it counts for. A combined vaccine counts for each; ages bound an association. */
  antigens: {
    antigen: string;
    /** Ages at which it does: `from` inclusive, `to` exclusive. */
    from?: Age;
    to?: Age;
    /** Days of administration on which it does (a campaign), both inclusive. */
    given?: DateSpan;
  }[];
  live?: boolean;
  route?: 'injection' | 'oral' | 'nasal';
  /**
   * Ages of its label (说明书年龄), `to` exclusive: outside of them it is offered for nothing, though
   * one of its parts alone could still be given. A dose given outside counts, with a warning.
   */
  label?: { from?: Age; to?: Age };
}

/** Vaccine group (疫苗组): what the counter and the reports call a vaccine. */
export interface VaccineGroup {
  name: string;
  title?: Text;
  antigens: string[];
  /** All antigens are given together (FORECASTDN-2: MMR yes, DTaP/Tdap/Td no). */
  administerFull?: boolean;
  /** Smaller is given first when a visit cannot hold all; default 100. */
  rank?: number;
  source?: string;
}

export interface Antigen {
  name: string;
  immunity?: Immunity;
  contraindications?: Contraindication[];
  /** Series are evaluated in this order; "completed series" asks about other series groups. */
  series: Series[];
}

/** 7.2 Evidence of immunity. */
export interface Immunity {
  /** Observation codes, each of which is evidence. */
  observations?: { code: string; title?: string }[];
  bornBefore?: { date: IsoDate; country?: string; unless?: string[] }[];
}

/** 7.3 Contraindication (禁忌): of the whole antigen, or of single vaccines when `vaccines` is set. */
export interface Contraindication {
  observation: string;
  /** Age at assessment: `from` inclusive, `to` exclusive. */
  from?: Age;
  to?: Age;
  vaccines?: { code: Code; from?: Age; to?: Age }[];
  /**
   * It holds only so long after the observation (暂缓, e.g. `"3 months"` after immunoglobulin).
   * Absent: for good. Prefer an interval `fromObservation`, which says *when* to come back.
   */
  lasts?: Age;
  /**
   * Observations that answer the question with no (PPD negative). While neither is known the
   * forecast asks for it, `forecast.maybeIndicated`: column "Unknown" of Tables 7-5 and 7-6.
   */
  settledBy?: string[];
  text?: string;
  source?: string;
}

export type SeriesType = 'standard' | 'risk' | 'evaluation';

/** One path to immunity. Paths of one `seriesGroup` compete (chapter 8): e.g. JE-L and JE-I. */
export interface Series {
  name: string;
  title?: Text;
  vaccineGroup: string;
  type: SeriesType;
  /** Off if false (or a parameter that is false). Default on. */
  enabled?: boolean | string;
  /** Only for these; absent = anybody. */
  sexes?: Sex[];
  /** A child whose sex is not known is offered it too, with the question what it is. */
  unknownSex?: 'ask';
  /** Only for children born within; both ends inclusive. */
  births?: DateSpan;
  /** 5.1: a risk series needs one that applies. */
  indications?: { observation: string; from?: Age; to?: Age; text?: string; source?: string }[];
  /** Unique within the antigen. Default `"1"`. */
  seriesGroup?: string;
  seriesGroupName?: string;
  /** Series groups that protect as well as this one (8.8). */
  equivalentGroups?: string[];
  /** The path of a child who has had nothing. One per series group. */
  default?: boolean;
  /** It stands for one product. */
  productPath?: boolean;
  /** `A` before `B` before `C` among risk series. */
  priority?: string;
  /** Smaller wins a tie. */
  preference?: number;
  minAgeToStart?: Age;
  maxAgeToStart?: Age;
  /** It is a campaign of that name, beyond the routine. */
  campaign?: string;
  doses: SeriesDose[];
  source?: string;
}

/** A target dose (剂次). Intervals name it by its place in `doses`, from 1. */
export interface SeriesDose {
  /**
   * What the programme calls it, if not its place: a dose that stands in for skipped ones comes
   * after them in `doses` (DT as the third of three, MPSV-AC as 流脑3). Answers give this number.
   */
  number?: number;
  ages?: AgeRule[];
  intervals?: Interval[];
  /** Any interval that is good enough, if the preferable ones fail (6.6); all of these must hold. */
  allowableIntervals?: AllowableInterval[];
  preferable: PreferableVaccine[];
  allowable?: { code: Code; from?: Age; to?: Age }[];
  /** Given by mistake: never counts, and the interval does not run from it (6.3). */
  inadvertent?: Code[];
  /** When the dose is not needed; any one suffices. */
  skips?: ConditionalSkip[];
  /** A new target like this one follows each that is satisfied. */
  recurring?: boolean;
  season?: Season;
  title?: Text;
  source?: string;
}

/** Row that held only between two dates (inclusive): of administration, or of assessment (3.3). */
export interface Dated {
  effective?: IsoDate;
  cessation?: IsoDate;
  source?: string;
}

/** 6.4, 7.5. `recommended` = earliest recommended; `by` = latest recommended: late from that age on. */
export interface AgeRule extends Dated {
  absMin?: Age;
  min?: Age;
  recommended?: Age;
  by?: Age;
  /** Exclusive: from this age on it is too late. */
  max?: Age;
}

/** 6.5, 7.5. Runs from exactly one reference; all intervals of a dose must hold. */
export interface Interval extends Dated {
  /**
   * `previous`: the last dose that was valid or not valid (and not inadvertent);
   * a number: the dose that satisfied that target; codes: the last dose of one of these vaccines;
   * `observation`: the last observation with that code, also one later than the dose (onset of
   * pregnancy: a dose before it does not count for it); with `beforeDose` only one that was there
   * when the dose was given (immunoglobulin: what comes after undoes no dose).
   */
  from:
    | 'previous'
    | { target: number }
    | { vaccines: Code[] }
    | { observation: string; beforeDose?: boolean };
  absMin?: Age;
  min?: Age;
  recommended?: Age;
  by?: Age;
  /** FORECASTPRIORITY-1. */
  priority?: boolean;
}

export interface AllowableInterval extends Dated {
  from: 'previous' | { target: number };
  absMin: Age;
}

export interface PreferableVaccine {
  code: Code;
  from?: Age;
  to?: Age;
  tradeName?: string;
  mvx?: string;
  volume?: number;
  /** It is named to the counter as what to give (FORECASTRECVAC-1). */
  forecast?: boolean;
}

/**
 * Season: literal dates (one season), or every year when given as `MM-DD` (`"09-01"` to `"03-31"`).
 */
export interface Season {
  start?: string;
  end?: string;
  /**
   * Literal dates only: the same season came in the years before, so an assessment of an earlier
   * year looks at that year's. CDC publishes only the newest season.
   */
  recurred?: boolean;
}

/** 6.2, 7.1, 7.6. */
export interface ConditionalSkip {
  context: 'evaluation' | 'forecast' | 'both';
  /** How the sets combine; default `or`. */
  logic?: 'and' | 'or';
  sets: SkipSet[];
  source?: string;
}

export interface SkipSet extends Dated {
  /** How the conditions combine; default `and`. */
  logic?: 'and' | 'or';
  conditions: SkipCondition[];
  text?: string;
}

export type SkipCondition =
  /** The child's age on the reference date: `from` ≤ age < `to`. */
  | { type: 'age'; from?: Age; to?: Age }
  /** Another series group of the antigen has a complete series. */
  | { type: 'completedSeries'; groups: string[] }
  /** So long since the dose before. */
  | { type: 'interval'; interval: Age }
  /** Doses of these vaccines (any of the antigen if absent), by age and date given. */
  | {
      type: 'count';
      is: 'more' | 'equal' | 'less';
      doses: number;
      /** `valid`: only those valid in this series; `total`: all. */
      counting: 'valid' | 'total';
      vaccines?: Code[];
      from?: Age;
      to?: Age;
      start?: IsoDate;
      end?: IsoDate;
    }
  /** Beyond CDSi: the child has (or, with `absent`, has not) one of these observations. */
  | { type: 'observation'; codes: string[]; absent?: boolean }
  /** Beyond CDSi: the child was born within; both ends inclusive. */
  | { type: 'birth'; from?: IsoDate; to?: IsoDate };

/**
 * 6.7 Conflict: a `current` vaccine given from `begin` (inclusive) to `end` (exclusive) after a
 * `previous` one does not count. `minEnd` replaces `end` after a valid dose.
 */
export interface Conflict {
  previous: Code[];
  current: Code[];
  begin: Age;
  minEnd: Age;
  end: Age;
  /**
   * "The same day, or so long after": on the day of `previous` itself `current` is forecast for that
   * day. CDSi forecasts it for the end of the conflict even then (CALCDTCONFLICT-3).
   */
  sameDay?: boolean;
  source?: string;
}

/** Limits on a visit: local settings (两剂一口服; 距上一针天数), never national rules. */
export interface VisitRule {
  /** Most injections a visit. */
  maxInjections?: number;
  /** Most oral vaccines a visit. */
  maxOral?: number;
  /** Days that must have passed since the last dose of any vaccine, unless on the same day. */
  daysSinceLast?: number;
  source?: string;
}

// -------------------------------------------------------------------------------------- a child

export interface Dose {
  /** The caller's name for it; comes back in the answer. */
  id: string;
  date: Day;
  code: Code;
  mvx?: string;
  tradeName?: string;
  volume?: number;
  /** Last day on which the lot was good. */
  expiry?: Day;
  /** Recalled, cold chain broken, given wrongly: does not count (6.1). */
  substandard?: boolean;
}

export interface Observation {
  code: string;
  date?: Day | null;
  /** Last day on which it holds. */
  end?: Day | null;
}

export interface Child {
  birth: Day;
  sex: Sex;
  /** In any order. */
  doses: Dose[];
  observations?: Observation[];
  /** Country of birth, if known. */
  country?: string;
}

// ------------------------------------------------------------------------------------ an answer

export type DoseStatus = 'valid' | 'notValid' | 'extraneous' | 'substandard' | 'notEvaluated';

export type SeriesStatus =
  | 'notComplete'
  | 'complete'
  | 'immune'
  | 'contraindicated'
  | 'agedOut'
  | 'notRecommended';

/** Every reason the engine can give. The catalog has a text in each language for each. */
export const REASON_CODES = [
  // of a dose
  'dose.expired',
  'dose.substandard',
  'dose.inadvertent',
  'dose.tooYoung', // {minimum: Day}
  'dose.tooOld', // {maximum: Day}
  'dose.tooSoon', // {minimum: Day, since: Day}
  'dose.gracePeriod', // counts, though early: {minimum: Day}
  'dose.conflict', // {with: Code, given: Day, until: Day}
  'dose.wrongVaccine',
  'dose.wrongAgeForVaccine',
  'dose.wrongTradeName',
  'dose.allowableVaccine', // counts, though not the one preferred
  'dose.lowVolume', // counts
  'dose.outsideLabel', // counts, though the product is not meant for the age
  'dose.extra', // the series was complete
  'dose.unknownVaccine',
  'dose.beforeBirth',
  'dose.inFuture', // dated after the as-of date: held to be given, the date is to be checked
  'dose.noSeries', // no series of the schedule is for this child and antigen
  // of a forecast
  'forecast.minAge', // {date: Day} what sets the earliest date
  'forecast.minInterval', // {date: Day, since: Day}
  'forecast.conflict', // {date: Day, with: Code, given: Day}
  'forecast.observation', // {date: Day, observation: code}
  'forecast.season', // {date: Day}
  'forecast.afterLastDose', // {date: Day}
  'forecast.visitSpacing', // {date: Day, days: number} a local rule moved it
  'forecast.recommendedAge', // {date: Day} what sets the recommended date
  'forecast.recommendedInterval', // {date: Day}
  'forecast.complete',
  'forecast.immune', // {observation} or {bornBefore: Day}
  'forecast.contraindicated', // {observation}
  'forecast.vaccinesContraindicated', // every vaccine of the dose is
  'forecast.pastHistory', // not recommended owing to what was given before
  'forecast.seasonOver', // {end: Day}
  'forecast.tooOld', // {maximum: Day}
  'forecast.cannotFinish', // {maximum: Day}
  'forecast.skipped', // {dose: number} a dose of a series that is over, never given, not needed
  'forecast.maybeIndicated', // {observation} unknown: a person must decide
  'forecast.sexUnknown', // only one sex gets it, and the child's is not recorded
  'forecast.campaign', // {name} beyond the routine doses
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** Reasons with which a dose counts after all. A dose that does not count never bears one. */
export const HARMLESS_REASONS: ReadonlySet<ReasonCode> = new Set([
  'dose.gracePeriod',
  'dose.allowableVaccine',
  'dose.lowVolume',
  'dose.outsideLabel',
]);

export interface Reason {
  code: ReasonCode;
  params?: Record<string, string | number>;
}

/** What must be found out before the dose is given. */
export const QUESTIONS: ReadonlySet<ReasonCode> = new Set([
  'forecast.maybeIndicated',
  'forecast.sexUnknown',
]);

/** Everything that a rule can decide. The catalog has a text in each language for each. */
export const TRAIL_OUTCOMES = [
  'relevant', // 5.1 the series is for this child
  'ahead', // 5.1 for this child before long
  'substandard', // 6.1
  'skipped', // 6.2, 7.1, 7.6 {date} the target dose is not needed
  'inadvertent', // 6.3
  'valid', // 6.4, 6.10
  'notValid', // 6.4, 6.10
  'extraneous', // 6.4, 6.10
  'longEnough', // 6.5, 6.6
  'tooSoon', // 6.5, 6.6
  'impacted', // 6.7
  'notImpacted', // 6.7
  'rightVaccine', // 6.8, 6.9
  'wrongVaccine', // 6.8, 6.9
  'notComplete', // 7.4, 9
  'complete', // 7.4, 9
  'immune', // 7.4, 9
  'contraindicated', // 7.4, 9
  'agedOut', // 7.4, 9
  'notRecommended', // 7.4, 9
  'dates', // 7.5 {earliest, recommended, pastDue, latest}
  'points', // 8.4 to 8.6 {points} of a series among those of its group
  'prioritized', // 8.7 the one series of its group
  'best', // 8.8
] as const;

export type TrailOutcome = (typeof TRAIL_OUTCOMES)[number];

/** One rule that was applied, in order. Only made when asked for. */
export interface TrailStep {
  /** Section of the specification: `6.4`. */
  rule: string;
  outcome: TrailOutcome;
  antigen?: string;
  series?: string;
  /** Number of the target dose. */
  target?: number;
  /** The dose's id. */
  dose?: string;
  params?: Record<string, string | number>;
}

/** How a dose counted for one antigen, in a best series. */
export interface DoseEvaluation {
  id: string;
  date: Day;
  code: Code;
  vaccineGroup: string | null;
  antigen: string | null;
  series: string | null;
  /** Number of the target dose it was held against. */
  target: number | null;
  status: DoseStatus;
  reasons: Reason[];
}

export interface AntigenForecast {
  antigen: string;
  series: string;
  seriesType: SeriesType;
  status: SeriesStatus;
  /** Number of the target dose that is due, in its series; null when none is. */
  target: number | null;
  /** Number of target doses of the series; those satisfied; those skipped. */
  targets: number;
  satisfied: number;
  skipped: number;
  earliest: Day | null;
  recommended: Day | null;
  pastDue: Day | null;
  latest: Day | null;
}

export interface GroupForecast {
  vaccineGroup: string;
  /** `risk` forecasts stand beside the standard one when both are needed (chapter 9). */
  seriesType: SeriesType;
  status: SeriesStatus;
  /** Doses that count, plus 1; null unless `notComplete`. */
  forecastNumber: number | null;
  /** Number of the target dose that is due (2 = DTaP-2), skipped ones counted; null when none is. */
  target: number | null;
  /** First day on which it may be given. */
  earliest: Day | null;
  /** First day on which it should be given (应种日). */
  recommended: Day | null;
  /** Last day on which it is on time (及时). */
  pastDue: Day | null;
  /** Last day on which it may be given at all. */
  latest: Day | null;
  reasons: Reason[];
  /** Codes of the vaccines that will do, those to be named first in front. */
  vaccines: Code[];
  antigens: AntigenForecast[];
}

export interface Forecast {
  doses: DoseEvaluation[];
  /** Every vaccine group of the schedule for which a series is relevant, in its order. */
  groups: GroupForecast[];
  trail?: TrailStep[];
}

export interface Options {
  /** Also tell which rules led there. Slower. */
  trail?: boolean;
}

// --------------------------------------------------------------------------- layers and problems

/**
 * Which doses a local rule is about: those that the programme calls by the layer's number, in all
 * series of the antigen unless one is named; only for children born within, if it says so.
 */
export interface DosesOf {
  antigen: string;
  series?: string;
  births?: DateSpan;
  source?: string;
}

/** A local rule over an edition, written by a region's administrator. Applied in order. */
export type Layer =
  /** Most injections a visit, days since the last shot. */
  | ({ kind: 'visit' } & VisitRule)
  /** Sets a parameter of the schedule. */
  | { kind: 'parameter'; name: string; value: string | boolean; source?: string }
  /** An extra interval before a dose. */
  | ({ kind: 'interval'; dose: number; interval: Interval } & DosesOf)
  /** Other ages of a dose: fields that are given replace those of the edition. */
  | ({ kind: 'age'; dose: number; ages: AgeRule } & DosesOf)
  /**
   * Other vaccines for a dose: these are named to the counter (IPV as the third polio dose). What the
   * edition names still counts.
   */
  | ({ kind: 'product'; dose: number; vaccines: Code[] } & DosesOf)
  /** A season for every dose of an antigen (`MM-DD`: every year). */
  | { kind: 'season'; antigen: string; series?: string; season: Season; source?: string }
  /**
   * An emergency or supplementary campaign (应急接种, 强化免疫): one dose for those born within,
   * beyond the routine ones, shown as a group of its own.
   */
  | {
      kind: 'campaign';
      name: string;
      title?: Text;
      vaccines: Code[];
      births: DateSpan;
      from: IsoDate;
      to: IsoDate;
      /** Days since the last dose of one of the vaccines. */
      minInterval?: Age;
      source?: string;
    }
  /** Vaccine groups that this place does not offer, or another schedule's to offer besides. */
  | { kind: 'without'; groups: string[] }
  | { kind: 'with'; schedule: Schedule };

/** What is wrong with a schedule; `path` leads to the place in it. */
export interface Problem {
  severity: 'error' | 'warning';
  code: ProblemCode;
  path: string;
  params: Record<string, string | number>;
}

export const PROBLEM_CODES = [
  'noAntigens', // {} an edition that asks for nothing
  'unknownVaccine', // {code}
  'unknownAntigen', // {antigen}
  'unknownGroup', // {group}
  'unknownParameter', // {name}
  'badAge', // {text}
  'badDate', // {text}
  'badTarget', // {dose, target} an interval from a target that is not before it
  'noDefault', // {antigen, group} no series for a child who has had nothing
  'twoDefaults', // {antigen, group}
  'noVaccine', // {antigen, series, dose} no vaccine can satisfy it
  'agesReversed', // {antigen, series, dose} e.g. max not after min
  'impossible', // {antigen, series, dose, age} cannot be given before it is too late
  'impossibleBefore', // {antigen, series, dose, earliest, wanted} "DTaP-2 impossible before 5 months"
  'duplicate', // {what, name}
  'badLayer', // {message} a layer names what the schedule does not have
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];
