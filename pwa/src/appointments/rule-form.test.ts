import { describe, expect, it } from 'vitest';
import type { ClinicDay } from '../models/generated.ts';
import { emptyRule, faultsOf, formOf, ruleOf } from './rule-form.ts';

describe('the form of a clinic day', () => {
  it('gives back the rule that it was filled with', () => {
    const rules: ClinicDay[] = [
      {},
      { weekdays: [1, 3] },
      { weekdays: [2], weeks: 'odd', sessions: [{ part: 'am', capacity: 40 }, { part: 'pm' }] },
      { weekdays: [5], nth: [1, 3], vaccine: 'BCG', sessions: [{ part: 'pm', capacity: 20 }] },
      { month_days: [5, 15], committee: '东村', sessions: [{ part: 'day', capacity: 0 }] },
      { weekdays: [4], vaccine: 'BCG', committee: '东村' },
    ];
    for (const rule of rules) {
      expect(faultsOf(formOf(rule))).toEqual([]);
      expect(ruleOf(formOf(rule))).toEqual(rule);
    }
  });

  it('says what is missing', () => {
    expect(faultsOf(emptyRule())).toEqual(['weekdays']);
    const form = { ...emptyRule(), scope: 'both' as const, pattern: 'monthly' as const };
    expect(faultsOf(form)).toEqual(['committee', 'vaccine', 'monthDays']);
    expect(faultsOf({ ...form, monthDays: '5、32' })).toContain('monthDays');
    const capacity = { am: '', pm: '', day: '-1' };
    expect(faultsOf({ ...emptyRule(), weekdays: [1], capacity })).toEqual(['capacity']);
  });
});
