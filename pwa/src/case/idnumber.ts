/** 公民身份号码 of GB 11643-1999: 6 digits of region, 8 of birth, 3 of order, 1 check (MOD 11-2). */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const CHECKS = '10X98765432';

export interface IdNumber {
  /** GB/T 2260 code of the region of first registration. */
  region: string;
  birthDate: string;
  /** An odd order number is given to a boy. */
  sex: 'M' | 'F';
}

/** The check character for the first 17 digits. */
export function checkDigit(first17: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += Number(first17[i]) * (WEIGHTS[i] as number);
  return CHECKS[sum % 11] as string;
}

/** Is `text` a day of the calendar, as `YYYY-MM-DD`? */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  return year > 0 && day >= 1 && day <= days;
}

/** What an ID number tells, or null when its form, its birth date or its check digit is wrong. */
export function parseIdNumber(text: string): IdNumber | null {
  const value = text.trim().toUpperCase();
  if (!/^\d{17}[\dX]$/.test(value)) return null;
  const birthDate = `${value.slice(6, 10)}-${value.slice(10, 12)}-${value.slice(12, 14)}`;
  if (!isCalendarDate(birthDate) || checkDigit(value) !== value[17]) return null;
  return { region: value.slice(0, 6), birthDate, sex: Number(value[16]) % 2 === 1 ? 'M' : 'F' };
}
