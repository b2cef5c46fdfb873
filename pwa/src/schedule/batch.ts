/**
 * Cases in, answers out, as JSON lines: what Python and the command line call. A case is a line as
 * in CDC's test cases (a dose's vaccine under `cvx` or `code`); an answer holds ISO dates and the
 * specification's words.
 */
import { formatDay, parseDay } from './3.4-dates.ts';
import { forecast } from './4-process.ts';
import { groupsLookingAt } from './bearing.ts';
import { type Compiled, compile } from './compile.ts';
import { applyLayers } from './layers.ts';
import { forecastTable } from './table.ts';
import type {
  Child,
  Day,
  Dose,
  DoseEvaluation,
  DoseStatus,
  Forecast,
  GroupForecast,
  Layer,
  Observation,
  Reason,
  Schedule,
  SeriesStatus,
  Sex,
  TrailStep,
} from './types.ts';

/** A case that cannot be understood; the text says which field and what it should be. */
export class CaseError extends Error {
  override name = 'CaseError';
}

const SERIES_STATUS: Record<SeriesStatus, string> = {
  notComplete: 'Not Complete',
  complete: 'Complete',
  immune: 'Immune',
  contraindicated: 'Contraindicated',
  agedOut: 'Aged Out',
  notRecommended: 'Not Recommended',
};

const DOSE_STATUS: Record<DoseStatus, string> = {
  valid: 'Valid',
  notValid: 'Not Valid',
  extraneous: 'Extraneous',
  substandard: 'Sub-standard',
  notEvaluated: 'Not Evaluated',
};

/** CDC's words for why a dose does not count; others keep their code. */
const DOSE_REASON: Partial<Record<Reason['code'], string>> = {
  'dose.tooYoung': 'Age: Too Young',
  'dose.tooOld': 'Age: Too Old',
  'dose.tooSoon': 'Interval: Too Soon',
  'dose.conflict': 'Live Virus Conflict',
  'dose.inadvertent': 'Inadvertent Vaccine',
  'dose.extra': 'Series Already Complete',
  'dose.wrongVaccine': 'Not a preferable or allowable vaccine',
  'dose.wrongAgeForVaccine': 'Not a preferable or allowable vaccine',
  'dose.wrongTradeName': 'Not a preferable or allowable vaccine',
  'dose.gracePeriod': 'Grace Period',
};

const SEXES: Record<string, Sex> = {
  f: 'F',
  female: 'F',
  '2': 'F',
  女: 'F',
  m: 'M',
  male: 'M',
  '1': 'M',
  男: 'M',
  u: 'U',
  unknown: 'U',
  '0': 'U',
  '9': 'U',
  未知: 'U',
  '': 'U',
};

type Raw = Record<string, unknown>;

const isRecord = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function day(value: unknown, field: string): Day {
  const found = typeof value === 'string' ? parseDay(value) : null;
  if (found === null) {
    throw new CaseError(`${field} should be a date that exists, like 2026-06-17`);
  }
  return found;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function list(value: unknown, field: string): Raw[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw new CaseError(`${field} should be a list of objects`);
}

function readDose(raw: Raw, index: number): Dose {
  const code = raw.cvx ?? raw.code;
  if (typeof code !== 'string' || code === '') {
    throw new CaseError(
      `doses[${index}] has no vaccine: a code was expected under "cvx" or "code"`,
    );
  }
  const dose: Dose = { id: String(index), date: day(raw.date, `doses[${index}].date`), code };
  const mvx = text(raw.mvx);
  const tradeName = text(raw.trade_name) ?? text(raw.vaccine);
  if (mvx !== undefined) dose.mvx = mvx;
  if (tradeName !== undefined) dose.tradeName = tradeName;
  if (typeof raw.volume === 'number') dose.volume = raw.volume;
  if (raw.expiry != null) dose.expiry = day(raw.expiry, `doses[${index}].expiry`);
  if (raw.substandard === true || raw.condition === 'Y') dose.substandard = true;
  return dose;
}

function readObservation(raw: Raw, index: number): Observation {
  if (typeof raw.code !== 'string' || raw.code === '') {
    throw new CaseError(`observations[${index}] has no code`);
  }
  return {
    code: raw.code,
    date: raw.date == null ? null : day(raw.date, `observations[${index}].date`),
    end: raw.end == null ? null : day(raw.end, `observations[${index}].end`),
  };
}

/** Reads a case. @throws CaseError */
export function readCase(raw: unknown): { child: Child; asOf: Day } {
  if (!isRecord(raw)) throw new CaseError('a case should be an object');
  const gender = String(raw.gender ?? '').toLowerCase();
  const sex = SEXES[gender];
  if (sex === undefined) throw new CaseError('gender should be F, M or U');
  const child: Child = {
    birth: day(raw.dob, 'dob'),
    sex,
    doses: list(raw.doses, 'doses').map(readDose),
    observations: list(raw.observations, 'observations').map(readObservation),
  };
  const country = text(raw.birth_country);
  if (country !== undefined) child.country = country;
  const asOf = day(raw.assessment_date, 'assessment_date');
  if (asOf < child.birth) throw new CaseError('assessment_date is before dob');
  return { child, asOf };
}

/** Dates already written: the same ones come again and again in a batch. */
const written = new Map<Day, string>();

function date(value: Day): string {
  let text = written.get(value);
  if (text === undefined) {
    if (written.size > 50_000) written.clear();
    text = formatDay(value);
    written.set(value, text);
  }
  return text;
}

const iso = (value: Day | null): string | null => (value === null ? null : date(value));

/** Parameters that are numbers stand for days, but for these. */
const COUNTS = new Set(['days', 'dose', 'volume', 'points']);

function readableParams(params: NonNullable<Reason['params']>, into: Raw): Raw {
  for (const key in params) {
    const value = params[key];
    into[key] = typeof value === 'number' && !COUNTS.has(key) ? date(value) : value;
  }
  return into;
}

/** Most reasons say a day or two: those are not gone through key by key. */
function readable({ code, params }: Reason): Raw {
  if (params === undefined) return { code };
  const day = params.date;
  if (typeof day !== 'number') return readableParams(params, { code });
  let others = 0;
  for (const _ in params) others += 1;
  if (others === 1) return { code, date: date(day) };
  const { since } = params;
  return others === 2 && typeof since === 'number'
    ? { code, date: date(day), since: date(since) }
    : readableParams(params, { code });
}

function answerGroup(group: GroupForecast): Raw {
  return {
    vaccine_group: group.vaccineGroup,
    series_type: group.seriesType,
    series_status: SERIES_STATUS[group.status],
    forecast_number: group.forecastNumber === null ? null : String(group.forecastNumber),
    target_dose: group.target,
    earliest_date: iso(group.earliest),
    recommended_date: iso(group.recommended),
    past_due_date: iso(group.pastDue),
    latest_date: iso(group.latest),
    vaccines: group.vaccines,
    series: group.antigens.map((each) => each.series),
    reasons: group.reasons.map(readable),
  };
}

function answerDose(dose: DoseEvaluation, n: unknown): Raw {
  return {
    n,
    vaccine_group: dose.vaccineGroup ?? '',
    antigen: dose.antigen,
    series: dose.series,
    target_dose: dose.target,
    status: DOSE_STATUS[dose.status],
    reason: dose.reasons.map((each) => DOSE_REASON[each.code] ?? each.code)[0] ?? null,
    reasons: dose.reasons.map(readable),
  };
}

function answerStep({ params, dose, ...step }: TrailStep, numbers: readonly unknown[]): Raw {
  return {
    ...step,
    ...(dose !== undefined && { dose: numbers[Number(dose)] }),
    ...(params !== undefined && readableParams(params, {})),
  };
}

/** Without a value of the case: errors go where a child's data must not. */
function reportOf(error: unknown): string {
  if (error instanceof CaseError) return error.message;
  if (error instanceof SyntaxError) return 'this is not a line of JSON';
  return `the engine failed on this case, which is a fault in it: ${String(error)}`;
}

/** A schedule, perhaps with local rules, ready to answer lines. */
export class Answerer {
  private readonly compiled: Compiled;
  private readonly looking: ReadonlyMap<string, readonly string[]>;

  /** @param schedule JSON text of a {@link Schedule}; @param layers JSON text of {@link Layer}s. */
  constructor(schedule: string, layers = '[]') {
    const local = JSON.parse(layers) as Layer[];
    this.compiled = compile(applyLayers(JSON.parse(schedule) as Schedule, local));
    this.looking = groupsLookingAt(this.compiled.schedule);
  }

  /**
   * Answers to lines, one a line, without a trailing newline. What is wrong with a line is its
   * answer, which then says the line's number.
   * @param first number of the first of the lines
   */
  answer(lines: string, explain = false, first = 1): string {
    return lines
      .split('\n')
      .map((line, index) => JSON.stringify(this.answerLine(line, first + index, explain)))
      .join('\n');
  }

  /** The vaccine groups by the numbers that a table has for them. */
  groups(): string {
    return JSON.stringify(this.compiled.groups.map(({ name }) => name));
  }

  /** {@link forecastTable} */
  table(children: string): ArrayBuffer {
    return forecastTable(this.compiled, children);
  }

  private answerLine(line: string, number: number, explain: boolean): Raw {
    let raw: unknown = null;
    try {
      raw = JSON.parse(line);
      const { child, asOf } = readCase(raw);
      const rows = (raw as { doses?: Raw[] | null }).doses ?? [];
      const numbers = rows.map((dose, index) => dose.n ?? index + 1);
      const { suite, id } = raw as Raw;
      const answer = forecast(this.compiled, child, asOf, { trail: explain });
      return { suite, id, ...this.write(answer, numbers) };
    } catch (error) {
      const { suite, id } = isRecord(raw) ? raw : {};
      return { suite, id, line: number, error: reportOf(error) };
    }
  }

  private write(answer: Forecast, numbers: readonly unknown[]): Raw {
    const doses: Raw[] = [];
    const asked = new Set(answer.groups.map((group) => group.vaccineGroup));
    for (const dose of answer.doses) {
      const row = answerDose(dose, numbers[Number(dose.id)]);
      doses.push(row);
      if (dose.status === 'notEvaluated') continue;
      for (const group of this.looking.get(dose.code) ?? []) {
        if (!asked.has(group)) continue;
        if (answer.doses.some((other) => other.id === dose.id && other.vaccineGroup === group)) {
          continue;
        }
        doses.push({ ...row, vaccine_group: group, counts_for: row.vaccine_group });
      }
    }
    return {
      groups: answer.groups.map(answerGroup),
      doses,
      ...(answer.trail && { trail: answer.trail.map((step) => answerStep(step, numbers)) }),
    };
  }
}
