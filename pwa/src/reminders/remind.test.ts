import { expect, it } from 'vitest';
import type { Lot } from '../case/lots.ts';
import type { Reminder } from '../models/generated.ts';
import { DEFAULTS, readWanted, remind } from './remind.ts';

const lot = (
  vaccine: string,
  key: string,
  balance: number,
  expiry: string,
  more: Partial<Lot> = {},
) =>
  ({
    vaccine,
    key,
    lot: key,
    balance,
    expiry,
    since: '2026-06-01',
    usable: expiry >= '2026-12-03',
    maker: 'M',
    takenBy: [],
    ...more,
  }) as Lot;
const own = (id: string, more: Partial<Reminder>) =>
  ({ _id: `reminder:${id}`, type: 'reminder', ...more }) as Reminder;
const base: Parameters<typeof remind>[0] = {
  wanted: DEFAULTS,
  today: '2026-12-03',
  now: Date.parse('2026-12-03T04:00:00Z'),
  user: 'nurse1',
  lots: [],
  aefi: [],
  own: [],
  away: new Set<string>(),
  dateOfMs: (ms: number) => new Date(ms).toISOString().slice(0, 10),
};
const keys = (more: Partial<Parameters<typeof remind>[0]>) =>
  remind({ ...base, ...more }).map(({ key, state }) => `${key} ${state}`);

it('the month’s report comes up some days before its day, and stays until it is put away', () => {
  expect(keys({})).toEqual(['report 2026-11 ahead']);
  expect(keys({ today: '2026-12-05' })).toEqual(['report 2026-11 due']);
  expect(keys({ today: '2026-12-20' })).toEqual(['report 2026-11 late']);
  expect(keys({ today: '2026-12-31' })).toEqual(['report 2026-11 late', 'report 2026-12 ahead']);
  expect(keys({ today: '2026-12-20', away: new Set(['report 2026-11']) })).toEqual([]);
});

it('lots near their expiry, and vaccines of which little is left', () => {
  const lots = [
    lot('1201', 'A', 40, '2026-12-20'),
    lot('1201', 'B', 40, '2027-12-20'),
    lot('0401', 'C', 0, '2026-12-10'),
    lot('2201', 'D', 3, '2027-06-01'),
    lot('0101', 'E', 5, '2026-12-01'),
    lot('9999', 'F', 0, '2020-01-01', { since: '2019-01-01' }),
  ];
  expect(keys({ wanted: { ...DEFAULTS, kinds: ['expiry', 'low'] }, lots })).toEqual([
    'low 0401 late',
    'low 0101 late',
    'expiry E late',
    'low 2201 due',
    'expiry A ahead',
  ]);
});

it('limits of reactions and what people set; what was closed or is another’s is not shown', () => {
  const aefi = [
    { id: 'X', step: 'reported', name: '甲', due: base.now - 1 },
    { id: 'Y', step: 'conclusion', name: '乙', due: base.now + 1 },
  ];
  const all = [
    own('1', { title: '交表', due: '2026-12-03' }),
    own('2', { title: '开会', due: '2026-12-04' }),
    own('3', { title: '她的', due: '2026-12-01', only_for: 'nurse2' }),
    own('4', { title: '办完', due: '2026-12-01' }),
    own('5', { closes: '4' }),
  ];
  expect(keys({ wanted: { ...DEFAULTS, kinds: ['aefi', 'own'] }, aefi, own: all })).toEqual([
    'aefi X reported late',
    'aefi Y conclusion due',
    'reminder:1 due',
  ]);
});

it('what was stored wrongly is the default', () => {
  expect(readWanted(null)).toEqual(DEFAULTS);
  expect(readWanted('{')).toEqual(DEFAULTS);
  expect(readWanted('{"kinds":["low","x"],"lowDoses":3,"reportDay":99}')).toEqual({
    ...DEFAULTS,
    kinds: ['low'],
    lowDoses: 3,
  });
});
