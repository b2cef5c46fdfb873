/** Seasons (接种季节): which one counts on a day. */
import { dateOf, dayOf, daysInMonth } from './3.4-dates.ts';
import type { CSeason } from './compile.ts';
import type { Day } from './types.ts';

/**
 * The season that counts on a day. A season of every year (`MM-DD`) is the one running, or else the
 * next to come. One with literal dates holds as it stands, also when it is over (Table 7-10); if it
 * came in earlier years too, an assessment of an earlier year looks at that year's.
 */
export function seasonOn(season: CSeason, day: Day): { start: Day; end: Day } {
  if (!season.yearly) {
    const years = yearsBack(season, day);
    if (years === 0) return season;
    return { start: back(season.start, years), end: back(season.end, years) };
  }
  const [year, month, date] = dateOf(day);
  const wraps = season.end < season.start;
  const over = month * 100 + date > season.end;
  const startYear = wraps ? year - (over ? 0 : 1) : year + (over ? 1 : 0);
  const at = (y: number, md: number): Day => dayOf(y, Math.floor(md / 100), md % 100);
  return { start: at(startYear, season.start), end: at(startYear + (wraps ? 1 : 0), season.end) };
}

/**
 * By how many years the season that counts on a day came before the one in the data. The dates that
 * a dose's rules name for its season ("has had a dose since July") go back with it.
 */
export function yearsBack(season: CSeason | null, day: Day): number {
  if (season === null || season.yearly || !season.recurred) return 0;
  let years = 0;
  while (back(season.end, years + 1) >= day) years += 1;
  return years;
}

/** The same day so many years before; 29 February becomes the 28th. */
export function back(date: Day, years: number): Day {
  const [year, month, of] = dateOf(date);
  return dayOf(year - years, month, Math.min(of, daysInMonth(year - years, month)));
}
