import { describe, expect, it } from 'vitest';
import type { ChildDoc, Dose } from '../case/document.ts';
import { certificateForm, laterTime, noticeForm, type Words } from './forms';

const by = { at: '2026-11-23T01:00:00.000Z', by: 'nurse1', station: 'S', site: '5104020001' };
const dose = (more: Partial<Dose>): Dose =>
  ({
    ...by,
    offset_ms: null,
    app: '0.1.0',
    kind: 'dose',
    date: '2026-11-23',
    vaccine: '0402',
    origin: 'given',
    lot: 'A1',
    expiry: '2027-05-31',
    maker: 'M',
    body_site: 'left_thigh',
    route: 'im',
    ...more,
  }) as Dose;
const value = <T>(given: T) => ({ value: given, at: by.at, by: by.by });
const child: ChildDoc = {
  _id: 'child:01JD0000000000000000000000',
  type: 'child',
  facts: {
    name: value('曾小明'),
    sex: value('M'),
    birth_date: value('2026-05-01'),
    mother_name: value('李芳'),
  },
  events: {
    '01A': dose({}),
    '01B': dose({ date: '2026-10-01', origin: 'history', place: 'X', lot: undefined }),
    '01C': dose({ vaccine: '1201' }),
    '01D': { ...by, offset_ms: null, app: '0.1.0', kind: 'void', target: '01C', reason: 'wrong' },
  },
};
const words: Words = {
  vaccine: (code) => `v${code}`,
  bodySite: (code) => code,
  route: (code) => code,
  ethnic: (code) => code,
  contraindication: (code) => code,
  place: (code) => `p${code}`,
  person: (account) => account,
  nth: (number) => `#${number}`,
};
const numbers = new Map([['01A', 2]]);

describe('noticeForm', () => {
  it('lists what was given today and still stands', () => {
    const form = noticeForm({
      child,
      clinic: { name: 'Clinic' },
      date: '2026-11-23',
      time: '09:45',
      numbers,
      next: [{ vaccine: 'vMMR', earliest: '2027-01-01' }],
      appointment: '2027-01-05',
      words,
    });
    expect(form).toEqual({
      clinic: { name: 'Clinic' },
      child: {
        name: '曾小明',
        code: '01JD0000000000000000000000',
        sex: 'M',
        birth_date: '2026-05-01',
      },
      given_on: '2026-11-23',
      given_at: '09:45',
      given: [
        {
          vaccine: 'v0402',
          dose: '#2',
          lot: 'A1',
          expiry: '2027-05-31',
          maker: 'M',
          site: 'left_thigh',
          route: 'im',
          vaccinator: 'nurse1',
        },
      ],
      observe_minutes: 30,
      observe_until: '10:15',
      appointment: '2027-01-05',
      next: [{ vaccine: 'vMMR', earliest: '2027-01-01' }],
    });
  });
});

describe('certificateForm', () => {
  it('lists all doses that stand by date, each with its unit', () => {
    const form = certificateForm({
      child,
      clinic: { name: 'Clinic' },
      date: '2026-11-23',
      numbers,
      words,
    });
    expect(form.rows.map((row) => [row.date, row.unit])).toEqual([
      ['2026-10-01', 'X'],
      ['2026-11-23', 'p5104020001'],
    ]);
    expect(form.rows[0]).not.toHaveProperty('route');
    expect(form.child).toMatchObject({ guardian: '李芳' });
    expect(form.child).not.toHaveProperty('phone');
  });
});

describe('laterTime', () => {
  it('goes past the hour and past midnight', () => {
    expect(laterTime('09:45', 30)).toBe('10:15');
    expect(laterTime('23:50', 30)).toBe('00:20');
  });
});
