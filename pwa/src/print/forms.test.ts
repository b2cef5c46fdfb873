import { describe, expect, it } from 'vitest';
import type { ChildDoc, Dose } from '../case/document.ts';
import { certificateForm, noticeForm, type Words, wallTime } from './forms';

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
  vaccineShort: (code) => `s${code}`,
  bodySite: (code) => code,
  route: (code) => code,
  ethnic: (code) => code,
  contraindication: (code) => code,
  place: (code) => `p${code}`,
  person: (account) => ({ nurse1: '李护士' })[account] ?? '',
  nth: (number) => `#${number}`,
};
const numbers = new Map([['01A', 2]]);

describe('noticeForm', () => {
  it('lists what was given today and still stands', () => {
    const form = noticeForm({
      child,
      clinic: { name: 'Clinic' },
      date: '2026-11-23',
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
      given_at: wallTime(new Date(by.at)),
      given: [
        {
          vaccine: 'v0402',
          dose: '#2',
          lot: 'A1',
          expiry: '2027-05-31',
          maker: 'M',
          site: 'left_thigh',
          route: 'im',
          vaccinator: '李护士',
        },
      ],
      observe_minutes: 30,
      observe_until: wallTime(new Date(Date.parse(by.at) + 30 * 60_000)),
      appointment: '2027-01-05',
      next: [{ vaccine: 'vMMR', earliest: '2027-01-01' }],
    });
  });

  const printed = (more: Partial<Parameters<typeof noticeForm>[0]>) =>
    noticeForm({
      child,
      clinic: { name: 'Clinic' },
      date: '2026-11-23',
      numbers,
      next: [],
      appointment: null,
      words,
      ...more,
    });

  it('has the times of the last dose, whenever it is printed', () => {
    const at = '2026-11-23T01:20:00.000Z';
    const later = { ...child, events: { ...child.events, '01E': dose({ vaccine: '0601', at }) } };
    const form = printed({ child: later });
    expect(form.given).toHaveLength(2);
    expect(form.given_at).toBe(wallTime(new Date(at)));
    expect(form.observe_until).toBe(wallTime(new Date('2026-11-23T01:50:00.000Z')));
  });

  it('is a plain appointment on a day without a dose', () => {
    const form = printed({ date: '2026-11-24', appointment: '2026-12-01' });
    expect(form.given).toEqual([]);
    expect(form).not.toHaveProperty('given_at');
    expect(form).not.toHaveProperty('observe_until');
    expect(form.appointment).toBe('2026-12-01');
  });

  it('has the medical advice that was given at the pre-check', () => {
    const precheck = {
      ...by,
      kind: 'precheck',
      date: '2026-11-23',
      passed: false,
      advice: '退热后再来',
    };
    const told = { ...child, events: { '01E': precheck } } as unknown as ChildDoc;
    const input = { clinic: { name: 'C' }, date: '2026-11-23', numbers, next: [], words };
    expect(noticeForm({ ...input, child: told, appointment: null }).remark).toBe('退热后再来');
    expect(noticeForm({ ...input, child, appointment: null })).not.toHaveProperty('remark');
  });

  it('names nobody by a login name', () => {
    const other = { ...child, events: { '01A': dose({ by: 'nurse9' }) } };
    expect(printed({ child: other }).given?.[0]).not.toHaveProperty('vaccinator');
  });
});

describe('certificateForm', () => {
  const printed = (variant: 'page' | 'passbook', events = child.events) =>
    certificateForm({
      child: { ...child, events },
      clinic: { name: 'Clinic' },
      date: '2026-11-23',
      numbers,
      words,
      variant,
    });

  it('lists all doses that stand by date, each with its unit', () => {
    const form = printed('page');
    expect(form.rows?.map((row) => [row.date, row.unit])).toEqual([
      ['2026-10-01', 'X'],
      ['2026-11-23', 'p5104020001'],
    ]);
    expect(form.rows?.[0]).not.toHaveProperty('route');
    expect(form.child).toMatchObject({ guardian: '李芳' });
    expect(form.child).not.toHaveProperty('phone');
  });

  it('says of an old dose neither who gave it nor where, unless that is known', () => {
    const [old, today] = printed('page').rows ?? [];
    expect(old).not.toHaveProperty('vaccinator');
    expect(today?.vaccinator).toBe('李护士');
    const [nowhere] =
      printed('page', { '01A': dose({ origin: 'history', place: undefined }) }).rows ?? [];
    expect(nowhere).not.toHaveProperty('unit');
  });

  it('has short names in the booklet, whose columns are narrow', () => {
    expect(printed('passbook').rows?.map((row) => row.vaccine)).toEqual(['s0402', 's0402']);
    expect(printed('passbook').variant).toBe('passbook');
  });

  it('leaves no dose out', () => {
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`01${String(i).padStart(3, '0')}`, dose({})]),
    );
    expect(printed('page', many).rows).toHaveLength(60);
  });
});
