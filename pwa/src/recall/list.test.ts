import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { reasonFor, saidOf } from '../case/reasons.ts';
import type { ChildRow } from '../workspace/row.ts';
import { rowOf } from '../workspace/row.ts';
import {
  byAddress,
  callsHere,
  type ListOptions,
  listOf,
  NO_FILTER,
  narrowed,
  smsFile,
} from './list.ts';

const SITE = '3301020101';
const OTHER = '3301020102';
const TODAY = '2026-11-23';
const at = {
  at: '2026-11-01T08:00:00.000Z',
  by: 'n',
  station: 's',
  site: SITE,
  offset_ms: 0,
  app: '1',
};

function child(facts: Record<string, string> = {}, events: Record<string, object> = {}): ChildDoc {
  const values = Object.entries({ name: '张三', site: SITE, ...facts });
  return {
    _id: `child:${facts.name ?? 'a'}`,
    type: 'child',
    facts: Object.fromEntries(values.map(([name, value]) => [name, { value, ...at }])),
    events: Object.fromEntries(
      Object.entries(events).map(([id, event]) => [id, { ...at, ...event }]),
    ),
  } as unknown as ChildDoc;
}

const HEPB = { group: 'HepB', number: 2, due: '2026-10-01', lateFrom: '2026-11-01' };
const BCG = { group: 'BCG', number: 1, due: '2026-11-20', lateFrom: '2026-12-20' };

const rowWith = (doc: ChildDoc, ...wanted: (typeof HEPB)[]): ChildRow => ({
  ...rowOf(doc, SITE),
  wanted,
});
const vaccinesOf = (group: string) => new Set(group === 'HepB' ? ['0201'] : ['0101']);
const asked = (kind: ListOptions['kind']): ListOptions => ({
  kind,
  site: SITE,
  today: TODAY,
  until: TODAY,
  vaccinesOf,
});
const names = (rows: ChildRow[], kind: ListOptions['kind']) =>
  listOf(rows, asked(kind)).map(({ row }) => row.name);

describe('lists', () => {
  const plain = rowWith(child({ name: '甲' }), HEPB, BCG);
  const refused = rowWith(
    child(
      { name: '乙' },
      { '01': { kind: 'refusal', date: '2026-11-02', vaccine: '0201', reason: 'x' } },
    ),
    HEPB,
  );
  const called = rowWith(
    child(
      { name: '丙' },
      { '01': { kind: 'contact', date: '2026-11-02', means: 'phone', outcome: 'no_answer' } },
    ),
    HEPB,
  );

  it('tell due, overdue and missed apart, dose by dose', () => {
    const rows = [plain, refused, called];
    expect(names(rows, 'due')).toEqual(['甲']);
    expect(listOf(rows, asked('due'))[0]?.doses.map(({ group }) => group)).toEqual(['BCG']);
    expect(names(rows, 'overdue').sort()).toEqual(['丙', '乙', '甲'].sort());
    expect(names(rows, 'missed').sort()).toEqual(['丙', '甲'].sort());
    expect(listOf([refused], asked('overdue'))[0]?.state).toBe('refused');
    expect(listOf([called], asked('missed'))[0]?.state).toBe('unreached');
  });

  it('are narrowed, by a vaccine to its doses, and sorted by address', () => {
    const all = listOf([plain, refused, called], asked('overdue'));
    expect(narrowed(all, { ...NO_FILTER, state: 'refused' }).map(({ row }) => row.name)).toEqual([
      '乙',
    ]);
    expect(narrowed(all, { ...NO_FILTER, group: 'BCG' })).toEqual([]);
    const east = rowWith(child({ name: '丁', committee: '东村', address: '2 号' }), HEPB);
    const first = rowWith(child({ name: '戊', committee: '东村', address: '1 号' }), HEPB);
    const sorted = byAddress(listOf([plain, east, first], asked('overdue')));
    expect(sorted.map(({ row }) => row.name)).toEqual(['戊', '丁', '甲']);
  });
});

describe('what was said', () => {
  const dose = { vaccines: new Set(['0201']), since: '2026-10-01' };
  const reason = (events: Record<string, object>, today = TODAY) =>
    reasonFor(saidOf(child({}, events)), dose, today)?.state ?? null;

  it('counts from a month before the dose was due, of that vaccine or of all', () => {
    const contact = { kind: 'contact', means: 'phone', outcome: 'away' };
    expect(reason({ '01': { ...contact, date: '2026-09-10' } })).toBe('away');
    expect(reason({ '01': { ...contact, date: '2026-08-10' } })).toBeNull();
    expect(reason({ '01': { ...contact, date: '2026-10-10', vaccines: ['0101'] } })).toBeNull();
  });

  it('ends with its day, and the later has the last word', () => {
    const finding = { vaccine: '0201', outcome: 'deferred', until: '2026-11-20' };
    const precheck = { kind: 'precheck', date: '2026-11-10', passed: false, findings: [finding] };
    expect(reason({ '01': precheck })).toBeNull();
    expect(reason({ '01': precheck }, '2026-11-15')).toBe('deferred');
    const later = { kind: 'contact', date: '2026-11-12', means: 'phone', outcome: 'reached' };
    expect(reason({ '01': precheck, '02': later }, '2026-11-15')).toBe('called');
  });

  it('keeps a contraindication that was found long ago', () => {
    const found = { kind: 'contraindication', date: '2025-01-01', code: 'x' };
    expect(reason({ '01': found })).toBe('contraindicated');
  });
});

describe('who calls', () => {
  const row = (facts: Record<string, string>, doseAt?: string) => {
    const dose = {
      kind: 'dose',
      origin: 'given',
      date: '2026-05-01',
      vaccine: '0201',
      site: doseAt,
    };
    return rowOf(child(facts, doseAt ? { '01': dose } : {}), SITE);
  };

  it('is the managing clinic, and of a floating child the one that vaccinated it last', () => {
    expect(callsHere(row({}, OTHER), SITE)).toBe(true);
    expect(callsHere(row({ site: OTHER }, SITE), SITE)).toBe(false);
    expect(callsHere(row({ residence: '2' }, OTHER), SITE)).toBe(false);
    expect(callsHere(row({ residence: '2' }, OTHER), OTHER)).toBe(true);
    expect(callsHere(row({ residence: '2' }), SITE)).toBe(true);
    expect(callsHere(row({ site: OTHER, residence: '2' }, SITE), SITE)).toBe(true);
    expect(callsHere(row({ register_status: '4' }), SITE)).toBe(false);
  });

  it('is one clinic alone, whatever is recorded', () => {
    for (const residence of ['1', '2', '3']) {
      for (const last of [undefined, SITE, OTHER]) {
        const doc = row({ residence }, last);
        expect(Number(callsHere(doc, SITE)) + Number(callsHere(doc, OTHER))).toBe(1);
      }
    }
  });
});

describe('the file for an SMS service', () => {
  it('quotes what it must and lets no cell be run', () => {
    expect(smsFile(['a', 'b'], [['=1+1', 'x,"y"']])).toBe('\ufeffa,b\r\n\'=1+1,"x,""y"""\r\n');
  });
});
