import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateOf } from '../ui/format';
import { clinicDay } from './appointment';

describe('clinicDay', () => {
  it('is the due day itself without rules', () => {
    expect(clinicDay('2026-11-23', null)).toBe('2026-11-23');
    expect(clinicDay('2026-11-23', { clinic_days: [], closed_days: [] })).toBe('2026-11-23');
  });

  it('moves to the next session of the week, past closed days', () => {
    const settings = { clinic_days: [{ weekdays: [2, 4] }], closed_days: ['2026-11-24'] };
    // 2026-11-23 is a Monday; Tuesday is closed.
    expect(clinicDay('2026-11-23', settings)).toBe('2026-11-26');
  });

  it('knows days of the month', () => {
    const settings = { clinic_days: [{ month_days: [5, 20] }], closed_days: [] };
    expect(clinicDay('2026-11-21', settings)).toBe('2026-12-05');
  });

  it('puts a rule for a vaccine or a committee before the rule for all', () => {
    const settings = {
      clinic_days: [
        { weekdays: [1] },
        { weekdays: [5], vaccine: 'BCG' },
        { weekdays: [3], committee: 'A' },
      ],
      closed_days: [],
    };
    expect(clinicDay('2026-11-23', settings)).toBe('2026-11-23');
    expect(clinicDay('2026-11-23', settings, { group: 'BCG' })).toBe('2026-11-27');
    expect(clinicDay('2026-11-23', settings, { committee: 'A' })).toBe('2026-11-25');
  });

  it('is never before the due day and never a closed day', () => {
    const day = fc.integer({ min: 20000, max: 21500 });
    const weekdays = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(day, weekdays, fc.array(fc.nat(20), { maxLength: 5 }), (start, on, closed) => {
        const closedDays = closed.map((offset) => dateOf(start + offset));
        const settings = { clinic_days: [{ weekdays: on }], closed_days: closedDays };
        const found = clinicDay(dateOf(start), settings);
        expect(found >= dateOf(start)).toBe(true);
        expect(closedDays).not.toContain(found);
      }),
    );
  });
});
