/**
 * 3.4 Date calculations (日期推算), on day numbers alone: no clock, no zone, no `Date`.
 */
import type { Day, IsoDate, Schedule } from './types.ts';

export type MonthArithmetic = Schedule['monthArithmetic'];

/** A length of time, taken apart. Weeks are days. Parts may be negative ("16 years - 4 months"). */
export interface Span {
  readonly years: number;
  readonly months: number;
  readonly days: number;
}

/** Before and after every date that matters (the specification's assumed values if empty). */
export const EARLIEST_DAY: Day = -25567; // 1900-01-01
export const LATEST_DAY: Day = 376199; // 2999-12-31

const UNITS: Record<string, readonly [keyof Span, number]> = {
  day: ['days', 1],
  week: ['days', 7],
  month: ['months', 1],
  year: ['years', 1],
};

/** Reads `"9 years - 4 days"`. Null if it is no length of time. */
export function parseSpan(text: string): Span | null {
  const span = { years: 0, months: 0, days: 0 };
  let rest = text.trim();
  let first = true;
  while (rest !== '') {
    const term = /^([+-])?\s*(\d+)\s*(day|week|month|year)s?\b\s*/i.exec(rest);
    if (term === null || (!first && term[1] === undefined)) return null;
    const unit = UNITS[(term[3] as string).toLowerCase()];
    if (unit === undefined) return null;
    span[unit[0]] += (term[1] === '-' ? -1 : 1) * Number(term[2]) * unit[1];
    rest = rest.slice(term[0].length);
    first = false;
  }
  return first ? null : span;
}

/** The day number of a calendar date; months from 1. The date must exist. */
export function dayOf(year: number, month: number, day: number): Day {
  // Years from March, so that the leap day is the last of its year.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Year, month (from 1) and day of a day number. */
export function dateOf(day: Day): [year: number, month: number, day: number] {
  const z = day + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return [
    yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  ];
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Reads `YYYY-MM-DD`. Null if it is no date that exists. */
export function parseDay(text: string): Day | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return dayOf(year, month, day);
}

export function formatDay(day: Day): IsoDate {
  const [year, month, date] = dateOf(day);
  const text = year >= 1000 ? `${year}` : `${year}`.padStart(4, '0');
  return `${text}-${month < 10 ? '0' : ''}${month}-${date < 10 ? '0' : ''}${date}`;
}

function addMonths(day: Day, months: number, rule: MonthArithmetic): Day {
  return monthsAfter(dateOf(day), months, rule);
}

function monthsAfter(
  [year, month, date]: readonly [year: number, month: number, day: number],
  months: number,
  rule: MonthArithmetic,
): Day {
  const index = year * 12 + (month - 1) + months;
  const toYear = Math.floor(index / 12);
  const toMonth = index - toYear * 12 + 1;
  const last = daysInMonth(toYear, toMonth);
  if (date <= last) return dayOf(toYear, toMonth, date);
  return dayOf(toYear, toMonth, last) + (rule === 'roll' ? 1 : 0);
}

/**
 * CALCDT-1 to 6: years, then months, then days. A date that does not exist becomes the 1st of the
 * next month (`roll`) or the last of its month (`clamp`) before days are added.
 */
export function addSpan(day: Day, span: Span, rule: MonthArithmetic): Day {
  let result = day;
  if (span.years !== 0) result = addMonths(result, span.years * 12, rule);
  if (span.months !== 0) result = addMonths(result, span.months, rule);
  return result + span.days;
}

/** {@link addSpan} where the date is at hand as year, month and day as well. */
export function sinceBirth(
  birth: Day,
  date: readonly [year: number, month: number, day: number],
  span: Span,
  rule: MonthArithmetic,
): Day {
  if (span.years !== 0 && span.months !== 0) return addSpan(birth, span, rule);
  const months = span.years * 12 + span.months;
  return (months === 0 ? birth : monthsAfter(date, months, rule)) + span.days;
}

/** {@link addSpan} of a text like `"2 months"`. Throws a RangeError if it is no length of time. */
export function addAge(day: Day, age: string, rule: MonthArithmetic): Day {
  const span = parseSpan(age);
  if (span === null) throw new RangeError(`"${age}" is not a length of time like "2 months"`);
  return addSpan(day, span, rule);
}

/** Completed years, months and days from birth to a day, as people say an age (周岁/月龄). */
export function ageOn(
  birth: Day,
  day: Day,
  rule: MonthArithmetic,
): { years: number; months: number; days: number } {
  if (day < birth) return { years: 0, months: 0, days: 0 };
  const [y1, m1] = dateOf(birth);
  const [y2, m2] = dateOf(day);
  let months = (y2 - y1) * 12 + (m2 - m1);
  while (months > 0 && addMonths(birth, months, rule) > day) months -= 1;
  return {
    years: Math.floor(months / 12),
    months: months % 12,
    days: day - addMonths(birth, months, rule),
  };
}
