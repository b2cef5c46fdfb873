import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { FREE_PLACE } from '../case/visit.ts';
import { csvOf, type DayOf, type SheetWords, sheetOf } from './sheets.ts';

const DAY = '2026-11-27';
const SITE = '5104110001';
const at = (time: string) => `${DAY}T${time}:00.000Z`;
const by = (time: string, nurse = 'nurse1') => ({ at: at(time), by: nurse, site: SITE, date: DAY });
const whole = { lot: 'L1', expiry: '2027-01-01', maker: 'M', body_site: 'left_thigh', route: 'im' };
const dose = (vaccine: string, time: string, more: object = {}) => ({
  kind: 'dose',
  origin: 'given',
  vaccine,
  number: 1,
  ...whole,
  ...by(time),
  ...more,
});
const child = (name: string, events: object) =>
  ({
    _id: `child:${name}`,
    type: 'child',
    facts: { name: { value: name } },
    events,
  }) as unknown as ChildDoc;

const children = [
  child('甲', {
    '01A': { kind: 'precheck', passed: true, ...by('01:00') },
    '01B': { kind: 'registration', vaccines: ['1201', '2201'], ...by('01:02', 'nurse2') },
    '01C': { kind: 'consent', vaccines: ['2201'], agreed: true, ...by('01:03') },
    '01D': dose('1201', '01:10'),
    '01E': dose('2201', '01:11', { self_paid: true, lot: 'L2' }),
    '01F': {
      kind: 'stay',
      since: at('01:11'),
      until: at('01:45'),
      minutes: 30,
      reaction: false,
      ...by('01:45'),
    },
  }),
  child('乙', {
    '02A': dose('2201', '02:00', { self_paid: true, number: 2, by: 'nurse2', lot: undefined }),
    '02B': {
      kind: 'stay',
      since: at('02:00'),
      until: at('02:10'),
      minutes: 30,
      reaction: false,
      reason: '急事',
      ...by('02:10'),
    },
  }),
  child('丙', {
    '03A': dose('1201', '03:00', { override: { warnings: ['visit.fever'], reason: '医生同意' } }),
    '03B': dose('0402', '03:01', { site: '5104110002' }),
    '03C': dose('0402', '03:02', { date: '2026-11-26' }),
  }),
];
const words: SheetWords = {
  vaccine: (code) => code,
  bodySite: (code) => code,
  route: (code) => code,
  sex: () => 'X',
  person: (account) => account,
  nth: (number) => `#${number}`,
  word: (key) => key,
  warning: (code) => code,
  against: (one, id) => (one._id === 'child:甲' && id === '01E' ? 'too early' : null),
};
const day: DayOf = {
  day: DAY,
  site: SITE,
  children,
  place: FREE_PLACE,
  everyVisit: false,
  over: true,
  wasted: [{ vaccine: '1201', lot: 'L1', doses: 2 }],
};

it('the log has one line for each dose that the clinic gave on the day, in the order asked for', () => {
  const names = (order: 'time' | 'vaccine' | 'nurse') =>
    sheetOf('log', day, words, order).rows.map((row) => `${row[0]} ${row[1]} ${row[6]}`);
  expect(names('time')).toEqual([
    '09:10 甲 1201',
    '09:11 甲 2201',
    '10:00 乙 2201',
    '11:00 丙 1201',
  ]);
  expect(names('vaccine').map((line) => line.slice(-4))).toEqual(['1201', '1201', '2201', '2201']);
  expect(names('nurse').at(-1)).toBe('10:00 乙 2201');
});

it('use is counted by vaccine and lot, with what was thrown away, and adds up', () => {
  expect(sheetOf('use', day, words).rows).toEqual([
    ['1201', 'L1', '2027-01-01', 2, 2, 0, 2, 0, 0, 0, 0, 2],
    ['2201', '', '2027-01-01', 1, 0, 1, 0, 1, 0, 0, 0, 0],
    ['2201', 'L2', '2027-01-01', 1, 0, 1, 1, 0, 0, 0, 0, 0],
    ['total', '', '', 4, 2, 2, 3, 1, 0, 0, 0, 2],
  ]);
});

it('the service sheet follows each family through the desks', () => {
  const { rows, marked } = sheetOf('service', day, words);
  expect(rows[0]).toEqual([
    '',
    '甲',
    '09:00',
    'passed',
    '09:02',
    'nurse2',
    '09:03',
    '',
    '09:10',
    '1201、2201',
    'nurse1',
    '09:45',
    'observed',
  ]);
  expect(rows.map((row) => row.at(-1))).toEqual(['observed', 'early', 'notObserved']);
  expect([...marked]).toEqual([1, 2]);
});

it('what was against a rule, does not count, or did not come to its end is abnormal', () => {
  expect(sheetOf('abnormal', day, words).rows.map((row) => [row[1], row[2], row[4]])).toEqual([
    ['甲', 'invalid', 'too early'],
    ['丙', 'overridden', 'visit.fever（医生同意）'],
    ['乙', 'early', '急事'],
    ['丙', 'stuck', 'stopped.observe'],
  ]);
});

it('the three numbers agree, or it is said whose do not', () => {
  const { rows, marked } = sheetOf('three', day, words);
  expect(rows).toEqual([
    ['1201', 2, 0, 0, 2, 'agrees', ''],
    ['2201', 2, 2, 1, 1, 'differs', '乙'],
    ['total', 4, 2, 1, 3, 'differs', ''],
  ]);
  expect([...marked]).toEqual([1]);
  const every = sheetOf('three', { ...day, everyVisit: true }, words);
  expect(every.rows[0]).toEqual(['1201', 2, 2, 0, 2, 'differs', '甲、丙']);
});

it('a text of a CSV is never a formula', () => {
  expect(
    csvOf([
      ['=1+1', 'a,b'],
      [3, 'say "x"'],
    ]),
  ).toBe('\uFEFF\'=1+1,"a,b"\r\n3,"say ""x"""\r\n');
});
