import { describe, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { denialOf, denialOfDocument, warningsOf } from './rules.ts';

// What one document can tell is tested where the databases run it: tests/design-docs/test_rules.py.

const AT = '2026-11-23T01:00:00.000Z';
const E1 = '01K9A3Q6Z00000000000000E1A';
const fact = (value: string) => ({ value, at: AT, by: 'nurse' });
const child = (event?: object, facts: object = {}) => ({
  facts: { birth_date: fact('2026-01-05'), ...facts },
  events: event ? { [E1]: event } : {},
});
const DOSE = {
  kind: 'dose',
  origin: 'given',
  date: '2026-11-23',
  vaccine: '0201',
  at: AT,
  by: 'nurse',
  lot: 'A1',
  maker: 'M',
};
const page: Context = {
  routes: { '0201': 'im' },
  isWhole: true,
  today: '2026-11-23',
  author: { by: 'nurse', senior: false },
  lotOf: () => ({ balance: 3, since: '2026-11-20' }),
  isTaken: { card: (number) => number === '88880001', idNumber: () => false },
};

describe('the page', () => {
  it('warns of a lot that is used up, or came after the dose; with a reason it is recorded', () => {
    const empty: Context = { ...page, lotOf: () => ({ balance: 0, since: '2026-11-24' }) };
    expect(warningsOf(DOSE, child(), page)).toEqual([]);
    expect(warningsOf(DOSE, child(), empty)).toEqual(['lot-empty', 'lot-not-here']);
    expect(denialOf(null, child(DOSE), empty)).toMatchObject({ code: 'lot-empty' });
    const override = { warnings: ['lot-empty', 'lot-not-here'], reason: 'counted' };
    expect(denialOf(null, child({ ...DOSE, override }), empty)).toBeNull();
  });

  it('knows the day, the cards of others and the children without a birth date', () => {
    const card = { kind: 'card', number: '88880001', state: 'issued', at: AT };
    const code = (after: object) => denialOf(null, after, page)?.code;
    expect(code(child({ ...DOSE, date: '2026-11-24' }))).toBe('future-date');
    expect(code(child(card))).toBe('card-taken');
    expect(code({ facts: {}, events: { [E1]: DOSE } })).toBe('no-birth-date');
    expect(code(child({ ...DOSE, vaccine: '0299' }))).toBe('unknown-vaccine');
  });

  it("leaves a colleague's record to a senior", () => {
    const before = child({ ...DOSE, by: 'other' });
    const voided = { kind: 'void', target: E1, reason: '1', at: AT, by: 'nurse' };
    const after = { ...before, events: { ...before.events, E2: voided } };
    expect(denialOf(before, after, page)).toEqual({ code: 'void-of-another', part: 'event E2' });
    const senior: Context = { ...page, author: { by: 'nurse', senior: true } };
    expect(denialOf(before, after, senior)).toBeNull();
    const twice = { ...after, events: { ...after.events, E3: voided } };
    expect(denialOf(after, twice, senior)).toMatchObject({ code: 'unknown-target' });
  });

  it('lets no more out of a lot than there is', () => {
    const issue = (doses: number) => ({
      type: 'stock',
      kind: 'issue',
      date: '2026-11-23',
      at: AT,
      vaccine: '0201',
      lot: 'A1',
      maker: 'M',
      expiry: '2027-06-30',
      doses,
    });
    expect(denialOfDocument(issue(-3), null, page)).toBeNull();
    expect(denialOfDocument(issue(-4), null, page)).toMatchObject({ code: 'beyond-stock' });
    const unknown: Context = { ...page, lotOf: () => null };
    expect(denialOfDocument(issue(-1), null, unknown)).toMatchObject({ code: 'beyond-stock' });
  });
});
