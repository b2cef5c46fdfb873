import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { changeOf, informationFee, paymentOf, refundable, refundOf } from './bill.ts';
import { fenOf, yuan } from './money.ts';
import { keptSerial, markOf, takeNumber } from './receipts.ts';
import { tillOf } from './till.ts';

const DAY = '2026-11-29';
const SITE = '5104110001';
const STATION = '01KAM000000000000000ABCDEF';

function storage() {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, value: string) => void all.set(key, value),
    removeItem: (key: string) => void all.delete(key),
  };
}

describe('receipts', () => {
  it('are numbered one after the other, each device with its own mark', () => {
    const keep = storage();
    const mark = markOf(STATION);
    expect(takeNumber(keep, mark, [])).toBe('ABCDEF-000001');
    expect(takeNumber(keep, mark, [])).toBe('ABCDEF-000002');
    expect(takeNumber(keep, 'OTHERX', [])).toBe('OTHERX-000001');
  });

  it('go on after what is known of the device, when its storage was emptied', () => {
    const keep = storage();
    expect(takeNumber(keep, 'ABCDEF', ['ABCDEF-000041', 'OTHERX-000900'])).toBe('ABCDEF-000042');
    expect(keptSerial(keep, 'ABCDEF')).toBe(42);
  });
});

it('money is typed in yuan and kept in fen', () => {
  expect([fenOf('12'), fenOf('12.5'), fenOf('１２．０５'), fenOf('0.1')]).toEqual([
    1200, 1250, 1205, 10,
  ]);
  expect([fenOf(''), fenOf('-1'), fenOf('1.234'), fenOf('abc')]).toEqual([null, null, null, null]);
  expect([yuan(1205), yuan(10), yuan(-300)]).toEqual(['12.05', '0.10', '-3.00']);
});

const charges = [
  { item: '2201', count: 1, price_fen: 13600 },
  { item: 'service', count: 1, price_fen: 2800 },
];
const base = { site: SITE, by: 'nurse1', station: STATION, offset_ms: 0, app: 't' };
const child = (name: string, events: object, born = '2024-01-01') =>
  ({
    _id: `child:${name}`,
    type: 'child',
    facts: { name: { value: name }, birth_date: { value: born } },
    events,
  }) as unknown as ChildDoc;

describe('a bill', () => {
  it('is paid in cash with change, and is not while too little is handed over', () => {
    expect(changeOf(16400, 20000)).toBe(3600);
    expect(changeOf(16400, 16000)).toBeNull();
    expect(changeOf(16400, null)).toBeNull();
    expect(paymentOf(charges, 'cash', 20000, DAY, 'ABCDEF-000001')).toMatchObject({
      total_fen: 16400,
      received_fen: 20000,
    });
    expect(paymentOf(charges, 'mobile', 20000, DAY, 'ABCDEF-000001')).not.toHaveProperty(
      'received_fen',
    );
  });

  it('offers the information fee of the child’s age, once', () => {
    const prices = [
      { item: 'information-0-4', since: '2026-01-01', price_fen: 2000 },
      { item: 'information-4-7', since: '2026-01-01', price_fen: 1500 },
    ];
    expect(informationFee(child('a', {}), prices, DAY)).toEqual({
      item: 'information-0-4',
      count: 1,
      price_fen: 2000,
    });
    expect(informationFee(child('a', {}, '2021-11-30'), prices, DAY)?.item).toBe('information-4-7');
    expect(informationFee(child('a', {}, '2018-01-01'), prices, DAY)).toBeNull();
    expect(informationFee(child('a', {}), [], DAY)).toBeNull();
    const paid = {
      kind: 'payment',
      date: DAY,
      charges: [{ item: 'information-0-4', count: 1, price_fen: 2000 }],
    };
    expect(informationFee(child('a', { A: paid }), prices, DAY)).toBeNull();
    expect(
      informationFee(child('a', { A: paid, B: { ...paid, refunds: 'A' } }), prices, DAY)?.count,
    ).toBe(1);
  });

  it('is given back by a counter-entry, line by line and no more than was paid', () => {
    const paid = { ...base, ...paymentOf(charges, 'cash', 20000, DAY, 'ABCDEF-000001') };
    const one = child('a', { A: paid });
    expect(refundable(one, 'A')).toEqual(charges);
    const back = refundOf(
      { id: 'A', event: paid as never },
      charges.slice(0, 1),
      ' 未接种 ',
      DAY,
      'ABCDEF-000002',
    );
    expect(back).toMatchObject({
      total_fen: -13600,
      refunds: 'A',
      reason: '未接种',
      method: 'cash',
    });
    expect(refundable(child('a', { A: paid, B: { ...base, ...back } }), 'A')).toEqual(
      charges.slice(1),
    );
  });
});

it('the till adds up by method, desk and person, and finds receipts that are missing', () => {
  const pay = (number: string, total_fen: number, method: string, by = 'nurse1') => ({
    ...base,
    kind: 'payment',
    date: DAY,
    number,
    total_fen,
    method,
    by,
    charges: [],
  });
  const all = [
    child('甲', {
      '01A': pay('ABCDEF-000007', 16400, 'cash'),
      '01C': pay('ABCDEF-000009', -16400, 'cash'),
    }),
    child('乙', {
      '01B': pay('OTHERX-000003', 5000, 'mobile', 'nurse2'),
      '01D': { ...pay('ABCDEF-000001', 1, 'cash'), date: '2026-11-28' },
    }),
  ];
  const till = tillOf(all, DAY, SITE);
  expect([till.taken, till.back]).toEqual([21400, 16400]);
  expect(till.byMethod).toEqual([
    { key: 'cash', count: 2, taken: 16400, back: 16400 },
    { key: 'mobile', count: 1, taken: 5000, back: 0 },
  ]);
  expect(till.byDesk.map(({ key, count }) => [key, count])).toEqual([
    ['ABCDEF', 2],
    ['OTHERX', 1],
  ]);
  expect(till.byUser.map(({ key }) => key)).toEqual(['nurse1', 'nurse2']);
  expect(till.rolls).toEqual([
    {
      mark: 'ABCDEF',
      first: 'ABCDEF-000007',
      last: 'ABCDEF-000009',
      count: 2,
      missing: ['ABCDEF-000008'],
    },
    { mark: 'OTHERX', first: 'OTHERX-000003', last: 'OTHERX-000003', count: 1, missing: [] },
  ]);
  expect(tillOf(all, DAY, '5104110002').receipts).toEqual([]);
});
