import { expect, it } from 'vitest';
import type { Lot } from '../case/lots.ts';
import { emptyNewborn, faultsOf, type NewbornDose, newbornEvents, newbornFacts } from './newborn';

const now = { date: '2026-11-29', time: '10:00' };
const form = {
  ...emptyNewborn('2026-11-29'),
  mother: '李芳',
  hbsag: '2',
  sex: 'F' as const,
  birthTime: '03:10',
  weight: '3200',
};
const dose = (more: Partial<NewbornDose>): NewbornDose => ({
  group: 'HepB',
  vaccine: '0201',
  vaccines: ['0201', '0202'],
  given: true,
  date: '2026-11-29',
  time: '04:00',
  lot: 'k',
  reason: '',
  ...more,
});

it('asks for the mother, the hour, the weight, and of each dose its lot and hour or a reason', () => {
  expect(faultsOf(form, [dose({})], now)).toEqual([]);
  expect(faultsOf(emptyNewborn('2026-11-29'), [], now)).toEqual([
    'mother',
    'hbsag',
    'sex',
    'birthTime',
    'weight',
  ]);
  for (const wrong of [
    dose({ lot: '' }),
    dose({ time: '' }),
    dose({ given: false }),
    // Before the birth, and after this moment.
    dose({ time: '03:00' }),
    dose({ time: '10:30' }),
  ]) {
    expect(faultsOf(form, [wrong], now)).toEqual(['doses']);
  }
  expect(faultsOf(form, [dose({ given: false, reason: 'premature' })], now)).toEqual([]);
  expect(faultsOf({ ...form, birthTime: '11:00' }, [], now)).toEqual(['birthTime']);
});

it('makes doses of the product that the lot is of, with their hour, and reasons of the others', () => {
  const lot = { key: 'k', vaccine: '0202', lot: 'H1', expiry: '2028-01-31', maker: 'M' } as Lot;
  const events = newbornEvents(
    [dose({}), dose({ group: 'BCG', vaccine: '0101', given: false, reason: 'premature' })],
    '2026-11-29',
    (key) => (key === 'k' ? lot : null),
    () => ({ route: 'im', bodySite: 'right_thigh' }),
  );
  expect(events).toEqual([
    {
      kind: 'dose',
      origin: 'given',
      date: '2026-11-29',
      time: '04:00',
      vaccine: '0202',
      number: 1,
      lot: 'H1',
      expiry: '2028-01-31',
      maker: 'M',
      route: 'im',
      body_site: 'right_thigh',
      self_paid: false,
    },
    { kind: 'not_given', date: '2026-11-29', vaccine: '0101', number: 1, reason: 'premature' },
  ]);
  expect(newbornFacts(form, { name: '李芳之女', hospital: 'H', parity: '' })).toMatchObject({
    name: '李芳之女',
    birth_time: '03:10',
    birth_weight_g: 3200,
    mother_hbsag: '2',
    gestation_weeks: null,
  });
});
