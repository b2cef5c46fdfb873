import { readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import type { Schedule } from '../schedule/index.ts';
import { type ChildIndex, createIndex } from '../workspace/child-index.ts';
import { createDuePlanner, dueKey, duesOf } from './due.ts';
import { createForecaster, type Forecaster } from './forecaster.ts';

const nip = JSON.parse(
  readFileSync(
    new URL('../../../backend/miaopu/catalog/schedules/cn-nip-2026.json', import.meta.url),
    'utf8',
  ),
) as Schedule;
const forecasterOf = (edition: string) =>
  createForecaster(
    { 'cn-nip-2026': { ...nip, edition } },
    { schedules: ['cn-nip-2026'] },
  ) as Forecaster;
const forecaster = forecasterOf(nip.edition);

const AT = { at: '2026-01-01T00:00:00.000Z', by: 'a' };
const WHO = { ...AT, station: '01K9A3Q6Z0000000000000000S', site: '1', offset_ms: 0, app: 'x' };
const dose = (vaccine: string) => ({
  kind: 'dose',
  date: '2026-09-01',
  vaccine,
  origin: 'given',
  ...WHO,
});

function child(n: number, rev = '1-a', events: object = {}, born = '2026-09-01'): ChildDoc {
  return {
    _id: `child:${n}`,
    _rev: rev,
    type: 'child',
    facts: { birth_date: { value: born, ...AT }, sex: { value: 'F', ...AT } },
    events,
  } as unknown as ChildDoc;
}

const docs = new Map<string, ChildDoc>();
let index: ChildIndex;
let reads: string[];
let left: number[];
let today: string;

const put = (doc: ChildDoc) => {
  docs.set(doc._id, doc);
  index.put(doc);
};
const planner = () =>
  createDuePlanner({
    index,
    read: async (ids) => {
      reads.push(...ids);
      return ids.flatMap((id) => docs.get(id) ?? []);
    },
    today: () => today,
    idle: async () => {},
    counting: (children) => left.push(children),
  });
const start = (rows = index.rows()) => {
  index = createIndex('1', () => [], { covered: 0, rows: [...rows] });
};

beforeEach(() => {
  docs.clear();
  index = createIndex('1', () => [], null);
  [reads, left, today] = [[], [], '2026-09-01'];
});

it('is computed for every child once, and again when it changes', async () => {
  for (let n = 0; n < 250; n++) put(child(n));
  await planner().run(forecaster);
  expect(index.due('2026-09-01', '2026-09-01')).toHaveLength(250);
  expect([left[0], left.at(-1)]).toEqual([250, 0]);
  await planner().run(forecaster);
  expect(reads).toHaveLength(250);
  put(child(7, '2-b', { E1: dose('0201'), E2: dose('0101') }));
  await planner().run(forecaster);
  expect(reads).toHaveLength(251);
  expect(index.row('child:7')?.nextDue).toBe('2026-10-01');
});

it('is right at once for a child that is put in while the schedules are known', async () => {
  index.forecastWith((doc) => ({
    dueFor: dueKey(forecaster, today),
    ...duesOf(forecaster, doc, today),
  }));
  put(child(1));
  expect(index.due('2026-09-01', '2026-09-01')).toHaveLength(1);
  await planner().run(forecaster);
  expect(reads).toEqual([]);
});

it('keeps what an earlier session has computed on this day', async () => {
  for (let n = 0; n < 5; n++) put(child(n));
  await planner().run(forecaster);
  start();
  [reads, left] = [[], []];
  await planner().run(forecaster);
  expect([reads, left]).toEqual([[], [0, 0]]);
});

it('looks at those in the lists first on another day, and says no more that it counts', async () => {
  for (let n = 0; n < 4; n++) put(child(n, '1-a', {}, n % 2 ? '2026-06-01' : '2020-06-01'));
  for (let n = 4; n < 6; n++) put(child(n, '1-a', { E1: dose('0201'), E2: dose('0101') }));
  await planner().run(forecaster);
  start();
  [reads, left, today] = [[], [], '2026-09-02'];
  await planner().run(forecaster);
  expect(left[0]).toBe(4);
  expect(reads.slice(4)).toEqual(['child:4', 'child:5']);
});

it('counts everybody again for another edition', async () => {
  for (let n = 0; n < 6; n++) put(child(n, '1-a', { E1: dose('0201'), E2: dose('0101') }));
  await planner().run(forecaster);
  [reads, left] = [[], []];
  await planner().run(forecasterOf('2027'));
  expect([left[0], reads.length]).toEqual([6, 6]);
});
