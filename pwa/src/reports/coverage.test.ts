import { describe, expect, it } from 'vitest';
import {
  type ChildrenRow,
  cohortBefore,
  cohortKeys,
  coverageOf,
  type DosesRow,
  doseAges,
  monthsBetween,
  percent,
  siteCounts,
} from './coverage';

const span = { from: '2025-01', to: '2025-12' };
const children: ChildrenRow[] = [
  { key: ['A', 2025, 3, '1', '1'], value: 6 },
  { key: ['A', 2025, 12, '2', '1'], value: 4 },
  { key: ['A', 2024, 12, '1', '1'], value: 99 },
  { key: ['B', 2025, 1, '1', '1'], value: 5 },
  { key: ['B', null, null, null, null], value: 1 },
];
const doses: DosesRow[] = [
  { key: ['A', 2025, 3, 'MMR', 1], value: 6 },
  { key: ['A', 2025, 12, 'MMR', 1], value: 3 },
  { key: ['A', 2025, 3, 'MMR', 2], value: 2 },
  { key: ['A', 2024, 12, 'MMR', 1], value: 90 },
  { key: ['B', 2025, 1, 'HepB', 1], value: 5 },
];

describe('coverageOf', () => {
  const table = coverageOf(children, doses, span, ['HepB', 'MMR']);

  it('has a column for each dose, in the order of the schedule', () => {
    expect(table.columns).toEqual([
      { group: 'HepB', n: 1 },
      { group: 'MMR', n: 1 },
      { group: 'MMR', n: 2 },
    ]);
  });

  it('counts the children of the cohort alone', () => {
    expect(table.sites).toEqual([
      {
        site: 'A',
        children: 10,
        cells: [
          { done: 0, total: 10 },
          { done: 9, total: 10 },
          { done: 2, total: 10 },
        ],
      },
      {
        site: 'B',
        children: 5,
        cells: [
          { done: 5, total: 5 },
          { done: 0, total: 5 },
          { done: 0, total: 5 },
        ],
      },
    ]);
    expect(table.total).toEqual({
      children: 15,
      cells: [
        { done: 5, total: 15 },
        { done: 9, total: 15 },
        { done: 2, total: 15 },
      ],
    });
  });

  it('adds what joined cases count for, and takes back what counted twice', () => {
    const joined = coverageOf(
      [...children, { key: ['B', 2025, 1, '1', '1'], value: -1 }],
      [
        ...doses,
        { key: ['B', 2025, 1, 'MMR', 1], value: 2 },
        { key: ['A', 2025, 3, 'MMR', 2], value: -2 },
        { key: ['A', 2024, 12, 'MMR', 1], value: 5 },
      ],
      span,
      ['HepB', 'MMR'],
    );
    expect(joined.columns).toEqual([
      { group: 'HepB', n: 1 },
      { group: 'MMR', n: 1 },
    ]);
    expect(
      joined.sites.map(({ site, cells }) => [site, ...cells.map((cell) => cell.done)]),
    ).toEqual([
      ['A', 0, 9],
      ['B', 5, 2],
    ]);
    expect(joined.sites[1]?.children).toBe(4);
  });

  it('is empty without rows', () => {
    expect(coverageOf([], [], span, []).total).toEqual({ children: 0, cells: [] });
  });
});

describe('siteCounts', () => {
  it('sums the children of each site, and leaves out a site that has none', () => {
    expect(
      siteCounts([
        { key: ['B'], value: 7 },
        { key: ['A'], value: 1 },
        { key: [null], value: 3 },
        { key: ['B', 2025, 1, null, null], value: 1 },
        { key: ['A', 2025, 1, null, null], value: -1 },
      ]),
    ).toEqual([{ site: 'B', children: 8 }]);
  });
});

describe('percent', () => {
  it('has one decimal, and none without children', () => {
    expect(percent({ done: 2, total: 3 })).toBe(66.7);
    expect(percent({ done: 0, total: 0 })).toBeNull();
  });
});

describe('cohorts', () => {
  it('are spans of months before a date', () => {
    expect(cohortBefore('2026-11-23', 0, 12)).toEqual(['2025-12', '2026-11']);
    expect(cohortBefore('2026-01-05', 12, 12)).toEqual(['2024-02', '2025-01']);
  });

  it('become keys of a view', () => {
    expect(cohortKeys('A', '2025-03', '2026-02')).toEqual({
      startkey: ['A', 2025, 3],
      endkey: ['A', 2026, 2, {}],
    });
  });
});

describe('doses that a cohort is old enough for', () => {
  it('have the age by which the schedule wants them', () => {
    const series = (group: string, ages: object[]) => ({
      name: group,
      vaccineGroup: group,
      type: 'standard' as const,
      default: true,
      doses: ages.map((rule) => ({ ages: [rule], preferable: [] })),
    });
    const schedule = {
      antigens: [
        {
          name: 'A',
          series: [series('HepB', [{ by: '24 days' }, { min: '1 month' }, { by: '12 months' }])],
        },
        { name: 'B', series: [series('MMR', [{ min: '8 months', by: '1 year' }])] },
      ],
    } as never;
    expect([...doseAges(schedule)]).toEqual([
      ['HepB 2', 1],
      ['HepB 3', 12],
      ['MMR 1', 12],
    ]);
  });

  it('are counted from the youngest child of a month', () => {
    expect(monthsBetween('2025-11', '2026-11-23')).toBe(11);
    expect(monthsBetween('2025-10', '2026-11-01')).toBe(12);
  });
});
