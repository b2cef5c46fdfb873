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
  const latest = '2046-11-29';

  it.each([
    '20261103',
    '2026-11-03',
    '2026.11.3',
    '2026/11/03',
    '261103',
    ' 2026-11-03 ',
    '２０２６１１０３',
    '２０２６－１１－３',
    '2026年11月3日',
    '2026 年 11 月 03 日',
    '2026年11月3号',
    '26-11-3',
    '26.11.03',
    '2026。11。3',
    '2026–11–03',
  ])('reads %s', (text) => {
    expect(parseDate(text, latest)).toBe('2026-11-03');
  });

  it.each([
    '',
    '2026',
    '20260230',
    '2026-13-01',
    'tomorrow',
    '0026-11-03',
    '1026-11-03',
    '2026-1103',
  ])('refuses %s', (text) => {
    expect(parseDate(text, latest)).toBeNull();
  });

  it('takes a year of two digits for the last one that may be', () => {
    const today = '2026-11-29';
    expect(parseDate('991231', today)).toBe('1999-12-31');
    expect(parseDate('991231', latest)).toBe('1999-12-31');
    expect(parseDate('261129', today)).toBe('2026-11-29');
    expect(parseDate('261130', today)).toBe('1926-11-30');
    expect(parseDate('28-3-1', latest)).toBe('2028-03-01');
    // The year before may not have that day.
    expect(parseDate('000229', today)).toBe('2000-02-29');
    expect(parseDate('000229', '1999-01-01')).toBeNull();
  });

  it('reads back what it wrote, whatever the signs', () => {
    const day = fc.integer({ min: -10000, max: 20000 });
    fc.assert(
      fc.property(day, fc.constantFrom('-', '.', '/', '', '／', '．'), (given, sign) => {
        const date = dateOf(given);
        expect(parseDate(date.replaceAll('-', sign), latest)).toBe(date);
      }),
    );
  });
});

describe('clockTime', () => {
  it('names the day only when it is another', () => {
    const instant = '2026-11-23T01:05:00.000Z';
    expect(clockTime(instant, '2026-11-23')).toBe('09:05');
    expect(clockTime(instant, '2026-11-24')).toBe('11-23 09:05');
    expect(clockTime(instant, '2027-01-01')).toBe('2026-11-23 09:05');
  });
});
