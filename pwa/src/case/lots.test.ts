import { expect, it } from 'vitest';
import type { StockMove } from '../models/generated.ts';
import { lotsOf } from './lots.ts';

const move = (lot: string, doses: number, expiry: string, more: object = {}) =>
  ({
    kind: 'receive',
    date: '2026-01-01',
    vaccine: '0201',
    lot,
    expiry,
    maker: 'M',
    doses,
    ...more,
  }) as StockMove;

const MOVES = [
  move('LATE', 10, '2027-06-01'),
  move('SOON', 10, '2026-12-01'),
  move('SOON', -3, '2026-12-01', { kind: 'waste' }),
  move('OLD', 5, '2026-11-22'),
  move('TODAY', 1, '2026-11-23'),
  move('OTHER', 5, '2027-01-01', { vaccine: '0101' }),
];

it('sums moves less doses, first expired first out, and lets no expired or empty lot be chosen', () => {
  const given = (_: string, lot: string) => (lot === 'SOON' ? 2 : lot === 'TODAY' ? 1 : 0);
  const lots = lotsOf(MOVES, given, '2026-11-23', '0201');
  expect(lots.map(({ lot, balance, expired, usable }) => [lot, balance, expired, usable])).toEqual([
    ['OLD', 5, true, false],
    ['TODAY', 0, false, false],
    ['SOON', 5, false, true],
    ['LATE', 10, false, true],
  ]);
});

it('takes the earlier of two expiries of one lot', () => {
  const [lot] = lotsOf(
    [move('A', 1, '2027-01-01'), move('A', 1, '2026-01-01')],
    () => 0,
    '2026-11-23',
  );
  expect(lot).toMatchObject({ expiry: '2026-01-01', balance: 2, expired: true });
});
