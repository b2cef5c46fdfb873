import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageAt, clockTime, dateOf, dayOf, parseDate } from './format';

describe('dayOf', () => {
  it('knows dates from texts that only look like one', () => {
    expect(dayOf('1970-01-02')).toBe(1);
    expect(dayOf('2023-02-29')).toBeNull();
    expect(dayOf('2026-13-01')).toBeNull();
    expect(dayOf(undefined)).toBeNull();
  });

  it('is undone by dateOf', () => {
    fc.assert(
      fc.property(fc.integer({ min: -20000, max: 40000 }), (day) => {
        expect(dayOf(dateOf(day))).toBe(day);
      }),
    );
  });
});

describe('ageAt', () => {
  it.each([
    ['2026-01-31', '2026-02-28', 0, 1, 0],
    ['2026-01-31', '2026-03-30', 0, 1, 30],
    ['2024-02-29', '2025-02-28', 1, 0, 0],
    ['2020-06-15', '2026-06-14', 5, 11, 30],
    ['2020-06-15', '2026-06-15', 6, 0, 0],
    ['2026-11-23', '2026-11-23', 0, 0, 0],
  ])('%s → %s is %i years %i months %i days', (birth, date, years, months, days) => {
    expect(ageAt(birth, date)).toEqual({ years, months, days });
  });

  it('is nothing before birth or without a birth date', () => {
    expect(ageAt('2026-11-24', '2026-11-23')).toBeNull();
    expect(ageAt(null, '2026-11-23')).toBeNull();
  });

  it('never has a negative part', () => {
    const day = fc.integer({ min: 10000, max: 21000 });
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 7000 }), (birth, later) => {
        const age = ageAt(dateOf(birth), dateOf(birth + later));
        expect(age).not.toBeNull();
        expect(
          Math.min(age?.years ?? -1, age?.months ?? -1, age?.days ?? -1),
        ).toBeGreaterThanOrEqual(0);
        expect(age?.days).toBeLessThanOrEqual(30);
      }),
    );
  });
});

describe('parseDate', () => {
  it.each(['20261103', '2026-11-03', '2026.11.3', '2026/11/03', '261103', ' 2026-11-03 '])(
    'reads %s',
    (text) => {
      expect(parseDate(text)).toBe('2026-11-03');
    },
  );

  it.each(['', '2026', '20260230', '2026-13-01', 'tomorrow'])('refuses %s', (text) => {
    expect(parseDate(text)).toBeNull();
  });
});

describe('clockTime', () => {
  it('names the day only when it is another', () => {
    const instant = new Date(2026, 10, 23, 9, 5).toISOString();
    expect(clockTime(instant, '2026-11-23')).toBe('09:05');
    expect(clockTime(instant, '2026-11-24')).toBe('11-23 09:05');
    expect(clockTime(instant, '2027-01-01')).toBe('2026-11-23 09:05');
  });
});
