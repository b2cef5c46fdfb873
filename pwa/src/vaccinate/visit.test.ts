import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import type { Recorded } from '../case/visit.ts';
import type { Forecast, VisitRule } from '../schedule/types.ts';
import {
  amountsOf,
  asOf,
  doseEvent,
  type Item,
  needs,
  newItem,
  reactionsOf,
  splitLots,
  spreadSites,
  type Warning,
  warningsOf,
} from './visit';

const lot = (vaccine: string, name: string, more: Partial<Lot> = {}): Lot => ({
  vaccine,
  key: name,
  lot: name,
  since: '2026-01-01',
  takenBy: [],
  expiry: '2027-05-31',
  maker: 'Maker',
  balance: 10,
  expired: false,
  usable: true,
  ...more,
});
const stock: Record<string, Lot[]> = {
  '0402': [
    lot('0402', 'OLD', { expired: true, usable: false }),
    lot('0402', 'A1'),
    lot('0402', 'B1'),
  ],
  '1201': [lot('1201', 'M1')],
  '0303': [lot('0303', 'E1', { balance: 0, usable: false })],
  '0306': [lot('0306', 'S1')],
};
const lotsOf = (vaccine: string) => stock[vaccine] ?? [];
const usage = { route: 'im', bodySite: 'left_upper_arm', selfPaid: false, amount: '0.5 mL' };
const dtap: Item = {
  ...newItem({ group: 'DTaP', target: 2, vaccine: '0402' }, usage),
  lot: 'A1',
};
const mmr = newItem({ group: 'MMR', target: 1, vaccine: '1201' }, usage);
const quiet = {
  precheck: { degrees: 36.6, passed: true },
  items: [dtap],
  before: null,
  contraindications: [],
  givenToday: [],
};
const judged = (...doses: Partial<Forecast['doses'][number]>[]): Forecast => ({
  doses: doses.map((dose) => ({
    id: 'DTaP',
    date: 0,
    code: '0402',
    vaccineGroup: 'DTaP',
    antigen: 'DTaP',
    series: null,
    target: 2,
    status: 'valid',
    reasons: [],
    ...dose,
  })),
  groups: [],
});

describe('newItem', () => {
  it('has the route and the amount of the product, and no lot before the vial was seen', () => {
    expect(mmr).toMatchObject({ vaccine: '1201', lot: '', route: 'im', amount: '0.5 mL' });
  });

  it('leaves the amount open where the product comes in several', () => {
    expect(amountsOf('10 μg或20 μg')).toEqual(['10 μg', '20 μg']);
    expect(amountsOf('0.5 mL或1.0 mL，按说明书')).toEqual(['0.5 mL', '1.0 mL']);
    const hepB = { ...usage, amount: '10 μg或20 μg' };
    expect(newItem({ group: 'HepB', target: 1, vaccine: '0201' }, hepB).amount).toBe('');
  });
});

describe('splitLots', () => {
  it('puts usable lots first, shows what may be taken by mistake, and folds the rest', () => {
    const gone = lot('0402', 'GONE', { balance: 0, usable: false });
    const recent = lot('0402', 'RECENT', { expiry: '2026-11-01', expired: true, usable: false });
    const old = lot('0402', 'ANCIENT', { expiry: '2020-01-01', expired: true, usable: false });
    const good = lot('0402', 'GOOD');
    const { shown, folded } = splitLots([old, recent, gone, good], '2026-11-23');
    expect(shown.map((one) => one.lot)).toEqual(['GOOD', 'RECENT']);
    expect(folded.map((one) => one.lot)).toEqual(['ANCIENT', 'GONE']);
  });
});

describe('spreadSites', () => {
  it('gives two injections different sides', () => {
    const other: Record<string, string> = { left_upper_arm: 'right_upper_arm' };
    const items = spreadSites([dtap, { ...dtap, key: 'MMR' }], (site) => other[site] ?? null);
    expect(items.map((item) => item.bodySite)).toEqual(['left_upper_arm', 'right_upper_arm']);
  });

  it('never proposes one site twice: a person chooses for the third', () => {
    const other: Record<string, string> = { left_upper_arm: 'right_upper_arm' };
    const all = [dtap, { ...dtap, key: 'MMR' }, { ...dtap, key: 'JE' }];
    const sites = spreadSites(all, (site) => other[site] ?? null).map((item) => item.bodySite);
    expect(sites).toEqual(['left_upper_arm', 'right_upper_arm', '']);
    const drops = { ...dtap, bodySite: 'mouth' };
    const oral = spreadSites([drops, { ...drops, key: 'Rota' }], () => null);
    expect(oral.map((item) => item.bodySite)).toEqual(['mouth', 'mouth']);
  });
});

describe('needs', () => {
  it('is empty when all is there, and names what is not, in order', () => {
    expect(needs(dtap, [], '')).toEqual([]);
    expect(needs({ ...dtap, lot: '', bodySite: '', amount: '' }, [], '')).toEqual([
      'lot',
      'bodySite',
      'amount',
    ]);
  });

  it('asks for a reason as soon as there is a warning about the dose or the visit', () => {
    const warning: Warning = { code: 'dose.tooSoon', vaccine: '0402', reason: null, params: {} };
    expect(needs(dtap, [warning], '')).toEqual(['reason']);
    expect(needs(dtap, [{ ...warning, vaccine: null }], ' ')).toEqual(['reason']);
    expect(needs(dtap, [{ ...warning, vaccine: '1201' }], '')).toEqual([]);
    expect(needs(dtap, [warning], ' exposed ')).toEqual([]);
  });
});

describe('warningsOf', () => {
  it('is silent for a dose that counts', () => {
    expect(warningsOf({ ...quiet, judged: judged({}) })).toEqual([]);
    const early = judged({ reasons: [{ code: 'dose.gracePeriod', params: { minimum: 1 } }] });
    expect(warningsOf({ ...quiet, judged: early })).toEqual([]);
  });

  it('warns of a product outside its label, though a part of it counts', () => {
    const old = judged({ reasons: [{ code: 'dose.outsideLabel' }] });
    expect(warningsOf({ ...quiet, judged: old }).map((one) => one.code)).toEqual([
      'dose.outsideLabel',
    ]);
  });

  it('says why a dose would not count', () => {
    const soon = judged({
      status: 'notValid',
      reasons: [{ code: 'dose.tooSoon', params: { minimum: 20000, since: 19990 } }],
    });
    expect(warningsOf({ ...quiet, judged: soon }).map((one) => one.code)).toEqual(['dose.tooSoon']);
  });

  it('warns of fever, of findings and of contraindications', () => {
    const codes = warningsOf({
      ...quiet,
      precheck: { degrees: 38.2, passed: false },
      judged: judged({}),
      contraindications: [
        { code: 'allergy', vaccine: '0402' },
        { code: 'allergy', vaccine: '1201' },
      ],
    }).map((one) => one.code);
    expect(codes).toEqual(['visit.fever', 'visit.precheck', 'visit.contraindicated']);
  });

  it('warns of what the local rules on a visit leave for another day', () => {
    const day = 20_000;
    const routeOf = (code: string) => (code === '0311' ? 'oral' : 'injection') as 'oral';
    const planned = ['0402', '1201', '0311'].map((code) =>
      newItem({ group: code, target: 1, vaccine: code }, usage),
    );
    const seen = { ...quiet, items: planned, judged: null };
    const codes = (rule: VisitRule | undefined) =>
      warningsOf({ ...seen, limits: { day, rule, routeOf } }).map((one) => one.code);
    expect(codes(undefined)).toEqual([]);
    expect(codes({ maxInjections: 2, maxOral: 1 })).toEqual([]);
    expect(codes({ maxInjections: 1 })).toEqual(['visit.injections']);

    const spaced = (date: number) => ({
      doses: [],
      groups: [
        {
          vaccineGroup: '0402',
          status: 'notComplete',
          reasons: [{ code: 'forecast.visitSpacing', params: { date, days: 14 } }],
        },
      ],
    });
    const spacedTo = (date: number) =>
      warningsOf({
        ...seen,
        before: spaced(date) as unknown as Forecast,
        limits: { day, rule: { daysSinceLast: 14 }, routeOf },
      }).map(({ code, vaccine }) => [code, vaccine]);
    expect(spacedTo(day + 1)).toEqual([['forecast.visitSpacing', '0402']]);
    expect(spacedTo(day)).toEqual([]);
  });

  it('warns of the same vaccine twice on a day and of a record that may be stale', () => {
    const codes = warningsOf({
      ...quiet,
      judged: judged({}),
      givenToday: ['0402'],
      stale: { silentDays: 1 },
      elsewhere: true,
    }).map((one) => one.code);
    expect(codes).toEqual(['visit.sameDay', 'visit.stale', 'visit.elsewhere']);
    const never = warningsOf({ ...quiet, judged: judged({}), stale: { silentDays: null } });
    expect(never.map((one) => one.code)).toEqual(['visit.neverHeard']);
  });
});

describe('doseEvent', () => {
  const informed = { relation: 'mother', method: 'pin', at: '2026-11-23T01:02:03.004Z' } as const;
  const consent = { id: '01C', event: { informed } } as unknown as Recorded<'consent'>;
  const quietly = {
    ...{ date: '2026-11-23', plan: null, consent, spec: '1 人份/支', warnings: [], reason: '' },
  };

  it('has its lot, amount and spec, and the consent that it was given on', () => {
    const spoken = { ...dtap, traceCode: '89004020000000000001' };
    expect(doseEvent(spoken, lotsOf, quietly)).toEqual({
      kind: 'dose',
      origin: 'given',
      date: '2026-11-23',
      vaccine: '0402',
      number: 2,
      lot: 'A1',
      expiry: '2027-05-31',
      maker: 'Maker',
      trace_code: '89004020000000000001',
      spec: '1 人份/支',
      amount: '0.5 mL',
      body_site: 'left_upper_arm',
      route: 'im',
      self_paid: false,
      informed,
      consent: '01C',
    });
  });

  it('keeps the warnings with the dose that they are about', () => {
    const warnings: Warning[] = [
      { code: 'dose.tooSoon', vaccine: '0402', reason: null, params: {} },
    ];
    const given = { ...quietly, warnings, reason: ' exposed ' };
    const override = { warnings: ['dose.tooSoon'], reason: 'exposed' };
    expect(doseEvent(dtap, lotsOf, given)).toMatchObject({ override });
    expect(doseEvent(mmr, lotsOf, given)).not.toHaveProperty('override');
  });

  it('keep what the schedule said on the day', () => {
    const group = { vaccineGroup: 'DTaP', recommended: 20_000, pastDue: 20_030 };
    const plan = (day: number) => ({
      schedule: 'cn-nip-2026',
      edition: '2026',
      before: { doses: [], groups: [group] } as unknown as Forecast,
      day,
    });
    const status = (day: number, item = dtap) => asOf(item, plan(day), day).status;
    expect([19_999, 20_000, 20_030, 20_031].map((day) => status(day))).toEqual([
      'early',
      'due',
      'due',
      'overdue',
    ]);
    expect(status(20_000, mmr)).toBe('unplanned');
    expect(doseEvent(dtap, lotsOf, { ...quietly, plan: plan(0) })).toMatchObject({
      as_of: { schedule: 'cn-nip-2026', edition: '2026' },
    });
  });
});

describe('reactionsOf', () => {
  it('names the vaccines that reactions are suspected to have followed, and warns of their kind', () => {
    const child = {
      _id: 'child:1',
      type: 'child',
      facts: {},
      events: {
        A: { kind: 'dose', origin: 'given', date: '2026-01-05', vaccine: '0402' },
        B: { kind: 'dose', origin: 'given', date: '2026-01-05', vaccine: '0303' },
        C: { kind: 'aefi', date: '2026-01-06', dose: 'A', symptoms: ['fever'] },
        D: { kind: 'aefi', date: '2026-01-07', symptoms: ['rash'], card: { doses: ['B', 'A'] } },
      },
    } as unknown as ChildDoc;
    const reactions = reactionsOf(child);
    expect(reactions).toEqual([
      { vaccine: '0303', date: '2026-01-07' },
      { vaccine: '0402', date: '2026-01-07' },
      { vaccine: '0402', date: '2026-01-06' },
    ]);
    const warned = (vaccine: string) =>
      warningsOf({
        precheck: null,
        items: [newItem({ group: 'x', target: 1, vaccine }, usage)],
        before: null,
        judged: null,
        contraindications: [],
        givenToday: [],
        reactions,
      }).map(({ code, params }) => [code, params.date]);
    expect(warned('0401')).toEqual([['visit.reaction', '2026-01-07']]);
    expect(warned('1201')).toEqual([]);
  });
});
