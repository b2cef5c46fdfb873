/** What a clinic tells the county of the checks of a year (查验情况). */

import type { SchoolEntry } from '../case/school.ts';

export interface Figures {
  school: string;
  checked: number;
  /** 报到时有证. */
  certificate: number;
  /** 查验时全程. */
  complete: number;
  /** 无需补种. */
  exempt: number;
  /** 需补种, those without a certificate among them. */
  toCatchUp: number;
  /** 已补齐: nothing is due any more. */
  caughtUp: number;
}

/** The school year (学年) that a day falls into: it begins in September, named by its first year. */
export function schoolYear(date: string): string {
  const year = Number(date.slice(0, 4));
  return String(date.slice(5, 7) >= '07' ? year : year - 1);
}

/** A catch-up is looked at again by the end of December (复验). */
export const recheckBy = (year: string): string => `${year}-12-31`;

const needed = ({ first }: SchoolEntry): boolean => first.missing.length > 0;
const isDone = ({ now }: SchoolEntry): boolean => now.missing.length === 0;

/** Entries that are still to be caught up. */
export const open = (entries: readonly SchoolEntry[]): SchoolEntry[] =>
  entries.filter((one) => needed(one) && !isDone(one));

function count(school: string, entries: readonly SchoolEntry[]): Figures {
  const many = (test: (one: SchoolEntry) => boolean) => entries.filter(test).length;
  return {
    school,
    checked: entries.length,
    certificate: many(({ first }) => first.certificate),
    complete: many((one) => !needed(one) && one.first.result !== 'exempt'),
    exempt: many(({ first }) => first.result === 'exempt'),
    toCatchUp: many(needed),
    caughtUp: many((one) => needed(one) && isDone(one)),
  };
}

/** A row for each school of a year by its name, and one of all. */
export function figuresOf(entries: readonly SchoolEntry[], year: string, all: string): Figures[] {
  const own = entries.filter((one) => one.year === year);
  const schools = [...new Set(own.map(({ school }) => school))].sort((a, b) =>
    a.localeCompare(b, 'zh'),
  );
  const rows = schools.map((name) =>
    count(
      name,
      own.filter(({ school }) => school === name),
    ),
  );
  return [...rows, count(all, own)];
}
