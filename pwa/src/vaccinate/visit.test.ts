import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import type { Forecast, VisitRule } from '../schedule/types.ts';
import {
  asOf,
  checkable,
  emptyVisit,
  eventsOf,
  type Item,
  needs,
  newItem,
  precheckNote,
  reactionsOf,
  splitLots,
  spreadSites,
  type Visit,
  type Warning,
  warningsOf,
  withoutParts,
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
const usage = { route: 'im', bodySite: 'left_upper_arm', selfPaid: false };
const usageOf = () => usage;
const dtap = newItem({ group: 'DTaP', target: 2, vaccines: ['0402'] }, lotsOf, usageOf);
const mmr = newItem({ group: 'MMR', target: 1, vaccines: ['1201'] }, lotsOf, usageOf);
const ready: Visit = {
  ...emptyVisit(),
  temperature: '36.6',
  precheck: 'passed',
  informed: 'spoken',
  verified: true,
};
const quiet = {
  visit: ready,
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
  it('takes the usable lot that expires first', () => {
    expect(dtap).toMatchObject({ vaccine: '0402', lot: 'A1', route: 'im' });
  });

  it('takes the first vaccine that is in stock', () => {
    const polio = newItem(
      { group: 'Polio', target: 1, vaccines: ['0303', '0306'] },
      lotsOf,
      usageOf,
    );
    expect(polio).toMatchObject({ vaccine: '0306', lot: 'S1', choices: ['0303', '0306'] });
  });

  it('leaves the lot open when nothing is in stock', () => {
    const none = newItem({ group: 'Polio', target: 1, vaccines: ['0303'] }, lotsOf, usageOf);
    expect(none).toMatchObject({ vaccine: '0303', lot: '' });
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

describe('precheckNote', () => {
  it('holds why no temperature was taken, and what was found', () => {
    const words = (reason: string) => `未测：${reason}。`;
    expect(precheckNote(ready, words)).toBe('');
    const now = { date: '2026-11-23', instant: '2026-11-23T01:02:03.004Z' };
    const found = { ...ready, untaken: ' 哭闹 ', precheckNote: '皮疹' };
    expect(precheckNote(found, words)).toBe('未测：哭闹。 皮疹');
    expect(eventsOf({ ...found, temperature: '36.6' }, [], [], lotsOf, now)[0]).not.toHaveProperty(
      'temperature',
    );
  });
});

describe('checkable', () => {
  it('is what has a lot for every vaccine', () => {
    expect(checkable([])).toBe(false);
    expect(checkable([dtap])).toBe(true);
    expect(checkable([dtap, { ...mmr, lot: '' }])).toBe(false);
  });
});

describe('withoutParts', () => {
  const groups: Record<string, string[]> = {
    '0402': ['DTaP'],
    '4901': ['DTaP', 'Hib'],
    '5001': ['DTaP', 'Polio', 'Hib'],
  };
  const groupsOf = (vaccine: string) => groups[vaccine] ?? [];
  const row = (group: string, vaccine: string): Item => ({ ...dtap, key: group, group, vaccine });
  const given = (...rows: Item[]) =>
    withoutParts(rows, groupsOf).map((one) => `${one.group} ${one.vaccine}`);

  it('takes the parts of a combined vaccine out', () => {
    expect(
      given(row('DTaP', '0402'), row('MMR', '1201'), row('Polio', '5001'), row('Hib', '2301')),
    ).toEqual(['MMR 1201', 'Polio 5001']);
  });

  it('never makes two of one', () => {
    expect(given(row('DTaP', '5001'), row('Polio', '5001'))).toEqual(['DTaP 5001']);
    expect(given(row('DTaP', '4901'), row('Polio', '5001'))).toEqual(['Polio 5001']);
  });

  it('leaves single vaccines, and those that no dictionary knows', () => {
    expect(given(row('DTaP', '0402'), row('Rabies', '9999'))).toEqual(['DTaP 0402', 'Rabies 9999']);
  });
});

describe('needs', () => {
  it('is empty when all is done', () => {
    expect(needs(ready, [dtap], [])).toEqual([]);
  });

  it('names what is not done, in order', () => {
    expect(needs(emptyVisit(), [{ ...dtap, lot: '' }], [])).toEqual([
      'temperature',
      'precheck',
      'informed',
      'lot',
      'verified',
    ]);
    expect(needs({ ...ready, temperature: '99' }, [], [])).toEqual(['temperature', 'items']);
  });

  it('takes no empty temperature, unless it says why', () => {
    const untaken = { ...ready, temperature: '' };
    expect(needs(untaken, [dtap], [])).toEqual(['temperature']);
    expect(needs({ ...untaken, untaken: ' ' }, [dtap], [])).toEqual(['untaken']);
    expect(needs({ ...untaken, untaken: '哭闹' }, [dtap], [])).toEqual([]);
  });

  it('asks for a reason as soon as there is a warning', () => {
    const warning: Warning = { code: 'dose.tooSoon', vaccine: '0402', reason: null, params: {} };
    expect(needs(ready, [dtap], [warning])).toEqual(['reason']);
    expect(needs({ ...ready, reason: ' exposed ' }, [dtap], [warning])).toEqual([]);
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
      visit: { ...ready, temperature: '38.2', precheck: 'abnormal' },
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
      newItem({ group: code, target: 1, vaccines: [code] }, lotsOf, usageOf),
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

describe('eventsOf', () => {
  const now = { date: '2026-11-23', instant: '2026-11-23T01:02:03.004Z' };

  it('records the pre-check and each dose with its lot', () => {
    const mmr: Item = newItem({ group: 'MMR', target: 1, vaccines: ['1201'] }, lotsOf, usageOf);
    const events = eventsOf({ ...ready, temperature: '36.5' }, [dtap, mmr], [], lotsOf, now);
    expect(events).toHaveLength(3);
    expect(events[0]).toEqual({
      kind: 'precheck',
      date: now.date,
      passed: true,
      temperature: 36.5,
    });
    expect(events[1]).toEqual({
      kind: 'dose',
      origin: 'given',
      date: now.date,
      vaccine: '0402',
      number: 2,
      lot: 'A1',
      expiry: '2027-05-31',
      maker: 'Maker',
      body_site: 'left_upper_arm',
      route: 'im',
      self_paid: false,
      informed: { relation: 'mother', method: 'spoken', at: now.instant },
    });
  });

  it('keeps the warnings with the dose that they are about', () => {
    const warnings: Warning[] = [
      { code: 'dose.tooSoon', vaccine: '0402', reason: null, params: {} },
    ];
    const [, first, second] = eventsOf(
      { ...ready, reason: 'exposed' },
      [dtap, mmr],
      warnings,
      lotsOf,
      now,
    );
    expect(first).toMatchObject({ override: { warnings: ['dose.tooSoon'], reason: 'exposed' } });
    expect(second).not.toHaveProperty('override');
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
    const [, given] = eventsOf(ready, [dtap], [], lotsOf, now, plan(0));
    expect(given).toMatchObject({ as_of: { schedule: 'cn-nip-2026', edition: '2026' } });
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
        visit: emptyVisit(),
        items: [
          {
            ...newItem(
              { group: 'x', target: 1, vaccines: [vaccine] },
              () => [],
              () => ({ bodySite: '', route: '', selfPaid: false }),
            ),
          },
        ],
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
