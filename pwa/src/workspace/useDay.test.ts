import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type EffectScope, effectScope, ref } from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { type ChildIndex, createIndex } from './child-index.ts';
import { useDay } from './useDay.ts';
import { childrenVersion, type Workspace, workspace } from './workspace.ts';

const SITE = '3301020001';
const docs = new Map<string, ChildDoc>();
const readAll = vi.fn(async (ids: readonly string[]) =>
  ids.flatMap((id) => {
    const child = docs.get(id);
    return child ? [child] : [];
  }),
);
let index: ChildIndex;
let scope: EffectScope;

function put(id: string, rev: string, ...events: object[]): void {
  const all = Object.fromEntries(events.map((event, n) => [`${id}${n}`, { site: SITE, ...event }]));
  const doc = { _id: id, _rev: rev, type: 'child', facts: {}, events: all } as unknown as ChildDoc;
  docs.set(id, doc);
  index.put(doc);
  childrenVersion.value++;
}
const precheck = (date: string, more: object = {}) => ({ kind: 'precheck', date, ...more });
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  vi.clearAllMocks();
  docs.clear();
  index = createIndex(SITE, () => [], null);
  workspace.value = { index, readAll } as unknown as Workspace;
  scope = effectScope();
});
afterEach(() => {
  scope.stop();
  workspace.value = null;
});

it('has the children of the day, and reads those again that have changed', async () => {
  put('child:1', '1-a', precheck('2026-11-23'));
  put('child:2', '1-a', precheck('2026-11-22'));
  put('child:3', '1-a', precheck('2026-11-23', { site: '9999999999' }));
  put('child:4', '1-a', { kind: 'dose', origin: 'history', date: '2026-11-23' });
  const day = ref('2026-11-23');
  const { children, loading } = scope.run(() => useDay(day)) as ReturnType<typeof useDay>;
  expect(loading.value).toBe(true);
  await turn();
  expect(children.value.map(({ _id }) => _id)).toEqual(['child:1']);
  expect(loading.value).toBe(false);

  put('child:2', '2-b', precheck('2026-11-23'));
  await turn();
  expect(children.value.map(({ _id }) => _id)).toEqual(['child:1', 'child:2']);
  expect(readAll.mock.calls).toEqual([[['child:1']], [['child:2']]]);

  const before = children.value;
  put('child:5', '1-a');
  await turn();
  expect(children.value).toBe(before);

  day.value = '2026-11-22';
  await turn();
  expect(children.value).toEqual([]);
});
