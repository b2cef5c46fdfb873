import { describe, expect, it } from 'vitest';
import type { ChildDoc, NewEvent } from '../case/document.ts';
import { readSheets, writeSheets } from '../ui/xlsx.ts';
import {
  eventsOf,
  HEADINGS,
  type ReadOptions,
  type ReadSheet,
  readVillage,
  type VillageRow,
  villageSheet,
} from './village.ts';

const SITE = '3301020101';
const CHILD = 'child:01J0000000000000000000000A';
const row: VillageRow = {
  child: CHILD,
  group: 'HepB',
  vaccine: '0201',
  number: 2,
  name: '张三',
  sex: '男',
  birth: '2026-09-01',
  committee: '东村',
  guardian: '李四',
  phone: '13800000000',
  dose: '乙肝疫苗 第 2 剂',
  due: '2026-10-01',
};
const words = { title: '应种登记表', help: '填写后交回', heads: ['编号'] };
const options: ReadOptions = {
  site: SITE,
  today: '2026-11-23',
  reasonOf: (text) => (text === '外出' ? 'away' : null),
  birthOf: (child) => (child === CHILD ? '2026-09-01' : null),
};

/** Out as a file, filled, and back. */
async function trip(fill: Record<number, string>, rows = [row]): Promise<ReadSheet> {
  const out = villageSheet('V1', SITE, rows, words);
  for (const [column, text] of Object.entries(fill)) {
    const first = out[HEADINGS];
    if (first) first[Number(column)] = text;
  }
  const [sheet] = await readSheets(await writeSheets([{ name: 'a', rows: out }]));
  return readVillage(sheet?.rows ?? [], options);
}

const rowsOf = (read: ReadSheet) => (read.ok ? read.rows : []);
const empty = { _id: CHILD, type: 'child', facts: {}, events: {} } as unknown as ChildDoc;
const by = { today: '2026-11-23', sameGroup: (code: string) => code === '0201', place: '东村' };

function recorded(child: ChildDoc, events: NewEvent[]): ChildDoc {
  const added = events.map((event, n) => [`0${n}`, { ...event, at: '2026-11-23T00:00:00Z' }]);
  return { ...child, events: { ...child.events, ...Object.fromEntries(added) } } as ChildDoc;
}

describe('the village sheet', () => {
  it('brings back a dose, and reading it twice adds nothing', async () => {
    const read = await trip({ 9: '20261105', 10: 'A123' });
    const [filled] = rowsOf(read);
    expect(filled).toMatchObject({ line: 4, given: '2026-11-05', lot: 'A123', error: null });
    if (!filled) throw new Error('no row');
    const events = eventsOf(filled, 'V1', empty, by);
    expect(events).toEqual([
      {
        kind: 'dose',
        origin: 'history',
        date: '2026-11-05',
        vaccine: '0201',
        number: 2,
        place: '东村',
        self_paid: false,
        lot: 'A123',
      },
    ]);
    expect(eventsOf(filled, 'V1', recorded(empty, events), by)).toEqual([]);
  });

  it('brings back a reason as a call by the village, once', async () => {
    const [filled] = rowsOf(await trip({ 11: '外出', 12: '过年回来' }));
    if (!filled) throw new Error('no row');
    const events = eventsOf(filled, 'V1', empty, by);
    expect(events).toMatchObject([
      { kind: 'contact', means: 'village', outcome: 'away', sheet: 'V1' },
    ]);
    expect(eventsOf(filled, 'V1', recorded(empty, events), by)).toEqual([]);
    expect(eventsOf(filled, 'V2', recorded(empty, events), by)).toHaveLength(1);
  });

  it('says by row what is wrong, and leaves empty rows out', async () => {
    const error = async (fill: Record<number, string>) => rowsOf(await trip(fill))[0]?.error;
    expect(rowsOf(await trip({}))).toEqual([]);
    expect(await error({ 9: '11月' })).toBe('badDate');
    expect(await error({ 9: '2027-01-01' })).toBe('badDate');
    expect(await error({ 9: '2026-08-01' })).toBe('beforeBirth');
    expect(await error({ 11: '不知道' })).toBe('badReason');
    expect(await error({ 9: '2026-11-05', 11: '外出' })).toBe('both');
    expect(await error({ 10: 'A1' })).toBe('lotAlone');
    expect(await error({ 0: 'x', 9: '2026-11-05' })).toBe('badKey');
    const unknown = { ...row, child: 'child:01J0000000000000000000000B' };
    expect(rowsOf(await trip({ 9: '2026-11-05' }, [unknown]))[0]?.error).toBe('unknownChild');
  });

  it('is known by its mark and its clinic', async () => {
    expect(readVillage([[{ text: 'x', kind: 'text' }]], options)).toEqual({
      ok: false,
      why: 'noSheet',
    });
    const other = villageSheet('V1', '3301020102', [row], words);
    const [sheet] = await readSheets(await writeSheets([{ name: 'a', rows: other }]));
    expect(readVillage(sheet?.rows ?? [], options)).toEqual({ ok: false, why: 'otherSite' });
  });
});
