import { describe, expect, it } from 'vitest';
import type { Lot } from '../case/lots.ts';
import { lotState, type MoveForm, moveMissing, moveOf } from './moves';

const KNOWN = { seen: ['01K9A3Q6Z0000000000000000A'], given: 3 };
const form: MoveForm = {
  kind: 'receive',
  date: '2026-11-23',
  vaccine: '0402',
  lot: 'A1',
  expiry: '2027-05-31',
  maker: 'M',
  doses: '20',
  perUnit: '1',
  counterpart: '',
  note: '',
};

describe('moveOf', () => {
  it('gives the amount the sign of its kind', () => {
    expect(moveOf(form, KNOWN).doses).toBe(20);
    expect(moveOf({ ...form, kind: 'waste' }, KNOWN).doses).toBe(-20);
    expect(moveOf({ ...form, kind: 'issue' }, KNOWN).doses).toBe(-20);
  });

  it('says what was counted, and what was known of the lot, of a stock-taking', () => {
    const move = moveOf({ ...form, kind: 'count', doses: '0' }, KNOWN);
    expect(move).not.toHaveProperty('doses');
    expect(move.count).toEqual({ counted: 0, ...KNOWN });
  });

  it('leaves out what is empty', () => {
    expect(moveOf(form, KNOWN)).not.toHaveProperty('note');
  });
});

describe('moveMissing', () => {
  it('is empty for a complete form', () => {
    expect(moveMissing(form)).toEqual([]);
    expect(moveMissing({ ...form, kind: 'count', doses: '0' })).toEqual([]);
  });

  it('refuses amounts that are none', () => {
    for (const doses of ['', '0', '-3', '1.5', 'ten']) {
      expect(moveMissing({ ...form, doses })).toEqual(['doses']);
    }
    expect(moveMissing({ ...form, lot: '', perUnit: '0' })).toEqual(['lot', 'perUnit']);
  });
});

describe('lotState', () => {
  const lot = { balance: 50 } as Lot;

  it('points out what expires soon or runs out', () => {
    expect(lotState(lot, 200)).toBe('ok');
    expect(lotState(lot, 60)).toBe('soon');
    expect(lotState({ ...lot, balance: 3 }, 200)).toBe('low');
  });
});
