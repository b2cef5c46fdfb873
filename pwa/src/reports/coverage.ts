/**
 * Coverage by birth cohort (队列接种率) from the rows of the region's views: of the children of a site
 * born in a span of months, how many have had at least n doses of a vaccine group.
 */

import type { Schedule } from '../schedule/types.ts';

export interface ViewRow<K> {
  key: K;
  value: number;
}

/** `coverage/children`: [site, birth year, birth month, residence, register status] → count. */
export type ChildrenRow = ViewRow<
  [string | null, number | null, number | null, string | null, string | null]
>;
/** `coverage/doses`: [site, birth year, birth month, group, n] → count. */
export type DosesRow = ViewRow<[string | null, number | null, number | null, string, number]>;

/** A month of birth, `YYYY-MM`. */
export type Month = string;

export interface Cell {
  done: number;
  total: number;
}

export interface Column {
  group: string;
  n: number;
}

export interface Coverage {
  columns: Column[];
  /** By site; cells in the order of the columns. */
  sites: { site: string; children: number; cells: Cell[] }[];
  total: { children: number; cells: Cell[] };
}

/** A view's key of a month, and whether a row's birth lies within the cohort. */
export function monthOf(year: number | null, month: number | null): Month | null {
  if (year === null || month === null) return null;
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
}

/** Start and end key of a site's rows for a cohort. */
export function cohortKeys(
  site: string,
  from: Month,
  to: Month,
): { startkey: unknown[]; endkey: unknown[] } {
  const [fromYear, fromMonth] = from.split('-').map(Number);
  const [toYear, toMonth] = to.split('-').map(Number);
  return { startkey: [site, fromYear, fromMonth], endkey: [site, toYear, toMonth, {}] };
}

/** The months `back` to `back + length` before a date, as a cohort: [from, to]. */
export function cohortBefore(today: string, back: number, length: number): [Month, Month] {
  const [year = 0, month = 1] = today.split('-').map(Number);
  const index = year * 12 + (month - 1) - back;
  const text = (at: number) => monthOf(Math.floor(at / 12), (at % 12) + 1) as Month;
  return [text(index - length + 1), text(index)];
}

/**
 * The table. The rows are the views' and, added to them, what joined cases count for. Columns are the doses that a schedule has (`wanted`), and whatever else was given;
 * groups in the order of `order`.
 */
export function coverageOf(
  children: readonly ChildrenRow[],
  doses: readonly DosesRow[],
  span: { from: Month; to: Month },
  order: readonly string[],
): Coverage {
  const within = (year: number | null, month: number | null) => {
    const at = monthOf(year, month);
    return at !== null && at >= span.from && at <= span.to;
  };
  const counts = new Map<string, number>();
  const done = new Map<string, number>();
  const most = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, value: number) =>
    map.set(key, (map.get(key) ?? 0) + value);

  for (const { key, value } of children) {
    if (within(key[1], key[2])) add(counts, key[0] ?? '', value);
  }
  const given = new Map<string, number>();
  for (const { key, value } of doses) {
    const [site, year, month, group, n] = key;
    if (!within(year, month)) continue;
    add(done, `${site ?? ''} ${group} ${n}`, value);
    add(given, `${group} ${n}`, value);
  }
  for (const { key } of doses) {
    const [, , , group, n] = key;
    // What joined cases take back may be all that there was.
    if ((given.get(`${group} ${n}`) ?? 0) > 0) most.set(group, Math.max(most.get(group) ?? 0, n));
  }
  const rank = new Map(order.map((group, i) => [group, i]));
  const groups = [...most.keys()].sort(
    (a, b) => (rank.get(a) ?? order.length) - (rank.get(b) ?? order.length) || a.localeCompare(b),
  );
  const columns = groups.flatMap((group) =>
    Array.from({ length: most.get(group) ?? 0 }, (_, i) => ({ group, n: i + 1 })),
  );
  const sites = [...counts]
    .filter(([, total]) => total > 0)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([site, total]) => ({
      site,
      children: total,
      cells: columns.map(({ group, n }) => ({
        done: done.get(`${site} ${group} ${n}`) ?? 0,
        total,
      })),
    }));
  const all = sites.reduce((sum, site) => sum + site.children, 0);
  return {
    columns,
    sites,
    total: {
      children: all,
      cells: columns.map((_, i) => ({
        done: sites.reduce((sum, site) => sum + (site.cells[i]?.done ?? 0), 0),
        total: all,
      })),
    },
  };
}

/** How many children each site has, by rows of `coverage/children`. */
export function siteCounts(
  rows: readonly { key: readonly [string | null, ...unknown[]]; value: number }[],
): { site: string; children: number }[] {
  const counts = new Map<string, number>();
  for (const { key, value } of rows) {
    if (key[0]) counts.set(key[0], (counts.get(key[0]) ?? 0) + value);
  }
  return [...counts]
    .map(([site, children]) => ({ site, children }))
    .filter(({ children }) => children > 0)
    .sort((a, b) => a.site.localeCompare(b.site));
}

/** Completed months from a month of birth to a date, for the youngest of that month. */
export function monthsBetween(month: Month, today: string): number {
  const [fromYear = 0, fromMonth = 1] = month.split('-').map(Number);
  const [year = 0, now = 1] = today.split('-').map(Number);
  return (year - fromYear) * 12 + (now - fromMonth) - 1;
}

/** Months of an age such as `"18 months"` or `"4 years"`; null for one in days or by parameter. */
function monthsOf(age: string | undefined): number | null {
  const parts = /^(\d+) (month|year)s?$/.exec(age ?? '');
  if (!parts) return null;
  return Number(parts[1]) * (parts[2] === 'year' ? 12 : 1);
}

/**
 * By which age in months the nth dose of a group should have been given, `"group n"` → months, from
 * the default series of the schedule.
 */
export function doseAges(schedule: Schedule): Map<string, number> {
  const ages = new Map<string, number>();
  for (const antigen of schedule.antigens) {
    for (const series of antigen.series) {
      if (!series.default || series.type !== 'standard') continue;
      for (const [i, dose] of series.doses.entries()) {
        const rule = dose.ages?.[0];
        const months = monthsOf(rule?.by) ?? monthsOf(rule?.recommended) ?? monthsOf(rule?.min);
        if (months !== null) ages.set(`${series.vaccineGroup} ${i + 1}`, months);
      }
    }
  }
  return ages;
}

/** `97.3`, or null without children. */
export function percent({ done, total }: Cell): number | null {
  return total === 0 ? null : Math.round((1000 * done) / total) / 10;
}
