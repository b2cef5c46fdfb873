/** Days as `YYYY-MM-DD`, which sort as they follow. */
import { isCalendarDate } from '../idnumber.ts';
import type { Context } from './context.ts';

/** The first day of birth that the system knows (1900). */
export const FIRST_BIRTH = '1900-01-01';
/** Before this no lot in use expires, nor more than {@link LONGEST_LIFE} years after its receipt. */
const FIRST_EXPIRY = '2000-01-01';
const LONGEST_LIFE = 15;

const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z$/;

/** The day after that of a moment, by UTC; of what is no moment, the first of all. */
export function dayAfter(moment: string): string {
  const time = MOMENT.test(moment) ? Date.parse(moment) : 0;
  return new Date((time || 0) + 86_400_000).toISOString().substring(0, 10);
}

/**
 * The last day that a record made at `at` may name: a day after that of UTC, for it is made in any
 * zone. Where today is known, today.
 */
export function latestDay(at: unknown, context: Context): string {
  if (context.today !== undefined) return context.today;
  return dayAfter(typeof at === 'string' ? at : '');
}

/** Can a lot that was here on `day` expire then? */
export function isExpiry(expiry: string, day: string): boolean {
  const last = `${Number(day.substring(0, 4)) + LONGEST_LIFE}${day.substring(4)}`;
  return isCalendarDate(expiry) && expiry >= FIRST_EXPIRY && expiry <= last;
}
