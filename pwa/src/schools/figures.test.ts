import { expect, it } from 'vitest';
import type { SchoolEntry } from '../case/school.ts';
import { figuresOf, open, schoolYear } from './figures';

const entry = (
  school: string,
  result: SchoolEntry['first']['result'],
  missing: string[],
  left = missing,
): SchoolEntry => ({
  id: 'x',
  school,
  year: '2026',
  grade: null,
  className: null,
  first: { date: '2026-09-10', certificate: result !== 'no-certificate', result, missing },
  now: { date: '2026-11-01', result: left.length ? result : 'complete', missing: left },
});
const entries = [
  entry('A', 'complete', []),
  entry('A', 'catch-up', ['MMR-2'], []),
  entry('A', 'catch-up', ['MMR-2']),
  entry('B', 'no-certificate', ['JE-1']),
  entry('B', 'exempt', []),
  { ...entry('B', 'complete', []), year: '2025' },
];

it('counts each child once, a catch-up as done when nothing is missing any more', () => {
  expect(figuresOf(entries, '2026', 'all')).toEqual([
    { school: 'A', checked: 3, certificate: 3, complete: 1, exempt: 0, toCatchUp: 2, caughtUp: 1 },
    { school: 'B', checked: 2, certificate: 1, complete: 0, exempt: 1, toCatchUp: 1, caughtUp: 0 },
    {
      school: 'all',
      checked: 5,
      certificate: 4,
      complete: 1,
      exempt: 1,
      toCatchUp: 3,
      caughtUp: 1,
    },
  ]);
  expect(open(entries)).toHaveLength(2);
});

it('names a school year by its autumn', () => {
  expect(['2026-09-01', '2026-12-31', '2027-02-20'].map(schoolYear)).toEqual([
    '2026',
    '2026',
    '2026',
  ]);
  expect(schoolYear('2027-07-01')).toBe('2027');
});
