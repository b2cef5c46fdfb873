import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClinicDay } from '../models/generated.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import { type ClinicDaySettings, clinicCalendar, type Visitor, weekOf } from './clinic-days.ts';
import { holidaysOf, NO_HOLIDAYS, nationalDays, unknownYears } from './holidays.ts';
import { createPlaces } from './places.ts';

const on = (date: string): number => dayOf(date) ?? Number.NaN;
const visitor = (group: string, committee: string | null = null): Visitor => ({
  committee,
  doses: [{ group }],
});

/** Dates of a month on which a dose of a group may be given. */
function dates(
  settings: ClinicDaySettings,
  month = '2026-11',
  who: Visitor = visitor('HepB'),
  holidays = NO_HOLIDAYS,
): number[] {
  const calendar = clinicCalendar(settings, holidays);
  const first = on(`${month}-01`);
  return Array.from({ length: 28 }, (_, n) => n + 1).filter(
    (n) => calendar.parts(first + n - 1, who).length > 0,
  );
}
const rules = (...clinic_days: ClinicDay[]): ClinicDaySettings => ({ clinic_days });

describe('days of a rule', () => {
  it('are every week, odd or even weeks, the nth of a month, or days of the month', () => {
    expect(dates(rules({ weekdays: [2] }))).toEqual([3, 10, 17, 24]);
    // 2026-11-03 lies in week 45.
    expect(weekOf(on('2026-11-03'))).toBe(45);
    expect(dates(rules({ weekdays: [2], weeks: 'odd' }))).toEqual([3, 17]);
    expect(dates(rules({ weekdays: [2], weeks: 'even' }))).toEqual([10, 24]);
    expect(dates(rules({ weekdays: [2, 7], nth: [2] }))).toEqual([8, 10]);
    expect(dates(rules({ month_days: [5, 20] }))).toEqual([5, 20]);
  });

  it('are the working days, where nothing else is said', () => {
    const working = [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27];
    expect(dates({})).toEqual(working);
    expect(dates(rules({}))).toEqual(working);
    expect(dates(rules({ weekdays: [1], vaccine: 'BCG' }))).toEqual(working);
  });

  it('count weeks as ISO 8601 does, over the turn of a year', () => {
    expect(weekOf(on('2026-12-31'))).toBe(53);
    expect(weekOf(on('2027-01-03'))).toBe(53);
    expect(weekOf(on('2027-01-04'))).toBe(1);
    expect(weekOf(on('2024-12-30'))).toBe(1);
  });
});

describe('several rules', () => {
  const settings = rules(
    { weekdays: [1] },
    { weekdays: [5], vaccine: 'BCG' },
    { weekdays: [3], committee: 'A' },
    { weekdays: [4], committee: 'A', vaccine: 'BCG' },
    { weekdays: [2], vaccine: 'BCG' },
  );

  it('let the closest decide, and add up where they are equally close', () => {
    expect(dates(settings)).toEqual([2, 9, 16, 23]);
    expect(dates(settings, '2026-11', visitor('BCG'))).toEqual([3, 6, 10, 13, 17, 20, 24, 27]);
    expect(dates(settings, '2026-11', visitor('HepB', 'A'))).toEqual([4, 11, 18, 25]);
    expect(dates(settings, '2026-11', visitor('BCG', 'A'))).toEqual([5, 12, 19, 26]);
  });

  it('hold a visit on a day that is good for all of it', () => {
    const both: Visitor = { committee: null, doses: [{ group: 'HepB' }, { group: 'BCG' }] };
    expect(dates(settings, '2026-11', both)).toEqual([]);
    const fridays = rules({ weekdays: [3, 5] }, { weekdays: [5], vaccine: 'BCG' });
    expect(dates(fridays, '2026-11', both)).toEqual([6, 13, 20, 27]);
  });

  it('leave the hours that all have in common', () => {
    const am = { part: 'am' as const };
    const pm = { part: 'pm' as const };
    const halves = rules(
      { weekdays: [5], sessions: [am, pm] },
      { weekdays: [5], vaccine: 'BCG', sessions: [pm] },
    );
    const calendar = clinicCalendar(halves, NO_HOLIDAYS);
    const friday = on('2026-11-06');
    expect(calendar.parts(friday, visitor('HepB'))).toEqual(['am', 'pm']);
    const both: Visitor = { committee: null, doses: [{ group: 'HepB' }, { group: 'BCG' }] };
    expect(calendar.parts(friday, both)).toEqual(['pm']);
  });
});

describe('holidays', () => {
  const holidays = holidaysOf([
    { years: [2026], off: ['2026-11-03', '2026-11-04'], on: ['2026-11-07'] },
    { years: [], off: [], on: ['2026-11-04'] },
  ]);

  it('have no session, and the day worked for one is a working day', () => {
    expect(dates(rules({ weekdays: [2] }), '2026-11', visitor('HepB'), holidays)).toEqual([
      10, 17, 24,
    ]);
    const first = dates({}, '2026-11', visitor('HepB'), holidays).slice(0, 5);
    expect(first).toEqual([2, 4, 5, 6, 7]);
    expect(dates(rules({ month_days: [3, 5] }), '2026-11', visitor('HepB'), holidays)).toEqual([5]);
  });

  it('give way to a day that the clinic opens, which takes everybody; closed it stays closed', () => {
    const settings = {
      ...rules(
        { weekdays: [1], sessions: [{ part: 'am' as const }] },
        { weekdays: [5], vaccine: 'BCG' },
      ),
      open_days: ['2026-11-03', '2026-11-05'],
      closed_days: ['2026-11-05', '2026-11-09'],
    };
    expect(dates(settings, '2026-11', visitor('BCG'), holidays)).toEqual([3, 6, 13, 20, 27]);
    expect(dates(settings, '2026-11', visitor('HepB'), holidays)).toEqual([2, 3, 16, 23]);
    const calendar = clinicCalendar(settings, holidays);
    expect(calendar.parts(on('2026-11-03'), visitor('BCG'))).toEqual(['am']);
  });

  it('are known as the State Council arranged them, and a year without data is told', async () => {
    const national = holidaysOf([await nationalDays()]);
    expect(national.isOff(on('2026-10-01'))).toBe(true);
    expect(national.isWorkday(on('2026-10-10'))).toBe(true);
    expect(national.isWorkday(on('2026-10-11'))).toBe(false);
    expect(unknownYears(national, on('2026-12-01'), on('2099-01-05'))).toContain(2099);
    expect(unknownYears(national, on('2026-01-01'), on('2026-12-31'))).toEqual([]);
  });
});

describe('places', () => {
  const settings = rules(
    {
      weekdays: [5],
      sessions: [
        { part: 'am', capacity: 2 },
        { part: 'pm', capacity: 1 },
      ],
    },
    { weekdays: [5], vaccine: 'BCG', sessions: [{ part: 'am', capacity: 1 }] },
  );
  const friday = on('2026-11-06');

  it('are taken in each rule that fits, and a full session leaves the other', () => {
    const places = createPlaces(clinicCalendar(settings, NO_HOLIDAYS));
    places.take(friday, 'am', visitor('BCG'));
    expect(places.place(friday, visitor('BCG'))).toBeNull();
    expect(places.place(friday, visitor('HepB'))).toBe('am');
    places.take(friday, 'am', visitor('HepB'));
    expect(places.place(friday, visitor('HepB'))).toBe('pm');
    places.take(friday, 'pm', visitor('HepB'));
    expect(places.place(friday, visitor('HepB'))).toBeNull();
    expect(places.first(friday, friday + 30, visitor('HepB'))).toEqual({
      day: friday + 7,
      part: 'am',
    });
    places.release(friday, 'am', visitor('BCG'));
    expect(places.place(friday, visitor('BCG'))).toBe('am');
  });

  it('are never on a closed day or before the day asked for', () => {
    const weekdays = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 });
    const property = fc.property(
      fc.integer({ min: 20000, max: 21500 }),
      weekdays,
      fc.array(fc.nat(20), { maxLength: 5 }),
      (start, named, off) => {
        const closed_days = off.map((n) => dateOf(start + n));
        const calendar = clinicCalendar(
          { ...rules({ weekdays: named }), closed_days },
          NO_HOLIDAYS,
        );
        const found = createPlaces(calendar).first(start, start + 60, visitor('HepB'));
        expect(found?.day).toBeGreaterThanOrEqual(start);
        expect(closed_days).not.toContain(dateOf(found?.day ?? 0));
      },
    );
    fc.assert(property);
  });
});
