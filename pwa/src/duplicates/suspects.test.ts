import { beforeAll, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { openMoves } from '../moves/useMoves.ts';
import { loadPinyin, type Pinyin } from '../workspace/pinyin.ts';
import { rowOf } from '../workspace/row.ts';
import { suspectPairs as pairsOf } from './suspects.ts';

const [A, B, C] = ['A', 'B', 'C'].map((n) => `child:01K9A3Q6Z0000000000000000${n}`) as [
  string,
  string,
  string,
];
const SITE = '3301020001';
let readings: Pinyin;
beforeAll(async () => {
  readings = await loadPinyin();
});
const suspectPairs = (rows: ReturnType<typeof row>[]) => pairsOf(rows, readings);

function row(id: string, facts: Record<string, string>, ...events: object[]) {
  const at = '2026-11-22T00:00:00.000Z';
  return rowOf(
    {
      _id: id,
      type: 'child',
      facts: Object.fromEntries(
        Object.entries(facts).map(([name, value]) => [name, { value, at, by: 'n' }]),
      ),
      events: Object.fromEntries(events.map((event, n) => [`E${n}`, { at, site: SITE, ...event }])),
    } as unknown as ChildDoc,
    SITE,
  );
}

const PERSON = { name: '张三', birth_date: '2025-03-09', mother_name: '林' };
const ID = { id_number: '11010120250309001X' };
const card = { kind: 'card', number: '88880001', state: 'issued' };

it('pairs those who have an ID number, a card, or name, birth date and mother in common', () => {
  expect(
    suspectPairs([row(A, PERSON), row(B, PERSON), row(C, { ...PERSON, mother_name: '李' })]),
  ).toEqual([{ reason: 'person', ids: [A, B] }]);
  expect(suspectPairs([row(B, { ...PERSON, ...ID }), row(A, { ...PERSON, ...ID })])).toEqual([
    { reason: 'id_number', ids: [A, B] },
  ]);
  expect(suspectPairs([row(A, {}, card), row(B, {}, card), row(C, {})])).toEqual([
    { reason: 'card', ids: [A, B] },
  ]);
});

it('compares names however they were typed, and by their sound', () => {
  const typed = (a: object, b: object) =>
    suspectPairs([row(A, { ...PERSON, ...a }), row(B, { ...PERSON, ...b })]).map(
      ({ reason }) => reason,
    );
  expect(typed({ name: '阿依·买买提' }, { name: '阿依•买买提' })).toEqual(['person']);
  expect(typed({ name: '王⽤' }, { name: '王用' })).toEqual(['person']);
  expect(typed({ name: '张珊' }, { name: '章姗' })).toEqual(['sound']);
  expect(typed({ name: '李重阳' }, { name: '李虫洋' })).toEqual(['sound']);
  expect(typed({ name: '张珊' }, { name: '章姗', mother_name: '临' })).toEqual(['sound']);
  expect(typed({ name: '张珊' }, { name: '章姗', mother_name: '李' })).toEqual([]);
  expect(typed({ name: '张珊' }, { name: '章姗', birth_date: '2025-03-10' })).toEqual([]);
  // A character that nobody can read is not the lack of one.
  expect(typed({ name: '王𪚥明' }, { name: '王明', mother_name: '李' })).toEqual([]);
  // A newborn that has got its name since.
  expect(typed({ name: '陈某之子' }, { name: '吴小宝' })).toEqual(['family']);
});

it('leaves alone those whom a person has told apart', () => {
  const apart = row(B, PERSON, { kind: 'not_same_as', target: A });
  expect(suspectPairs([row(A, PERSON), apart])).toEqual([]);
});

it('tells whose turn it is in a move', () => {
  const [own, other] = [SITE, '3301020002'];
  const move = (step: string, from: string, to: string) => ({
    kind: 'move',
    step,
    from_site: from,
    to_site: to,
  });
  const rows = [
    row(A, { site: own }, move('requested', own, other)),
    row(B, { site: other }, move('released', other, own)),
    row(C, { site: own }, move('released', own, other)),
    row('child:D', { site: own }),
  ];
  const open = openMoves(rows, own);
  expect(open.asked.map(({ id }) => id)).toEqual([A]);
  expect(open.released.map(({ id }) => id)).toEqual([B]);
  expect(open.waiting.map(({ id }) => id)).toEqual([C]);
});
