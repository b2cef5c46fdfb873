import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { lotKey } from '../case/lots.ts';
import type { ChildIndex } from './child-index.ts';
import { createIndex } from './child-index.ts';
import { loadPinyin, type Pinyin } from './pinyin.ts';
import { dueWithin } from './row.ts';

const SITE = '3301020001';
const AT = { at: '2026-01-01T00:00:00.000Z', by: 'a' };
const WHO = { ...AT, station: '01K9A3Q6Z0000000000000000S', site: SITE, offset_ms: 0, app: 'x' };

function child(id: string, facts: Record<string, unknown>, events: object = {}): ChildDoc {
  const known = Object.entries(facts).map(([name, value]) => [name, { value, ...AT }]);
  return {
    _id: id,
    _rev: '1-a',
    type: 'child',
    facts: Object.fromEntries(known),
    events,
  } as ChildDoc;
}

let pinyin: Pinyin;
let index: ChildIndex;

beforeAll(async () => {
  pinyin = await loadPinyin();
  index = createIndex(SITE, pinyin, null);
  index.put(
    child(
      'child:1',
      {
        name: '曾小明',
        birth_date: '2024-03-15',
        phone: '13812345678',
        phone_2: '0571-8888 0000',
        child_code: '330102000120240007',
        id_number: '33010220240315001X',
        mother_name: '单雄',
      },
      { E1: { kind: 'card', number: '88880001', state: 'issued', ...WHO } },
    ),
  );
  index.put(child('child:2', { name: '吕布', birth_date: '2023-01-02' }));
  index.put(child('child:3', { name: '曾小红', birth_date: '2025-06-01' }));
  index.put(child('child:4', { name: 'Anna Maria', birth_date: '2022-12-31' }));
});

const found = (query: string) => index.search(query).map(({ id }) => id);

describe('search', () => {
  it.each([
    ['曾小明', 'child:1'],
    ['小明', 'child:1'],
    ['zengxiaoming', 'child:1'],
    ['zeng xiaom', 'child:1'],
    ['ZXM', 'child:1'],
    ['13812345678', 'child:1'],
    ['5678', 'child:1'],
    ['05718888', 'child:1'],
    ['330102000120240007', 'child:1'],
    ['33010220240315001x', 'child:1'],
    ['88880001', 'child:1'],
    ['2024-03-15', 'child:1'],
    ['20240315', 'child:1'],
    ['2024年3', 'child:none'],
    ['240315', 'child:1'],
    ['单雄', 'child:1'],
    ['曾 2024', 'child:1'],
    ['lvbu', 'child:2'],
    ['lübu', 'child:2'],
    ['lb', 'child:2'],
    ['maria', 'child:4'],
    ['am', 'child:4'],
  ])('finds by %s', (query, id) => {
    expect(found(query)[0] ?? 'child:none').toBe(id);
  });

  it.each([
    ['仇小梅', ['chouxm', 'qiuxiaomei', 'cxm', 'qxm', '仇小']],
    ['胡长治', ['hzz', 'hcz', 'huzhangzhi', 'huchangzhi', 'hzhz']],
    ['李重阳', ['lichongyang', 'lizhongyang', 'lcy', 'chongyang']],
    ['尉迟恭', ['yuchigong', 'weichigong', 'ycg', 'yuchg']],
    [
      '阿依古丽·买买提',
      [
        'mmt',
        'maimaiti',
        'aygl',
        '阿依古丽买买提',
        '阿依古丽•买买提',
        '阿依古丽.买买提',
        '丽·买',
        'ayglmmt',
      ],
    ],
    ['阿依古丽买买提', ['阿依古丽·买买提', '阿依古丽．买买提', '阿依古丽・买买提']],
    ['王⽤', ['王⽤', '王用', 'wangyong', 'wy']],
    ['Ｌｉ Ｍｉｎｇ', ['liming', 'lm', 'li ming', 'Ｌｉ']],
    ['王𪚥明', ['wm', 'wangming', '王𪚥', '𪚥明', 'ming']],
    ['Müller Élodie', ['mvller', 'elodie', 'müller', 'me']],
  ])('finds %s by any reading and spelling', (name, queries) => {
    const local = createIndex(SITE, pinyin, null);
    local.put(child('child:0', { name: '张三' }));
    local.put(child('child:1', { name }));
    for (const query of queries) {
      expect([query, local.search(query).map(({ id }) => id)]).toEqual([query, ['child:1']]);
    }
  });

  it('puts the likely reading before the rare one', () => {
    const local = createIndex(SITE, pinyin, null);
    local.put(child('child:1', { name: '单小明', birth_date: '2025-01-01' }));
    local.put(child('child:2', { name: '丹小明', birth_date: '2024-01-01' }));
    local.put(child('child:3', { name: '山小明', birth_date: '2023-01-01' }));
    const ids = (query: string) => local.search(query).map(({ id }) => id);
    expect(ids('dan')).toEqual(['child:2', 'child:1']);
    expect(ids('shan')).toEqual(['child:1', 'child:3']);
  });

  it('finds the same key by key as at once', () => {
    const words = ['zengxm', 'z', '1', '1381', '曾小', 'lv', '2024 曾', 'zx 20', 'am', 'x'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 5 }), (queries) => {
        for (const query of queries) {
          for (let length = 1; length <= query.length; length++) found(query.slice(0, length));
          const byKey = found(query);
          index.search('no such child at all');
          expect(byKey).toEqual(found(query));
        }
      }),
    );
  });

  it('puts the exact before the beginning, and the younger first', () => {
    expect(found('曾')).toEqual(['child:3', 'child:1']);
    expect(found('zx')).toEqual(['child:3', 'child:1']);
  });

  it('finds nothing for nothing, and keeps to the limit', () => {
    expect(found('   ')).toEqual([]);
    expect(index.search('zx', 1)).toHaveLength(1);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (query) => {
        expect(Array.isArray(index.search(query))).toBe(true);
      }),
    );
  });
});

describe('the index', () => {
  it('follows cards that are issued, lost and given to another', () => {
    const local = createIndex(SITE, pinyin, null);
    const card = (state: string, at: string) => ({
      kind: 'card',
      number: '123456',
      state,
      ...WHO,
      at,
    });
    local.put(child('child:1', { name: '一' }, { E1: card('issued', '2026-01-01T00:00:00.000Z') }));
    expect(local.byCard('123456')).toBe('child:1');
    local.put(
      child(
        'child:1',
        { name: '一' },
        {
          E1: card('issued', '2026-01-01T00:00:00.000Z'),
          E2: card('lost', '2026-01-02T00:00:00.000Z'),
        },
      ),
    );
    expect(local.byCard('123456')).toBeNull();
  });

  it('sums the doses that the own site has given of a lot, without the voided', () => {
    const local = createIndex(SITE, pinyin, null);
    const dose = {
      kind: 'dose',
      date: '2026-01-01',
      vaccine: '0201',
      origin: 'given',
      lot: 'L',
      ...WHO,
    };
    local.put(child('child:1', {}, { E1: dose, E2: { ...dose, site: '3301020002' }, E3: dose }));
    expect(local.given(lotKey({ vaccine: '0201', lot: 'L' }))).toBe(2);
    local.put(
      child(
        'child:1',
        {},
        { E1: dose, E3: dose, E4: { kind: 'void', target: 'E1', reason: '1', ...WHO } },
      ),
    );
    expect(local.given(lotKey({ vaccine: '0201', lot: 'L' }))).toBe(1);
    local.remove('child:1');
    expect(local.given(lotKey({ vaccine: '0201', lot: 'L' }))).toBe(0);
  });

  it('is the same again from its snapshot, whatever was put and removed', () => {
    const change = fc.record({ id: fc.integer({ min: 0, max: 9 }), gone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const local = createIndex(SITE, pinyin, null);
        const chunks = new Map<number, ReturnType<ChildIndex['rows']>>();
        const there = new Set<string>();
        for (const { id, gone } of changes) {
          const key = `child:${id}`;
          if (gone) local.remove(key);
          else local.put(child(key, { name: `第${id}`, phone: `1380000000${id}` }));
          if (gone) there.delete(key);
          else there.add(key);
          for (const [chunk, rows] of local.changedChunks()) chunks.set(chunk, [...rows]);
        }
        const rows = [...chunks.values()].flat().slice(0, local.size());
        const again = createIndex(SITE, pinyin, { covered: 0, rows: [...rows] });
        expect(
          again
            .rows()
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...there].sort());
        for (const id of there) expect(again.search(local.row(id)?.phone ?? '')).toHaveLength(1);
      }),
    );
  });

  it('takes a due date only for the revision that it was computed from', () => {
    const local = createIndex(SITE, pinyin, null);
    local.put(child('child:1', { name: '一' }));
    const dues = {
      nextDue: '2026-01-01',
      nextGroups: ['HepB'],
      lateFrom: '2026-02-01',
      besidesDue: '2026-03-01',
      besidesGroups: ['Rotavirus'],
      wanted: [],
    };
    local.setDue('child:1', 'other', 'k', dues);
    expect(local.due('2026-01-01', '2026-12-31')).toEqual([]);
    local.setDue('child:1', '1-a', 'k', dues);
    expect(local.due('2026-01-01', '2026-01-01').map(({ id }) => id)).toEqual(['child:1']);
    expect(local.due('2026-01-02', '2026-12-31')).toEqual([]);
    // Of the schedules offered besides the programme only where it is asked for.
    expect(local.due('2026-01-02', '2026-12-31', true).map(({ id }) => id)).toEqual(['child:1']);
    expect(dueWithin(dues, '2026-01-01', '2026-12-31', true)).toEqual({
      date: '2026-01-01',
      groups: ['HepB'],
      voluntary: ['Rotavirus'],
    });
    expect(dueWithin(dues, '2026-02-01', '2026-12-31', true)?.groups).toEqual([]);
    expect(dueWithin(dues, '2026-02-01', '2026-12-31', false)).toBeNull();
  });
});
