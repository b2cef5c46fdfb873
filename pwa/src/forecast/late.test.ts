import { expect, it } from 'vitest';
import { GRACE_DAYS, overdueFrom } from './late.ts';

it('is overdue after the last day on time, or a month after it was due', () => {
  expect(overdueFrom({ recommended: 100, pastDue: 400 })).toBe(401);
  expect(overdueFrom({ recommended: 100, pastDue: null })).toBe(100 + GRACE_DAYS + 1);
  expect(overdueFrom({ recommended: null, pastDue: null })).toBeNull();
});
