/**
 * Public holidays and the weekend days that are worked for them (节假日、调休), by the State Council's
 * yearly arrangement. Pure but for {@link nationalDays}, which fetches the tables once.
 */
import type { Day } from '../schedule/types.ts';
import { dateOf, dayOf } from '../ui/format.ts';

/** What one source says: days off that are not worked, and weekend days that are. ISO dates. */
export interface HolidayYears {
  /** The years that it speaks of. */
  years: readonly number[];
  off: readonly string[];
  on: readonly string[];
}

export interface Holidays {
  /** Whether the arrangement of a year is known; a year that is not is planned by weekdays. */
  knows(year: number): boolean;
  isOff(day: Day): boolean;
  /** Monday to Friday but for holidays, and the weekend days worked for them. */
  isWorkday(day: Day): boolean;
}

/** ISO weekday of a day, 1 = Monday. */
export function weekdayOf(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** Sources one over the other: of a day that several name, the last says what it is. */
export function holidaysOf(sources: readonly HolidayYears[]): Holidays {
  const years = new Set<number>();
  const works = new Map<Day, boolean>();
  const note = (dates: readonly string[], isWorked: boolean) => {
    for (const date of dates) {
      const day = dayOf(date);
      if (day !== null) works.set(day, isWorked);
    }
  };
  for (const source of sources) {
    for (const year of source.years) years.add(year);
    note(source.off, false);
    note(source.on, true);
  }
  return {
    knows: (year) => years.has(year),
    isOff: (day) => works.get(day) === false,
    isWorkday: (day) => works.get(day) ?? weekdayOf(day) <= 5,
  };
}

/** Nothing is known: weekdays alone. */
export const NO_HOLIDAYS = holidaysOf([]);

/** Years from a day to another that no source knows. */
export function unknownYears(holidays: Holidays, from: Day, to: Day): number[] {
  const first = Number(dateOf(from).slice(0, 4));
  const last = Number(dateOf(to).slice(0, 4));
  const years = Array.from({ length: last - first + 1 }, (_, n) => first + n);
  return years.filter((year) => !holidays.knows(year));
}

let national: Promise<HolidayYears> | null = null;

/** The arrangements that came with the program. */
export function nationalDays(): Promise<HolidayYears> {
  national ??= import('chinese-days/dist/chinese-days.json').then(({ default: tables }) => {
    const off = Object.keys(tables.holidays);
    return {
      years: [...new Set(off.map((date) => Number(date.slice(0, 4))))],
      off,
      on: Object.keys(tables.workdays),
    };
  });
  return national;
}
