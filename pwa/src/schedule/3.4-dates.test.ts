import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAge, ageOn, dateOf, dayOf, formatDay, parseDay, parseSpan } from './3.4-dates.ts';
import type { Day } from './types.ts';

const day = (text: string): Day => parseDay(text) as Day;
const add = (date: string, age: string, rule: 'roll' | 'clamp'): string =>
  formatDay(addAge(day(date), age, rule));

describe('CALCDT-1 to 6, the examples of Table 3-6', () => {
  it.each([
    ['2000-01-01', '3 years', '2003-01-01'],
    ['2000-01-01', '6 months', '2000-07-01'],
    ['2000-11-01', '6 months', '2001-05-01'],
    ['2000-01-01', '3 days', '2000-01-04'],
    ['2000-01-01', '3 weeks', '2000-01-22'],
    ['2000-02-01', '5 weeks', '2000-03-07'],
    ['2001-02-01', '5 weeks', '2001-03-08'],
    ['2000-03-31', '6 months', '2000-10-01'],
    ['2000-08-31', '6 months', '2001-03-01'],
    ['2000-01-31', '6 months - 4 days', '2000-07-27'],
  ])('%s + %s = %s', (date, age, sum) => {
    expect(add(date, age, 'roll')).toBe(sum);
  });
});

describe('a day that does not exist', () => {
  it.each([
    ['2025-01-31', '1 month', '2025-03-01', '2025-02-28'],
    ['2024-01-31', '1 month', '2024-03-01', '2024-02-29'],
    ['2024-02-29', '1 year', '2025-03-01', '2025-02-28'],
    ['2024-02-29', '4 years', '2028-02-29', '2028-02-29'],
    ['2025-08-31', '6 months + 2 weeks', '2026-03-15', '2026-03-14'],
    ['2024-02-29', '16 years - 4 months', '2039-10-29', '2039-10-29'],
  ])('%s + %s is %s rolled and %s clamped', (date, age, rolled, clamped) => {
    expect(add(date, age, 'roll')).toBe(rolled);
    expect(add(date, age, 'clamp')).toBe(clamped);
  });
});

describe('reading', () => {
  it('takes lengths of time as CDC writes them', () => {
    expect(parseSpan('8 months + 1 day')).toEqual({ years: 0, months: 8, days: 1 });
    expect(parseSpan('13 years + 4 weeks')).toEqual({ years: 13, months: 0, days: 28 });
    expect(parseSpan('1 years - 4 days')).toEqual({ years: 1, months: 0, days: -4 });
    expect(parseSpan('0 days')).toEqual({ years: 0, months: 0, days: 0 });
  });

  it.each(['', '2', 'months', '2 moons', '2 months 3 days', '2 months -', '两个月'])(
    'refuses %j as a length of time',
    (text) => {
      expect(parseSpan(text)).toBeNull();
    },
  );

  it.each(['2025-02-29', '2025-13-01', '2025-00-10', '2025-1-1', '20250101', '2025-04-31'])(
    'refuses %s as a date',
    (text) => {
      expect(parseDay(text)).toBeNull();
    },
  );

  it('says what is wrong with a length of time', () => {
    expect(() => addAge(0, 'soon', 'roll')).toThrow(/"soon" is not a length of time/);
  });
});

describe('day numbers', () => {
  it('agree with the calendar', () => {
    fc.assert(
      fc.property(fc.integer({ min: -30_000, max: 400_000 }), (number) => {
        const [year, month, date] = dateOf(number);
        expect(Date.UTC(year, month - 1, date)).toBe(number * 86_400_000);
        expect(dayOf(year, month, date)).toBe(number);
        expect(parseDay(formatDay(number))).toBe(number);
      }),
    );
  });

  it('never come earlier by adding more', () => {
    const rules = fc.constantFrom('roll' as const, 'clamp' as const);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), fc.nat(300), rules, (from, months, rule) => {
        const sooner = addAge(from, `${months} months`, rule);
        const later = addAge(from, `${months + 1} months`, rule);
        expect(later).toBeGreaterThan(sooner);
        // Rolled, the 29th to 31st of January all reach a month by the 1st of March.
        expect(addAge(from + 1, `${months} months`, rule)).toBeGreaterThanOrEqual(sooner);
      }),
    );
  });

  it('say an age as people do', () => {
    expect(ageOn(day('2025-01-31'), day('2025-02-28'), 'clamp')).toEqual({
      years: 0,
      months: 1,
      days: 0,
    });
    expect(ageOn(day('2020-03-15'), day('2026-03-14'), 'clamp')).toEqual({
      years: 5,
      months: 11,
      days: 27,
    });
    expect(ageOn(day('2026-03-15'), day('2026-03-14'), 'clamp')).toEqual({
      years: 0,
      months: 0,
      days: 0,
    });
  });
});
