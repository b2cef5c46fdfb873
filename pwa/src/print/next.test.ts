import { describe, expect, it } from 'vitest';
import { clinicCalendar } from '../appointments/clinic-days.ts';
import { NO_HOLIDAYS } from '../appointments/holidays.ts';
import { createPlaces } from '../appointments/places.ts';
import type { NotDueItem, Plan } from '../forecast/plan.ts';
import { nextAppointment } from './next';

const item = (group: string, recommended: string | null): NotDueItem => ({
  group,
  target: 2,
  status: 'notComplete',
  recommended,
  pastDue: null,
  possible: false,
  vaccines: [],
  seriesType: 'standard',
  reasons: [],
  optional: false,
});
const today = '2026-11-23';
const plan: Plan = {
  due: [],
  offered: [],
  notDue: [
    item('DTaP', '2026-12-01'),
    item('Polio', '2026-12-03'),
    item('JE', '2027-05-01'),
    { ...item('Hib', '2026-12-01'), optional: true },
  ],
  next: { date: '2026-12-01', groups: [] },
};

describe('nextAppointment', () => {
  it('is the nearest due day', () => {
    expect(nextAppointment(plan, today, null, null)).toEqual({
      date: '2026-12-01',
      groups: [{ group: 'DTaP', target: 2, recommended: '2026-12-01', pastDue: null }],
    });
  });

  it('moves to a clinic day and takes along what is due by then', () => {
    const fridays = clinicCalendar({ clinic_days: [{ weekdays: [5] }] }, NO_HOLIDAYS);
    const next = nextAppointment(plan, today, createPlaces(fridays), null);
    expect(next?.date).toBe('2026-12-04');
    expect(next?.groups.map((one) => one.group)).toEqual(['DTaP', 'Polio']);
  });

  it('asks soon for what was due and was not given', () => {
    const due = { ...item('MMR', null), recommended: '2026-10-01', target: 1 };
    const left = {
      ...plan,
      due: [{ ...due, earliest: null, pastDue: null, overdueDays: 3, held: null }],
    };
    expect(nextAppointment(left, today, null, null)).toEqual({
      date: '2026-11-24',
      groups: [{ group: 'MMR', target: 1, recommended: today, pastDue: null }],
    });
  });

  it('is nothing when nothing is to come', () => {
    expect(
      nextAppointment({ due: [], offered: [], notDue: [], next: null }, today, null, null),
    ).toBeNull();
  });
});
