/** Dates, ages and numbers as people read them. Ages of the schedule are the engine's business. */

import { wallClock } from '../clock/clock.ts';

export const DAY_MS = 86_400_000;

/** Day number of a calendar date, or null when the text is not one. */
export function dayOf(date: string | null | undefined): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date ?? '');
  if (!parts) return null;
  const time = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  return new Date(time).toISOString().slice(0, 10) === date ? time / DAY_MS : null;
}

/** `YYYY-MM-DD` of a day number. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `09:41` of an instant, or `11-22 09:41` when it is not today. */
export function clockTime(instant: string, today: string): string {
  const { date: day, time } = wallClock(Date.parse(instant));
  return day === today
    ? time
    : `${day.slice(day.slice(0, 4) === today.slice(0, 4) ? 5 : 0)} ${time}`;
}

export interface AgeParts {
  years: number;
  months: number;
  days: number;
}

/** Completed years, months and days from birth to a date; null when either is missing or reversed. */
export function ageAt(birth: string | null | undefined, date: string): AgeParts | null {
  const from = dayOf(birth);
  const to = dayOf(date);
  if (from === null || to === null || to < from) return null;
  const [by, bm, bd] = dateOf(from).split('-').map(Number) as [number, number, number];
  const [ty, tm, td] = date.split('-').map(Number) as [number, number, number];
  let months = (ty - by) * 12 + (tm - bm);
  const lastDay = new Date(Date.UTC(ty, tm, 0)).getUTCDate();
  // Born on the 31st: the month is complete on its last day (clamped, as in the programme).
  if (td < Math.min(bd, lastDay)) months -= 1;
  const start = new Date(Date.UTC(by, bm - 1 + months, 1));
  const end = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
  start.setUTCDate(Math.min(bd, end));
  return {
    years: Math.floor(months / 12),
    months: months % 12,
    days: to - start.getTime() / DAY_MS,
  };
}

/** A year that people write in full and mean. */
const OLDEST_YEAR = 1900;
/** How far ahead a date may lie that is not bound to the past, such as an expiry. */
export const YEARS_AHEAD = 20;

const SEPARATED = /^(\d{4}|\d{2})\s*[-./年\s]\s*(\d{1,2})\s*[-./月\s]\s*(\d{1,2})\s*[日号]?$/;
const PACKED = /^(\d{4}|\d{2})(\d{2})(\d{2})$/;

/**
 * Reads a date as a person types it: `20261123`, `2026-11-23`, `2026.1.3`, `2026年1月3日`, `261123`,
 * `26-1-3`, also in full-width signs (全角). Null when it is no date.
 *
 * A year of two digits is the last such year that does not go past `latest`: a birth date is never
 * in the future, and no vaccine keeps for {@link YEARS_AHEAD} years.
 */
export function parseDate(text: string, latest: string): string | null {
  const plain = text
    .normalize('NFKC')
    .replace(/[。·、,]/g, '.')
    .replace(/[‐-―−]/g, '-')
    .trim();
  const parts = SEPARATED.exec(plain) ?? PACKED.exec(plain);
  if (!parts) return null;
  const [, y = '', m = '', d = ''] = parts;
  const dateIn = (year: string) => `${year}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  if (y.length === 4) return Number(y) < OLDEST_YEAR ? null : real(dateIn(y));
  const near = real(dateIn(`20${y}`));
  return near !== null && near <= latest ? near : real(dateIn(`19${y}`));
}

function real(date: string): string | null {
  return dayOf(date) === null ? null : date;
}

/** `510402…0001`: enough of a number to tell it, not to copy it. */
export function masked(number: string): string {
  return number.length <= 8 ? number : `${number.slice(0, 4)}····${number.slice(-4)}`;
}
