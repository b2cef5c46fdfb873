import { describe, expect, it } from 'vitest';
import type { NotDueItem, Plan } from '../forecast/plan.ts';
import { comingBy } from './next';

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

describe('comingBy', () => {
  it('is all of the programme that is due by the day', () => {
    const groups = (date: string) => comingBy(plan, today, date).map((one) => one.group);
    expect(groups('2026-12-01')).toEqual(['DTaP']);
    expect(groups('2026-12-04')).toEqual(['DTaP', 'Polio']);
  });

  it('asks for what was due and was not given', () => {
    const due = { ...item('MMR', null), recommended: '2026-10-01', target: 1 };
    const open = { ...due, earliest: null, pastDue: null, overdueDays: 3, held: null };
    expect(comingBy({ ...plan, due: [open] }, today, '2026-11-24')).toEqual([
      { group: 'MMR', target: 1, recommended: today, pastDue: null },
    ]);
  });
});
