import { expect, it } from 'vitest';
import type { Lot } from '../case/lots.ts';
import { judgeScan, type OpenDose, type ScanInput } from './trace.ts';

const CODE = '89004020000000000001';
const lot = (key: string, more: Partial<Lot> = {}): Lot => ({
  ...{ key, lot: key, vaccine: '0402', maker: 'M', expiry: '2027-01-01', balance: 9 },
  ...{ since: '2026-01-01', expired: false, usable: true, takenBy: [], ...more },
});
const dose = (vaccine: string, traceCode = ''): OpenDose => ({
  ...{ key: vaccine, vaccine, lot: '', traceCode },
});
const product = { vaccine: '0402', maker: 'M', lot: 'B', spec: null };
const used = { child: 'child:1', vaccine: '0402', date: '2026-11-20', lot: 'A' };
const input: ScanInput = {
  code: CODE,
  doses: [dose('0402'), dose('1201')],
  known: { used: [], product },
  lotsOf: (vaccine) => (vaccine === '0402' ? [lot('A'), lot('B')] : []),
  perVial: () => 1,
  today: '2026-11-23',
};

it('finds vaccine and lot by the product', () => {
  expect(judgeScan(input)).toEqual({ kind: 'taken', key: '0402', lot: 'B', learned: false });
  const other = { ...product, lot: 'Z' };
  expect(judgeScan({ ...input, known: { used: [], product: other } })).toMatchObject({ lot: 'A' });
});

it('refuses a code that a dose has', () => {
  expect(judgeScan({ ...input, known: { used: [used], product } })).toEqual({
    ...{ kind: 'used', date: '2026-11-20' },
  });
  expect(judgeScan({ ...input, doses: [dose('0402', CODE)] })).toEqual({ kind: 'again' });
});

it('takes a vial of several doses until it is empty, and on one day', () => {
  const perVial = () => 3;
  const today = { ...used, date: '2026-11-23' };
  const known = (...all: (typeof used)[]) => ({ used: all, product });
  expect(judgeScan({ ...input, perVial, known: known(today, today) }).kind).toBe('taken');
  expect(judgeScan({ ...input, perVial, known: known(today, today, today) }).kind).toBe('used');
  expect(judgeScan({ ...input, perVial, known: known(used) }).kind).toBe('used');
});

it('refuses what is of another vaccine, and what is expired or not there', () => {
  const mmr = { used: [], product: { ...product, vaccine: '1202' } };
  expect(judgeScan({ ...input, known: mmr })).toEqual({ kind: 'other', vaccine: '1202' });
  const old = [lot('A', { expired: true, usable: false })];
  expect(judgeScan({ ...input, lotsOf: () => old })).toMatchObject({
    ...{ kind: 'unusable', expired: true },
  });
  expect(judgeScan({ ...input, lotsOf: () => [] })).toMatchObject({ expired: false });
  const maker = [lot('A', { maker: 'N' })];
  expect(judgeScan({ ...input, lotsOf: () => maker }).kind).toBe('unusable');
});

it('learns a product that nobody knows where one dose is open, and asks where there are more', () => {
  const known = { used: [], product: null };
  expect(judgeScan({ ...input, known })).toEqual({ kind: 'which' });
  const one = [{ ...dose('0402'), lot: 'A' }, dose('1201', '1'.repeat(20))];
  expect(judgeScan({ ...input, known, doses: one })).toEqual({
    ...{ kind: 'taken', key: '0402', lot: 'A', learned: true },
  });
});
