import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChildDoc, ChildEvent } from '../case/document.ts';
import {
  type CourseTable,
  courseDoses,
  coursesOf,
  rabiesAdvice,
  wantsImmunoglobulin,
} from './courses';

const TABLES = JSON.parse(
  readFileSync(new URL('../../../backend/miaopu/catalog/courses.json', import.meta.url), 'utf8'),
) as Record<string, CourseTable>;
const table = (course: string): CourseTable => TABLES[course] as CourseTable;
const dues = (course: string, start: string, ...given: string[]) =>
  courseDoses(
    table(course),
    start,
    given.map((date, i) => ({ id: String(i), date, vaccine: `${table(course).group}02` })),
  ).map(({ due, given: one }) => (one ? `(${one.date})` : due));

describe('days of a course', () => {
  it('count from its first day', () => {
    expect(dues('rabies-5', '2026-11-01')).toEqual([
      '2026-11-01',
      '2026-11-04',
      '2026-11-08',
      '2026-11-15',
      '2026-11-29',
    ]);
    expect(dues('rabies-211', '2026-11-01', '2026-11-01')).toEqual([
      '(2026-11-01)',
      '2026-11-01',
      '2026-11-08',
      '2026-11-22',
    ]);
    expect(dues('hepb-016', '2026-08-31')).toEqual(['2026-08-31', '2026-09-30', '2027-02-28']);
  });

  it('move with a dose that came late, and not with one that came early', () => {
    expect(dues('rabies-5', '2026-11-01', '2026-11-01', '2026-11-06')).toEqual([
      '(2026-11-01)',
      '(2026-11-06)',
      '2026-11-10',
      '2026-11-17',
      '2026-12-01',
    ]);
    expect(dues('rabies-5', '2026-11-01', '2026-11-01', '2026-11-03')[2]).toBe('2026-11-08');
  });

  it('take no dose of another vaccine, or from before', () => {
    const doses = [
      { id: 'a', date: '2026-11-01', vaccine: '0202' },
      { id: 'b', date: '2026-10-01', vaccine: '2802' },
    ];
    expect(courseDoses(table('rabies-5'), '2026-11-01', doses).every(({ given }) => !given)).toBe(
      true,
    );
  });
});

const by = {
  at: '2026-11-23T01:00:00.000Z',
  by: 'n',
  station: 'S',
  site: 's',
  offset_ms: null,
  app: '1',
};
const child = (...events: object[]): ChildDoc => ({
  _id: 'child:01JD0000000000000000000000',
  type: 'child',
  facts: {},
  events: Object.fromEntries(events.map((one, i) => [`01${i}`, { ...by, ...one } as ChildEvent])),
});
const course = (date: string, name = 'rabies-5') => ({
  kind: 'course',
  date,
  course: name,
  vaccine: '2802',
});
const dose = (date: string) => ({ kind: 'dose', date, origin: 'given', vaccine: '2802' });
const stand = (...events: object[]) => coursesOf(child(...events), (name) => TABLES[name] ?? null);
const WHOLE = ['2026-01-01', '2026-01-04', '2026-01-08', '2026-01-15', '2026-01-29'].map(dose);

describe('an exposure to rabies', () => {
  it('asks for a whole course of who had none, with immunoglobulin at grade 3', () => {
    const advice = rabiesAdvice(stand(), '2026-11-01');
    expect(advice).toEqual({ kind: 'course' });
    expect([1, 2, 3].map((grade) => wantsImmunoglobulin(String(grade), advice))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('goes on with the course that goes on', () => {
    const now = stand(course('2026-11-01'), dose('2026-11-01'));
    expect(rabiesAdvice(now, '2026-11-05')).toMatchObject({ kind: 'go-on' });
    // Left for a year it protects nobody.
    expect(rabiesAdvice(now, '2027-11-05')).toEqual({ kind: 'course' });
  });

  it('asks for nothing within three months of a whole course, for two doses after', () => {
    const now = stand(course('2026-01-01'), ...WHOLE);
    expect(rabiesAdvice(now, '2026-04-29')).toEqual({ kind: 'protected', until: '2026-04-29' });
    const later = rabiesAdvice(now, '2026-04-30');
    expect(later).toEqual({ kind: 'booster' });
    expect(wantsImmunoglobulin('3', later)).toBe(false);
  });

  it('counts the doses of a booster for the booster alone', () => {
    const [booster, first] = stand(
      course('2026-01-01'),
      ...WHOLE,
      course('2026-11-01', 'rabies-booster'),
      dose('2026-11-01'),
    );
    expect(first?.next).toBeNull();
    expect(booster?.next).toMatchObject({ number: 2, due: '2026-11-04' });
  });
});
